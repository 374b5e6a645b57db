"""Weights by name, by URL and by path: the right ones, or an error that says what to do; never others in silence."""

import hashlib
import random

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from pipeline.backbones.common.weights import Published, Weights, build, find
from pipeline.core.errors import PipelineError

UNREACHABLE = Published("http://127.0.0.1:9/model.pth", sha256="")


def construct() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("AMDNET_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def published(tmp_path) -> Published:
    """A good file behind a URL."""
    path = tmp_path / "server" / "model.pth"
    path.parent.mkdir()
    torch.save({"model_state": construct().state_dict()}, path)
    return Published(path.as_uri(), hashlib.sha256(path.read_bytes()).hexdigest()[:8])


def equal(first: nn.Module, second: nn.Module) -> bool:
    pairs = zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def test_random_weights_are_always_the_same_and_leave_the_random_state_alone():
    random = find("random", UNREACHABLE, "resnet.weights")
    assert random == Weights("random (seed 0)", None)
    first = build(random, construct)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    second = build(random, construct)
    assert torch.equal(torch.rand(3), expected)
    assert equal(first, second) and not first.training


def test_pretrained_is_downloaded_once_checked_and_named_by_its_hash(published, cache, tmp_path):
    weights = find("pretrained", published, "slowfast.weights")
    assert weights.path == cache / "model.pth"
    assert weights.id == "sha256:" + hashlib.sha256(weights.path.read_bytes()).hexdigest()
    (tmp_path / "server" / "model.pth").unlink()
    assert find("pretrained", published, "slowfast.weights") == weights
    build(weights, construct)


def test_without_a_published_hash_the_found_one_is_printed(published, capsys):
    weights = find("pretrained", Published(published.url, ""), "slowfast.weights")
    assert weights.id.removeprefix("sha256:") in capsys.readouterr().err


def test_a_failed_download_names_url_file_and_both_ways_out(cache):
    with pytest.raises(PipelineError) as caught:
        find("pretrained", UNREACHABLE, "slowfast.weights")
    for words in (UNREACHABLE.url, str(cache / "model.pth"), "put the file there", "`slowfast.weights` to `random`"):
        assert words in str(caught.value)
    assert not list(cache.glob("*"))


def test_a_download_with_the_wrong_hash_is_refused_and_not_kept(published, cache):
    with pytest.raises(PipelineError, match="00000000"):
        find("pretrained", Published(published.url, "00000000"), "resnet.weights")
    assert not list(cache.glob("*"))


def test_a_cached_file_with_the_wrong_hash_is_refused(published, cache):
    cache.mkdir()
    (cache / "model.pth").write_bytes(b"something else")
    with pytest.raises(PipelineError, match="remove the file"):
        find("pretrained", published, "resnet.weights")


@pytest.mark.parametrize("name", ["own.pth", "own.safetensors"])
def test_a_local_file_is_loaded(tmp_path, name):
    torch.manual_seed(1)
    model = construct()
    (torch.save if name.endswith(".pth") else save_file)(model.state_dict(), tmp_path / name)
    weights = find(str(tmp_path / name), UNREACHABLE, "resnet.weights")
    assert weights.id.startswith("sha256:") and equal(build(weights, construct), model)


def test_a_missing_local_file_is_an_error():
    with pytest.raises(PipelineError, match="resnet.weights: nowhere.pth"):
        find("nowhere.pth", UNREACHABLE, "resnet.weights")


BROKEN = {
    "missing: 0.bias": lambda state: state.pop("0.bias"),
    "not the model's: extra": lambda state: state.update(extra=torch.zeros(1)),
    "of another shape: 0.weight": lambda state: state.update({"0.weight": torch.zeros(2, 2)}),
}


@pytest.mark.parametrize("problem", BROKEN)
def test_weights_that_do_not_fit_are_named(tmp_path, problem):
    state = dict(construct().state_dict())
    BROKEN[problem](state)
    torch.save(state, tmp_path / "own.pth")
    with pytest.raises(PipelineError, match=problem):
        build(find(str(tmp_path / "own.pth"), UNREACHABLE, "resnet.weights"), construct)


def state_with(name: str, value: torch.Tensor) -> dict[str, torch.Tensor]:
    return {**construct().state_dict(), name: value}


WEIGHT, BIAS = torch.ones(4, 3), torch.ones(4)
NO_NUMBERS, NO_NAMES = r"without plain numbers \(.*\): 0.", "holds no tensors by name"
UNUSABLE = {  # what is saved, and what the error says of it
    "sparse": (lambda: state_with("0.weight", WEIGHT.to_sparse()), NO_NUMBERS),
    "compressed": (lambda: state_with("0.weight", WEIGHT.to_sparse_csr()), NO_NUMBERS),
    "meta": (lambda: state_with("0.bias", torch.ones(4, device="meta")), NO_NUMBERS),
    "quantized": (lambda: state_with("0.weight", torch.quantize_per_tensor(WEIGHT, 1.0, 0, torch.qint8)), NO_NUMBERS),
    "complex": (lambda: state_with("0.bias", BIAS.to(torch.complex64)), r"kind of numbers \(complex64\): 0.bias"),
    "whole": (lambda: state_with("0.bias", BIAS.long()), r"kind of numbers \(int64\): 0.bias"),
    "nan": (lambda: state_with("0.bias", BIAS * torch.nan), "not finite: 0.bias"),
    "infinite": (lambda: state_with("0.weight", WEIGHT * torch.inf), "not finite: 0.weight"),
    "too large": (lambda: state_with("0.bias", BIAS.double() * 1e300), "not finite: 0.bias"),
    "a list": (lambda: [BIAS, WEIGHT], NO_NAMES),
    "a tensor": (lambda: BIAS, NO_NAMES),
    "nothing": (lambda: None, NO_NAMES),
    "a number": (lambda: 7, NO_NAMES),
    "an empty state": (lambda: {}, NO_NAMES),
    "a state that is a list": (lambda: {"model_state": [BIAS]}, NO_NAMES),
    "a state of lists": (lambda: {"model_state": {"0.bias": [1.0]}}, NO_NAMES),
    "numbers as names": (lambda: {0: BIAS, 1: WEIGHT}, NO_NAMES),
}
SAFE = ("complex", "whole", "nan", "infinite", "too large", "an empty state")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("kind", "suffix"),
    [*((kind, suffix) for kind in UNUSABLE for suffix in ("pth", "pyth")), *((kind, "safetensors") for kind in SAFE)],
)
def test_tensors_that_are_no_weights_are_named(tmp_path, kind, suffix):
    content, cause = UNUSABLE[kind]
    path = tmp_path / f"own.{suffix}"
    (save_file if suffix == "safetensors" else torch.save)(content(), path)
    with pytest.raises(PipelineError, match=cause) as caught:
        build(find(str(path), UNREACHABLE, "resnet.weights"), construct)
    assert caught.value.where == path and caught.value.fix


