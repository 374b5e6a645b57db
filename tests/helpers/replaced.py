"""Puts in the place of a file what is none: reading it must neither hang nor be taken for the file."""

import os
from pathlib import Path


def a_folder(path: Path) -> None:
    path.unlink()
    (path / "within").mkdir(parents=True)


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def an_endless_device(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")
