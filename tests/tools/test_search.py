"""`amdnet search`: what it prints and writes, its exit statuses, and that its input can do no harm."""

import csv
import io
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import opentimelineio as otio
import pytest
from helpers.searchable import write_searchable
from helpers.searching import FakeSearch, fake_videos

import tools.search
from pipeline.core.errors import PipelineError
from pipeline.core.manifest import read_videos, write_videos
from pipeline.search.results import Moment
from stages import evaluate, index

QUERY = "a dog runs into the water"
ROOT = Path(__file__).resolve().parents[2]
WITH_FAKE = """
import sys; sys.path[:0] = [".", "tests"]
import helpers.searching, tools.command, tools.search
tools.search.open_index = lambda *_: helpers.searching.FakeSearch()
tools.command.main()
"""


@pytest.fixture
def found(monkeypatch, amdnet):
    """found(*arguments, **what the FakeSearch is like) -> exit status, stdout and stderr of `amdnet search`."""

    def run(*arguments: object, **fake: object):
        monkeypatch.setattr(tools.search, "open_index", lambda folder, videos: FakeSearch(**fake))
        return amdnet("search", *arguments)

    return run


def test_the_table_has_a_row_for_each_hit_and_the_status_is_0(found):
    done = found(QUERY, "-k", 3)
    header, first, *others = done.stdout.splitlines()
    assert done.exit_code == 0 and done.stderr == "" and len(others) == 2
    assert header.split() == ["#", "unusual", "time", "video", "subtitles"]
    assert first.split() == ["1", "5.5", "0:04-0:08", "trips/lake/dog.mp4", *"A dog runs into the water.".split()]


