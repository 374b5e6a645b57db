"""Saves and opens the engine of an index, beside it in its folder: `engine.json` and `engine.faiss`.

A folder without `engine.json` is searched exactly. Test: tests/engines/test_folder.py.
"""

from pathlib import Path

from pipeline.core.errors import PipelineError
from pipeline.core.files import read_json, write_json
from pipeline.engines import faiss_engine
from pipeline.engines.engine import Engine
from pipeline.engines.params import EXACT, FAISS
from pipeline.engines.recall import BEST
from pipeline.retrieval.index import Index
from pipeline.retrieval.storage import FIX, fingerprint

FORMAT = 1
FACTS, FILE = "engine.json", "engine.faiss"


def save_engine(folder: Path | str, index: Index, engine: str) -> Engine | None:
    """Build the engine of this name for the index that `storage.save` wrote into `folder`; None for `exact`.

    Raises PipelineError where its package is not installed.
    """
    if engine == EXACT:
        return None
    folder = Path(folder)
    built = faiss_engine.build(folder / FILE, index)
    facts = {
        "format": FORMAT,
        "engine": FAISS,
        "of": fingerprint(folder),
        "bytes": (folder / FILE).stat().st_size,
        "vectors": built.file.ntotal,
        "partitions": built.file.nlist,
        "probes": built.probes,
        f"recall@{BEST}": built.recall,
        "sample_queries": built.samples,
    }
    write_json(folder / FACTS, facts)
    return built


def open_engine(folder: Path | str, index: Index) -> Engine | None:
    """Open the engine of the index that `storage.open_index` opened from `folder`; None where it is searched exactly.

    Raises PipelineError where its package is not installed, where a file is missing or cut off, where it is the engine
    of another index, or where another version of the program wrote it.
    """
    folder = Path(folder)
    if not (folder / FACTS).is_file():
        return None
    facts = read_json(folder / FACTS)
    if not isinstance(facts, dict) or (facts.get("format"), facts.get("engine")) != (FORMAT, FAISS):
        raise PipelineError("another version of this program wrote the engine", where=folder / FACTS, fix=FIX)
    file = folder / FILE
    if not file.is_file():
        raise PipelineError("the file does not exist", where=file, fix=FIX)
    if facts.get("of") != fingerprint(folder) or facts.get("bytes") != file.stat().st_size:
        raise PipelineError("it is cut off, or the engine of another index", where=file, fix=FIX)
    return faiss_engine.open_file(file, index, facts["probes"], facts[f"recall@{BEST}"], facts["sample_queries"])
