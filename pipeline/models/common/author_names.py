"""Our names and the authors' names for the modules of the blocks that several models share.

The authors of these models built them of the same parts, under names of their own. Each function here maps the names of
one block's modules to the names in the authors' state dict; `NAMES` in a model's authors.py is put together from them.
 Test: tests/tools/test_author_weights.py.
"""


def attention_names(ours: str, theirs: str) -> dict[str, str]:
    """Maps the names of a SelfAttention's modules to the authors' names.

    ours: the name of the SelfAttention in our model; theirs: in the authors' model.
    """
    names = {"output": "output.dense", "norm": "output.LayerNorm"}
    names |= {part: f"self.{part}" for part in ("query", "key", "value")}
    return {f"{ours}.{part}": f"{theirs}.{name}" for part, name in names.items()}


def embedding_names(ours: str, theirs: str) -> dict[str, str]:
    """Maps the names of an Embedding's modules to the authors' names.

    ours: the name of the Embedding in our model; theirs: what the authors call its input, `query`, `clip` or `frame`.
    """
    return {
        f"{ours}.projection.norm": f"{theirs}_input_proj.LayerNorm",
        f"{ours}.projection.linear": f"{theirs}_input_proj.net.1",
        f"{ours}.position.table": f"{theirs}_pos_embed.position_embeddings",
        f"{ours}.position.norm": f"{theirs}_pos_embed.LayerNorm",
    }
