"""Writes and opens safetensors files whose tensors can be used where they are on the disk, without reading them first.

This module writes the files, and not the library safetensors, for two reasons. The library copies every tensor before
it writes it, so that an index would need twice its memory. And it starts the data of a tensor at any byte of the file,
but the last bits of a matrix product depend on how its operands are aligned in memory; here the data starts at a
multiple of ALIGNMENT bytes. The library reads and checks the files.
 Test: tests/retrieval/test_safetensors_file.py.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from pipeline.core.errors import PipelineError
from pipeline.core.files import atomic_path

ALIGNMENT = 64
DTYPES = {torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.int64: "I64", torch.bool: "BOOL"}


def write(path: Path | str, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write the tensors and the metadata to a file.

    Tensors whose size is a multiple of ALIGNMENT bytes come first, so that as many as possible are aligned. Equal
    tensors give equal bytes, wherever they were computed.
    """
    ordered = sorted(tensors.items(), key=lambda item: (item[1].nbytes % ALIGNMENT != 0, item[0]))
    header: dict[str, object] = {"__metadata__": dict(sorted(metadata.items()))}
    end = 0
    for name, tensor in ordered:
        offsets = [end, end := end + tensor.nbytes]
        header[name] = {"dtype": DTYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": offsets}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-(8 + len(text)) % ALIGNMENT)
    with atomic_path(path) as temporary, open(temporary, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for _, tensor in ordered:
            file.write(tensor.cpu().contiguous().flatten().view(torch.uint8).numpy().data)


def read(path: Path | str, fix: str) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Open a file; returns its tensors by name, and its metadata.

    The tensors are mapped into memory: the system reads from the disk what is used. A tensor that does not start at a
    multiple of ALIGNMENT bytes is copied at once. Raises PipelineError, with `fix` as what to do next, where the file
    is missing, cut off, or no safetensors file.
    """
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (the file is no mapping)
            metadata = file.metadata() or {}
    except FileNotFoundError:
        raise PipelineError("the file does not exist", where=path, fix=fix) from None
    except (SafetensorError, OSError) as error:
        raise PipelineError(f"not a readable safetensors file: {error}", where=path, fix=fix) from None
    return {
        name: tensor.clone() if tensor.data_ptr() % ALIGNMENT else tensor for name, tensor in tensors.items()
    }, metadata
