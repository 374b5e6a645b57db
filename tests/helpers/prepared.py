"""The stages scan and prepare, one after the other, in the current folder."""

from stages import prepare, scan


def main() -> None:
    """Raises PipelineError as the two do."""
    scan.main()
    prepare.main()
