"""The data set `folder`: a user's own videos, laid out as pipeline/annotations/common/own_videos.py says."""

from pipeline.annotations.common.own_videos import read

__all__ = ["read"]
