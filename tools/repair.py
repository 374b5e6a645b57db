"""`amdnet repair`: takes away what is damaged among the outputs and in DVC's cache, so that neither comes back.

DVC takes an object of its cache for whole, and puts a damaged one back wherever the output is made again. Here each
object is hashed: its name says what the hash must be. Test: tests/tools/test_repair.py.
"""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import typer

RUNNING = Path(".dvc/tmp/rwlock")
"""DVC's list of what is read and written just now. A dvc that is killed while it writes it leaves a part of it."""


class Damage(NamedTuple):
    """What was found. looked_at: how many outputs and objects; outputs, objects: those that are damaged."""

    looked_at: tuple[int, int]
    outputs: list[Path]
    objects: list[Path]


def repair() -> None:
    """Look for damage in all outputs and in DVC's cache, and take away what is damaged.

    An output comes back from the cache where its copy there is whole; else `dvc repro` makes it anew. The command is
    run in the project's top folder while nothing else works there, and reads every byte of both. Where a dvc was killed
    as it wrote its own list of what runs, so that no other dvc starts, the list is removed too.
    """
    from pipeline.core.alone import work_alone
    from pipeline.core.errors import PipelineError
    from pipeline.core.files import remove
    from pipeline.core.recorded import LOCK, recorded_outs

    if not LOCK.is_file() and not RUNNING.is_file():
        raise PipelineError("no stage has run here", where=Path.cwd(), fix="go to the top folder of the project")
    work_alone()
    if cut_off := _is_cut_off(RUNNING):
        remove(RUNNING)
        typer.echo(f"{RUNNING}: dvc was killed while it wrote this, and it is removed")
    found = damage(recorded_outs(), _objects_of_dvc())
    for path in [*found.objects, *found.outputs]:
        remove(path)
    if found.outputs:  # it fails for those whose copy is gone, too
        subprocess.run(["dvc", "checkout", "--quiet", *map(str, found.outputs)], capture_output=True)
    for path in found.objects:
        typer.echo(f"{path}: was damaged, and is removed")
    for path in found.outputs:
        typer.echo(f"{path}: was damaged, and is {'whole again, from the cache' if path.exists() else 'removed'}")
    typer.echo("{} outputs and {} files of the cache were looked at.".format(*found.looked_at))
    typer.echo("Now run `dvc repro`." if cut_off or found.objects or found.outputs else "All of them are whole.")


def damage(recorded: Mapping[str, str], objects: Path) -> Damage:
    """Hash the outputs and the objects of the cache. recorded: the MD5 of each output, as `dvc.lock` has it."""
    from pipeline.core.recorded import OF_A_FOLDER, md5_of

    outputs = [(Path(name), md5) for name, md5 in recorded.items() if Path(name).exists()]
    cached = [path for path in sorted(objects.glob("[0-9a-f][0-9a-f]/*")) if len(path.stem) == 30]
    return Damage(
        (len(outputs), len(cached)),
        [path for path, md5 in outputs if md5_of(path) != md5],
        [path for path in cached if md5_of(path) != path.parent.name + path.name.removesuffix(OF_A_FOLDER)],
    )


def _is_cut_off(path: Path) -> bool:
    from pipeline.core.errors import PipelineError
    from pipeline.core.files import read_json

    try:
        read_json(path)
    except PipelineError:
        return path.is_file()
    return False


def _objects_of_dvc() -> Path:
    """Ask DVC where it keeps the files of this project."""
    from pipeline.core.errors import PipelineError

    done = subprocess.run(["dvc", "cache", "dir"], capture_output=True, text=True)
    if done.returncode:
        cause = f"DVC does not say where its cache is: {done.stderr.strip()}"
        raise PipelineError(cause, where=Path.cwd(), fix="go to the top folder of the project")
    return Path(done.stdout.strip()) / "files" / "md5"
