"""Which files of a folder of a user's own videos are read."""

from pipeline.annotations.common.own_layout import OWN_VIDEOS

LAYOUT = OWN_VIDEOS
