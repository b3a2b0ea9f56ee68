"""`python -m tweetdesk.sandbox`: the sandbox on loopback, for other programs."""

from __future__ import annotations

import argparse
import sys

from .arguments import add_arguments
from .serve import serve


def main(arguments: list[str] | None = None) -> int:
    """Reads the arguments and serves; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tweetdesk.sandbox", description=__doc__)
    add_arguments(parser)
    return serve(parser.parse_args(arguments))


if __name__ == "__main__":
    sys.exit(main())
