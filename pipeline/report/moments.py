"""What the report says of spans: every way to answer beside what knows nothing, how one was chosen, how fixed they are.

Test: tests/report/test_moments.py.
"""

from collections.abc import Mapping
from typing import Any

from pipeline.report import charts

FIXED = 0.05
"""Moments whose ends deviate by less than this share of the video are called fixed windows."""

Json = Mapping[str, Any]


def columns(split: Json, answer: Json) -> list[dict[str, Any]]:
    """One column of the table a way to answer: `name`, `metrics`, and `chosen` for the one that is answered."""
    found = [
        {"name": _name(kind, split, answer), "metrics": metrics, "chosen": kind == answer["chosen"]}
        for kind, metrics in sorted(split["answers"].items(), key=lambda item: item[0] != answer["chosen"])
    ]
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
    """Sentences: what is answered, and what the split that chose it says, with how sure it can be."""
    own = "the learned moment over the best clip" if split["moment_spread"] is not None else "the model's best clips"
    window = answer["chosen"] == "window"
    answered = f"a window of {_percent(answer['width'])} of the video around the best clip" if window else own
    if answer["width"] is None:
        return [
            f"The answer is {answered}. No query of {answer['split']} has an annotated span, so no window could be "
            "chosen there."
        ]
    low, high = answer["window_minus_model_95"]
    narrow, wide = answer["width_95"]
    why = f"is better on {answer['split']}" if answer["asked"] == "auto" else "evaluate.answer asks for"
    return [
        f"The answer is {answered}, which {why}: there, over {answer['queries_with_spans']:,} queries, the best window "
        f"has mIoU {answer['mIoU']['window']:.1f} and {own} {answer['mIoU']['model']:.1f}.",
        f"The difference lies between {low:+.1f} and {high:+.1f} (95 % of draws of the videos of {answer['split']}), "
        f"the width that such draws choose between {_percent(narrow)} and {_percent(wide)} of the video.",
    ]


def spread(split: Json) -> str | None:
    """Whether the learned moments differ between videos, in words; None for a model that learns none."""
    deviation = split["moment_spread"]
    if deviation is None:
        return None
    measured = f"Between videos, the ends of a learned moment deviate by {_percent(deviation, 1)} of the video"
    if deviation < FIXED:
        return f"{measured}: the moments are nearly the same windows in every video, whatever happens in it."
    return f"{measured}."


def width_chart(answer: Json) -> dict[str, Any] | None:
    """mIoU on the split that chose the width, by width; None where there was nothing to choose by."""
    if answer["width"] is None:
        return None
    points = [(100 * point["width"], point["mIoU"]) for point in answer["curve"]]
    own = [(width, answer["mIoU"]["model"]) for width, _ in (points[0], points[-1])]
    lines = {"window": points, "the model's own spans": own}
    return charts.line_chart(f"mIoU on {answer['split']}", "width of the window, % of the video", lines, floor=0)


def _percent(share: float, decimals: int = 0) -> str:
    """`45 %`; a share between two whole per cents keeps what it needs."""
    return f"{round(100 * share, max(decimals, 1)):g} %"
