"""Which files of TVR are read, and how its rows are recognised."""

from pipeline.annotations.common.layout import Format, Layout, row_with

LAYOUT = Layout(
    annotations=(
        *("tvr_train_release.jsonl", "tvr_val_release.jsonl", "tvr_test_public_release.jsonl"),
        "tvqa_preprocessed_subtitles.jsonl",
    ),
    format=Format(
        called="TVR's (`vid_name`, `desc`, `desc_id`)",
        read_from="tvr_{train,val}_release.jsonl",
        fits=row_with("vid_name", "desc", "desc_id"),
    ),
)
