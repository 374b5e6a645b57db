"""Splits: named ones are kept, drawn ones are exact, seeded, stable when the data set grows, and never leak."""

import pytest
from helpers.sections import prepare_params

from pipeline.annotations.common import splits as module
from pipeline.annotations.common.params import PrepareParams


def prepare(val: float = 0.1, test: float = 0.2, seed: int = 0) -> PrepareParams:
    return prepare_params(val_fraction=val, test_fraction=test, split_seed=seed)


def assign(named, described, protocol, prepare, contents=None):
    """The splits of videos that are all different, but for those whose content is named."""
    return module.assign(named, described, {v: v for v in named} | (contents or {}), protocol, prepare)


def unnamed(count: int) -> dict[str, set[str]]:
    return {f"video_{k}": set() for k in range(count)}


def sizes(splits: dict[str, tuple[str, ...]]) -> tuple[int, int, int]:
    return tuple(sum(split in names for names in splits.values()) for split in ("train", "val", "test"))


@pytest.mark.parametrize(
    ("videos", "expected"), [(1, (1, 0, 0)), (2, (1, 0, 1)), (3, (1, 1, 1)), (12, (9, 1, 2)), (100, (70, 10, 20))]
)
def test_fractions_are_exact_and_small_sets_keep_a_test_video(videos, expected):
    named = unnamed(videos)
    splits = assign(named, named, "honest", prepare())
    assert sizes(splits) == expected
    assert all(len(names) == 1 for names in splits.values())


def test_published_holds_nothing_out_and_tests_on_the_same_videos():
    named = unnamed(50)
    honest, published = (assign(named, named, protocol, prepare()) for protocol in ("honest", "published"))
    assert sizes(published) == (40, 0, 10)
    assert {v for v in named if "test" in honest[v]} == {v for v in named if "test" in published[v]}


def test_order_does_not_matter_and_the_seed_does():
    named = unnamed(40)
    backwards = dict(reversed(named.items()))
    assert assign(named, named, "honest", prepare()) == assign(backwards, named, "honest", prepare())
    assert assign(named, named, "honest", prepare()) != assign(named, named, "honest", prepare(seed=1))


def test_a_new_video_moves_at_most_one_other_across_each_border():
    small, grown = unnamed(100), unnamed(101)
    before, after = (assign(named, named, "honest", prepare()) for named in (small, grown))
    assert sum(before[v] != after[v] for v in small) <= 2


def test_val_is_held_out_of_train_only_where_none_is_named():
    named = {**{f"train_{k}": {"train"} for k in range(20)}, **{f"test_{k}": {"test"} for k in range(5)}}
    honest = assign(named, named, "honest", prepare())
    assert sizes(honest) == (18, 2, 5)
    assert all(honest[v] == ("test",) for v in named if v.startswith("test"))
    assert assign(named, named, "published", prepare()) == {v: tuple(names) for v, names in named.items()}
    with_val = {**named, "val_0": {"val"}}
    assert sizes(assign(with_val, with_val, "honest", prepare())) == (20, 1, 5)


def test_one_video_may_be_in_val_and_test():
    named = {"a": {"test", "val"}, "b": {"train"}}
    assert assign(named, named, "honest", prepare())["a"] == ("val", "test")


def test_a_video_without_queries_is_to_be_told_apart_in_test():
    named = unnamed(10)
    described = set(named) - {"video_3"}
    splits = assign(named, described, "honest", prepare())
    assert splits["video_3"] == ("test",)
    assert sizes({v: splits[v] for v in described}) == (6, 1, 2)
    assert assign({"a": {"train"}, "b": set()}, {"a"}, "honest", prepare())["b"] == ("test",)
    assert assign({"a": {"train"}, "b": {"val"}}, {"a"}, "honest", prepare())["b"] == ("val",)


def test_fractions_of_zero():
    named = unnamed(10)
    assert sizes(assign(named, named, "honest", prepare(val=0, test=0))) == (10, 0, 0)


@pytest.mark.parametrize("seed", range(5))
def test_copies_of_one_video_are_drawn_together_and_move_no_other(seed):
    named = unnamed(40)
    copies = {f"copy_{k}": set() for k in range(4)}
    contents = {f"copy_{k}": f"video_{k}" for k in range(4)}
    grown = {**named, **copies}
    alone = assign(named, named, "honest", prepare(val=0.2, test=0.5, seed=seed))
    together = assign(grown, grown, "honest", prepare(val=0.2, test=0.5, seed=seed), contents)
    assert all(together[copy] == together[video] for copy, video in contents.items())
    assert sum(alone[v] != together[v] for v in named) <= 8
    train = {v: {"train"} for v in grown}
    held_out = assign(train, train, "honest", prepare(val=0.5, seed=seed), contents)
    assert all(held_out[copy] == held_out[video] for copy, video in contents.items())


def test_nothing_is_drawn_where_all_videos_are_copies():
    named = unnamed(5)
    assert sizes(assign(named, named, "honest", prepare(), dict.fromkeys(named, "one"))) == (5, 0, 0)


def test_a_copy_without_queries_goes_where_its_twin_is():
    named = {"a": {"train"}, "copy_of_a": set(), "b": {"test"}, "other": set()}
    splits = assign(named, {"a", "b"}, "published", prepare(), {"copy_of_a": "a"})
    assert splits["copy_of_a"] == ("train",) and splits["other"] == ("test",)
