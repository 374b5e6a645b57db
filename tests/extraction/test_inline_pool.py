"""Several videos at a time in one process: decoded beside the model, one thread for the model, none left behind."""

import threading
import time

import pytest
import torch
from helpers.executors import extract_inline, two_workers, write_films
from helpers.streams import NumberStream, corpus

from pipeline.extraction.executor import outcomes
from pipeline.extraction.run import run
from pipeline.feature_io.store import Store
from pipeline.video import decode

FILMS = 6


@pytest.fixture(autouse=True)
def _inline(tmp_path, monkeypatch):
    two_workers("inline", tmp_path / "store", monkeypatch)


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    return write_films(tmp_path_factory.mktemp("films"), FILMS)


class WatchedStream(NumberStream):
    """Notes which threads call the model, how many batches are made ahead of it, and how many videos are open."""

    def __init__(self, pause: float = 0.0):
        super().__init__(pause=pause)
        self.threads, self.open, self.most_open, self.ahead = set(), 0, 0, 0
        self._made, self._lock = 0, threading.Lock()

    def plan(self, timeline):
        with self._lock:
            self.open += 1
            self.most_open = max(self.most_open, self.open)
        return super().plan(timeline)

    def units(self, frames):
        for number, frame in enumerate(super().units(frames)):
            with self._lock:
                self._made += number % self.batch == 0
                self.ahead = max(self.ahead, self._made - self.encoded)
            yield frame

    def encode(self, units):
        self.threads.add(threading.get_ident())
        return super().encode(units)

    def pool(self, rows, counts):
        with self._lock:
            self.open -= 1
        return super().pool(rows, counts)


@pytest.mark.parametrize("decoders", [1, 3])
def test_no_more_videos_are_open_and_one_thread_has_the_model(films, tmp_path, monkeypatch, decoders):
    monkeypatch.setenv("AMDNET_DECODERS", str(decoders))
    stream = WatchedStream(pause=0.02)
    run(stream, corpus(films), tmp_path, 0.0)
    assert 1 <= stream.most_open <= decoders and len(stream.threads) == 1
    assert threading.get_ident() not in stream.threads
    assert stream.ahead <= 2 * decoders  # of each video one that the model has or will have, and one in the making


def test_how_many_are_open_changes_no_byte(films, tmp_path, monkeypatch):
    written = []
    for decoders in ("1", "4"):
        monkeypatch.setenv("AMDNET_DECODERS", decoders)
        written.append(extract_inline(NumberStream(), corpus(films), tmp_path / decoders, monkeypatch))
    assert written[0] == written[1]


def test_the_next_video_is_decoded_while_the_model_is_busy(films, tmp_path, monkeypatch):
    monkeypatch.setenv("AMDNET_DECODERS", "2")
    second_open = threading.Event()

    class Stream(NumberStream):
        def __init__(self):
            super().__init__()
            self.planned = 0

        def plan(self, timeline):
            self.planned += 1
            if self.planned == 2:
                second_open.set()
            return super().plan(timeline)

        def encode(self, units):
            assert second_open.wait(60), "the second video waits for the first one's end"
            return super().encode(units)

    assert run(Stream(), corpus(films[:2]), tmp_path, 0.0)["decoded"] == 2


def test_closing_ends_all_threads_and_leaves_the_decoders_usable(films, tmp_path):
    before = {thread for thread in threading.enumerate()}
    store = Store(tmp_path / "store", "numbers")
    some = outcomes(corpus(films), NumberStream(pause=0.05), store)
    next(some)
    some.close()
    late = {thread for thread in threading.enumerate()} - before
    assert not [thread for thread in late if thread not in decode._starter._threads]
    assert run(NumberStream(), corpus(films), tmp_path, 0.0)["failed"] == 0


def test_decoders_outlive_the_thread_that_first_needed_them(films, tmp_path, monkeypatch):
    monkeypatch.setattr(decode, "_idle", [])
    run(NumberStream(), corpus(films), tmp_path, 0.0)
    time.sleep(0.2)  # the kernel would have ended them by now
    assert decode._idle and all(child.alive() for child in decode._idle)


def test_an_error_of_the_model_ends_the_run_as_it_is(films, tmp_path):
    class Stream(NumberStream):
        def encode(self, units) -> torch.Tensor:
            raise ZeroDivisionError("no such luck")

    with pytest.raises(ZeroDivisionError, match="no such luck"):
        run(Stream(), corpus(films), tmp_path, 0.0)
