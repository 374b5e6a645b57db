"""Writes a CLIP ViT-B/32 of full size with random weights, to be timed where nothing can be downloaded."""

import json
from pathlib import Path

import torch

from pipeline.backbones.clip.tokenizer import byte_tokenizer
from pipeline.backbones.common.torchvision_fix import import_torchvision

PROCESSING = {"feature_extractor_type": "CLIPFeatureExtractor", "size": 224, "crop_size": 224, "resample": 3}


def write_vit_b32(folder: Path) -> Path:
    """Write the files of a model into `folder`, unless they are there, and return it."""
    if not folder.exists():
        import_torchvision()
        from transformers import CLIPConfig, CLIPModel

        torch.manual_seed(0)
        CLIPModel(CLIPConfig()).save_pretrained(folder)
        (folder / "preprocessor_config.json").write_text(json.dumps(PROCESSING))
        (folder / "tokenizer.json").write_text(byte_tokenizer().content)  # which no picture needs
        (folder / "tokenizer_config.json").write_text("{}")
    return folder
