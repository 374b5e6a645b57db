"""Encodes each video as it is encoded alone, in whatever parts the videos come."""

import pytest
import torch
from helpers.events import MOST, corpus_of_events
from helpers.localizers import network_of, small_recipe

from pipeline.corpus.clip_times import ClipTimes
from pipeline.corpus.corpus import CorpusVideos
from pipeline.localizers.common.encoded import EncodedVideos

CPU = torch.device("cpu")
CORPUS = corpus_of_events(7)


@pytest.mark.parametrize("size", [1, 3, 7])
def test_parts_give_what_the_whole_gives(size):
    network = network_of(CORPUS, small_recipe(clips=MOST + 2)).eval()
    parts = []
    for rows in torch.arange(7).split(size):
        of_rows = CORPUS.videos.first[rows], CORPUS.videos.counts[rows]
        videos = CORPUS.videos._replace(clips=CORPUS.videos.clips[rows], first=of_rows[0], counts=of_rows[1])
        times = ClipTimes(CORPUS.times.spans[rows], CORPUS.times.borders[rows])
        parts.append(CorpusVideos([CORPUS.video_ids[row] for row in rows], CORPUS.durations[rows], times, videos))
    whole = EncodedVideos.build(network, [CORPUS], MOST + 2, CPU)
    found = EncodedVideos.build(network, parts, MOST + 2, CPU)
    assert found.counts.tolist() == CORPUS.videos.counts.tolist()
    assert torch.equal(found.times.spans, CORPUS.times.spans)
    row = torch.tensor([5, 0])
    for one, other, alone in zip(found.vectors, whole.vectors, found.rows(row), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)
        assert torch.equal(alone, one[row])
