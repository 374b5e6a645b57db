"""Splits of any data set: every video has one, names are kept, nothing leaks, and neither order nor growth matters."""

from helpers.sections import prepare_params
from hypothesis import given
from hypothesis import strategies as st

from pipeline.annotations.common.splits import assign, draw
from pipeline.core.manifest import SPLITS

VIDEOS = [f"video_{number:02d}" for number in range(20)]
PROTOCOLS = st.sampled_from(["honest", "published"])
FRACTIONS = st.sampled_from([0.0, 0.01, 0.1, 0.2, 0.37, 0.5])
prepares = st.builds(
    lambda val, test, seed: prepare_params(val_fraction=val, test_fraction=test, split_seed=seed),
    FRACTIONS, FRACTIONS, st.integers(0, 99),
)  # fmt: skip
NAMES = st.sampled_from([set(), {"train"}, {"val"}, {"test"}, {"val", "test"}])


@st.composite
def data_sets(draw, names=NAMES):
    """(named, described, contents) as `assign` takes them: some videos copies of others, some without queries."""
    videos = draw(st.lists(st.sampled_from(VIDEOS), unique=True, min_size=1))
    named = {video: draw(names) for video in videos}
    described = {video for video in videos if draw(st.integers(0, 4))}
    different = draw(st.integers(1, 3))
    return named, described, {video: draw(st.sampled_from(["one", "two", video][:different])) for video in videos}


UNNAMED = data_sets(st.just(set()))


@given(data_sets(), PROTOCOLS, prepares)
def test_every_video_has_splits_and_a_name_is_kept_unless_val_is_held_out_of_train(data_set, protocol, prepare):
    named, described, contents = data_set
    splits = assign(named, described, contents, protocol, prepare)
    assert splits.keys() == named.keys()
    for video, found in splits.items():
        assert found and list(found) == sorted(found, key=SPLITS.index)
        held_out = found == ("val",) and named[video] == {"train"} and protocol == "honest"
        assert not named[video] or set(found) == named[video] or held_out


@given(data_sets(), PROTOCOLS, prepares, st.randoms())
def test_the_order_of_the_videos_does_not_matter(data_set, protocol, prepare, random):
    named, described, contents = data_set
    shuffled = random.sample(sorted(named), len(named))
    again = assign({video: named[video] for video in shuffled}, described, contents, protocol, prepare)
    assert again == assign(named, described, contents, protocol, prepare)


@given(UNNAMED, PROTOCOLS, prepares)
def test_copies_of_one_video_are_never_in_two_splits(data_set, protocol, prepare):
    named, described, contents = data_set
    splits = assign(named, described, contents, protocol, prepare)
    of_content = {(contents[video], splits[video]) for video in named}
    assert len(of_content) == len({content for content, _ in of_content})


@given(UNNAMED, prepares)
def test_both_protocols_test_on_the_same_videos_with_queries(data_set, prepare):
    named, described, contents = data_set
    honest, published = (assign(named, described, contents, one, prepare) for one in ("honest", "published"))
    assert all((honest[video] == ("test",)) == (published[video] == ("test",)) for video in described)


@given(st.sets(st.sampled_from(VIDEOS), min_size=1), FRACTIONS, st.integers(0, 99), st.data())
def test_one_video_more_moves_at_most_one_other(videos, fraction, seed, data):
    contents = {video: video for video in VIDEOS}
    new = data.draw(st.sampled_from(VIDEOS))
    before = draw(videos - {new}, contents, fraction, seed, len(videos - {new}))
    after = draw(videos | {new}, contents, fraction, seed, len(videos | {new}))
    assert len((before ^ after) - {new}) <= 1


@given(data_sets(), FRACTIONS, st.integers(0, 99))
def test_a_draw_is_as_large_as_asked_up_to_copies_and_never_all(data_set, fraction, seed):
    named, _, contents = data_set
    drawn = draw(named, contents, fraction, seed, len(named))
    assert drawn <= named.keys() and len(drawn) < len(named)
    assert bool(drawn) <= bool(fraction)
    distinct = draw(named, {video: video for video in named}, fraction, seed, len(named))
    wanted = min(max(1, round(fraction * len(named))), len(named) - 1) if fraction else 0
    assert len(distinct) == wanted and (len(drawn) >= wanted or len(set(contents.values())) < len(named))
