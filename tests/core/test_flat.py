"""Nested mappings become dotted names, in order; lists are values, and an empty mapping has none."""

from pipeline.core.flat import flat


def test_names_are_dotted_and_in_order():
    nested = {"model": "amdnet", "b": {"y": 1, "x": {"deep": [1, {"z": 2}]}}, "nothing": {}, "none": None}
    expected = [("model", "amdnet"), ("b.y", 1), ("b.x.deep", [1, {"z": 2}]), ("none", None)]
    assert list(flat(nested)) == expected
