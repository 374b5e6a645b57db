"""A val split that shares videos with test chooses epochs on what is reported, so under `honest` it is no val.

Then it is not used as a whole, and `splits` holds validation videos out of train. Test:
tests/annotations/test_shared_val.py.
"""

from pipeline.annotations.common.records import Annotations


def leave_out_shared_val(annotations: Annotations, protocol: str) -> None:
    """Take the named val split out of `annotations` where it shares a video with test and the protocol is honest.

    Its queries go, and so do the videos that are in no other split; `val_shared` then says why.
    """
    val = {video_id for video_id, named in annotations.corpus.items() if "val" in named and "train" not in named}
    shared = sum("test" in annotations.corpus[video_id] for video_id in val)
    if protocol != "honest" or not shared:
        return
    only_val = {video_id for video_id in val if annotations.corpus[video_id] == {"val"}}
    annotations.val_shared = f"{shared} of the {len(val)} videos of the named val split are in test too"
    used = [q for q in annotations.queries if q.split != "val" and q.video_id not in only_val]
    annotations.unused_val_queries = len(annotations.queries) - len(used)
    annotations.queries = used
    annotations.subtitles = [found for found in annotations.subtitles if found[1].video_id not in only_val]
    for video_id in val:
        annotations.corpus[video_id].discard("val")
    for video_id in only_val:
        del annotations.corpus[video_id]
        if annotations.files is not None:
            annotations.files.pop(video_id, None)
