"""`amdnet import-checkpoint`: takes over the authors' weights. Test: tests/tools/test_import_checkpoint.py."""

from pathlib import Path
from typing import Annotated

import typer

MODEL = Path("outputs/model")


def import_checkpoint(checkpoint: Annotated[Path, typer.Argument(metavar="FILE", show_default=False)]) -> None:
    """Take over weights of the authors' code.

    FILE is a .safetensors or torch file with a state dict, at its top level or below a key such as `model` or
    `state_dict`. Its weights take the place of those in outputs/model, where a trained model says of which sizes and
    features the model is. `dvc commit --force train` and `dvc repro` evaluate it then.
    """
    from tools.authors.checkpoint import replace_weights

    replace_weights(checkpoint, MODEL)
    typer.echo(f"{MODEL} has the weights of {checkpoint} now. To evaluate them: dvc commit --force train && dvc repro")
