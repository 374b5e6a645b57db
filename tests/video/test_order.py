"""`decode.order`: which orders there are, and how a provenance names them."""

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.params import checked
from pipeline.video.decode import packages, policy
from pipeline.video.params import DecodeParams

LIMITS = {"deadline_floor": 60.0, "deadline_factor": 4.0, "max_ahead_mib": 1024}


def test_the_default_order_is_named_as_in_the_stores_that_there_are():
    assert policy(["decord", "pyav"], "bilinear") == "decord, then pyav"


def test_every_other_order_has_a_name_of_its_own_where_decord_may_read():
    orders = (["decord", "pyav"], ["pyav", "decord"], ["pyav"], ["decord"])
    assert len({policy(order, "bilinear") for order in orders}) == 4


def test_where_decord_cannot_scale_the_order_changes_no_feature_and_no_key():
    orders = (["decord", "pyav"], ["pyav", "decord"], ["pyav"])
    assert {policy(order, "bicubic") for order in orders} == {"decord, then pyav"}
    with pytest.raises(PipelineError, match="(?s)decode.order: decord scales bilinearly only.*add pyav"):
        policy(["decord"], "bicubic")


def test_pyav_always_takes_part_and_decord_where_it_is_named():
    assert packages(["pyav"]) == {"av"} and packages(["decord"]) == {"av", "decord"}


@pytest.mark.parametrize(
    ("order", "cause"),
    [([], "at least 1 item"), (["pyav", "pyav"], "names a decoder twice"), (["pyaw"], "did you mean `pyav`")],
)
def test_an_order_that_is_none_is_refused(order, cause):
    with pytest.raises(PipelineError, match=f"(?s)decode.order.*{cause}"):
        checked({**LIMITS, "order": order}, DecodeParams, "decode", "params.yaml")
