"""`amdnet repair`: damage in an output and in DVC's cache, found and mended through the real `dvc`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

MAKES = """
from pathlib import Path
Path("folder").mkdir()
for name in ("a.txt", "folder/b.txt", "folder/c.txt"):
    Path(name).write_text(name * 100)
"""
YAML = """
stages:
  make:
    cmd: python make.py
    outs: [a.txt, folder]
  read:
    cmd: python -c "open('sum.txt', 'w').write(open('a.txt').read() + open('folder/b.txt').read())"
    deps: [a.txt, folder]
    outs: [sum.txt]
"""
COPIES = Path(__file__).parents[2] / ".dvc" / "config"
LINKS = "[cache]\n    type = hardlink\n"
ROTTEN = ["a.txt", "folder/b.txt", "sum.txt"]


def dvc(*arguments: str) -> str:
    return subprocess.run(["dvc", *arguments], check=True, capture_output=True, text=True).stdout


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of two stages that have run; its outputs are copies of what is in the cache."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    subprocess.run(["git", "init", "-q"], check=True)
    dvc("init", "-q")
    shutil.copy(COPIES, ".dvc/config")
    Path("make.py").write_text(MAKES)
    Path("dvc.yaml").write_text(YAML)
    dvc("repro", "-q")
    return tmp_path


@pytest.fixture
def linked(project):
    """The same, made when outputs were links into the cache."""
    for made in ("a.txt", "folder", "sum.txt", ".dvc/cache"):
        shutil.rmtree(made) if Path(made).is_dir() else Path(made).unlink()
    Path(".dvc/config").write_text(LINKS)
    dvc("repro", "-q")
    shutil.copy(COPIES, ".dvc/config")
    assert Path("a.txt").stat().st_nlink == 2
    return project


def damage(path: Path) -> None:
    """Change a byte in place, and let no time of the file tell."""
    before = path.stat()
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    with open(path, "rb+") as file:
        file.write(content)
    path.chmod(before.st_mode)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def contents() -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(Path().rglob("*.txt"))}


def test_outputs_share_nothing_with_the_cache(project):
    before = contents()
    for name in ROTTEN:
        damage(Path(name))
        os.utime(name)  # as any program that writes to it does
    dvc("repro", "-q")
    assert contents() == before and all(Path(name).stat().st_nlink == 1 for name in before)


@pytest.mark.parametrize("name", ROTTEN)
def test_a_damaged_output_comes_back_from_the_cache(project, amdnet, name):
    before = contents()
    damage(Path(name))
    done = amdnet("repair")
    assert (
        done.exit_code == 0 and f"{name.split('/')[0]}: was damaged, and is whole again, from the cache" in done.stdout
    )
    assert contents() == before and "up to date" in dvc("repro")


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("left", ["", '{"read": {', "whole"])
def test_what_a_dvc_that_was_killed_had_half_written_stops_no_other_dvc(project, amdnet, left, first):
    listed = Path(".dvc/tmp/rwlock")
    if first:  # the run that was killed was the first one
        Path("dvc.lock").unlink()
    if left != "whole":
        listed.write_text(left)
        with pytest.raises(subprocess.CalledProcessError) as caught:
            dvc("repro")
        assert "Unable to read RWLock-file" in caught.value.stderr
    done = amdnet("repair")
    assert done.exit_code == 0
    assert ("killed" in done.stdout) == ("Now run `dvc repro`" in done.stdout) == (left != "whole")
    dvc("repro", "-q")
    assert Path("sum.txt").read_text()


@pytest.mark.parametrize("name", ROTTEN)
def test_damage_in_both_is_made_anew(linked, amdnet, name):
    before = contents()
    damage(Path(name))
    for path in Path(".dvc/cache/files").rglob("*"):  # where the link had been broken before
        if path.is_file() and path.read_bytes() == before[name]:
            damage(path)
    dvc("repro", "-q")
    assert contents() != before
    done = amdnet("repair")
    assert done.exit_code == 0 and "was damaged, and is removed" in done.stdout and "Now run `dvc repro`" in done.stdout
    dvc("repro", "-q")
    assert contents() == before
    assert amdnet("repair").stdout.endswith("All of them are whole.\n")


def test_a_list_of_a_folder_that_is_damaged_in_the_cache(project, amdnet):
    before = contents()
    (listed,) = Path(".dvc/cache/files").rglob("*.dir")
    damage(listed)
    shutil.rmtree("folder")
    assert "is removed" in amdnet("repair").stdout
    dvc("repro", "-q")
    assert contents() == before


def test_elsewhere_it_says_where_to_go(tmp_path, monkeypatch, amdnet):
    monkeypatch.chdir(tmp_path)
    done = amdnet("repair")
    assert done.exit_code == 1 and "top folder of the project" in done.stderr
