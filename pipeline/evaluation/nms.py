"""Counts what non-maximum suppression (NMS) leaves of the spans of each query. Test: tests/evaluation/test_nms.py."""

from pipeline.evaluation.localized import Localized


def nms_counts(localized: Localized) -> dict[str, dict[str, float]]:
    """Count, for each task whose answers are spans, those that a query has before NMS and after it.

    `before` and `kept` are means over the queries, `fewest` and `most` the extremes of what is kept. `wanted` is how
    many the lists may have, and `with_fewer` the share of queries with fewer than that, in per cent.
    """
    found = {}
    for task, moments in (("VCMR", localized.vcmr), ("SVMR", localized.svmr)):
        kept, wanted = (moments.video >= 0).sum(dim=1), moments.video.shape[1]
        found[task] = {
            "before": localized.before_nms[task].double().mean().item(),
            "kept": kept.double().mean().item(),
            "fewest": int(kept.min()),
            "most": int(kept.max()),
            "wanted": wanted,
            "with_fewer": 100 * (kept < wanted).double().mean().item(),
        }
    return found
