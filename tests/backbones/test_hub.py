"""Models from the hub: the cache is enough, a hub out of reach is an error with the ways out, and bytes are checked."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import huggingface_hub
import pytest

from pipeline.backbones.common import hub
from pipeline.backbones.roberta.tokenizer import load_tokenizer
from pipeline.core.errors import PipelineError


@pytest.fixture
def offline(tmp_path, monkeypatch):
    """An empty hub cache and no network; gives the folder where the cache keeps the pinned revision."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("AMDNET_CACHE", str(tmp_path / "cache"))
    return tmp_path / "hub" / ("models--" + hub.REPOSITORY.replace("/", "--")) / "snapshots" / hub.REVISION


def test_hub_out_of_reach_names_files_address_and_ways_out(offline):
    with pytest.raises(PipelineError) as caught:
        load_tokenizer("roberta-base", [])
    for words in ("text.tokenizer", "vocab.json", hub.REVISION, "https://", "a folder", "`corpus`", "network"):
        assert words in str(caught.value)
    with pytest.raises(PipelineError, match="`random`"):
        hub.roberta_base(hub.MODEL_FILES, param="text.weights")


def test_files_in_the_hub_cache_need_no_network(offline):
    offline.mkdir(parents=True)
    for name in hub.MODEL_FILES:
        (offline / name).write_text("{}")
    assert hub.roberta_base(hub.MODEL_FILES, param="text.weights") == offline


def test_damaged_download_is_refused(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"half a file")
    with pytest.raises(PipelineError, match="the download is damaged"):
        hub.check_weights(tmp_path)


COMMIT = "0123456789abcdef0123456789abcdef01234567"
WEIGHTS, CONFIG = b"weights " * 1000, b'{"model_type": "clip"}'


class Hub(BaseHTTPRequestHandler):
    """Answers as the hub does: weights lie elsewhere (LFS), with their SHA-256; a small file has git's own hash."""

    protocol_version = "HTTP/1.1"
    files = {"config.json": CONFIG, "model.safetensors": WEIGHTS}
    sent: dict[str, bytes] = {}
    """What is sent in place of a file."""

    def do_HEAD(self):
        _, owner, model, _, commit, name = self.path.split("/")
        content = self.files.get(name) if (owner, model, commit) == ("open", "clip", COMMIT) else None
        if content is None:
            self._answer(404, b"", {"X-Error-Code": "EntryNotFound"})
        elif name == "config.json":
            git = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            self._answer(200, content, {"X-Repo-Commit": COMMIT, "ETag": f'"{git}"'})
        else:
            linked = {"X-Linked-Etag": f'"{hashlib.sha256(content).hexdigest()}"', "X-Linked-Size": str(len(content))}
            elsewhere = f"http://localhost:{self.server.server_port}/elsewhere/{name}"
            self._answer(302, b"", {"X-Repo-Commit": COMMIT, "Location": elsewhere, **linked})

    def do_GET(self):
        name = self.path.rsplit("/")[-1]
        self.server.got.append(name)
        if self.path.startswith("/elsewhere") or name == "config.json":
            self._answer(200, self.sent.get(name, self.files[name]), {})
        else:
            self.do_HEAD()

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def online(tmp_path, monkeypatch):
    """A hub on this machine, with an empty cache; gives the server, which keeps the names of files that it sent."""
    monkeypatch.setattr(Hub, "sent", {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.got = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", address)
    template = f"{address}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
    monkeypatch.setattr(huggingface_hub.constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("AMDNET_CACHE", str(tmp_path / "cache"))
    yield server
    server.shutdown()
    server.server_close()


def pinned(*names: str, commit: str = COMMIT):
    return hub.pinned("open/clip", commit, names or ("config.json", "model.safetensors"), param="clip.model")


def test_files_of_a_commit_are_downloaded_once_and_checked(online):
    folder = pinned()
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS and (folder / "config.json").read_bytes() == CONFIG
    assert sorted(set(online.got)) == ["config.json", "model.safetensors"]
    before = list(online.got)
    assert pinned() == folder and online.got == before


@pytest.mark.parametrize(("name", "content"), [("model.safetensors", WEIGHTS), ("config.json", CONFIG)])
def test_bytes_that_are_not_the_commits_are_refused(online, name, content):
    Hub.sent[name] = b"X" + content[1:]  # as long as the right ones
    with pytest.raises(PipelineError, match="the download is damaged"):
        pinned()


def test_file_that_is_damaged_later_is_refused_and_had_anew_once_it_is_gone(online):
    stored = (pinned() / "model.safetensors").resolve()
    stored.chmod(0o644)
    stored.write_bytes(WEIGHTS[:-1])
    with pytest.raises(PipelineError, match="the download is damaged") as caught:
        pinned()
    assert str(stored) in str(caught.value)
    stored.unlink()
    assert (pinned() / "model.safetensors").read_bytes() == WEIGHTS


def test_server_that_hangs_up_is_no_traceback(online, monkeypatch):
    monkeypatch.setattr(Hub, "do_GET", lambda self: setattr(self, "close_connection", True))
    with pytest.raises(PipelineError, match="cannot get config.json and model.safetensors"):
        pinned()


@pytest.mark.parametrize(("names", "commit"), [(("vocab.json",), COMMIT), (("config.json",), COMMIT[::-1])])
def test_what_the_hub_does_not_have_is_named(online, names, commit):
    with pytest.raises(PipelineError) as caught:
        pinned(*names, commit=commit)
    for words in ("clip.model", *names, f"open/clip/tree/{commit}", "a folder"):
        assert words in str(caught.value)
