"""Faster ways to compute on the CPU; each is called like the part of torch that it stands in for.

AMDNET_FAST_CPU=0 turns all of them off.

| here | stands in for | its results and gradients, compared with those of what it stands in for |
|---|---|---|
| `linear`, `Linear` | `F.linear`, `nn.Linear` | equal to float32's rounding |
| `Dropout` | `nn.Dropout` | bit-equal in evaluation; in training it drops other elements, with the same probability |
| `in_parts` | the method that it decorates | equal to float32's rounding; dropout is drawn for each part by itself |
| `keep_memory` | nothing | bit-equal: only the way in which memory is allocated changes |

On a GPU each calls what it stands in for; so do `linear` and `Dropout` for other dtypes than float32, and `linear`
under autocast. `python -m benchmarks.ops` measures what each gains; the figures are in benchmarks/README.md.
"""

from pipeline.ops.dropout import Dropout
from pipeline.ops.linear_map import Linear, linear
from pipeline.ops.memory import keep_memory
from pipeline.ops.parts import in_parts

__all__ = ["Dropout", "Linear", "in_parts", "keep_memory", "linear"]
