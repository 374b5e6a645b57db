"""Small submission files of TVR, and the annotations that they answer."""

import json

VIDEOS = {"a": 7, "b": 3}
SPAN = [7, 0.0, 10.0, 0.5]


def entries(**lists):
    """One entry a query, whose id is the keyword without its first letter."""
    return [{"desc_id": int(name[1:]), "desc": "a query", "predictions": rows} for name, rows in lists.items()]


def submission(**changes):
    """A submission that answers the queries 1 and 2, with some top-level values in the place of its own."""
    good = {
        "video2idx": VIDEOS,
        "VCMR": entries(q1=[SPAN, [3, 1, 2, 0.4]], q2=[[3, 5.0, 9.0, 1.5]]),
        "SVMR": entries(q2=[[3, 5.0, 9.0, 1.5]], q1=[[7, 0.0, 4.0, 0.5], SPAN]),
        "VR": entries(q1=[[3, 0, 0, 2.0], [7, 0, 0, 1.0]], q2=[[3, 0, 0, 2.0]]),
    }
    return {**good, **changes}


def write_truth(path, **changes):
    """Annotations of the queries 1 and 2; changes: of both rows."""
    rows = [
        {"desc_id": 1, "vid_name": "a", "desc": "one", "ts": [0, 10], "type": "v"},
        {"desc_id": 2, "vid_name": "b", "desc": "two", "ts": [5, 8], "type": "vt"},
    ]
    path.write_text("".join(json.dumps({**row, **changes}) + "\n" for row in rows), encoding="utf-8")
    return path
