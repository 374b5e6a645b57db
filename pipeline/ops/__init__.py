"""Fast CPU paths, each with the signature of what it stands in for. AMDNET_FAST_CPU=0 turns all of them off.

| here | stands in for | forward and gradient, compared with what it stands in for |
|---|---|---|
| `linear`, `Linear` | `F.linear`, `nn.Linear` | equal to float32's rounding |
| `Dropout` | `nn.Dropout` | bit-equal in evaluation; in training others are dropped, as likely |
| `in_parts` | the method that it decorates | equal to float32's rounding; dropout is drawn part by part |
| `keep_memory` | nothing | bit-equal: only where memory comes from changes |

On a GPU each hands over to what it stands in for; so do `linear` and `Dropout` in other precisions than float32, and
`linear` under autocast. What each gains, `python -m benchmarks.ops` measures; the figures are in benchmarks/README.md.
"""

from pipeline.ops.dropout import Dropout
from pipeline.ops.linear_map import Linear, linear
from pipeline.ops.memory import keep_memory
from pipeline.ops.parts import in_parts

__all__ = ["Dropout", "Linear", "in_parts", "keep_memory", "linear"]
