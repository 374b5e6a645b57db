"""Ids for messages: the likest first, always the same, and quick however many are asked for."""

from pipeline.annotations.common import nearest
from pipeline.annotations.common.nearest import Nearest


def test_the_likest_come_first():
    near = Nearest(["zoo", "beach_2", "beach_1", "alps"])
    assert near.to("beech_1") == "known are 'beach_1', 'beach_2', 'alps' and 1 more"
    assert Nearest(["one"]).to("x") == "known are 'one'" and Nearest([]).to("x") == "no id is known"


def test_capitals_do_not_make_an_id_unlike():
    assert Nearest(["clip_7", "CLIP", "other"]).to("CLIP_7").startswith("known are 'clip_7', 'CLIP'")


def test_of_very_many_unknown_ids_not_all_are_searched_for(monkeypatch):
    monkeypatch.setattr(nearest, "MOST_COMPARED", 1000)
    near = Nearest([f"video_{k}" for k in range(50)])
    answers = [near.to(f"vdeo_{k + 30}") for k in range(25)]
    assert answers[0].startswith("known are 'video_30'") and answers[19].startswith("known are 'video_49'")
    assert answers[-1] == near.to("anything") == "known are 'video_0', 'video_1', 'video_10' and 47 more"
