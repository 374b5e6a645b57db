"""Folders of CLIP and SigLIP models with seeded random weights, and tokenizers made for the purpose.

Widths, heads, lengths and sizes are those of the published models; `layers` cuts the depth, and SigLIP 2 has fewer
words, because its own 256,000 take 0.8 GB.
"""

import json
from pathlib import Path
from typing import Any

import torch
from tokenizers.pre_tokenizers import ByteLevel

from pipeline.backbones.clip.params import ClipParams
from pipeline.backbones.common.torchvision_fix import import_torchvision

import_torchvision()
import transformers  # noqa: E402  # torchvision first

B32, L14, SIGLIP2 = "openai/clip-vit-base-patch32", "openai/clip-vit-large-patch14", "google/siglip2-base-patch16-224"
TINY = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
MEAN, STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]


def clip_params(model: Path | str = "random", **others: Any) -> ClipParams:
    """The section `clip` for a model's folder, by default for the model `random`."""
    given = {
        "revision": "none", "frames_per_second": 2.0, "pooling": "mean", "precision": "float32", "batch_frames": 4
    }  # fmt: skip
    return ClipParams(model=str(model), **{**given, **others})


def configuration(name: str, layers: int | None = None) -> Any:
    """The configuration of a published model, or of a tiny one named `clip` or `siglip`."""
    depth = {} if layers is None else {"num_hidden_layers": layers}
    if name == "clip":
        vision = {**TINY, "image_size": 32, "patch_size": 8}
        ids = {"vocab_size": 600, "bos_token_id": 598, "eos_token_id": 599}
        return transformers.CLIPConfig(text_config={**TINY, **ids}, vision_config=vision, projection_dim=24)
    if name == "siglip":
        vision = {**TINY, "image_size": 32, "patch_size": 8}
        return transformers.SiglipConfig(text_config={**TINY, "vocab_size": 600}, vision_config=vision)
    if name == SIGLIP2:
        text = {"vocab_size": 600, "hidden_act": "gelu_pytorch_tanh"}
        return transformers.SiglipConfig(text_config={**text, **depth}, vision_config=depth)
    if name == B32:
        text = {
            "bos_token_id": 0,
            "eos_token_id": 2,
        }  # as its config.json has them, though its tokenizer says otherwise
        return transformers.CLIPConfig(text_config={**text, **depth}, vision_config=depth)
    large = {"intermediate_size": 4096, "num_hidden_layers": 24, "num_attention_heads": 16, "patch_size": 14}
    text = {"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12, "projection_dim": 768}
    return transformers.CLIPConfig(
        text_config={**text, "bos_token_id": 0, "eos_token_id": 2, **depth},
        vision_config={"hidden_size": 1024, "projection_dim": 768, **large, **depth},
        projection_dim=768,
    )


def model_of(name: str, layers: int | None = None) -> Any:
    """The two-tower model of transformers with the weights that transformers gives a new one, from a fixed seed."""
    config = configuration(name, layers)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return transformers.AutoModel.from_config(config).eval()


def write_model(folder: Path, name: str, layers: int | None = None) -> Any:
    """Write a model's folder as it lies on the hub, and return the model."""
    model = model_of(name, layers)
    model.save_pretrained(folder)
    vocabulary = model.config.text_config.vocab_size
    tokenizer = clip_tokenizer(vocabulary) if model.config.model_type == "clip" else siglip_tokenizer()
    tokenizer.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessing(model.config)))
    return model


def preprocessing(config: Any) -> dict[str, Any]:
    """What preprocessor_config.json of the published models says, in the old form for CLIP."""
    side = config.vision_config.image_size
    if config.model_type == "clip":
        own = {
            "crop_size": side,
            "size": side,
            "do_center_crop": True,
            "feature_extractor_type": "CLIPFeatureExtractor",
        }
        return {**own, "do_normalize": True, "do_resize": True, "image_mean": MEAN, "image_std": STD, "resample": 3}
    own = {"image_processor_type": "SiglipImageProcessor", "size": {"height": side, "width": side}, "resample": 2}
    steps = {"do_convert_rgb": None, "do_resize": True, "do_rescale": True, "rescale_factor": 1 / 255}
    return {**own, **steps, "do_normalize": True, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}


def clip_tokenizer(vocabulary: int) -> Any:
    """A CLIP tokenizer of so many ids, of which the last two are the special ones; it knows letters and a few words."""
    letters = sorted(ByteLevel.alphabet())
    merges = [("t", "h"), ("th", "e</w>"), ("d", "o"), ("o", "r</w>"), ("do", "or</w>")]
    tokens = [*letters, *(f"{letter}</w>" for letter in letters), *("".join(pair) for pair in merges)]
    tokens = list(dict.fromkeys(tokens))
    tokens += [f"unused {number}" for number in range(vocabulary - 2 - len(tokens))]
    ids = {token: id for id, token in enumerate([*tokens, "<|startoftext|>", "<|endoftext|>"])}
    return transformers.CLIPTokenizer(vocab=ids, merges=merges, model_max_length=77)


def siglip_tokenizer() -> Any:
    """A tokenizer of SigLIP 2 that knows bytes, letters and a few words."""
    merges = [("t", "h"), ("th", "e"), ("▁", "the"), ("o", "o")]
    tokens = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", *(f"<0x{byte:02X}>" for byte in range(256))]
    tokens += ["▁", *"abcdefghijklmnopqrstuvwxyz.,!?<>", *("".join(pair) for pair in merges)]
    return transformers.Siglip2Tokenizer(
        vocab={token: id for id, token in enumerate(tokens)},
        merges=merges,
        add_eos_token=True,
        padding_side="right",
        model_input_names=["input_ids"],
        model_max_length=64,
    )
