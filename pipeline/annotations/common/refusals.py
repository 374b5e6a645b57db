"""What was refused, and what is not honest about the splits, told to the user on stderr.

Test: tests/annotations/test_prepare.py.
"""

import sys

from pipeline.annotations.common.assemble import Assembled
from pipeline.annotations.common.corrections import told_read_as_meant
from pipeline.annotations.common.leaks import leaks
from pipeline.annotations.common.records import Annotations
from pipeline.core.grouped import told_groups
from pipeline.core.ids import shown

SHOWN = 20


def named(assembled: Assembled) -> list[str]:
    """Return a line for each cause of refusals: how many there are, and the first places."""
    refused = [*assembled.refused, *assembled.with_video]
    return told_groups((one.where, f"{one.what}: {one.cause}") for one in refused)


def report(annotations: Annotations, assembled: Assembled) -> None:
    """Print to stderr which files are not there, what was read as it is meant, and what is not honest of the splits."""
    if annotations.absent:
        print(f"Not in {annotations.source}, so not read: {', '.join(annotations.absent)}", file=sys.stderr)
    for name, columns in annotations.unread_columns.items():
        print(f"Columns of {name} that are not read: {', '.join(map(shown, columns))}", file=sys.stderr)
    if meant := told_read_as_meant(annotations.corrections):
        print(f"Read as it is meant: {meant} (`amdnet check` names them)", file=sys.stderr)
    if annotations.val_shared:
        remedy = "Validation videos are held out of train instead; or take the shared ones out of val."
        print(f"The val split is not used: {annotations.val_shared}. {remedy}", file=sys.stderr)
    leaking = leaks(assembled.videos)
    if leaking["groups"]:
        concerned = f"{leaking['test_videos']} of {leaking['of']} test videos are seen in train or val"
        print(f"A leak: {len(leaking['groups'])} contents lie in more than one split; {concerned}", file=sys.stderr)
    for group in leaking["groups"][:SHOWN]:
        places = " and in ".join(f"{split} as {', '.join(map(shown, ids))}" for split, ids in group.items())
        print(f"  one is in {places}", file=sys.stderr)
    if len(leaking["groups"]) > SHOWN:
        print(f"  and {len(leaking['groups']) - SHOWN} more", file=sys.stderr)
