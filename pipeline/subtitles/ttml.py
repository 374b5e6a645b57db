"""Reads the cues of .ttml, .dfxp and .itt files (W3C Timed Text): XML whose paragraphs, or spans in them, have times.

Only the local names of elements count, so every version's namespace is read. An XML file that defines entities is
refused. Test: tests/subtitles/test_ttml.py.
"""

import re
from dataclasses import dataclass, field
from xml.parsers import expat

from pipeline.core.ids import BadRecord
from pipeline.subtitles.cue import Cue

CLOCK_TIME = re.compile(r"(\d{1,6}):(\d\d):(\d\d)(?:(\.\d{1,9})|:(\d{1,4})(?:\.\d+)?)?")
OFFSET_TIME = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)(h|m|s|ms|f|t)")
UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def ttml(text: str) -> list[Cue]:
    """Return the cues in the order of the file; one whose times cannot be read has a fault.

    Raises BadRecord where the file is not XML, plays elements one after the other, or has no cue.
    """
    reader = _Reader()
    parser = expat.ParserCreate("utf-8", " ")
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, attributes: reader.start(name, attributes, parser.CurrentLineNumber)
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.data
    parser.EntityDeclHandler = _refuse_entity
    try:
        parser.Parse(text.encode("utf-8", "surrogateescape"), True)
    except expat.ExpatError as error:
        raise BadRecord(f"not valid XML: {error}") from None
    if not reader.cues:
        raise BadRecord("no cue in it: no paragraph with `begin` and `end`")
    return reader.cues


def _refuse_entity(*_: object) -> None:
    raise BadRecord("it defines XML entities, which subtitles do not need")


@dataclass(eq=False)
class _Open:
    """An element that is not closed yet; times: seconds of begin and end, which it inherits where it has none."""

    name: str
    times: tuple[float, float | None]
    line: int
    fault: str = ""
    text: list[str] = field(default_factory=list)


class _Reader:
    def __init__(self) -> None:
        self.cues: list[Cue] = []
        self.open: list[_Open] = []
        self.cue: _Open | None = None
        self.frame_rate, self.tick_rate = 30.0, 1.0

    def start(self, tag: str, attributes: dict[str, str], line: int) -> None:
        name = tag.rpartition(" ")[2]
        own = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        if name == "tt":
            self._rates(own)
        if own.get("timeContainer") == "seq":
            raise BadRecord(f"line {line} plays its elements one after the other (`seq`), which is not read")
        around = self.open[-1].times if self.open else (0.0, None)
        element = _Open(name, around, line)
        if "begin" in own or "end" in own or "dur" in own:
            try:
                element.times = self._times(own, around)
            except BadRecord as bad:
                element.fault = str(bad)
            if name in ("p", "span") and self.cue is None:
                self.cue = element
        if name == "br" and self.cue:
            self.cue.text.append("\n")
        self.open.append(element)

    def end(self, _: str) -> None:
        element = self.open.pop()
        if element is not self.cue:
            return
        self.cue = None
        begin, end = element.times
        if element.fault or end is None:
            self.cues.append(Cue(element.line, fault=element.fault or "it has no end"))
        else:
            self.cues.append(Cue(element.line, begin, end, "".join(element.text)))

    def data(self, text: str) -> None:
        if self.cue:
            self.cue.text.append(re.sub(r"\s+", " ", text))

    def _rates(self, own: dict[str, str]) -> None:
        try:
            numerator, denominator = (int(part) for part in own.get("frameRateMultiplier", "1 1").split())
            self.frame_rate = float(own.get("frameRate", 30)) * numerator / denominator
            self.tick_rate = float(own.get("tickRate", self.frame_rate if "frameRate" in own else 1))
            if not (self.frame_rate > 0 and self.tick_rate > 0):
                raise ValueError
        except (ValueError, ArithmeticError):
            raise BadRecord("its frameRate, frameRateMultiplier or tickRate is no rate") from None

    def _times(self, own: dict[str, str], around: tuple[float, float | None]) -> tuple[float, float | None]:
        begin = around[0] + self._seconds(own.get("begin", "0s"))
        if "end" in own:
            return begin, around[0] + self._seconds(own["end"])
        return begin, begin + self._seconds(own["dur"]) if "dur" in own else around[1]

    def _seconds(self, text: str) -> float:
        clock, offset = CLOCK_TIME.fullmatch(text.strip()), OFFSET_TIME.fullmatch(text.strip())
        if clock:
            hours, minutes, whole, fraction, frames = clock.groups()
            rest = float(fraction or 0) + int(frames or 0) / self.frame_rate
            return int(hours) * 3600 + int(minutes) * 60 + int(whole) + rest
        if offset:
            units = {**UNITS, "f": 1 / self.frame_rate, "t": 1 / self.tick_rate}
            return float(offset[1]) * units[offset[2]]
        raise BadRecord(f"{text[:40]!r} is no time as in 00:00:01.500 or 1.5s")
