"""The check of CLIP and SigLIP, on small models of their architecture with random weights."""

import numpy as np
import pytest
from helpers.clip import clip_params, write_model

from pipeline.backbones.clip import check
from pipeline.backbones.clip.check import ClipCheck
from pipeline.backbones.common import drawn
from pipeline.backbones.common.check import run_steps


@pytest.fixture
def steps(tmp_path, monkeypatch):
    """Make the steps for a model of this kind."""

    def made(kind: str) -> ClipCheck:
        write_model(tmp_path / kind, kind)
        monkeypatch.setattr(ClipCheck, "__init__", lambda self: None)
        steps = ClipCheck()
        steps.params = clip_params(tmp_path / kind)
        return steps

    return made


@pytest.mark.parametrize("kind", ["clip", "siglip"])
def test_of_a_folder_nothing_is_published_and_random_weights_are_unexpected(steps, kind):
    found = {name: finding.verdict for name, finding in run_steps(steps(kind))}
    assert (found["sha256"], found["tensors"]) == ("unverified here", "ok")
    assert found["tokenizer"] == ("wrong" if kind == "clip" else "unverified here")
    assert found["drawings"] == found["cosines"] == "unexpected, unverified here"


def test_a_model_whose_two_sides_meet_is_as_expected(steps, monkeypatch):
    made = steps("clip")
    monkeypatch.setattr(check, "TEXT_IDS", made.text.ids(check.TEXT))
    texts = {check.CAPTION.format(name): draw() for name, draw in drawn.THINGS.items()}
    space = np.eye(len(texts) + 2, dtype=np.float32) * 0.3
    texts |= {check.COLOURS[0]: drawn.honeycomb()}
    axes = {picture.tobytes(): space[axis] for axis, picture in enumerate(list(texts.values())[: len(space) - 2])}
    monkeypatch.setattr(made, "_vectors", lambda pictures: np.stack([axes[one.tobytes()] for one in pictures]))
    monkeypatch.setattr(
        made,
        "_sentences",
        lambda asked: np.stack([axes[texts[one].tobytes()] / 0.3 if one in texts else space[-1] for one in asked]),
    )
    found = {name: finding.verdict for name, finding in run_steps(made)}
    assert found["tokenizer"] == "ok"
    assert {found[name] for name in ("drawings", "colours", "cosines")} == {"as expected, unverified here"}


def test_a_damaged_file_ends_the_steps(steps, tmp_path):
    made = steps("clip")
    path = tmp_path / "clip" / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    found = dict(run_steps(made))
    assert found["tensors"].verdict == "wrong" and found["drawings"].verdict == "unverified here"
