"""Reads video2frames.txt, one Python dictionary literal {video id: [row name, ...]}, without evaluating it.

The file names millions of rows, so it is scanned block by block, and only one video's names are held at a time. What is
not a dictionary of lists of strings is an error that shows the place. Test: tests/packs/test_literal.py.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from pipeline.core.errors import PipelineError

BLOCK = 1 << 18
LONGEST = 1 << 16
"""Characters of the longest string that is read as one."""

TOKEN = re.compile(r"""\s*(?:([{}\[\],:])|u?('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"))""")
Token = tuple[str, bool]
"""A token is a mark or the value of a string, and whether it is a string."""


def entries(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield (video id, its row names in order) for every entry, in the order of the file.

    Raises PipelineError where the file cannot be read or is not such a dictionary.
    """
    tokens = _Tokens(path)
    tokens.expect("{")
    token = tokens.next()
    while token != ("}", False):
        video_id = tokens.string(token)
        tokens.expect(":")
        tokens.expect("[")
        yield video_id, list(_names(tokens))
        token = tokens.next()
        if token == (",", False):
            token = tokens.next()
        elif token != ("}", False):
            tokens.fail(token[0])
    tokens.end()


def _names(tokens: "_Tokens") -> Iterator[str]:
    token = tokens.next()
    while token != ("]", False):
        yield tokens.string(token)
        token = tokens.next()
        if token == (",", False):
            token = tokens.next()
        elif token != ("]", False):
            tokens.fail(token[0])


class _Tokens:
    """Marks and strings of the file, one after the other."""

    def __init__(self, path: Path):
        self._path = path
        self._offset = 0
        self._tokens = self._scan()

    def next(self) -> Token:
        token = next(self._tokens, None)
        if token is None:
            self.fail("the end of the file")
        return token

    def expect(self, mark: str) -> None:
        token = self.next()
        if token != (mark, False):
            self.fail(token[0])

    def string(self, token: Token) -> str:
        if not token[1]:
            self.fail(token[0])
        return token[0]

    def end(self) -> None:
        if token := next(self._tokens, None):
            self.fail(token[0])

    def fail(self, found: str) -> NoReturn:
        raise PipelineError(
            f"not a dictionary of lists of names: unexpected {found[:60]!r} near character {self._offset}",
            where=self._path,
            fix="fetch the pack again, or remove this file: the rows then follow the numbers in id.txt",
        )

    def _scan(self) -> Iterator[Token]:
        with _opened(self._path) as file:
            buffer, position = "", 0
            while True:
                match = TOKEN.match(buffer, position)
                if match:
                    mark, string = match.groups()
                    self._offset += match.end() - position
                    position = match.end()
                    yield (mark, False) if mark else (self._value(string), True)
                    continue
                buffer, position = buffer[position:], 0
                block = file.read(BLOCK) if len(buffer) < LONGEST else ""
                if not block:
                    if buffer.strip():
                        self.fail(buffer.strip())
                    return
                buffer += block

    def _value(self, quoted: str) -> str:
        if "\\" not in quoted:
            return quoted[1:-1]
        try:
            return ast.literal_eval(quoted)  # of one string between its quotes: escapes, no expression
        except (SyntaxError, ValueError):
            self.fail(quoted)


def _opened(path: Path):
    try:
        return open(path, encoding="utf-8", errors="surrogateescape", newline="")
    except OSError as error:
        raise PipelineError(f"cannot be read: {error.strerror}", where=path, fix="restore it") from None
