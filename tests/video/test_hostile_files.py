"""A file that is called a video and names other files or addresses opens none of them, in no decoder."""

import json
import os
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.numbered import numbered_frames
from helpers.videos import grey_frames, write_video

from pipeline.video.containers import open_container
from pipeline.video.params import DecodeParams
from pipeline.video.probe import probe
from pipeline.video.reader import VideoError
from pipeline.video.survey import survey

LIMITS = DecodeParams(order=["decord", "pyav"], deadline_floor=60.0, deadline_factor=4.0, max_ahead_mib=1024)
HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3.0,\n{}\n#EXT-X-ENDLIST\n"
SESSION = (
    "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
)
LISTS = {
    "hls": HLS.format("sibling.ts"),
    "hls absolute": HLS.format("file://{folder}/sibling.ts"),
    "hls of a server": HLS.format("http://127.0.0.1:9/a.ts"),
    "hls with a mark": "\ufeff" + HLS.format("sibling.ts"),
    "hls lower": HLS.format("sibling.ts").lower(),
    "concat": "ffconcat version 1.0\nfile sibling.mp4\n",
    "concat with spaces": "\n  ffconcat version 1.0\nfile sibling.mp4\n",
    "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'mediaPresentationDuration="PT3S">'
    '<Period><AdaptationSet mimeType="video/mp4"><Representation id="0" bandwidth="1"><BaseURL>sibling.mp4</BaseURL>'
    "</Representation></AdaptationSet></Period></MPD>",
    "session": SESSION,
    "subtitles": "# VobSub index file, v7 (do not modify this line!)\nsize: 720x576\nid: en, index: 0\n"
    "timestamp: 00:00:01:000, filepos: 000000000\n",
    "script": "#!/bin/sh\ntouch sibling.mp4\n",
    "avisynth": 'DirectShowSource("sibling.mp4")\n',
}
READ = """
import json, sys
from contextlib import suppress
from pipeline.video.decode import DECODERS, open_video
from pipeline.video.params import DecodeParams
from pipeline.video.probe import probe
from pipeline.video.reader import VideoError
limits = DecodeParams(order=["decord", "pyav"], deadline_floor=60.0, deadline_factor=4.0, max_ahead_mib=1024)
frames = {}
for path in json.loads(sys.argv[1]):
    frames[path] = {}
    with suppress(VideoError):
        probe(path, limits)
    for decoder in DECODERS:
        with suppress(VideoError), open_video(path, 32, decoder, limits) as reader:
            frames[path][decoder] = len(list(reader.frames(range(len(reader.timeline.starts)))))
print(json.dumps(frames))
"""


def dv_frames(folder: Path) -> bytes:
    """Raw DV, which demuxers find in the middle of a file too."""
    frames = [frame.repeat(15, 0).repeat(22, 1)[:480, :720] for frame in grey_frames(8)]
    return write_video(folder / "raw.dv", frames, 25, "dvvideo", "yuv411p").read_bytes()


def id3(text: str) -> bytes:
    """A tag of music, which FFmpeg skips before it looks at what a file is."""
    body = bytes(100)
    return b"ID3\x04\x00\x00" + bytes([0, 0, 0, len(body)]) + body + text.encode()


def polyglots(folder: Path) -> dict[str, bytes]:
    """Files that look like a video to one who looks for it, and like a list to another."""
    made = folder / "made"
    made.mkdir()
    film = write_video(made / "film.mp4", numbered_frames(12)).read_bytes()
    dv = dv_frames(made)
    hls = HLS.format("sibling.ts")
    lines = f"\n{SESSION}".encode()
    shutil.rmtree(made)
    return {
        "dv and hls": hls.encode().ljust(8192, b"\n") + dv,
        "hls and mp4": hls.encode() + film,
        "tagged hls": id3(hls),
        "tagged hls and dv": id3(hls) + dv,
        "jpeg 2000 and session": struct.pack(">I4s4s", 0x01010101, b"ftyp", b"jp2 ") + lines + bytes(0x01010101) + film,
        "flv and session": b"FLV\x01" + lines + film,
        "dv and session": lines + dv,
        "free and hls": struct.pack(">I4s", len(hls) + 8, b"free") + hls.encode() + film,
    }


