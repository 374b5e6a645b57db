"""Errors a user can meet: each names the file or key, the cause, and what to do next."""

MAKE_ANEW = "run `amdnet repair`, which removes what is damaged, then `dvc repro`, which makes it anew"
"""What to do where an output of a stage is not as it was written: a damaged copy may lie in DVC's cache, too."""


class PipelineError(Exception):
    """An error in what the user gave us. `main` of every stage prints it without a traceback and exits with 1.

    cause: what is wrong, in one sentence; where: the file (with `:line` where known) or the parameter it is about;
    fix: what to do next.
    """

    def __init__(self, cause: str, *, where: object = None, fix: str | None = None):
        self.cause, self.where, self.fix = cause, where, fix
        head = f"{where}: {cause}" if where is not None else cause
        super().__init__(head + (f"\n  What to do: {fix}" if fix else ""))
