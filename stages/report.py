"""Stage `report`: write one HTML page, outputs/report.html, about what the earlier stages wrote.

Test: tests/report/test_page.py.
"""

from pathlib import Path

from pipeline.core.cli import run
from pipeline.core.files import atomic_path
from pipeline.core.params import load
from pipeline.report.page import render
from pipeline.report.params import ReportParams
from pipeline.video.params import DecodeParams


def main() -> None:
    params = load(DecodeParams, ReportParams)
    page = render(Path("outputs"), params.report.examples, params.decode)
    with atomic_path("outputs/report.html") as temporary:
        temporary.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    run(main)
