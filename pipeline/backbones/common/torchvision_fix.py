"""Imports torchvision also on a CPU-only torch, where its compiled library cannot be loaded.

torchvision's wheel is built for CUDA. Its compiled library needs CUDA's libraries and registers the operators
`torchvision::nms` and `torchvision::qnms`. Where it cannot be loaded, the import of torchvision fails because their
schemas are missing (pytorch/vision#9085), and transformers' RobertaModel fails with it. Models and transforms need
neither operator, so it is enough to define their schemas. Test: tests/backbones/test_torchvision_fix.py.
"""

import importlib.util
from pathlib import Path
from types import ModuleType

import torch

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_fragment: torch.library.Library | None = None  # its definitions last as long as this object


def import_torchvision() -> ModuleType:
    """Return the torchvision module; to be called before anything imports torchvision, as transformers' models do.

    Where the compiled library can be loaded, nothing is changed; elsewhere torchvision.ops.nms and torchvision.io do
    not work.
    """
    global _fragment
    if _fragment is None and not _compiled_library_loads():
        _fragment = torch.library.Library("torchvision", "FRAGMENT")
        for schema in _SCHEMAS:
            _fragment.define(schema)
    import torchvision

    return torchvision


def _compiled_library_loads() -> bool:
    if hasattr(torch.ops.torchvision, "nms"):
        return True
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.submodule_search_locations is None:
        return True  # then the import of torchvision raises the clearer error
    for library in sorted(Path(spec.submodule_search_locations[0]).glob("_C.*")):
        try:
            torch.ops.load_library(str(library))
            return True
        except OSError:
            continue
    return False
