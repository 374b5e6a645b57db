"""The library reads what is written, the data starts where it must, and equal tensors are equal bytes."""

import pytest
import torch
from safetensors.torch import load_file, save_file

from pipeline.core.errors import PipelineError
from pipeline.retrieval.safetensors_file import ALIGNMENT, DTYPES, read, write


@pytest.fixture
def tensors():
    generator = torch.Generator().manual_seed(0)
    made = {
        f"of {dtype}".replace("torch.", ""): torch.randint(0, 2, (5, 3), generator=generator).to(dtype)
        for dtype in DTYPES
    }
    return {**made, "empty": torch.empty(4, 0, 2), "large": torch.randn(6, 32, 8, generator=generator)}


@pytest.mark.parametrize("metadata", [{}, {"key": "v" * 5}, {"key": "é" * 40}])
def test_the_library_and_we_read_what_was_written(tmp_path, tensors, metadata):
    path = tmp_path / "some.safetensors"
    write(path, tensors, metadata)
    ours, of_ours = read(path, "mend it")
    assert of_ours == metadata and set(ours) == set(tensors)
    for found in (ours, load_file(path)):
        for name, tensor in tensors.items():
            assert torch.equal(found[name], tensor) and found[name].dtype == tensor.dtype
    assert all(tensor.data_ptr() % ALIGNMENT == 0 for tensor in ours.values())


def test_what_the_library_wrote_is_aligned_too(tmp_path):
    save_file({"a": torch.arange(3.0), "b": torch.arange(5.0)}, tmp_path / "some.safetensors")
    found, _ = read(tmp_path / "some.safetensors", "mend it")
    assert all(tensor.data_ptr() % ALIGNMENT == 0 for tensor in found.values())
    assert found["b"].tolist() == [0, 1, 2, 3, 4]


def test_the_order_and_the_memory_of_the_tensors_change_no_byte(tmp_path, tensors):
    turned = {name: tensor.T.contiguous().T for name, tensor in tensors.items() if tensor.dim() == 2}
    other = {**dict(reversed(tensors.items())), **turned}
    write(tmp_path / "one", tensors, {"a": "1", "b": "2"})
    write(tmp_path / "other", other, {"b": "2", "a": "1"})
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_large_tensors_are_not_copied_to_memory(tmp_path, tensors):
    path = tmp_path / "some.safetensors"
    write(path, tensors, {})
    found, _ = read(path, "mend it")
    with open(path, "r+b") as file:  # a change of the file shows in a map of it, and not in a copy
        header = int.from_bytes(file.read(8), "little")
        file.seek(8 + header)
        file.write(b"\0" * 4)
    assert found["large"].flatten()[0] == 0 != tensors["large"].flatten()[0]


@pytest.mark.parametrize("kept", [0, 5, 100, -1])
def test_a_file_that_was_cut_is_one_clear_error(tmp_path, tensors, kept):
    path = tmp_path / "some.safetensors"
    write(path, tensors, {})
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(PipelineError, match="not a readable safetensors file") as error:
        read(path, "mend it")
    assert error.value.fix == "mend it" and error.value.where == path


def test_a_file_that_is_missing_is_one_clear_error(tmp_path):
    with pytest.raises(PipelineError, match="does not exist"):
        read(tmp_path / "some.safetensors", "mend it")
