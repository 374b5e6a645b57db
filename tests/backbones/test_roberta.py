"""RoBERTa features: second-to-last layer, specials removed, and random weights that keep words apart."""

import json

import numpy as np
import pytest
import torch

from pipeline.backbones.common.torchvision_fix import import_torchvision
from pipeline.backbones.roberta.network import load_roberta
from pipeline.backbones.roberta.params import TextParams
from pipeline.core.errors import PipelineError
from pipeline.core.runtime import threads

CPU = torch.device("cpu")
VOCABULARY = 60


def text_params(**changes) -> TextParams:
    values = dict(tokenizer="corpus", weights="random", layers=3, hidden=32, heads=4)
    return TextParams(**{**values, **changes})


@pytest.fixture(scope="module")
def whole_model():
    """A whole small RobertaModel, all layers in place."""
    import_torchvision()
    from transformers import RobertaConfig, RobertaModel

    config = RobertaConfig(
        vocab_size=VOCABULARY,
        hidden_size=32,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=80,
        type_vocab_size=1,
    )
    with torch.random.fork_rng():
        torch.manual_seed(7)
        return RobertaModel(config, add_pooling_layer=False).eval()


@pytest.fixture
def folder(whole_model, tmp_path):
    whole_model.save_pretrained(tmp_path / "tiny")
    return tmp_path / "tiny"


def test_second_to_last_layer_without_specials(whole_model, folder):
    roberta = load_roberta(text_params(weights=str(folder)), 30, VOCABULARY, CPU)
    ids = [9, 17, 5, 42]
    with torch.inference_mode(), threads(1):
        hidden = whole_model(torch.tensor([[0, *ids, 2]]), output_hidden_states=True).hidden_states
    assert len(hidden) == 4  # embeddings and three layers
    np.testing.assert_array_equal(roberta.features(ids), hidden[-2][0, 1:-1].numpy())
    assert roberta.features(ids).dtype == np.float32
    assert roberta.weights.startswith("sha256:") and roberta.size == 32


def test_the_number_of_threads_changes_no_bit():
    roberta = load_roberta(text_params(hidden=128), 30, VOCABULARY, CPU)
    texts = [torch.randint(5, VOCABULARY, (3 + number % 25,)).tolist() for number in range(60)]
    with threads(1):
        alone = [roberta.features(ids) for ids in texts]
    with threads(2):
        together = [roberta.features(ids) for ids in texts]
        assert torch.get_num_threads() == 2
    assert all(np.array_equal(*rows) for rows in zip(alone, together, strict=True))


def test_batched_and_padded_forward_agrees_within_float16(whole_model, folder):
    roberta = load_roberta(text_params(weights=str(folder)), 30, VOCABULARY, CPU)
    ids = torch.tensor([[0, 9, 17, 5, 2], [0, 8, 2, 1, 1]])
    with torch.inference_mode():
        hidden = whole_model(ids, attention_mask=(ids != 1).long(), output_hidden_states=True).hidden_states[-2]
    np.testing.assert_allclose(roberta.features([9, 17, 5]), hidden[0, 1:4].numpy(), atol=1e-5)
    np.testing.assert_allclose(roberta.features([8]), hidden[1, 1:2].numpy(), atol=1e-5)


def test_random_weights_do_not_depend_on_the_global_seed():
    features = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        roberta = load_roberta(text_params(), 30, VOCABULARY, CPU)
        features.append(roberta.features([9, 10]))
    np.testing.assert_array_equal(*features)
    assert roberta.weights == "random (seed 0)"


@pytest.mark.parametrize(("layers", "hidden"), [(3, 128), (12, 96)])
def test_random_weights_keep_words_apart(layers, hidden):
    """A word is nearest to itself in other places and contexts, and different words are far from parallel."""
    roberta = load_roberta(text_params(layers=layers, hidden=hidden), 30, VOCABULARY, CPU)
    generator = np.random.default_rng(0)
    texts = [generator.permutation(np.arange(5, VOCABULARY))[:12] for _ in range(40)]
    features = np.concatenate([roberta.features(text.tolist()) for text in texts])
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    words, owner = np.concatenate(texts), np.repeat(np.arange(40), 12)
    cosine = features @ features.T
    different = words[:, None] != words[None]
    assert cosine[different].mean() < 0.4
    elsewhere = np.where(owner[:, None] == owner[None], -2, cosine)
    assert (words[elsewhere.argmax(1)] == words).mean() > 0.98


def test_context_reaches_a_word():
    roberta = load_roberta(text_params(), 30, VOCABULARY, CPU)
    assert not np.allclose(roberta.features([9, 10])[0], roberta.features([9, 11])[0], atol=1e-3)


def test_mistyped_folder_names_the_path_and_the_ways_out(tmp_path):
    with pytest.raises(PipelineError) as caught:
        load_roberta(text_params(weights=str(tmp_path / "robrta")), 30, VOCABULARY, CPU)
    for words in (str(tmp_path / "robrta"), "text.weights", "model.safetensors", "`pretrained`", "`random`"):
        assert words in str(caught.value)


def test_folder_of_another_kind_of_model_is_refused(folder):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "bert"}))
    with pytest.raises(PipelineError, match="'bert'"):
        load_roberta(text_params(weights=str(folder)), 30, VOCABULARY, CPU)


def test_damaged_weights_are_an_error_not_a_traceback(folder):
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(PipelineError, match="cannot be read"):
        load_roberta(text_params(weights=str(folder)), 30, VOCABULARY, CPU)


def test_weights_that_lack_a_tensor_are_refused(folder):
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    del tensors["encoder.layer.1.output.dense.weight"]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(PipelineError, match="layer.1.output.dense.weight"):
        load_roberta(text_params(weights=str(folder)), 30, VOCABULARY, CPU)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("spoil", "cause"),
    [(lambda bias: bias * float("nan"), "not finite"), (lambda bias: bias.to(torch.complex64), "complex64"),
     (lambda bias: bias.long(), "int64")],
)  # fmt: skip
def test_weights_that_are_no_finite_numbers_are_refused(folder, spoil, cause):
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    name = "encoder.layer.0.attention.self.query.bias"
    save_file({**tensors, name: spoil(tensors[name])}, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(PipelineError, match=f"{cause}.*layer.0.attention.self.query.bias"):
        load_roberta(text_params(weights=str(folder)), 30, VOCABULARY, CPU)


def test_tokenizer_of_another_size_is_refused(folder):
    with pytest.raises(PipelineError, match="the tokenizer 61"):
        load_roberta(text_params(weights=str(folder)), 30, VOCABULARY + 1, CPU)


def test_texts_longer_than_the_models_positions_are_refused(folder):
    with pytest.raises(PipelineError, match="takes 78 tokens"):
        load_roberta(text_params(weights=str(folder)), 79, VOCABULARY, CPU)
    load_roberta(text_params(weights=str(folder)), 78, VOCABULARY, CPU).features([9] * 76)
