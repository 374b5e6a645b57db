"""A small RoBERTa model as users have them: a folder with config.json and model.safetensors."""

from pathlib import Path

import torch

from pipeline.backbones.common.torchvision_fix import import_torchvision


def write_roberta(folder: Path, vocabulary: int) -> None:
    """Write a model of two layers and 16 units, with weights that were drawn at random."""
    import_torchvision()
    from transformers import RobertaConfig, RobertaModel

    config = RobertaConfig(
        vocab_size=vocabulary,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=80,
        type_vocab_size=1,
    )
    with torch.random.fork_rng():
        torch.manual_seed(7)
        RobertaModel(config, add_pooling_layer=False).save_pretrained(folder)
