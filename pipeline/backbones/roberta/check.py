"""Checks the published weights and the tokenizer of roberta-base. Test: tests/backbones/test_check_roberta.py.

The numbers come from two publications: from the tests of the library transformers, which hold some of the model's
outputs, made with the authors' own code, and from the model's page on the hub, which shows an answer with its scores.
"""

from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pipeline.backbones.common import hub
from pipeline.backbones.common.check import AS_PUBLISHED, Finding, Step, WeightsCheck
from pipeline.backbones.common.torchvision_fix import import_torchvision
from pipeline.backbones.roberta.network import Roberta, load_roberta
from pipeline.backbones.roberta.params import TextParams
from pipeline.backbones.roberta.tokenizer import Tokenizer, read_tokenizer

FILES = (*hub.MODEL_FILES, *hub.TOKENIZER_FILES)
SIZES = {"num_hidden_layers": 12, "hidden_size": 768, "num_attention_heads": 12, "vocab_size": 50265}

TEXT = "Hello world! male female professional fashion Russian"
TEXT_IDS = [31414, 232, 328, 2943, 2182, 2038, 2734, 1083]
"""A text of words whose ids are published."""

READ_IDS = [0, 31414, 232, 328, 740, 1140, 12695, 69, 46078, 1588, 2]
STATES = [[-0.0231, 0.0782, 0.0074], [-0.1854, 0.0540, -0.0175], [0.0548, 0.0799, 0.1687]]
SCORES = [[33.8802, -4.3103, 22.7761], [4.6539, -2.8098, 13.6253], [1.8228, -3.6898, 8.8600]]
"""Of `READ_IDS`: the first three numbers of the first three rows of the last layer, and of the scores of all tokens."""
LAST_DIGIT = 1e-3

MASK = 50264
MASKED = ("Hello I'm a", "a model.")
"""What stands before the masked word, and behind it with a word in front."""
ANSWER, LIKELY = 2943, 0.3307
"""The id of ` male`, which the model is most likely to put there, and how likely it is."""

NORMS = (5.0, 50.0)


class RobertaCheck(WeightsCheck):
    """Steps for roberta-base."""

    TITLE = "roberta-base"

    def steps(self) -> list[Step]:
        """See `WeightsCheck.steps`."""
        return [
            ("sha256", self._sha256),
            ("tensors", self._tensors),
            ("tokenizer", self._ids),
            ("outputs", self._outputs),
            ("masked word", self._masked),
            ("features", self._features),
            ("norms", self._norms),
        ]

    @cached_property
    def folder(self) -> Path:
        """Where the files lie, which are downloaded where they are not there yet."""
        return hub.roberta_base(FILES, param="text.weights")

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The project's tokenizer."""
        return read_tokenizer(self.folder)

    @cached_property
    def roberta(self) -> Roberta:
        """What the project extracts features with."""
        text = TextParams(tokenizer="roberta-base", weights="pretrained", layers=2, hidden=1, heads=1)
        return load_roberta(text, len(READ_IDS), len(self.tokenizer), torch.device("cpu"))

    @cached_property
    def whole(self) -> Any:
        """The model as it was trained, with the layer that tells masked words; `missing` names what the file lacks."""
        import_torchvision()
        from transformers import RobertaForMaskedLM

        loaded: Any = RobertaForMaskedLM.from_pretrained(
            self.folder, use_safetensors=True, local_files_only=True, dtype=torch.float32, output_loading_info=True
        )
        model, found = loaded  # which its types do not say
        self.missing: list[str] = sorted(found["missing_keys"])
        return model.eval()

    @torch.inference_mode()
    def read(self, ids: list[int]) -> Any:
        """Return what the model says of ids, its layers included."""
        return self.whole(input_ids=torch.tensor([ids]), output_hidden_states=True)

    def _sha256(self) -> Finding:
        folder = self.folder
        digest = hub.check_weights(folder)
        hub.pinned(hub.REPOSITORY, hub.REVISION, FILES, param="text.weights")
        return Finding("ok", f"{folder}; model.safetensors {digest}, the others as the hub has them")

    def _tensors(self) -> Finding:
        assert self.roberta  # it says of a file that does not fit what is wrong with it
        config = self.whole.config
        others = [f"{name} {getattr(config, name)}" for name in SIZES if getattr(config, name) != SIZES[name]]
        if self.missing or others:
            return Finding("wrong", f"not roberta-base's: {', '.join([*self.missing, *others])}")
        count = sum(tensor.numel() for tensor in self.whole.parameters())
        return Finding("ok", f"{count:,} numbers: names, shapes and kinds are the network's")

    def _ids(self) -> Finding:
        ids = self.tokenizer.ids(TEXT)
        return Finding(AS_PUBLISHED[ids == TEXT_IDS], f"`{TEXT}` is {ids}, published {TEXT_IDS}")

    def _outputs(self) -> Finding:
        said = self.read(READ_IDS)
        apart = max(_apart(said.hidden_states[-1], STATES), _apart(said.logits, SCORES))
        return Finding(AS_PUBLISHED[apart <= LAST_DIGIT], f"18 published numbers differ by {apart:.0e} at most")

    def _masked(self) -> Finding:
        before, behind = self.tokenizer.ids(MASKED[0]), self.tokenizer.ids(MASKED[1])[1:]
        scores = self.read([0, *before, MASK, *behind, 2]).logits[0, len(before) + 1].softmax(0)
        first, likely = int(scores.argmax()), float(scores.max())
        text = f"most likely is token {first} ({likely:.4f}), published {ANSWER} ({LIKELY})"
        return Finding(AS_PUBLISHED[first == ANSWER and abs(likely - LIKELY) <= LAST_DIGIT], text)

    def _features(self) -> Finding:
        expected = self.read(READ_IDS).hidden_states[-2][0, 1:-1]
        apart = float((torch.from_numpy(self.roberta.features(READ_IDS[1:-1])) - expected).abs().max())
        return Finding(AS_PUBLISHED[apart <= LAST_DIGIT], f"they are the second to last layer's, to {apart:.0e}")

    def _norms(self) -> Finding:
        norms = torch.from_numpy(self.roberta.features(READ_IDS[1:-1])).norm(dim=1)
        least, largest = (float(limit) for limit in norms.aminmax())
        text = f"L2 norms of features are {least:.1f} to {largest:.1f}, expected {NORMS[0]:g} to {NORMS[1]:g}"
        return Finding(self.as_expected(NORMS[0] <= least and largest <= NORMS[1]), text)


def _apart(rows: Tensor, published: list[list[float]]) -> float:
    return float((rows[0, :3, :3] - torch.tensor(published)).abs().max())