@pytest.mark.parametrize("columns", [20, 60, 300])
def test_the_table_is_as_wide_as_the_terminal_and_harmless(found, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = found(QUERY, "-k", 100).stdout.split("\n")[:-1]
    assert len(lines) == len(fake_videos(Path())) + 1
    assert all(line.isprintable() and len(line) <= columns for line in lines)


def test_nothing_found_is_told_from_an_error(found):
    nothing, failed = found(QUERY, "--min-unusual", "1000"), found("?")
    assert (nothing.exit_code, nothing.stdout) == (1, "") and nothing.stderr.startswith(
        "Nothing was found in 15 videos"
    )
    assert (failed.exit_code, failed.stdout) == (2, "") and failed.stderr.startswith("\nERROR: ")


@pytest.mark.parametrize("form", ["--otio", "--edl", "--fcpxml", "--html"])
def test_nothing_found_writes_nothing(found, tmp_path, form):
    done = found(QUERY, "--min-unusual", "1000", form, tmp_path / "out")
    assert done.exit_code == 1 and done.stdout == "" and not list(tmp_path.iterdir())


def test_an_index_that_is_not_there_is_an_error_of_its_own_status(monkeypatch, amdnet):
    def missing(*_):
        raise PipelineError("the file does not exist", where="outputs/index", fix="run `dvc repro` to make it")

    monkeypatch.setattr(tools.search, "open_index", missing)
    done = amdnet("search", QUERY)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "\nERROR: outputs/index: the file does not exist\n  What to do: run `dvc repro` to make it\n"


def test_an_error_of_ours_is_not_taken_for_nothing_found(monkeypatch, amdnet):
    monkeypatch.setattr(tools.search, "open_index", lambda *_: None)
    done = amdnet("search", QUERY)
    assert done.exit_code == 2 and "Traceback" in done.stderr and "AttributeError" in done.stderr


@pytest.mark.parametrize(("fits", "says"), [(True, False), (False, True), (None, False)])
def test_that_nothing_fits_well_is_a_line_beside_the_hits(found, fits, says):
    done = found(QUERY, fits=fits)
    assert done.exit_code == 0 and "trips/lake/dog.mp4" in done.stdout
    assert ("Nothing fits well: the best is 5.5 unusual" in done.stderr) == says


def test_random_weights_and_a_query_that_was_cut_are_told(found):
    done = found(" ".join(["dog"] * 23), random_weights=["clip", "roberta"])
    assert "The weights of clip, roberta are random" in done.stderr and "its last 3 tokens were not read" in done.stderr


def test_a_folder_is_searched_alone_and_one_that_is_not_there_is_named_with_those_that_are(found):
    assert [row["id"] for row in json.loads(found("dog", "--folder", "trips/", "--json").stdout)["hits"]] == [
        "lake",
        "lake_2",
    ]
    done = found("dog", "--folder", "trip")
    assert done.exit_code == 1 and "No video is in the folder trip; the folders are " in done.stderr
    assert "trips, trips/lake" in done.stderr


def test_json_and_csv_have_the_same_hits_as_the_table(found):
    read = json.loads(found(QUERY, "--json", "-k", 100).stdout)
    header, *rows = csv.reader(io.StringIO(found(QUERY, "--csv", "-k", 100).stdout))
    table = found(QUERY, "-k", 100).stdout.splitlines()[1:]
    assert read["query"] == QUERY and read["fits"] is True
    assert [hit["rank"] for hit in read["hits"]] == [int(row[0]) for row in rows] == [int(row[:2]) for row in table]
    assert [row[1].removeprefix("'") for row in rows] == [hit["id"] for hit in read["hits"]]
    assert not any(value.startswith(tuple("=+@\t\r")) for row in rows for value in row)


def test_csv_and_json_without_hits_are_whole(found):
    assert json.loads(found(QUERY, "--json", "--min-unusual", "1000").stdout)["hits"] == []
    assert len(found(QUERY, "--csv", "--min-unusual", "1000").stdout.splitlines()) == 1


@pytest.mark.parametrize(
    ("form", "adapter", "options"),
    [("otio", "otio_json", {}), ("edl", "cmx_3600", {"rate": 25}), ("fcpxml", "fcpx_xml", {})],
)
def test_a_timeline_has_the_moments_of_the_hits(found, tmp_path, form, adapter, options):
    path = tmp_path / "new" / f"clips.{form}"
    done = found(QUERY, "-k", 3, f"--{form}", path)
    assert done.exit_code == 0 and done.stdout == f"{path}: written, with 3 moments\n"
    clips = list(otio.adapters.read_from_string(path.read_text("utf-8"), adapter, **options).find_clips())
    hits = FakeSearch().search(QUERY, 3).hits
    assert [clip.source_range.start_time.to_seconds() for clip in clips] == [hit.start for hit in hits]
    assert clips[0].markers[0].name.lower() == QUERY


def test_a_hit_without_a_moment_is_exported_as_the_whole_video_and_is_valid_json(found, tmp_path, monkeypatch):
    search = FakeSearch().search

    def without_moments(self, *arguments):
        results = search(*arguments)
        nothing = (Moment(0.0, 0.0, float("-inf")),)
        return replace(results, hits=tuple(replace(hit, moments=nothing) for hit in results.hits))

    monkeypatch.setattr(FakeSearch, "search", without_moments)
    done = found("dog", "-k", 1, "--otio", tmp_path / "a.otio")
    assert done.stdout.endswith("written, with 1 moment\n")
    (clip,) = otio.adapters.read_from_file(str(tmp_path / "a.otio")).find_clips()
    assert clip.source_range == clip.media_reference.available_range
    hit = json.loads(found("dog", "-k", 1, "--json").stdout, parse_constant=pytest.fail)["hits"][0]
    assert hit["moments"] == [[0.0, 0.0, None]]


def test_what_cannot_be_written_is_named(found, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    for form, path in (
        ("--edl", tmp_path / "folder"),
        ("--otio", tmp_path / "file/x"),
        ("--html", tmp_path / "file/x"),
    ):
        done = found(QUERY, form, path)
        assert done.exit_code == 2 and f"ERROR: {path}: cannot be written: " in done.stderr
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "folder"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "give one sentence"),
        (("dog", "--queries", "q.jsonl"), "give one sentence"),
        (("dog", "--json", "--csv"), "choose one of --json and --csv"),
        (("dog", "--edl", "a", "--otio", "b"), "choose one of --otio and --edl"),
        (("dog", "--out", "a.jsonl"), "--out goes with --queries"),
        (("--queries", "q.jsonl", "--csv"), "--csv goes with one query"),
        (("--queries", "q.jsonl", "--out", "./q.jsonl"), "--out would replace the file"),
        (("dog", "-k", "0"), "-k"),
        (("dog", "-k", "101"), "-k"),
        (("dog", "runs"), "runs"),
    ],
)
def test_arguments_that_do_not_go_together_are_a_wrong_command_line(found, arguments, says):
    done = found(*arguments)
    assert (
        done.exit_code == 2 and done.stdout == "" and says in " ".join(done.stderr.split()) and "Usage" in done.stderr
    )


def test_many_queries_are_answered_in_their_order_with_their_ids(found, tmp_path):
    asked = [{"query": "dog", "query_id": 3}, {"query": "onion"}, {"query_id": "x", "query": "生日"}]
    (tmp_path / "q.jsonl").write_text("\n".join(map(json.dumps, asked)))
    done = found("--queries", tmp_path / "q.jsonl", "--out", tmp_path / "a.jsonl", "-k", 2, fits=False)
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == (
        "3 queries: 3 with hits, 3 of them where nothing fits well; 0 too long to be read to the end\n"
    )
    rows = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert [{key: row[key] for key in row if key.startswith("query")} for row in rows] == asked
    single = json.loads(found("onion", "--json", "-k", 2, fits=False).stdout)
    assert rows[1] == single


