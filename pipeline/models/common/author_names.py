"""How the authors of the models named the modules that our shared blocks stand for, for each model's `AUTHOR_NAMES`."""


def attention_names(ours: str, theirs: str) -> dict[str, str]:
    """Of a SelfAttention."""
    names = {"output": "output.dense", "norm": "output.LayerNorm"}
    names |= {part: f"self.{part}" for part in ("query", "key", "value")}
    return {f"{ours}.{part}": f"{theirs}.{name}" for part, name in names.items()}


def embedding_names(ours: str, theirs: str) -> dict[str, str]:
    """Of an Embedding; theirs: `query`, `clip` or `frame`."""
    return {
        f"{ours}.projection.norm": f"{theirs}_input_proj.LayerNorm",
        f"{ours}.projection.linear": f"{theirs}_input_proj.net.1",
        f"{ours}.position.table": f"{theirs}_pos_embed.position_embeddings",
        f"{ours}.position.norm": f"{theirs}_pos_embed.LayerNorm",
    }
