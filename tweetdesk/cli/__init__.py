"""The command line: reads the arguments and hands over; imports only what the command needs.

Textual is imported for the desk alone, so that the commands without a screen start quickly.
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import sys
from collections.abc import Sequence

from tweetdesk import __version__

EPILOG = """\
Without a command, tweetdesk opens the desk on your accounts. `tweetdesk demo` opens it on a built-in world:
nothing leaves your machine there, and every key may be tried.
"""


def parser() -> argparse.ArgumentParser:
    """The arguments of every command."""
    root = argparse.ArgumentParser(
        prog="tweetdesk",
        description="A keyboard-only inbox in the terminal, for relationships of trust.",
        epilog=EPILOG,
    )
    root.add_argument("--version", action="version", version=f"tweetdesk {__version__}")
    _add_read_only(root, False)
    commands = root.add_subparsers(dest="command", metavar="command")

    demo = commands.add_parser("demo", help="open the desk on the built-in sandbox")
    demo.add_argument("--seed", type=int, default=1, help="which world (default 1)")
    demo.add_argument(
        "--live-seconds", type=float, default=6.0, metavar="S", help="something new about every S seconds"
    )
    demo.add_argument("--fresh", action="store_true", help="forget what was done in the demo before")

    _add_read_only(demo, argparse.SUPPRESS)

    _add_login(commands.add_parser("login", help="add an account, or log in again"))

    logout = commands.add_parser("logout", help="remove an account and its session from this machine")
    logout.add_argument(
        "handle", nargs="?", default="", help="which one (handle or network:handle), if there are several"
    )

    commands.add_parser("accounts", help="list the accounts and where their sessions are kept")
    commands.add_parser("where", help="print the folders that tweetdesk uses")
    sync = commands.add_parser("sync", help="fetch and send without a screen")
    sync.add_argument("--once", action="store_true", required=True, help="once, then end")
    _add_sandbox(commands.add_parser("sandbox", help="the built-in sandbox, for other clients"))
    commands.add_parser("doctor", help="what works and what does not: keyring, database, network, terminal")
    return root


def _add_read_only(parser: argparse.ArgumentParser, default: object) -> None:
    parser.add_argument(
        "--read-only",
        action="store_true",
        default=default,
        help="nothing leaves this machine until it is switched off in the settings",
    )


def _add_sandbox(parser: argparse.ArgumentParser) -> None:
    from tweetdesk.cli.sandbox import add_commands

    add_commands(parser)


def _add_login(login: argparse.ArgumentParser) -> None:
    """The arguments of `tweetdesk login`; which of them a network has a use for, it says itself."""
    from tweetdesk.networks.base import names

    login.add_argument("network", choices=names())
    login.add_argument(
        "--server", default="", metavar="HOST", help="the account's server (Mastodon; Bluesky if not bsky.social)"
    )
    login.add_argument("--handle", default="", help="which account; any other is refused")
    login.add_argument(
        "--store",
        choices=["keyring", "file", "environment"],
        help="where the session is kept (default: where it was, else the operating system's keyring)",
    )
    login.add_argument(
        "--loopback",
        action="store_true",
        help="Mastodon: the browser brings the code back to this machine by itself",
    )
    login.add_argument(
        "--port", type=_port, default=0, help="the port to which the browser comes back (X: 8742 if not given)"
    )
    login.add_argument("--oauth1", action="store_true", help="X: with the four static tokens of your own app")
    login.add_argument(
        "--no-browser", dest="browser", action="store_false", help="only print the address, open nothing"
    )


def _port(text: str) -> int:
    """A port of this machine. Raises ArgumentTypeError."""
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65_536):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port (1 to 65535)")
    return int(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run tweetdesk; the exit status. Errors that a user can do something about are one sentence on stderr."""
    options = parser().parse_args(arguments)
    try:
        return _run(options)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 1
    except Exception as error:  # noqa: BLE001 - the command line is the outermost boundary
        return _explain(error)


def _run(options: argparse.Namespace) -> int:
    if options.command in (None, "demo"):
        # Looking for garbage finds none while all is being made, and takes an eighth of the start; the app begins
        # it again once the deck is painted.
        gc.disable()
        # Textual paints 60 times a second; four times as often takes milliseconds off every key (read at import).
        os.environ.setdefault("TEXTUAL_FPS", "240")
    match options.command:
        case None:
            from tweetdesk.cli.desk import open_desk

            return open_desk(options.read_only)
        case "demo":
            from tweetdesk.cli.demo import open_demo

            return open_demo(options.seed, options.live_seconds, options.fresh, options.read_only)
        case "login" | "logout" | "accounts":
            from tweetdesk.cli import accounts

            return accounts.run(options)
        case "where":
            from tweetdesk.cli.where import where

            return where()
        case "sync":
            from tweetdesk.cli.sync import sync_once

            return sync_once(options.read_only)
        case "sandbox":
            from tweetdesk.cli import sandbox

            return sandbox.run(options)
        case _:
            from tweetdesk.cli.doctor import doctor

            return doctor()


def _explain(error: Exception) -> int:
    """Say what went wrong. What is not an error that we expected goes into the crash file."""
    from tweetdesk.cli.failure import explain

    logging.getLogger(__name__).debug("ended by %s", type(error).__name__)
    print(f"tweetdesk: {explain(error)}", file=sys.stderr)
    return 1