def test_queries_come_from_standard_input_and_go_to_standard_output(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", WITH_FAKE, "search", "--queries", "-", "--min-unusual", "4"],
        cwd=ROOT, input=f'{{"query": "{QUERY}"}}\n{{"query": "x"}}\n', capture_output=True, text=True,
    )  # fmt: skip
    assert [len(json.loads(line)["hits"]) for line in done.stdout.splitlines()] == [1, 0]
    assert done.returncode == 0 and done.stderr.startswith("2 queries: 1 with hits")


def test_queries_without_any_hit_have_the_status_of_nothing_found(found, tmp_path):
    (tmp_path / "q.jsonl").write_text('{"query": "dog"}\n')
    done = found("--queries", tmp_path / "q.jsonl", "--min-unusual", "1000")
    assert done.exit_code == 1 and json.loads(done.stdout)["hits"] == []


@pytest.mark.parametrize(("line", "cause"), [("dog", "not valid JSON"), ('{"query": "?"}', "the query has no word")])
def test_a_bad_line_is_named_and_leaves_no_answers_behind(found, tmp_path, line, cause):
    (tmp_path / "q.jsonl").write_text('{"query": "dog"}\n' + line)
    (tmp_path / "a.jsonl").write_text("before\n")
    done = found("--queries", tmp_path / "q.jsonl", "--out", tmp_path / "a.jsonl")
    assert done.exit_code == 2 and f"ERROR: {tmp_path / 'q.jsonl'}:2: {cause}" in done.stderr
    assert (tmp_path / "a.jsonl").read_text() == "before\n" and len(list(tmp_path.iterdir())) == 2


def test_files_of_queries_that_cannot_be_read_or_written_are_named(found, tmp_path):
    done = found("--queries", tmp_path / "missing.jsonl")
    assert done.exit_code == 2 and "missing.jsonl: cannot be read: No such file" in done.stderr
    (tmp_path / "q.jsonl").write_text('{"query": "dog"}\n')
    done = found("--queries", tmp_path / "q.jsonl", "--out", tmp_path)
    assert done.exit_code == 2 and f"{tmp_path}: cannot be written: Is a directory" in done.stderr


def test_verbose_says_how_long_each_step_took(found):
    quiet, verbose = found(QUERY), found(QUERY, "--verbose")
    assert verbose.stdout == quiet.stdout and quiet.stderr == ""
    steps = ["open the index", "encode", "search", "give the answer as table", "from start to end"]
    for line, step in zip(verbose.stderr.splitlines(), steps, strict=True):
        assert line.startswith(f"{step}  ") and float(line.removeprefix(step).removesuffix(" s")) >= 0


def test_the_page_is_written_once_and_other_folders_are_left_alone(found, tmp_path):
    done = found(QUERY, "--html", tmp_path / "page")
    assert done.exit_code == 0 and done.stdout == f"{tmp_path / 'page'}: written, with 10 moments\n"
    assert QUERY in (tmp_path / "page" / "index.html").read_text("utf-8")
    done = found("onion", "--html", tmp_path)
    assert done.exit_code == 2 and f"{tmp_path}: there are files in this folder" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["page"]


def test_characters_that_the_terminal_does_not_know_do_not_end_the_search(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", WITH_FAKE, "search", "birthday", "-k", "1"],
        cwd=ROOT, env={"PYTHONIOENCODING": "ascii", "PYTHONPATH": ""}, capture_output=True,
    )  # fmt: skip
    assert done.returncode == 0 and b"home/Zo?'s birthday ??.mp4" in done.stdout


def test_on_an_index_that_was_moved_it_finds_what_evaluation_ranked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AMDNET_DEVICE", "cpu")
    write_searchable("amdnet")
    evaluate.main()
    manifest = Path("outputs/manifest/videos.jsonl")
    write_videos(manifest, [video for video in read_videos(manifest) if "test" in video.splits])
    index.main()
    ranked = [json.loads(line) for line in Path("outputs/evaluation/rankings_test.jsonl").read_text().splitlines()]
    Path("outputs/index").rename("moved")
    shutil.rmtree("outputs")
    Path("q.jsonl").write_text("\n".join(json.dumps({"query": row["text"]}) for row in ranked))
    arguments = ["--index", tmp_path / "moved", "--videos", tmp_path, "-k", "5", "--queries", tmp_path / "q.jsonl"]
    done = subprocess.run(
        [sys.executable, "-m", "tools.command", "search", *arguments], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(ranked) == 10
    for answer, row in zip(answers, ranked, strict=True):
        assert [hit["id"] for hit in answer["hits"]] == [found["video_id"] for found in row["ranking"]]
        for hit, found in zip(answer["hits"], row["ranking"], strict=True):
            assert (hit["start"], hit["end"]) == pytest.approx((found["start"], found["end"]), abs=2e-6)
