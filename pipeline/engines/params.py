"""The section `index` of params.yaml."""

from typing import Literal

from pydantic import Field

from pipeline.core.schema import Section

EXACT, FAISS = "exact", "faiss"


class IndexParams(Section):
    """How the index of a corpus is searched."""

    SECTION = "index"

    engine: Literal["exact", "faiss"] = Field(
        description="exact: a query is compared with every video | faiss: with candidates, for millions of clips; "
        "needs requirements-faiss.txt (docs/scale-out.md)"
    )
