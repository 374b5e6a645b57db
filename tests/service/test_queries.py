"""What a request may ask for."""

import math

import pytest
from pydantic import ValidationError

from pipeline.search.results import Among
from pipeline.service.queries import AskedClips, AskedSearch, complaint


def complained(schema, **values) -> str:
    with pytest.raises(ValidationError) as caught:
        schema.model_validate(values)
    return complaint(caught.value.errors())


def test_empty_parameters_are_those_that_are_not_there():
    empty = AskedSearch(q="x", folder="", shortest="", longest="", unusual="")
    assert empty == AskedSearch(q="x") and empty.among == Among("", 0.0, math.inf, None)


def test_what_is_asked_is_what_is_searched():
    assert AskedSearch(q="x", folder="a/b", shortest="1", longest="2.5", unusual="-3").among == Among("a/b", 1, 2.5, -3)


def test_a_complaint_names_the_parameter_and_repeats_no_value():
    assert complained(AskedSearch, q="x", k="/etc/passwd").startswith("`k`: Input should be a valid integer")
    assert complained(AskedSearch, q=" ") == "`q`: write a sentence."
    assert complained(AskedSearch) == "`q`: it is missing."
    assert complained(AskedSearch, q="x", size=1) == "`size`: this request has no such parameter."
    assert complained(AskedSearch, q="x", **{"<script>/etc": 1}) == "The request: this request has no such parameter."


def test_a_complaint_about_a_clip_names_its_place():
    clip = {"id": "lake", "start": 2.0, "end": 1.0}
    assert complained(AskedClips, clips=[clip]) == "`clips.0`: a clip must end after its start."
