"""Which files of DiDeMo are read, and how their annotations are recognised."""

from pipeline.annotations.common.layout import Format, Layout, row_with

LAYOUT = Layout(
    annotations=("train_data.json", "val_data.json", "test_data.json"),
    format=Format(
        called="DiDeMo's (`video`, `description`, `times`)",
        read_from="{train,val,test}_data.json",
        fits=row_with("description", "times"),
    ),
)
