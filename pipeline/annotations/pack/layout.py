"""Which files of an unpacked archive belong to a feature pack: all below its two folders, at any depth."""

from pipeline.annotations.common.layout import Layout
from pipeline.annotations.common.listed import PACK
from pipeline.packs.collection import PARTS

LAYOUT = Layout(needs=PACK, pack_folders=PARTS, stream="pack")
