"""What an act leaves on a post."""

from __future__ import annotations

import pytest

from tweetdesk.domain.outbox import ActKind, marked
from tweetdesk.domain.posts import Viewer


@pytest.mark.parametrize("kind", [ActKind.LIKE, ActKind.REPOST, ActKind.BOOKMARK])
def test_a_mark_is_there_after_the_act_and_gone_after_its_opposite(kind: ActKind) -> None:
    before = Viewer(thread_muted=True)
    there = marked(before, kind, "the record")
    assert there != before
    assert marked(before, kind, "") != before
    assert kind.opposite
    assert marked(there, kind.opposite, "") == before


@pytest.mark.parametrize("kind", [ActKind.REPLY, ActKind.BLOCK, ActKind.REPORT])
def test_other_acts_leave_none(kind: ActKind) -> None:
    assert marked(Viewer(), kind, "a record") == Viewer()
