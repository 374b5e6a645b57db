"""Knows languages as file names spell them: by ISO 639-1 and 639-2 codes, and by English names.

Test: tests/subtitles/test_files.py.
"""

import re

_SPELLINGS = """
aa/aar/afar ab/abk/abkhazian ae/ave/avestan af/afr/afrikaans ak/aka/akan am/amh/amharic an/arg/aragonese ar/ara/arabic
as/asm/assamese av/ava/avaric ay/aym/aymara az/aze/azerbaijani ba/bak/bashkir be/bel/belarusian bg/bul/bulgarian
bh/bih bi/bis/bislama bm/bam/bambara bn/ben/bengali bo/bod/tib/tibetan br/bre/breton bs/bos/bosnian ca/cat/catalan
ce/che/chechen ch/cha/chamorro co/cos/corsican cr/cre/cree cs/ces/cze/czech cu/chu cv/chv/chuvash cy/cym/wel/welsh
da/dan/danish de/deu/ger/german dv/div/divehi dz/dzo/dzongkha ee/ewe/ewe el/ell/gre/greek en/eng/english
eo/epo/esperanto es/spa/spanish et/est/estonian eu/eus/baq/basque fa/fas/per/persian ff/ful/fulah fi/fin/finnish
fj/fij/fijian fo/fao/faroese fr/fra/fre/french fy/fry ga/gle/irish gd/gla/gaelic gl/glg/galician gn/grn/guarani
gu/guj/gujarati gv/glv/manx ha/hau/hausa he/heb/iw/hebrew hi/hin/hindi ho/hmo hr/hrv/croatian ht/hat/haitian
hu/hun/hungarian hy/hye/arm/armenian hz/her/herero ia/ina/interlingua id/ind/in/indonesian ie/ile/interlingue
ig/ibo/igbo ii/iii ik/ipk/inupiaq io/ido/ido is/isl/ice/icelandic it/ita/italian iu/iku/inuktitut ja/jpn/japanese
jv/jav/jw/javanese ka/kat/geo/georgian kg/kon/kongo ki/kik/kikuyu kj/kua/kuanyama kk/kaz/kazakh kl/kal/kalaallisut
km/khm kn/kan/kannada ko/kor/korean kr/kau/kanuri ks/kas/kashmiri ku/kur/kurdish kv/kom/komi kw/cor/cornish
ky/kir/kirghiz la/lat/latin lb/ltz/luxembourgish lg/lug/ganda li/lim/limburgan ln/lin/lingala lo/lao/lao
lt/lit/lithuanian lu/lub lv/lav/latvian mg/mlg/malagasy mh/mah/marshallese mi/mri/mao/maori mk/mkd/mac/macedonian
ml/mal/malayalam mn/mon/mongolian mr/mar/marathi ms/msa/may/malay mt/mlt/maltese my/mya/bur/burmese na/nau/nauru
nb/nob nd/nde/ndebele ne/nep/nepali ng/ndo/ndonga nl/nld/dut/dutch nn/nno no/nor/norwegian nr/nbl/ndebele
nv/nav/navajo ny/nya/chichewa oc/oci/occitan oj/oji/ojibwa om/orm/oromo or/ori/oriya os/oss/ossetian pa/pan/panjabi
pi/pli/pali pl/pol/polish ps/pus/pushto pt/por/pob/portuguese qu/que/quechua rm/roh/romansh rn/run/rundi
ro/ron/rum/romanian ru/rus/russian rw/kin/kinyarwanda sa/san/sanskrit sc/srd/sardinian sd/snd/sindhi se/sme
sg/sag/sango si/sin/sinhala sk/slk/slo/slovak sl/slv/slovenian sm/smo/samoan sn/sna/shona so/som/somali
sq/sqi/alb/albanian sr/srp/serbian ss/ssw/swati st/sot/sotho su/sun/sundanese sv/swe/swedish sw/swa/swahili
ta/tam/tamil te/tel/telugu tg/tgk/tajik th/tha/thai ti/tir/tigrinya tk/tuk/turkmen tl/tgl/tagalog tn/tsn/tswana
to/ton/tonga tr/tur/turkish ts/tso/tsonga tt/tat/tatar tw/twi/twi ty/tah/tahitian ug/uig/uighur uk/ukr/ukrainian
ur/urd/urdu uz/uzb/uzbek ve/ven/venda vi/vie/vietnamese vo/vol wa/wln/walloon wo/wol/wolof xh/xho/xhosa
yi/yid/ji/yiddish yo/yor/yoruba za/zha/zhuang zh/zho/chi/cmn/chs/cht/chinese zu/zul/zulu ceb fil/filipino haw hmn yue
und
"""
"""Each word holds the spellings of one language, separated by slashes; the first one stands for the language."""

_LANGUAGES = {spelling: word.split("/")[0] for word in _SPELLINGS.split() for spelling in word.split("/")}


def language_of(tag: str) -> str | None:
    """Return the language of a tag (`en-US`, `eng`, `English` -> `en`); None where the tag names none."""
    return _LANGUAGES.get(re.split("[-_]", tag.lower(), maxsplit=1)[0])
