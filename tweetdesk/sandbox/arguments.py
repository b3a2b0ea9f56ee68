"""The arguments with which the sandbox is served, for both commands that do so."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds them to a parser."""
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: any free one)")
    parser.add_argument("--seed", type=int, default=1, help="another number is another world (default 1)")
    parser.add_argument(
        "--live-seconds",
        type=float,
        default=4.0,
        metavar="S",
        help="something new about every S seconds on each network (default 4; 0: never)",
    )
    parser.add_argument(
        "--journal", type=Path, metavar="FOLDER", help="folder in which the worlds are kept over restarts"
    )
    parser.add_argument(
        "--ignore-keys", action="store_true", help="Mastodon's face ignores Idempotency-Key, as some servers do"
    )
