"""Hold a model against numbers produced by its authors' code: `python -m pipeline.models.parity FIXTURE.npz`.

The fixture holds the authors' `weights.*`, `input.*` and, in evaluation mode, their results `expect.*`. Prints the
maximum relative error, max|ours - expected| / max|expected|, of every result as JSON. Exit status 0: all at most 1e-5;
1: some larger; 2: no fixture of a model known here. Test: tests/models/test_parity.py.
"""

import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from pipeline.errors import PipelineError
from pipeline.features.videos import Videos
from pipeline.models.amdnet import AMDNet
from pipeline.models.author_weights import load_author_weights
from pipeline.models.interface import similarities
from pipeline.params import AMDNetRecipe

TOLERANCE = 1e-5
Arrays = dict[str, Tensor]


def read_fixture(path: Path | str) -> dict[str, np.ndarray]:
    """The arrays of an .npz file by name; raises PipelineError where it is none."""
    try:
        with np.load(path) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, zipfile.BadZipFile, AttributeError) as error:
        raise PipelineError(f"not a readable .npz file: {error}", where=path) from None


def model_of(fixture: dict[str, np.ndarray]) -> str:
    """The model a fixture is of: its `meta.model`, else by the weights it holds; raises PipelineError if unknown."""
    if "meta.model" in fixture:
        name = str(fixture["meta.model"])
    else:
        name = "amdnet" if "weights.clip_encoder.fc_gauss.weight" in fixture else "unknown"
    if name not in RESULTS:
        raise PipelineError(f"a fixture of no model known here ({name}); known: {', '.join(RESULTS)}")
    return name


def amdnet_results(weights: Arrays, inputs: Arrays) -> Arrays:
    """What AMDNet computes of the inputs, under the fixture's names; the losses weigh as on TVR."""
    hidden, video_size = weights["clip_input_proj.net.1.weight"].shape
    query_positions = weights.get("query_pos_embed.position_embeddings.weight")
    recipe = AMDNetRecipe(
        query_form="sentence" if query_positions is None else "token",
        hidden=hidden,
        moments=len(weights["clip_encoder.fc_gauss.weight"]) // 2,
        clips=inputs["clips"].shape[1],
        input_dropout=0.0,
        dropout=0.0,
        learning_rate=3e-4,
        warmup=0.01,
        weight_decay=0.01,
        batch_videos=128,
        epochs=1,
        patience_steps=1,
        retrieval_weight=0.04,
        diversity_weight=1.0,
        diversity_alpha=0.15,
        relevance_weight=25.0,
        relevance_margin=0.02,
    )
    query = inputs["query"] if inputs["query"].dim() == 3 else inputs["query"][:, None]
    mask = inputs.get("query_mask", torch.ones(query.shape[:2])).bool()
    query_size = weights["query_input_proj.net.1.weight"].shape[1]
    model = AMDNet(video_size, query_size, recipe, query.shape[1] if query_positions is None else len(query_positions))
    load_author_weights(model.eval(), weights)

    clips = inputs["clips"]
    encoding = model.encode_video(Videos(clips, clips[:, :0], torch.ones(len(clips), 0, dtype=torch.bool)))
    vector = model.encode_query(query, mask)
    losses = model.losses(vector, encoding, inputs["labels"], epoch=1)
    return {
        "video": encoding.video,
        "moment_masks": encoding.moment_masks,
        "moments": encoding.moments,
        "global": encoding.overview,
        "query": vector,
        "cosine_scores": model.score(vector, model.index(encoding)).score,
        "dot_scores": similarities(vector, encoding.video).amax(dim=-1),
        "loss_retrieval_unweighted": losses["retrieval"],
        "loss_diversity": losses["diversity"],
        "loss_relevance": losses["relevance"],
        "loss_total": losses["total"],
    }


RESULTS: dict[str, Callable[[Arrays, Arrays], Arrays]] = {"amdnet": amdnet_results}


@torch.inference_mode()
def errors(path: Path | str) -> dict[str, float]:
    """The relative error of every `expect.*` key; raises PipelineError for a fixture that is of no model known here."""
    fixture = read_fixture(path)
    results = RESULTS[model_of(fixture)](_tensors(fixture, "weights."), _tensors(fixture, "input."))
    expected = _tensors(fixture, "expect.")
    unknown = sorted(set(expected) - set(results))
    if unknown or not expected:
        raise PipelineError(f"unknown results: {', '.join(unknown) or 'none expected'}", where=path)
    return {f"expect.{name}": relative_error(results[name], value) for name, value in expected.items()}


def relative_error(ours: Tensor, expected: Tensor) -> float:
    """max|ours - expected| / max|expected|; infinite where the shapes differ or a value of ours is not finite."""
    if ours.shape != expected.shape or not torch.isfinite(ours).all():
        return float("inf")
    difference = (ours - expected).abs().max().item()
    return difference / max(expected.abs().max().item(), torch.finfo(torch.float32).tiny)


def _tensors(fixture: dict[str, np.ndarray], prefix: str) -> Arrays:
    return {
        name.removeprefix(prefix): torch.from_numpy(array) for name, array in fixture.items() if name.startswith(prefix)
    }


def main() -> None:
    """The command; see the top of the file."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m pipeline.models.parity FIXTURE.npz")
    try:
        found = errors(sys.argv[1])
    except PipelineError as error:
        print(f"ERROR: {error}", file=sys.stderr)
        sys.exit(2)
    print(json.dumps(found, indent=2))
    sys.exit(0 if max(found.values()) <= TOLERANCE else 1)


if __name__ == "__main__":
    main()
