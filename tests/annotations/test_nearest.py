"""Ids for messages: the likest first, always the same, and quick however many are asked for."""

from pipeline.annotations.common.nearest import SEARCHED, Nearest


def test_the_likest_come_first():
    nearest = Nearest(["zoo", "beach_2", "beach_1", "alps"])
    assert nearest.to("beech_1") == "known are 'beach_1', 'beach_2', 'alps' and 1 more"
    assert Nearest(["one"]).to("x") == "known are 'one'" and Nearest([]).to("x") == "no id is known"


def test_many_unknown_ids_are_not_all_searched_for():
    nearest = Nearest([f"video_{k}" for k in range(50)])
    answers = [nearest.to(f"vdeo_{k + 30}") for k in range(SEARCHED + 5)]
    assert answers[0].startswith("known are 'video_30'")
    assert answers[-1] == nearest.to("anything") == "known are 'video_0', 'video_1', 'video_10' and 47 more"
