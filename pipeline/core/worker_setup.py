"""What a worker, a process or a Ray actor, must have in common with the driver before it does anything for it.

Test: tests/extraction/test_process_pool.py.
"""

import os
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self, TypeVar

from pipeline.core import runtime
from pipeline.core.code_hash import code_of, imported_modules
from pipeline.core.errors import PipelineError

Result = TypeVar("Result")


@dataclass(frozen=True)
class WorkerSetup:
    """The driver's code and environment.

    code: the hash of every module of this project that the driver has imported. environment: its environment variables
    of this project, with absolute folders. threads: how many threads torch uses on the CPU.
    """

    code: dict[str, str | None]
    environment: dict[str, str]
    threads: int

    @classmethod
    def of_driver(cls, device: str, threads: int) -> Self:
        """Describe this process to a worker that computes on `device`, a name that AMDNET_DEVICE may have."""
        own = {name: value for name, value in os.environ.items() if name.startswith("AMDNET_")}
        folders = {"DVC_ROOT": str(runtime.project_root()), "AMDNET_STORE": str(runtime.store_root())}
        return cls(code_of(imported_modules()), {**own, **folders, "AMDNET_DEVICE": device}, threads)

    def apply(self) -> None:
        """Take it over, in the worker. Raises PipelineError where the worker's code is another."""
        import torch

        os.environ.update(self.environment)
        torch.set_num_threads(self.threads)
        code = code_of(self.code)
        if others := [name for name, found in code.items() if found != self.code[name]]:
            raise refused(f"its code is not the driver's: {', '.join(others)}")


def refused(cause: str) -> PipelineError:
    """Return the error of a worker that would not give what the driver gives."""
    return PipelineError(
        cause,
        where=f"worker on {os.uname().nodename}",
        fix="give every machine the same code and the same weights, and change neither during a run",
    )


def caught(work: Callable[[], Result]) -> Result | Exception:
    """Do the work, and return what it raises: not every exception can be pickled.

    A PipelineError is returned as it is, any other exception as a RuntimeError whose message is the traceback.
    """
    try:
        return work()
    except PipelineError as error:
        return error
    except Exception:
        return RuntimeError(f"in a worker:\n{traceback.format_exc()}")