def test_numbers_of_another_precision_are_weights(tmp_path):
    state = {
        name: value.half() if value.is_floating_point() else value for name, value in construct().state_dict().items()
    }
    torch.save(state, tmp_path / "own.pth")
    model = build(find(str(tmp_path / "own.pth"), UNREACHABLE, "resnet.weights"), construct)
    assert torch.equal(model.state_dict()["0.weight"], state["0.weight"].float())


BROKEN_FILES = {
    "empty": b"",
    "zero": bytes(64),
    "text": b"no weights at all",
    "page": b"<!DOCTYPE html><html>404</html>\n",
    "header too long": (1 << 62).to_bytes(8, "little") + b"{}",
    "header": (2).to_bytes(8, "little") + b"[]",
    "zip": b"PK\x05\x06" + bytes(18),
    "pickle of nothing": b"\x80\x02N.",
    "pickle cut": b"\x80\x02}q\x00",
    "pickle of a name": b"\x80\x02cos\nsystem\n.",
    "nested": b"\x80\x02" + b"]" * 5000 + b"a" * 4999 + b".",
}


@pytest.mark.parametrize("suffix", ["pth", "pyth", "safetensors", "bin"])
@pytest.mark.parametrize("content", BROKEN_FILES)
def test_a_file_of_something_else_is_an_error(tmp_path, content, suffix):
    (tmp_path / f"own.{suffix}").write_bytes(BROKEN_FILES[content])
    with pytest.raises(PipelineError, match="not a readable weights file: .+"):
        build(find(str(tmp_path / f"own.{suffix}"), UNREACHABLE, "resnet.weights"), construct)


@pytest.mark.parametrize("suffix", ["pth", "safetensors"])
def test_a_damaged_file_is_an_error_or_has_all_its_tensors(tmp_path, suffix):
    path, damage = tmp_path / f"own.{suffix}", random.Random(0)
    (save_file if suffix == "safetensors" else torch.save)(construct().state_dict(), path)
    good = path.read_bytes()
    for _ in range(150):
        bad = bytearray(good)
        for _ in range(damage.choice([1, 4, 64])):
            bad[damage.randrange(len(bad))] ^= damage.randrange(1, 256)
        path.write_bytes(bad[: damage.choice([len(bad), damage.randrange(len(bad))])])
        try:
            model = build(find(str(path), UNREACHABLE, "resnet.weights"), construct)
        except PipelineError as error:
            assert error.where == path and error.fix
        else:
            assert all(value.isfinite().all() for value in model.state_dict().values())


def test_a_file_that_would_run_code_is_refused_and_runs_none(tmp_path):
    class Evil:
        def __reduce__(self):
            return (tmp_path / "ran").touch, ()

    torch.save({"0.bias": Evil()}, tmp_path / "own.pth")
    with pytest.raises(PipelineError, match="not a readable weights file"):
        build(find(str(tmp_path / "own.pth"), UNREACHABLE, "resnet.weights"), construct)
    assert not (tmp_path / "ran").exists()
