"""What was left out of a data set or cut: the words for each kind, which the stages print and the report shows.

Tests: tests/annotations/test_dropped.py, tests/report/test_doubts.py.
"""

WORDS = {
    "videos": "videos refused",
    "queries": "queries refused",
    "queries_of_refused_videos": "queries left out with their video",
    "queries_of_unused_val": "queries left out with the val split",
    "spans_refused": "spans refused",
    "spans_without_length": "spans left out for having no length",
    "spans_clipped": "spans clipped to the video's end",
    "videos_cut": "videos of which the data set uses the start only",
    "durations_differ": "declared lengths that differ from the file's",
    "subtitle_files": "subtitle files not read",
    "subtitle_cues": "subtitle cues refused",
    "sentences_outside": "subtitle sentences after the video's end",
}
"""In words, what is counted under each key of `dropped` in prepare.json."""
