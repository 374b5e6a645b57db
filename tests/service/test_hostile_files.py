"""A file that is named like a video and names other files or addresses opens none of them."""

import socket
from pathlib import Path

import pytest
from helpers.media import indexed, poster, streamed
from helpers.videos import grey_frames, write_video

from pipeline.service.errors import MediaError
from pipeline.service.playing import how

LISTS = {
    "concat": "ffconcat version 1.0\nfile other.mp4\nduration 3\n",
    "concat with a protocol": "ffconcat version 1.0\nfile 'file:{folder}/other.mp4'\n",
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3.0,\nother.mp4\n#EXT-X-ENDLIST\n",
    "hls of a server": "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3.0,\nhttp://{server}/a.ts\n#EXT-X-ENDLIST\n",
    "dash": """<?xml version="1.0"?>
        <MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT3S"><Period>
        <AdaptationSet mimeType="video/mp4"><Representation id="0" bandwidth="1"><BaseURL>http://{server}/a.mp4</BaseURL>
        </Representation></AdaptationSet></Period></MPD>""",
    "session": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\n"
    "a=rtpmap:96 H264/90000\n",
}
NAMES = ["one%03d.mp4", "*.mp4", "concat:a.mp4|b.mp4", "http:__x.mp4", "subfile,,start,0,,:a.mp4"]


@pytest.mark.parametrize("suffix", [".mp4", ".m3u8", ".ffconcat", ".mpd", ".sdp"])
@pytest.mark.parametrize("name", LISTS)
def test_a_list_in_the_place_of_a_video_is_refused(tmp_path, name, suffix):
    write_video(tmp_path / "other.mp4", grey_frames(10))
    path = tmp_path / f"list{suffix}"
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        address = f"127.0.0.1:{server.getsockname()[1]}"
        path.write_text(LISTS[name].replace("{folder}", str(tmp_path)).replace("{server}", address))
        with pytest.raises(MediaError, match="cannot be shown"):
            poster(path, 0.0)
        assert streamed(path, 0.0).status == 422 and how(indexed(path)) == "none"
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_a_name_whatever_it_says(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    for other in ("one001.mp4", "a.mp4", "b.mp4"):
        write_video(tmp_path / other, grey_frames(2, 64, 64))
    write_video(tmp_path / "plain.mp4", grey_frames(2)).rename(tmp_path / name)
    assert poster(Path(name), 0.0).shape == (32, 48, 3)


def test_a_name_that_stands_for_many_pictures_is_refused(tmp_path):
    path = write_video(tmp_path / "plain.mp4", grey_frames(2)).rename(tmp_path / "one%03d.png")
    (tmp_path / "one001.png").write_bytes(b"")
    assert how(indexed(path)) == "none"
