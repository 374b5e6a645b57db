"""The splits of a run that trains nothing, because it reuses a model or has no queries: there is nothing to hold out.

Test: tests/annotations/test_untrained.py.
"""

from pipeline.annotations.common.records import Annotations


def put_into_test(annotations: Annotations) -> None:
    """Put all videos into the test split, whose queries are evaluated, unless a split is named for any of them."""
    if not any(annotations.corpus.values()):
        for named in annotations.corpus.values():
            named.add("test")
