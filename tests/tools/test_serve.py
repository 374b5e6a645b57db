"""`amdnet serve`: what it prints, whom it lets in, and how it ends."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from helpers.searching import FakeSearch
from helpers.web import ask

from pipeline.search.searcher import Searcher
from pipeline.service.server import PageServer, listen

ROOT = Path(__file__).resolve().parents[2]
AT_WORK = """
import sys
sys.path[:0] = ["tests"]
from helpers.searching import FakeSearch
from pipeline.search.searcher import Searcher
from tools import command
Searcher.open = lambda folder, videos, device: FakeSearch()
command.main()
"""


@pytest.fixture
def serve(amdnet, monkeypatch):
    """serve("--port", 0, ...) runs the command up to where it would wait for visitors."""
    opened = []
    monkeypatch.setattr(Searcher, "open", lambda *arguments: opened.append(arguments) or FakeSearch())
    monkeypatch.setattr(PageServer, "serve_until_told", lambda server: print(server._says))

    def run(*arguments: object):
        result = amdnet("serve", *arguments)
        result.opened = opened
        return result

    return run


def test_it_opens_the_index_and_says_where_the_page_is(serve, tmp_path):
    done = serve("--index", tmp_path / "index", "--videos", tmp_path / "films", "--port", 0)
    assert done.exit_code == 0 and done.stderr == ""
    assert done.stdout.startswith("The page is at http://127.0.0.1:") and done.stdout.endswith("Stopped.\n")
    assert [call[:2] for call in done.opened] == [(tmp_path / "index", tmp_path / "films")]


def test_a_host_that_others_reach_needs_a_token_or_a_word_that_it_needs_none(serve):
    refused = serve("--host", "0.0.0.0", "--port", 0)
    assert refused.exit_code == 1 and "--token" in refused.stderr and "--no-token" in refused.stderr
    assert not refused.opened

    with_token = serve("--host", "0.0.0.0", "--port", 0, "--token", "a b&c")
    assert with_token.exit_code == 0 and "WARNING: Other machines reach this page" in with_token.stderr
    assert f"http://{socket.gethostname()}:" in with_token.stdout and "/?token=a+b%26c" in with_token.stdout

    without = serve("--host", "0.0.0.0", "--port", 0, "--no-token")
    assert without.exit_code == 0 and "nobody is asked for a token" in without.stderr and "?" not in without.stdout


@pytest.mark.parametrize("arguments", [("--token", ""), ("--token", "x", "--no-token")])
def test_a_token_that_is_none_is_an_error(serve, arguments):
    done = serve("--port", 0, *arguments)
    assert done.exit_code == 1 and "--token" in done.stderr and not done.opened


def test_a_port_that_is_taken_is_told_before_the_index_is_opened(serve):
    with listen("127.0.0.1", 0) as taken:
        taken.listen()
        done = serve("--port", taken.getsockname()[1])
    assert done.exit_code == 1 and "--port" in done.stderr and not done.opened


def test_an_index_that_is_not_there_is_an_error(amdnet, tmp_path):
    done = amdnet("serve", "--index", tmp_path / "nowhere", "--port", 0)
    assert done.exit_code == 1 and str(tmp_path / "nowhere") in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_as_a_process_it_serves_until_it_is_told_to_end(ending):
    process = subprocess.Popen(
        [sys.executable, "-c", AT_WORK, "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        line = process.stdout.readline()
        port = int(line.partition("127.0.0.1:")[2].partition("/")[0])
        with socket.create_connection(("127.0.0.1", port)) as half_open:
            half_open.sendall(b"GET / HT")
            assert ask(port, "/api/search?q=a+dog").json["hits"]
            process.send_signal(ending)
            output, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert line.startswith("The page is at http://127.0.0.1:")
    assert (process.returncode, output, errors) == (0, "Stopped.\n", "")


def test_only_this_machine_may_write(serve):
    done = serve("--host", "0.0.0.0", "--port", 0, "--token", "x", "--write")
    assert done.exit_code == 1 and "nobody but you may write" in done.stderr and not done.opened


def test_only_queries_of_own_videos_are_added_to(serve, tmp_path, monkeypatch):
    settings = yaml.safe_load((ROOT / "params.yaml").read_text())
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump({**settings, "dataset": "tvr", "source": "mine"}))
    done = serve("--port", 0, "--write")
    assert done.exit_code == 1 and "not to `dataset: tvr`" in done.stderr and not done.opened
    (tmp_path / "params.yaml").write_text(yaml.safe_dump({**settings, "dataset": "folder", "source": "mine"}))
    done = serve("--port", 0, "--write")
    assert done.exit_code == 1 and "no such folder" in done.stderr
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.mp4").touch()
    done = serve("--port", 0, "--write")
    assert done.exit_code == 0 and done.opened and not (tmp_path / "mine" / "queries.jsonl").exists()
