"""Stage `finish`: say what came out and where the report is, at the end of every run.

It writes nothing and runs every time, also where nothing else is out of date. Test: tests/report/test_headline.py.
"""

import os
from pathlib import Path

from pipeline.core.accepted import accepted_share
from pipeline.core.cli import run
from pipeline.report.headline import check_accepted, headline

OUTPUTS, PAGE = Path("outputs"), Path("outputs/report.html")


def main() -> None:
    """Print the headline; raises PipelineError where more was left out than `max_failed_fraction` accepts now."""
    print("\n" + "\n".join(headline(OUTPUTS)))
    print(f"Report: {place()}")
    check_accepted(OUTPUTS, accepted_share())


def place() -> str:
    """Say where the report is: of a temporary experiment, whose folder goes away, how it is fetched.

    It is fetched to where it was made, below the project: elsewhere its links to the videos would lead nowhere.
    """
    here, name = Path.cwd(), os.environ.get("DVC_EXP_NAME")
    if "DVC_ROOT" in os.environ and name and not here.samefile(os.environ["DVC_ROOT"]):
        return f"`dvc get . {PAGE} --rev {name} -o {PAGE.with_stem(name)}` writes it"
    return str(here / PAGE)


if __name__ == "__main__":
    run(main)
