"""Measures how soon a mention on Mastodon is on the screen, by WebSocket and by server-sent events; prints JSON.

The desk is a real process in a pseudo-terminal, the server is `sandbox serve`. Somebody mentions the user; what is
measured are the seconds from the server's answer to that until the terminal shows the mention. For server-sent
events a proxy stands between, which refuses WebSockets. TIMES sets how often.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "benchmarks")]

from kill_places import DESK, FRIEND, SandboxFace  # noqa: E402
from program import Profile  # noqa: E402
from proxy import Proxy  # noqa: E402

TIMES = int(os.environ.get("TIMES", "20"))
#: Seconds from the mention to the screen, at most.
GOAL = 2.0
#: Seconds after which a mention is taken not to be coming: sooner than the desk would ask by itself.
PATIENCE = 15.0


def measure(by: str, *, proxied: bool) -> dict[str, object]:
    """The figures of one way to hear of a mention."""
    face, proxy = SandboxFace("mastodon"), None
    try:
        proxy = Proxy(face.sandbox.url) if proxied else None
        seconds = times(face, proxy.url if proxy else face.sandbox.url)
        if proxy is not None:
            assert proxy.asked["GET user"] > 0, "the stream goes through the proxy"
    finally:
        if proxy is not None:
            proxy.stop()
        face.close()
    found = {"median": round(statistics.median(seconds), 3), "worst": round(max(seconds), 3)}
    return {"by": by, "times": TIMES, **found, "goal": GOAL}


def times(face: SandboxFace, url: str) -> list[float]:
    """The seconds of each mention, of a new user."""
    seconds: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        profile = Profile(Path(folder) / "home")
        face.log_in(profile, url)
        with profile.open(columns=160, rows=40) as desk:
            desk.wait(r"Mentions[^\n]*open", 30)
            desk.keys("g", "m")
            desk.settle(1.0)
            for number in range(TIMES):
                face.sandbox.ask("mastodon/post", handle=FRIEND, text=f"mention {number:03d} of @{DESK}")
                begun = time.perf_counter()
                desk.wait(rf"mention {number:03d} of", PATIENCE)
                seconds.append(time.perf_counter() - begun)
                # Out of the way, and not at the pace at which the desk holds back what a stream asks for.
                desk.keys("e")
                time.sleep(1.5)
    return seconds


def main() -> int:
    """Both ways."""
    figures = [measure("WebSocket", proxied=False), measure("server-sent events", proxied=True)]
    print(json.dumps(figures, indent=2))
    return 0 if all(float(str(one["worst"])) <= GOAL for one in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
