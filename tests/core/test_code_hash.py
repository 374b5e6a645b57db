"""Which code took part: every imported module of the project, as it lies on the disk now."""

import sys

from pipeline.core.code_hash import code_of, imported_modules
from pipeline.core.files import sha256_file


def test_the_hash_is_that_of_the_file_now(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    path = tmp_path / "code_that_changes.py"
    for text in ("A = 1\n", "A = 2\n"):
        path.write_text(text)
        assert code_of(["code_that_changes"]) == {"code_that_changes": sha256_file(path)}


def test_all_that_was_imported_counts_and_nothing_else():
    names = imported_modules()
    assert "pipeline.core.files" in names and "pipeline.core.code_hash" in names
    assert all(name in sys.modules and name.startswith("pipeline.") for name in names)
    assert all(code_of(names).values())


def test_code_that_is_not_here_has_no_hash():
    assert code_of(["pipeline.nowhere", "nowhere.at.all"]) == {"pipeline.nowhere": None, "nowhere.at.all": None}
