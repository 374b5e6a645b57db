"""Writes what the report says about spans: how good each kind of answer is, how one was chosen, and how moments vary.

Test: tests/report/test_moments.py.
"""

from collections.abc import Mapping
from typing import Any

from pipeline.report import charts

FIXED = 0.05
"""Where the ends of moments deviate by less than this share of the video, the report calls them fixed windows."""

Json = Mapping[str, Any]


def columns(split: Json, answer: Json) -> list[dict[str, Any]]:
    """List the columns of the table, one for each kind of answer, and for two spans that know nothing.

    A column has `name`, `metrics`, and `chosen`, true for the kind that was chosen. split: the split's entry in
    details.json; answer: that of the choice.
    """
    found = [
        {"name": _name(kind, split, answer), "metrics": metrics, "chosen": kind == answer["chosen"]}
        for kind, metrics in sorted(split["answers"].items(), key=lambda item: item[0] != answer["chosen"])
    ]
    return [*found, *constants(split, answer)]


def constants(split: Json, answer: Json) -> list[dict[str, Any]]:
    """List the columns of the two spans that know nothing: the constant span, where train has spans, and the video."""
    found = []
    if split["constant_span"]:
        start, end = answer["constant_span"]
        name = f"Best constant span of train, {_percent(start)} to {_percent(end)}"
        found.append({"name": name, "metrics": split["constant_span"], "chosen": False})
    return [*found, {"name": "Whole video", "metrics": split["whole_video"], "chosen": False}]


def _name(kind: str, split: Json, answer: Json) -> str:
    if kind == "window":
        return f"Window of {_percent(answer['width'])} around the best clip"
    return "Learned moment" if split["moment_spread"] is not None else "Best clip or stretch of clips"


def choice(split: Json, answer: Json) -> list[str]:
    """Say in sentences what the answer is, how it did on the split that chose it, and how sure that is."""
    own = "the learned moment over the best clip" if split["moment_spread"] is not None else "the model's best clips"
    window = answer["chosen"] == "window"
    answered = f"a window of {_percent(answer['width'])} of the video around the best clip" if window else own
    if answer.get("reused"):
        return [f"The retriever's answer is {answered}, as it was chosen where the model was trained."]
    if answer["width"] is None:
        return [
            f"The retriever's answer is {answered}. No query of {answer['split']} has an annotated span, so no window "
            "could be chosen there."
        ]
    low, high = answer["window_minus_model_95"]
    narrow, wide = answer["width_95"]
    why = f"is better on {answer['split']}" if answer["asked"] == "auto" else "evaluate.answer asks for"
    return [
        f"The retriever's answer is {answered}, which {why}: there, over {answer['queries_with_spans']:,} queries, the "
        f"best window has mIoU {answer['mIoU']['window']:.1f} and {own} {answer['mIoU']['model']:.1f}.",
        f"The difference lies between {low:+.1f} and {high:+.1f} (95 % of draws of the videos of {answer['split']}), "
        f"the width that such draws choose between {_percent(narrow)} and {_percent(wide)} of the video.",
    ]


def spread(split: Json) -> str | None:
    """Say whether the learned moments differ between videos; None for a model that learns none."""
    deviation = split["moment_spread"]
    if deviation is None:
        return None
    measured = f"Between videos, the ends of a learned moment deviate by {_percent(deviation)} of the video"
    if deviation < FIXED:
        return f"{measured}: the moments are nearly the same windows in every video, whatever happens in it."
    return f"{measured}."


def lists(split: Json) -> str:
    """Say how many spans the lists behind SVMR and VCMR have, and how many there were before NMS.

    split: the split's entry in details.json.
    """
    counts = ", and ".join(
        f"{of['kept']:.1f} of {of['before']:.1f} in {task} ({of['with_fewer']:.1f} % of the queries have fewer than "
        f"{of['wanted']:,})"
        for task, of in sorted(split["nms"].items())
    )
    return f"A span that repeats a better one of its video is dropped (NMS). That leaves a query {counts}, on average."


def width_chart(answer: Json) -> dict[str, Any] | None:
    """Draw mIoU by the width of the window, on the split that chose it; None where there was nothing to choose by."""
    if answer.get("reused") or answer["width"] is None:
        return None
    points = [(100 * point["width"], point["mIoU"]) for point in answer["curve"]]
    own = [(width, answer["mIoU"]["model"]) for width, _ in (points[0], points[-1])]
    lines = {"window": points, "the model's own spans": own}
    mark = (100 * answer["width"], f"best: {_percent(answer['width'])}")
    return charts.line_chart(
        f"mIoU on {answer['split']}", "width of the window, % of the video", lines, floor=0, mark=mark
    )


def _percent(share: float) -> str:
    """Format a share as `45 %`, or as `37.5 %` where it lies between two whole per cents."""
    return f"{round(100 * share, 1):g} %"
