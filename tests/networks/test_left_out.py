"""Every network can be left out: its files are not there, and the others do not notice."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import tweetdesk
from tweetdesk.networks import base

#: Opens the demo without a screen, fetches the mentions of every account that there is, and tells.
SCRIPT = """
import asyncio, sys
from pathlib import Path
from tweetdesk.cli.demo import demo_session
from tweetdesk.domain.selections import Source
from tweetdesk.networks import base
from tweetdesk.store.folders import Folders

async def main():
    folder = Path(sys.argv[1])
    session = await demo_session(Folders(folder / "c", folder / "d", folder / "s"), live_seconds=0)
    await session.engine.start()
    sources = [Source(account.id, "mentions") for account in session.accounts]
    session.engine.watch(sources, listen=False)
    await session.engine.idle()
    states = session.engine.statuses()
    print(*sorted(f"{source.account.partition(':')[0]}:{states[source].state}" for source in sources), sep="\\n")
    await session.close()

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package, from which things can be taken."""
    folder = tmp_path_factory.mktemp("without") / "lib"
    package = Path(tweetdesk.__file__).parent
    shutil.copytree(package, folder / "tweetdesk", ignore=shutil.ignore_patterns("__pycache__"))
    if not (package / "themes").exists():  # a checkout: the wheel has them inside
        shutil.copytree(package.parent / "themes", folder / "themes")
    return folder


@pytest.mark.parametrize("name", base.names())
def test_the_others_do_not_notice(name: str, copied: Path, tmp_path: Path) -> None:
    put_aside = tmp_path / "aside"
    put_aside.mkdir()
    networks = copied / "tweetdesk" / "networks"
    for path in (networks / f"{name}.py", *networks.glob(f"{name}_*")):
        shutil.move(path, put_aside)
    try:
        environment = {**os.environ, "PYTHONPATH": str(copied), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(tmp_path / "profile")],
            env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        others = [other for other in base.names() if other != name]
        assert done.stdout.split("\n")[:-1] == [f"{other}:up to date" for other in others]
        offered = subprocess.run(
            [sys.executable, "-m", "tweetdesk", "login", "--help"],
            env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True,
        ).stdout  # fmt: skip
        assert "{" + ",".join(others) + "}" in offered
    finally:
        for path in put_aside.iterdir():
            shutil.move(path, networks)
