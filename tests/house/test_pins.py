"""What `make setup` installs is pinned whole, by version and hash, and lies within the ranges of pyproject.toml."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LISTS = sorted(path.name for path in ROOT.glob("requirements*.txt"))


def pinned(name: str) -> dict[str, tuple[Requirement, list[str]]]:
    """The packages of a list, by name, each with its hashes."""
    text = re.sub(r"^#.*\n", "", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE)
    entries = [entry.split("--hash=") for entry in text.replace("\\\n", " ").splitlines()]
    read = [(Requirement(entry[0]), [one.strip() for one in entry[1:]]) for entry in entries]
    return {canonicalize_name(requirement.name): (requirement, hashes) for requirement, hashes in read}


@pytest.mark.parametrize("name", LISTS)
def test_every_package_has_one_version_and_hashes(name):
    for requirement, hashes in pinned(name).values():
        assert re.fullmatch(r"==[^,*]+", str(requirement.specifier)), requirement
        assert hashes and all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in hashes), requirement


@pytest.mark.parametrize(
    ("name", "ranges"),
    [
        ("requirements.txt", [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]),
        ("requirements-ray.txt", PROJECT["optional-dependencies"]["ray"]),
        ("requirements-faiss.txt", PROJECT["optional-dependencies"]["faiss"]),
    ],
)
def test_what_the_project_names_is_pinned_within_its_range(name, ranges):
    pins = pinned(name)
    for wanted in map(Requirement, ranges):
        (specifier,) = pins[canonicalize_name(wanted.name)][0].specifier
        assert wanted.specifier.contains(specifier.version), f"{wanted}: `make pins` writes the lists anew"


def test_the_cpu_build_of_torch_is_that_of_the_list():
    (listed,), (cpu,) = (pinned(name)["torch"][0].specifier for name in ("requirements.txt", "requirements-cpu.txt"))
    assert cpu.version == f"{listed.version}+cpu"
