"""The model that needs no training: against plain loops, and by similarities that were chosen by hand."""

import pytest
import torch
import torch.nn.functional as F

from pipeline.core.errors import PipelineError
from pipeline.corpus.videos import video_rows
from pipeline.models.common.interface import NO_MOMENT
from pipeline.models.zero_shot.model import ZeroShot
from pipeline.models.zero_shot.recipe import ZeroShotRecipe


def made(clips: int, share: float = 0.5, size: int = 2) -> ZeroShot:
    return ZeroShot(size, size, ZeroShotRecipe(clips=clips, moment_share=share)).eval()


def indexed(model: ZeroShot, *videos: torch.Tensor):
    rows = video_rows([video[:0] for video in videos], list(videos))
    return model.index(model.encode_video(rows.take(torch.arange(len(videos)), max(map(len, videos)))))


def with_cosines(*cosines: float) -> torch.Tensor:
    """Clips (n, 2) that have these cosines with the query (1, 0), each of another length."""
    cosine = torch.tensor(cosines)
    return torch.stack([cosine, (1 - cosine**2).sqrt()], dim=1) * torch.arange(1, len(cosines) + 1)[:, None]


QUERY, MASK = torch.tensor([[[3.0, 0.0]]]), torch.tensor([[True]])


def answers(model: ZeroShot, *cosines: float) -> list[list[float]]:
    """The answer within a video of clips with these cosines, counted in clips, and then the other candidates."""
    index, query, first = indexed(model, with_cosines(*cosines)), model.encode_query(QUERY, MASK), torch.tensor([0])
    position = model.score(query, index).position(first[:, None])[:, 0]
    moment, span = model.localize(query, index, first, position)
    spans, score = model.candidates(query, index, first, position)
    assert moment.tolist() == [NO_MOMENT] and torch.equal(spans[:, 0], span)
    return (spans[score.isfinite()] * model.recipe.clips).round(decimals=3).tolist()


def test_the_score_of_a_video_is_the_largest_cosine_of_its_clips_as_they_are():
    draw = torch.Generator().manual_seed(0)
    videos = [torch.randn(count, 6, generator=draw) for count in (3, 1, 5)]
    sentences = torch.randn(4, 1, 6, generator=draw)
    model = made(7, size=6)
    index = indexed(model, *videos)
    found = model.score(model.encode_query(sentences, torch.ones(4, 1, dtype=torch.bool)), index)
    for row, sentence in enumerate(sentences[:, 0]):
        for number, video in enumerate(videos):
            cosines = [F.cosine_similarity(sentence, clip, dim=0) for clip in video]
            torch.testing.assert_close(found.score[row, number], max(cosines))
            assert found.position(torch.full((4, 1), number))[row, 0] == int(torch.stack(cosines).argmax())
    assert index.clips.shape == (3, 7, 6) and bool(found.similarity[:, 0, 3:].isneginf().all())


def test_the_answer_is_the_run_around_the_best_clip_above_a_share_of_its_height_over_the_mean():
    cosines = (0.20, 0.20, 0.26, 0.30, 0.27, 0.20, 0.20, 0.20)  # the mean is 0.22875, half of the height 0.264
    assert answers(made(8), *cosines) == [[3, 5]]
    assert answers(made(8, 0.3), *cosines) == [[2, 5]]
    assert answers(made(8, 1.0), *cosines) == [[3, 4]]
    assert answers(made(8, 0.0), *cosines) == [[2, 5]]


def test_the_same_heights_on_another_level_are_the_same_answer():
    for level in (-0.9, 0.0, 0.6):
        cosines = [level + height for height in (0.0, 0.01, 0.08, 0.1, 0.09, 0.0, 0.0)]
        assert answers(made(7), *cosines) == [[2, 5]]


def test_one_black_frame_changes_no_answer():
    cosines = [0.20, 0.21, 0.20, 0.29, 0.30, 0.20, 0.21, 0.20, 0.20, 0.20]
    assert answers(made(11), *cosines, 0.05)[0] == answers(made(11), *cosines, 0.20)[0] == [3, 5]


def test_other_peaks_above_the_mean_are_the_other_candidates_each_with_its_own_run():
    cosines = (0.10, 0.30, 0.10, 0.10, 0.24, 0.25, 0.10, 0.12, 0.10)
    assert answers(made(12), *cosines) == [[1, 2], [4, 6]]  # the clip of 0.12 is below the mean


@pytest.mark.parametrize("cosines", [(0.3,), (0.3, 0.3, 0.3)])
def test_a_video_that_is_alike_everywhere_answers_as_a_whole(cosines):
    first = answers(made(5), *cosines)[0]
    assert first == [0, len(cosines)]


def test_a_long_video_is_answered_in_parts_as_at_once(monkeypatch):
    draw = torch.Generator().manual_seed(1)
    model = made(40, size=6)
    index = indexed(model, *(torch.randn(count, 6, generator=draw) for count in (40, 12)))
    query = model.encode_query(torch.randn(9, 1, 6, generator=draw), torch.ones(9, 1, dtype=torch.bool))
    video = torch.arange(9) % 2
    whole = model.clip_similarities(query, index, video)
    monkeypatch.setattr("pipeline.models.zero_shot.model.NUMBERS_AT_ONCE", 500)
    torch.testing.assert_close(model.clip_similarities(query, index, video), whole)
    assert bool(whole[1, 12:].isneginf().all()) and bool(whole[0].isfinite().all())


def test_there_is_room_for_the_longest_video_and_never_less_than_the_recipe_says():
    recipe = ZeroShotRecipe(clips=8, moment_share=0.5)
    assert (recipe.with_room_for(lambda: 5000).clips, recipe.with_room_for(lambda: 3).clips) == (5000, 8)
    assert recipe.with_room_for(lambda: 5000).frames == 5000


def test_features_that_cannot_be_compared_are_named():
    with pytest.raises(PipelineError, match="a row of a video has 4 numbers, and a sentence 3"):
        ZeroShot(4, 3, ZeroShotRecipe(clips=8, moment_share=0.5))
