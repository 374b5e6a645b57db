"""The pages that users read: short enough, with links that lead somewhere, and true on every machine."""

import re
import subprocess
from pathlib import Path

import pytest

from pipeline.core.plugins import names

ROOT = Path(__file__).resolve().parents[2]
LISTED = subprocess.run(
    ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    cwd=ROOT, capture_output=True, check=True, text=True,
).stdout.split("\0")  # fmt: skip
PAGES = [name for name in LISTED if name.endswith(".md") and (ROOT / name).is_file()]
ADDED = r"\b(test_)?(toy|colour)\b"
"""What the walk-throughs let their reader add."""
every_page = pytest.mark.parametrize("page", PAGES)


def _outside_of_code(page: Path) -> str:
    return re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)


def _anchors(page: Path) -> set[str]:
    """The anchors that a Markdown viewer gives to the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", _outside_of_code(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page: Path) -> list[str]:
    """The relative links of a page to a file, or a heading, that is not there."""
    found = []
    for link in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", _outside_of_code(page))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            found.append(link)
    return found


def named_files(page: Path) -> set[str]:
    """The files of the project that a page names in its text by their path."""
    return set(
        re.findall(
            r"`((?:pipeline|stages|tools|tests|recipes|experiments|benchmarks|docs)/[\w./-]+)`", page.read_text()
        )
    )


@every_page
def test_links_lead_somewhere(page):
    assert broken_links(ROOT / page) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# A b: `c`\n[x](#a-b-c) [x](#b) [x](gone.md) [x](page.md#a-b-c) [x](https://a.b) `[x](code.md)`\n")
    assert broken_links(page) == ["#b", "gone.md"]


@every_page
def test_the_files_that_a_page_names_are_there(page):
    missing = [name for name in named_files(ROOT / page) if not (ROOT / name).exists()]
    assert [name for name in missing if not re.search(ADDED, name)] == []


def test_the_readme_can_be_read_in_one_sitting():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 200


@every_page
def test_no_page_names_a_folder_of_one_machine(page):
    assert not re.search(r"(?<![\w./])/(work|tmp|home/(?!zoë)|root|Users|mnt|workspace)\b", (ROOT / page).read_text())


def test_the_readme_lists_every_data_set_and_every_model():
    text = (ROOT / "README.md").read_text()
    listed = set(re.findall(r"^\| `(\w+)`", text, flags=re.MULTILINE))
    assert set(names("annotations", "reader")) - {"folder", "sample"} <= listed
    assert set(names("models", "model")) <= listed


def test_the_readme_lists_every_environment_variable():
    read = set(re.findall(r'"(AMDNET_[A-Z_]+)"', (ROOT / "pipeline/core/runtime.py").read_text()))
    listed = set(re.findall(r"^\| `(AMDNET_[A-Z_]+)`", (ROOT / "README.md").read_text(), flags=re.MULTILINE))
    assert read == listed


def test_every_page_of_docs_is_linked_from_the_readme():
    text = (ROOT / "README.md").read_text()
    assert [page for page in PAGES if page.startswith("docs/") and f"]({page})" not in text] == []
