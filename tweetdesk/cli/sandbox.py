"""`tweetdesk sandbox serve`: the built-in sandbox on loopback, for other clients."""

from __future__ import annotations

import argparse


def add_commands(parser: argparse.ArgumentParser) -> None:
    """The arguments of `tweetdesk sandbox`."""
    from tweetdesk.sandbox.arguments import add_arguments

    commands = parser.add_subparsers(dest="what", metavar="command", required=True)
    serve = commands.add_parser("serve", help="serve the three networks of the sandbox until interrupted")
    add_arguments(serve)


def run(options: argparse.Namespace) -> int:
    """Serve the sandbox; the exit status."""
    from tweetdesk.sandbox.serve import serve

    return serve(options)
