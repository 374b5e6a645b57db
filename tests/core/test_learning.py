"""Whether a run learns from queries is told from one stage to the next."""

from pipeline.core.learning import read_learns, write_learns


def test_what_was_written_is_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for learns in (True, False):
        write_learns(learns)
        assert read_learns() is learns