@pytest.fixture
def hostile(tmp_path) -> Path:
    """A folder a file, with what its list names beside it."""
    sibling = write_video(tmp_path / "sibling.mp4", numbered_frames(12))
    stream = write_video(tmp_path / "sibling.ts", numbered_frames(12))
    files = {name: text.replace("{folder}", str(tmp_path / name)).encode() for name, text in LISTS.items()}
    files |= polyglots(tmp_path)
    for name, content in files.items():
        folder = tmp_path / "hostile" / name
        folder.mkdir(parents=True)
        for beside in (sibling, stream):
            shutil.copyfile(beside, folder / beside.name)
        shutil.copyfile(sibling, folder / "video.sub")
        (folder / "video.idx").write_text(LISTS["subtitles"])
        (folder / "video.mp4").write_bytes(content)
    nested = tmp_path / "hostile" / "nested concat"
    nested.mkdir()
    shutil.copyfile(sibling, nested / "sibling0.mp4")
    for depth in range(1, 5):
        (nested / f"sibling{depth}.mp4").write_text("ffconcat version 1.0\n" + f"file sibling{depth - 1}.mp4\n" * 10)
    (nested / "sibling4.mp4").rename(nested / "video.mp4")
    pattern = tmp_path / "hostile" / "pattern"
    pattern.mkdir()
    for name in ("sibling001.mp4", "sibling%03d.mp4", "sibling001.png"):
        shutil.copyfile(sibling, pattern / name)
    (pattern / "sibling%03d.mp4").rename(pattern / "video%03d.mp4")
    (pattern / "sibling001.mp4").rename(pattern / "video001.mp4")
    (pattern / "video%03d.png").write_bytes(b"")
    shutil.copyfile(sibling, pattern / "video001.png")
    return tmp_path / "hostile"


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
def test_no_file_is_opened_but_the_video_and_no_address_is_asked(hostile, tmp_path):
    good = write_video(tmp_path / "hostile" / "good" / "video.mp4", numbered_frames(12))
    asked = sorted(
        path for path in hostile.rglob("video*") if "001" not in path.name and path.suffix in (".mp4", ".png")
    )
    calls = tmp_path / "calls"
    result = subprocess.run(
        ["strace", "-f", "-o", calls, "-e", "trace=open,openat,openat2,socket,connect",
         sys.executable, "-P", "-c", READ, json.dumps([str(path) for path in asked])],
        capture_output=True, text=True, cwd=tmp_path, timeout=300, check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )  # fmt: skip
    frames = json.loads(result.stdout)
    whole = {"decord": 12, "pyav": 12}
    read = {path: counts for path, counts in frames.items() if counts}
    assert read == {str(good): whole, str(hostile / "pattern" / "video%03d.mp4"): whole}
    lines = calls.read_text()
    opened = {path for path in re.findall(r'open\w*\([^"]*"([^"]+)"', lines) if path.startswith(str(hostile))}
    assert opened == {str(path) for path in asked}
    assert "sibling" not in lines and not re.findall(r"socket\(AF_INET|connect\(", lines)


@pytest.mark.parametrize("name", [*LISTS, "dv and hls", "hls and mp4", "tagged hls", "tagged hls and dv"])
def test_a_list_is_refused_with_one_clear_error(hostile, name):
    with pytest.raises(VideoError, match="begins like|not a readable video") as caught:
        survey(hostile / name / "video.mp4")
    assert "video.mp4" in str(caught.value) and "sibling" not in caught.value.cause


@pytest.mark.parametrize("name", ["pipe", "zero"])
def test_what_is_no_file_is_not_waited_for(tmp_path, name):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    with pytest.raises(VideoError, match="not a regular file"):
        open_container(tmp_path / name)
    with pytest.raises(VideoError, match="not a regular file"):
        probe(tmp_path / name, LIMITS)


def test_files_are_opened_for_reading_in_one_place():
    root = Path(__file__).resolve().parents[2]
    files = [path for room in ("pipeline", "stages", "tools") for path in (root / room).rglob("*.py")]
    reading = re.compile(r"av\.open\((?![^\n]*\"w\")|(?:VideoReader|AudioReader|VideoLoader)\(")
    opening = {f"{path.relative_to(root)}: {call}" for path in files for call in reading.findall(path.read_text())}
    assert opening == {"pipeline/video/containers.py: av.open(", "pipeline/video/decord_reader.py: VideoReader("}
