"""Describes what a figure was measured on: processor, cores, accelerator, versions, commit."""

import os
import platform
import re
import subprocess
from pathlib import Path

import torch


def machine() -> dict[str, str]:
    """Describe the machine in words, and name the commit, with a + where the working tree differs from it."""
    cpuinfo = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.*)", cpuinfo.read_text()) if cpuinfo.exists() else None
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    words = [found[1].strip() if found else platform.processor(), f"{cores} cores"]
    if torch.cuda.is_available():
        words.append(torch.cuda.get_device_name())
    words += [f"torch {torch.__version__}", f"Python {platform.python_version()}"]
    return {"machine": ", ".join(words), "commit": _git("rev-parse", "--short", "HEAD") + ("+" if _changed() else "")}


def _changed() -> bool:
    return bool(_git("status", "--porcelain", "--untracked-files=no"))


def _git(*arguments: str) -> str:
    answer = subprocess.run(["git", *arguments], capture_output=True, text=True)
    return answer.stdout.strip() if answer.returncode == 0 else "unknown"
