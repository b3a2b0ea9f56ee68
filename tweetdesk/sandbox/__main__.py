"""`python -m tweetdesk.sandbox`: the sandbox on loopback, for other programs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .serve import serve
from .world import World


def main(arguments: list[str] | None = None) -> int:
    """Reads the arguments and serves; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tweetdesk.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: any free one)")
    parser.add_argument("--seed", type=int, default=1, help="another number is another world")
    parser.add_argument("--journal", type=Path, help="file in which the world is kept over restarts")
    parser.add_argument(
        "--live-seconds", type=float, default=4.0, help="about how often something happens (0: never)"
    )
    given = parser.parse_args(arguments)
    try:
        world = World(given.seed, journal=given.journal, live_seconds=given.live_seconds)
        return serve(world, given.port)
    except (OSError, ValueError) as error:
        print(f"The sandbox cannot start: {error}", file=sys.stderr)  # noqa: T201
        return 1


if __name__ == "__main__":
    sys.exit(main())
