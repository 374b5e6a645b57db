"""How a user's own videos lie in their folder, which pipeline/annotations/common/own_videos.py reads."""

from pipeline.annotations.common.layout import Format, Layout, row_with

OWN_VIDEOS = Layout(
    annotations=(
        *("queries.jsonl", "queries.csv", "train.jsonl", "val.jsonl", "test.jsonl"),
        *("splits.json", "subtitles.jsonl"),
    ),
    reads_subtitles=True,
    needs_extension=True,
    format=Format(
        called="that of your own videos (`vid_name`, `desc`)",
        read_from="queries.jsonl, or {train,val,test}.jsonl",
        fits=row_with("vid_name", "desc"),
    ),
)
