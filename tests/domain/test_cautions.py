"""Cautions: nearly the same text to somebody else, an old post, an earlier answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tweetdesk.domain.cautions import Sent, answered_words, day_words, old_words, sent_alike

NOW = datetime(2026, 3, 18, 12, 0, tzinfo=UTC)  # a Wednesday
LETTER = "Hello! I saw your talk on Postgres backups and liked it a lot. May I ask you something about it?"


@pytest.mark.parametrize(
    "text",
    [
        LETTER,
        "@tom.example.com " + LETTER.upper(),
        LETTER.replace("liked it a lot", "liked it so much"),
        LETTER.replace(".", " –") + " https://example.com/x",
    ],
)
def test_nearly_the_same_text_to_somebody_else_is_found(text: str) -> None:
    sent = [
        Sent("bob", "Bob", "Something else entirely, about gardens and the weather."),
        Sent("ines", "Ines", LETTER),
    ]
    found = sent_alike(text, "tom", sent)
    assert found is not None
    assert found.called == "Ines"
    assert sent_alike(text, "ines", sent) is None, "the same person may be told the same again"


@pytest.mark.parametrize("text", ["Thank you so much!", "@ines.example.com @tom.example.com 🎉", ""])
def test_courtesies_are_not_compared(text: str) -> None:
    assert sent_alike(text, "tom", [Sent("ines", "Ines", text)]) is None


def test_another_text_is_another() -> None:
    other = "Hello! Your question on Postgres backups: I would use pgBackRest, it does all of that."
    assert sent_alike(other, "tom", [Sent("ines", "Ines", LETTER)]) is None


@pytest.mark.parametrize(
    ("days", "words"),
    [(0, "today"), (1, "yesterday"), (2, "on Monday"), (6, "on Thursday"), (7, "on 11 March"),
     (400, "on 11 February 2025"), (-3, "on 21 March")],
)  # fmt: skip
def test_days_in_words(days: int, words: str) -> None:
    assert day_words(NOW - timedelta(days=days), NOW) == words


def test_old_posts_and_earlier_answers() -> None:
    assert old_words(NOW - timedelta(days=6), NOW) == ""
    assert old_words(NOW - timedelta(days=16), NOW) == "This post is from 2 March."
    assert answered_words(NOW - timedelta(days=2), NOW) == "You answered this on Monday."
    assert answered_words(None, NOW) == ""
