"""Which files of QVHighlights are read, and how their rows are recognised."""

from pipeline.annotations.common.layout import Format, Layout, row_with

LAYOUT = Layout(
    annotations=(
        *("highlight_train_release.jsonl", "highlight_val_release.jsonl"),
        *("highlight_test_with_gt.jsonl", "highlight_test_release.jsonl"),
    ),
    format=Format(
        called="moment_detr's and QVHighlights' (`vid`, `query`, `relevant_windows`)",
        read_from="highlight_{train,val,test}_release.jsonl",
        fits=row_with("vid", "query"),
    ),
)
