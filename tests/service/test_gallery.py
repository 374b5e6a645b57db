"""The page of a search needs no server, shows names and captions as text, and replaces nothing but itself."""

import base64
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote_to_bytes, urljoin

import pytest
from helpers.searching import FakeSearch, fake_videos

from pipeline.core.errors import PipelineError
from pipeline.search.plain_text import one_line
from pipeline.search.results import Moment
from pipeline.service.gallery import write_gallery

JPEG = b"\xff\xd8 a picture"


class Read(HTMLParser):
    """What a browser makes of the page: tags with their attributes, and text."""

    def __init__(self, page: Path):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data.strip())

    def values(self, attribute: str) -> list[str]:
        return [attributes[attribute] or "" for _, attributes in self.tags if attribute in attributes]


def files(folder: Path) -> FakeSearch:
    """A search over files that are there, where a file can be called so."""
    videos = fake_videos(folder)
    for video in videos:
        if video.path and len(video.name) < 200:
            video.path.parent.mkdir(parents=True, exist_ok=True)
            video.path.touch()
    return FakeSearch(videos)


@pytest.fixture
def gallery(tmp_path):
    """gallery(search, query, posters, played) -> the page as it was written and read."""

    def write(search, query="a dog runs into the water", posters=None, played=frozenset()) -> Read:
        results = search.search(query, 100)
        write_gallery(tmp_path / "out" / "page", results, search.about, posters or {}, played)
        assert [path.name for path in (tmp_path / "out" / "page").iterdir()] == ["index.html"]
        return Read(tmp_path / "out" / "page" / "index.html")

    return write


def test_it_has_no_script_and_loads_nothing_but_videos_beside_it(tmp_path, gallery):
    search = files(tmp_path / "videos")
    ids = [video.video_id for video in search.videos]
    page = gallery(search, posters=dict.fromkeys(ids, JPEG), played=frozenset(ids))
    allowed = {"html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "bdi", "p", "ol", "li", "video"}
    assert {tag for tag, _ in page.tags} <= allowed | {"img", "div", "a", "span"}
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert all(value.startswith("../../videos/") for value in page.values("href"))
    assert all(value.startswith(("../../videos/", "data:image/jpeg;base64,")) for value in page.values("src"))


def test_every_link_leads_to_the_file_at_its_moment(tmp_path, gallery):
    search = files(tmp_path / "videos")
    page = gallery(search)
    base = (tmp_path / "out" / "page" / "index.html").as_uri()
    reached = set()
    for link in page.values("href"):
        url, _, moment = urljoin(base, link).partition("#t=")
        start, end = map(float, moment.split(","))
        assert start < end
        reached.add(Path(unquote_to_bytes(url.removeprefix("file://")).decode("utf-8", "surrogateescape")))
    assert reached == {video.path for video in search.videos if video.path and video.path.name[0] != "a"}


def test_a_folder_that_is_a_link_does_not_mislead_the_links(tmp_path):
    search = files(tmp_path / "videos")
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "deep" / "er")
    write_gallery(tmp_path / "link", search.search("dog", 1), search.about, {}, frozenset())
    (link,) = Read(tmp_path / "link" / "index.html").values("href")
    assert link.startswith("../../videos/")


def test_names_and_captions_are_text(tmp_path, gallery):
    search = files(tmp_path / "videos")
    texts = gallery(search, query="<b>dog</b> & \u202e water").texts
    assert "<b>dog</b> & \\u202e water" in texts
    for hit in search.search("<b>dog</b> & \u202e water", 100).hits:
        assert one_line(hit.video.name).strip() in texts
        assert one_line(hit.subtitle).strip() in texts


def test_a_video_that_a_browser_plays_has_a_player_with_its_poster(tmp_path, gallery):
    page = gallery(files(tmp_path / "videos"), posters={"lake": JPEG, "kitchen": JPEG}, played=frozenset({"lake"}))
    uri = "data:image/jpeg;base64," + base64.b64encode(JPEG).decode()
    ((_, player),) = [tag for tag in page.tags if tag[0] == "video"]
    assert player["poster"] == uri and player["src"].startswith("../../videos/trips/lake/dog.mp4#t=")
    assert player["aria-label"].startswith("trips/lake/dog.mp4, 0:")
    ((_, picture),) = [tag for tag in page.tags if tag[0] == "img"]
    assert picture["src"] == uri


def test_a_file_that_is_not_there_is_said_to_be_missing(gallery):
    page = gallery(FakeSearch())
    assert not page.values("href") and not page.values("src")
    assert sum("the file is not there" in text for text in page.texts) == len(FakeSearch().videos)


def test_a_hit_without_a_moment_links_to_the_whole_video(tmp_path):
    search = files(tmp_path / "videos")
    results = search.search("dog", 1)
    hit = replace(results.hits[0], moments=(Moment(0.0, 0.0, float("-inf")),))
    write_gallery(tmp_path / "page", replace(results, hits=(hit,)), search.about, {}, frozenset())
    page = Read(tmp_path / "page" / "index.html")
    assert page.values("href") == ["../videos/trips/lake/dog.mp4"] and "whole" in page.texts


@pytest.mark.parametrize("fits", [True, False, None])
def test_it_says_where_nothing_fits_well(gallery, fits):
    assert any("Nothing fits well" in text for text in gallery(FakeSearch(fits=fits)).texts) == (fits is False)


def test_random_weights_are_named(gallery):
    assert not any("random" in text for text in gallery(FakeSearch()).texts)
    assert any("weights of resnet are random" in text for text in gallery(FakeSearch(random_weights=["resnet"])).texts)


def test_a_page_of_its_own_is_replaced(tmp_path, gallery):
    first = gallery(FakeSearch(), query="dog")
    second = gallery(FakeSearch(), query="onion")
    assert "dog" in first.texts and "onion" in second.texts and "dog" not in second.texts


@pytest.mark.parametrize("names", [["movie.mp4"], ["index.html"], ["index.html", "movie.mp4"], [".hidden"]])
def test_what_somebody_else_wrote_is_never_replaced(tmp_path, gallery, names):
    folder = tmp_path / "out" / "page"
    if len(names) == 2:
        gallery(FakeSearch())
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        if not (folder / name).exists():
            (folder / name).write_text("<h1>mine</h1>")
    before = {path: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(PipelineError, match="not from `amdnet search`"):
        gallery(FakeSearch())
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_a_file_where_the_folder_should_be_is_never_replaced(tmp_path, gallery):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "page").write_text("mine")
    with pytest.raises(PipelineError, match="no folder that can be used"):
        gallery(FakeSearch())
    assert (tmp_path / "out" / "page").read_text() == "mine"
