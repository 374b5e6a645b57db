"""Video files: found by id, links followed, what holds no video named with its cause."""

import hashlib
import json
import os
import shutil

import pytest
from helpers.videos import write_sound

from pipeline.annotations.common.records import Annotations
from pipeline.annotations.common.videos import VideoFile, find_files, id_of_file, inspect, is_video
from pipeline.scan.listing import list_files
from pipeline.video.params import DecodeParams

LIMITS = DecodeParams(order=["decord", "pyav"], deadline_floor=60.0, deadline_factor=4.0, max_ahead_mib=1024)

NO_FILE = "no video file of this name (its name without the extension is the id)"


def inspected(source, *video_ids):
    annotations = Annotations(source)
    for video_id in video_ids:
        annotations.corpus[video_id] = set()
    files = inspect(annotations, list_files(source, "folder", LIMITS))
    return files, {r.id: (r.where, r.cause) for r in annotations.refused}


def test_a_good_video(tmp_path, two_seconds):
    path = tmp_path / "videos" / "show" / "episode 1.MP4"
    path.parent.mkdir(parents=True)
    shutil.copyfile(two_seconds, path)
    files, refused = inspected(tmp_path, "episode 1")
    assert files == {"episode 1": VideoFile(path, hashlib.sha256(two_seconds.read_bytes()).hexdigest(), 2.0)}
    assert refused == {}


def test_what_holds_no_video(tmp_path, two_seconds):
    videos = tmp_path / "videos"
    videos.mkdir()
    write_sound(videos / "sound.mp4")
    (videos / "empty.mp4").touch()
    (videos / "text.mp4").write_text("not a video at all")
    (videos / "no_index.mp4").write_bytes(two_seconds.read_bytes()[:300])
    (videos / "codec.mp4").write_bytes(two_seconds.read_bytes().replace(b"avc1", b"zzzz"))
    (videos / "broken_link.mp4").symlink_to(tmp_path / "gone.mp4")
    (videos / "self_link.mp4").symlink_to(videos / "self_link.mp4")
    os.mkfifo(videos / "pipe.mp4")
    shutil.copyfile(two_seconds, videos / "twice.mp4")
    shutil.copyfile(two_seconds, videos / "twice.mkv")
    ids = ["sound", "empty", "text", "no_index", "codec", "broken_link", "self_link", "pipe", "twice", "missing"]
    files, refused = inspected(tmp_path, *ids)
    assert files == {}
    assert refused == {
        "sound": ("videos/sound.mp4", "the file holds no video stream of a known codec"),
        "empty": ("videos/empty.mp4", "the file is empty"),
        "text": ("videos/text.mp4", "not a readable video: Invalid data found when processing input"),
        "no_index": ("videos/no_index.mp4", "not a readable video: Invalid data found when processing input"),
        "codec": ("videos/codec.mp4", "the file holds no video stream of a known codec"),
        "broken_link": ("videos/broken_link.mp4", "cannot be read: No such file or directory"),
        "self_link": ("videos/self_link.mp4", "cannot be read: Too many levels of symbolic links"),
        "pipe": ("videos/pipe.mp4", "not a regular file"),
        "twice": ("videos/twice.mkv and videos/twice.mp4", "the same id is given by 2 files: keep one"),
        "missing": ("videos", f"{NO_FILE}; known are 'self_link', 'sound', 'broken_link' and 6 more"),
    }


def test_links_are_followed_and_hidden_files_left_out(tmp_path, two_seconds):
    elsewhere, root = tmp_path / "elsewhere", tmp_path / "root"
    elsewhere.mkdir()
    (root / ".hidden").mkdir(parents=True)
    for path in (elsewhere / "b.mp4", root / "._a.mp4", root / ".hidden" / "c.mp4"):
        path.touch()
    (root / "a.mp4").symlink_to(two_seconds)
    (root / "linked").symlink_to(elsewhere)
    (elsewhere / "back").symlink_to(root)
    assert find_files(root) == [root / "a.mp4", root / "linked" / "b.mp4"]


def test_the_id_of_a_file(tmp_path):
    names = ["a.mp4", "_6hnl_360.0_510.0.mp4", "_6hnl_360.0_510.0", "12@N00_abc.", "12@N00_abc", "x.y.webm"]
    ids = [id_of_file(tmp_path / name) for name in names]
    assert ids == ["a", "_6hnl_360.0_510.0", "_6hnl_360.0_510.0", "12@N00_abc", "12@N00_abc", "x.y"]
    assert id_of_file(tmp_path / "mu\u0308de.mp4") == "m\u00fcde"


def test_real_videos_are_as_long_as_their_annotations_say(real_data):
    rows = [json.loads(line) for line in (real_data / "sample_videos" / "queries.jsonl").read_text().splitlines()]
    declared = {row["vid_name"]: row["duration"] for row in rows}
    files, refused = inspected(real_data / "sample_videos", *declared)
    assert refused == {}
    assert {video_id: file.duration for video_id, file in files.items()} == pytest.approx(declared, abs=0.01)


def test_real_formats_all_open(real_data):
    folder = real_data / "videos_formats"
    files, refused = inspected(folder, *(id_of_file(path) for path in find_files(folder) if is_video(path)))
    assert refused == {}
    assert len(files) > 25 and all(file.duration > 1 for file in files.values())
