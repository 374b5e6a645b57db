"""What is checked of a network that was trained to tell classes, and whose layer before the classifier gives features.

The file itself says how its network was trained: before every batch norm it holds the mean and the variance of what
came in. So what the project's preprocessing puts in can be held against the first of them, without a photograph. And
the classifier, put on the project's features, must say what the whole network says.
Test: tests/backbones/test_check_classifiers.py.
"""

from abc import abstractmethod
from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from pipeline.backbones.common.check import AS_PUBLISHED, NOTHING_COMPARED, Finding, Step, WeightsCheck
from pipeline.backbones.common.weights import Published, Weights, build, find
from pipeline.core.files import sha256_file

SPREAD = 2.0
"""Powers of two by which the variance before a first batch norm may differ from that in training.

On the drawings, a network with real ImageNet weights differs by 0.6. Numbers of 0 to 255 would differ by 12, numbers of
0 to 1 by 4.
"""
SAME = 1e-3
"""The share of the largest score by which two ways to the same scores may differ."""


class ClassifierCheck(WeightsCheck):
    """Steps for the weights of one file.

    PUBLISHED: the file; PARAMETER: that names it; CLASSIFIER: the name of the last layer; FIRST_NORMS: the names of the
    batch norms behind the convolutions that see pictures; NORMS: the least and the largest L2 norm of a row of features
    that is expected, None where nobody knows.
    """

    PUBLISHED: ClassVar[Published]
    PARAMETER: ClassVar[str]
    CLASSIFIER: ClassVar[str]
    FIRST_NORMS: ClassVar[tuple[str, ...]]
    NORMS: ClassVar[tuple[float, float] | None]

    @abstractmethod
    def network(self) -> nn.Module:
        """Construct the network as it was trained, classifier included."""

    @abstractmethod
    def encoder(self, weights: Weights) -> Any:
        """Build what the project extracts features with, whose `network` takes pictures that are preprocessed."""

    @abstractmethod
    def examples(self) -> Tensor:
        """Return what the encoder is shown: (B, ..., 3) uint8 RGB."""

    @abstractmethod
    def answers(self) -> list[Step]:
        """Return the steps that hold the classes of drawings against what they are expected to be."""

    def steps(self) -> list[Step]:
        """See `WeightsCheck.steps`."""
        return [
            ("sha256", self._sha256),
            ("tensors", self._tensors),
            ("input", self._input),
            ("features", self._features),
            *self.answers(),
            ("norms", self._norms),
        ]

    @cached_property
    def weights(self) -> Weights:
        """The published file, downloaded where it is not there yet."""
        return find("pretrained", self.PUBLISHED, self.PARAMETER)

    @cached_property
    def whole(self) -> nn.Module:
        """The network with its classifier."""
        return build(self.weights, self.network)

    @cached_property
    def built(self) -> Any:
        """The project's encoder."""
        return self.encoder(self.weights)

    @property
    def rows(self) -> Tensor:
        """The features of the examples: (B, D)."""
        return self._extracted[0]

    @torch.inference_mode()
    def features(self, examples: Tensor) -> Tensor:
        """Return the features of some pictures as the project extracts them: (B, D)."""
        return self.built(examples)

    def scores(self, features: Tensor) -> Tensor:
        """Return what the classifier says of features: (B, D) -> (B, classes)."""
        classifier = self.whole.get_submodule(self.CLASSIFIER)
        with torch.inference_mode():
            return classifier(features)

    def _sha256(self) -> Finding:
        assert self.weights.path is not None
        digest, known = sha256_file(self.weights.path), self.PUBLISHED.sha256
        size = f"{self.weights.path}, {self.weights.path.stat().st_size / 1e6:.1f} MB"
        if not known:
            return Finding(NOTHING_COMPARED, f"{size}; nobody publishes its hash, it is {digest}")
        return Finding(AS_PUBLISHED[digest.startswith(known)], f"{size}; {digest}, published {known}...")

    def _tensors(self) -> Finding:
        state = self.whole.state_dict()
        count = sum(tensor.numel() for tensor in state.values())
        return Finding("ok", f"{len(state)} tensors, {count:,} numbers: names, shapes and kinds are the network's")

    def _input(self) -> Finding:
        norms = [self.whole.get_submodule(name) for name in self.FIRST_NORMS]
        spreads = [_spread(norm, given) for norm, given in zip(norms, self._trained[1], strict=True)]
        text = ", ".join(f"{spread:+.1f}" for spread in spreads)
        verdict = self.as_expected(all(abs(spread) <= SPREAD for spread in spreads))
        return Finding(verdict, f"variance before the first batch norm is 2^({text}) times that in training")

    def _features(self) -> Finding:
        expected, found = self._trained[0], self.scores(self.rows)
        apart = float((found - expected).abs().max() / expected.abs().max().clamp(min=1e-12))
        text = f"the classifier says of them what the whole network says, to {apart:.0e} of its largest score"
        return Finding(AS_PUBLISHED[apart <= SAME], text)

    def _norms(self) -> Finding:
        least, largest = (float(limit) for limit in self.rows.norm(dim=1).aminmax())
        text = f"L2 norms of features are {least:.1f} to {largest:.1f}"
        if self.NORMS is None:
            return Finding(NOTHING_COMPARED, f"{text}; nobody publishes any")
        verdict = self.as_expected(self.NORMS[0] <= least and largest <= self.NORMS[1])
        return Finding(verdict, f"{text}, expected {self.NORMS[0]:g} to {self.NORMS[1]:g}")

    @cached_property
    def _extracted(self) -> tuple[Tensor, Any]:
        """The features of the examples, and what preprocessing made of these for the network."""
        rows: list[Tensor] = []
        (given,) = _inputs([self.built.network], lambda: rows.append(self.features(self.examples())))
        return rows[0], given

    @cached_property
    def _trained(self) -> tuple[Tensor, list[Tensor]]:
        """What the whole network says of the examples, (B, classes), and what its first batch norms were given."""
        prepared = self._extracted[1]
        said: list[Tensor] = []

        @torch.inference_mode()
        def call() -> None:
            said.append(self.whole(list(prepared) if isinstance(prepared, list) else prepared).flatten(1))

        given = _inputs([self.whole.get_submodule(name) for name in self.FIRST_NORMS], call)
        return said[0], given


def _inputs(modules: list[nn.Module], call: Callable[[], object]) -> list[Any]:
    """Return what each module is given while `call` runs; of a list, which a network may change in place, a copy."""
    given: dict[nn.Module, Any] = {}

    def keep(module: nn.Module, arguments: tuple[Any, ...]) -> None:
        given[module] = list(arguments[0]) if isinstance(arguments[0], list) else arguments[0]

    handles = [module.register_forward_pre_hook(keep) for module in modules]
    call()
    for handle in handles:
        handle.remove()
    return [given[module] for module in modules]


def _spread(norm: Any, given: Tensor) -> float:
    """Return by how many powers of two the variance of what a batch norm is given is above that in training.

    given: (B, C, ...); of the channels the median counts.
    """
    variance = given.transpose(0, 1).flatten(1).var(dim=1)
    return float(torch.log2(variance / (norm.running_var + norm.eps)).median())
