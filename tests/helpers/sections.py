"""Sections of params.yaml for tests, complete, with the changes that a test is about."""

from pipeline.annotations.common.params import PrepareParams


def prepare_params(**changes) -> PrepareParams:
    """The section `prepare`; a tenth is held out for validation, a fifth for the test."""
    values = dict(val_fraction=0.1, test_fraction=0.2, split_seed=0)
    return PrepareParams(
        **{**values, "max_seconds": "auto", "subtitle_language": "auto", "video_ids": "name", **changes}
    )
