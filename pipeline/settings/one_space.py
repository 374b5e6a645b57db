"""Checks that a model which compares clips with sentences as they are is given both of one model.

Test: tests/settings/test_one_space.py.
"""

from pipeline.annotations.common.layout import layout_of
from pipeline.core.errors import PipelineError
from pipeline.core.params import load
from pipeline.core.recipe import Recipe
from pipeline.settings.check import sections

NEEDED = {"features.streams": "[clip]", "query_text.encoder": "clip", "query_text.clip_output": "sentence"}
"""The only features that lie in one space: those of the two sides of the model that `clip.model` names."""


def check_one_space(recipe: Recipe, streams: list[str]) -> None:
    """Raise PipelineError where params.yaml does not give the model what it compares; it names what does.

    recipe: the chosen one. streams: those of the clips, as they are concatenated. Of a feature pack this cannot be
    known; that its rows and its queries have one size is seen when the model is built.
    """
    if not recipe.one_space:
        return
    params = load("dataset", "model", sections()["query_text"])
    if layout_of(params.dataset).stream:
        return
    of_queries = params.query_text
    given = dict(zip(NEEDED, (f"[{', '.join(streams)}]", of_queries.encoder, of_queries.clip_output), strict=True))
    wrong = [name for name, value in NEEDED.items() if given[name] != value]
    if wrong:
        is_given = " and ".join(f"{name} is {given[name]}" for name in wrong)
        raise PipelineError(
            f"`model: {params.model}` compares the clips of a video with a sentence as they are, and {is_given}",
            where="params.yaml",
            fix=" and ".join(f"set {name} to {NEEDED[name]}" for name in wrong) + ", or choose a model that is trained",
        )
