"""Which files the embedded sample is made from."""

from pipeline.annotations.common.layout import Layout
from pipeline.annotations.common.listed import ANNOTATION

LAYOUT = Layout(needs=ANNOTATION, annotations=("scenes.yaml", "spoken.yaml"))
