"""Asks a running `amdnet serve` as many users at once would, and says how long they waited.

    amdnet serve --port 8000 &
    python -m benchmarks.serve --url http://127.0.0.1:8000

Each user has a connection, asks one sentence after the other without a pause, and fetches the posters of the first
hits, as the page does. Every answer other than 200 is an error, and so is one that is cut off or takes longer than a
minute; then the exit status is 1. The users run on the same machine, so that the service does not have all of it.
"""

import argparse
import itertools
import json
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from benchmarks.machine import machine
from experiments.markdown import table_lines
from pipeline.core.manifest import read_queries

QUERIES = Path("outputs/manifest/queries.jsonl")
WIDTH = 320  # of a poster, in pixels
LONGEST_WAIT = 60  # seconds


@dataclass
class Waited:
    """What one user met: how many seconds each answer took, by its address, and how often which error came."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)


def main() -> None:
    parser = argparse.ArgumentParser(description="Ask a running `amdnet serve` as many users at once.")
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="of the service (default: %(default)s)")
    parser.add_argument("--users", type=int, default=50, help="at the same time (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=60, help="for so long (default: %(default)s)")
    parser.add_argument("--posters", type=int, default=4, help="fetched after a search (default: %(default)s)")
    parser.add_argument("--queries", type=Path, default=QUERIES, help="of the manifest (default: %(default)s)")
    options = parser.parse_args()
    sentences = [query.text for query in read_queries(options.queries)]
    users = ask(options.url, sentences, options.users, options.seconds, options.posters)
    if rows := table(users, options.seconds):
        print("\n".join(table_lines(list(rows[0]), [row.values() for row in rows])))
    print(", ".join(machine().values()))
    if errors := sum((user.errors for user in users), Counter()):
        sys.exit(f"errors: {dict(errors)}")


def ask(url: str, sentences: list[str], users: int, seconds: float, posters: int) -> list[Waited]:
    """Let so many users ask for some seconds, and return what each of them met."""
    ended = time.perf_counter() + seconds
    with ThreadPoolExecutor(users) as pool:
        return list(pool.map(lambda number: _user(url, sentences, number, ended, posters), range(users)))


def table(users: list[Waited], seconds: float) -> list[dict[str, Any]]:
    """Sum up what the users met: a row for each address, and no row where nothing was answered."""
    rows = []
    for address in sorted({address for user in users for address in user.seconds}):
        times = sorted(itertools.chain.from_iterable(user.seconds.get(address, []) for user in users))
        p50, p99 = (round(1000 * times[min(len(times) - 1, int(share * len(times)))]) for share in (0.5, 0.99))
        row = {"address": address, "users": len(users), "answers": len(times), "a second": len(times) / seconds}
        row |= {"a second": round(row["a second"], 1), "p50 (ms)": p50, "p99 (ms)": p99}
        rows.append(row | {"longest (ms)": round(1000 * times[-1])})
    return rows


def _user(url: str, sentences: list[str], number: int, ended: float, posters: int) -> Waited:
    waited, connection = Waited(), _connection(url)
    for turn in itertools.count():
        if time.perf_counter() > ended:
            connection.close()
            return waited
        query = sentences[(number * 97 + turn) % len(sentences)]
        body = _get(connection, waited, "/api/search", {"q": query, "k": 20})
        hits = json.loads(body)["hits"] if body else []
        for hit in [hit for hit in hits if hit["play"] != "none"][:posters]:
            _get(connection, waited, "/api/poster", {"id": hit["id"], "t": hit["start"], "w": WIDTH})
    raise AssertionError


def _connection(url: str) -> HTTPConnection:
    parts = urlsplit(url)
    return HTTPConnection(parts.hostname or "", parts.port, timeout=LONGEST_WAIT)


def _get(connection: HTTPConnection, waited: Waited, address: str, asked: dict[str, Any]) -> bytes | None:
    """Fetch an address; returns the body of the answer, None for an error, which is counted."""
    started = time.perf_counter()
    try:
        connection.request("GET", f"{address}?{urlencode(asked)}")
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, HTTPException) as error:
        waited.errors[f"{address}: {type(error).__name__}"] += 1
        connection.close()  # the next request opens it again
        time.sleep(0.1)
        return None
    waited.seconds.setdefault(address, []).append(time.perf_counter() - started)
    if answer.status != 200:
        waited.errors[f"{address}: {answer.status} {body.decode(errors='replace')[:200]}"] += 1
        return None
    return body


if __name__ == "__main__":
    main()
