"""Stage `subtitle_text`: compute the RoBERTa features of the manifest's subtitles, (T, D) a video.

The model and the localizer have a file each, empty where it reads none: so a localizer that is chosen later leaves the
trained model as it is. The stage also reads the queries, because a `corpus` tokenizer is learnt from those of the
training split, as in query_text. Test: tests/text/test_stages.py.
"""

import shutil
import sys
from pathlib import Path

from pipeline.backbones.roberta.params import TextParams
from pipeline.core.cli import run
from pipeline.core.files import atomic_path, write_json
from pipeline.core.manifest import read_queries, read_subtitles, read_videos
from pipeline.core.params import load
from pipeline.core.runtime import device, store_root
from pipeline.feature_io.asked import LOCALIZER_SUBTITLE, NOT_ASKED, is_asked_for
from pipeline.feature_io.store import Store
from pipeline.feature_io.unused import write_unused
from pipeline.text.params import SubtitleTextParams

FEATURES = Path("outputs/features")


def main() -> None:
    params = load("clip_seconds", TextParams, SubtitleTextParams)
    streams = {stream: is_asked_for(stream) for stream in ("subtitle", LOCALIZER_SUBTITLE)}
    for stream in (stream for stream, asked in streams.items() if not asked):
        write_unused(FEATURES, stream, NOT_ASKED)
    files = [FEATURES / f"{stream}.h5" for stream, asked in streams.items() if asked]
    if not files:
        return
    # Imported here, since they load torch.
    from pipeline.text.saved import subtitle_encoder
    from pipeline.text.subtitles import extract_subtitles

    videos = read_videos("outputs/manifest/videos.jsonl")
    queries = read_queries("outputs/manifest/queries.jsonl")
    encoder = subtitle_encoder(params.text, params.subtitle_text.max_tokens, queries, device())
    metrics = extract_subtitles(
        videos,
        read_subtitles("outputs/manifest/subtitles.jsonl"),
        encoder,
        params.clip_seconds,
        params.subtitle_text.pooling,
        Store(store_root(), "subtitle"),
        files[0],
    )
    for file in files:
        write_json(file.with_suffix(".json"), metrics)
    for copy in files[1:]:
        with atomic_path(copy) as temporary:
            shutil.copyfile(files[0], temporary)
    print(
        "subtitle_text: {with_subtitles} of {videos} videos have subtitles, {sentences} sentences, {tokens} tokens; "
        "{computed} videos computed, {reused} reused; {truncated} sentences cut ({truncated_share:.1%}), "
        "{sentences_outside} in no clip ({sentences_outside_share:.1%}); {seconds} s".format(**metrics),
        file=sys.stderr,
    )


if __name__ == "__main__":
    run(main)
