"""What is being written: threads taken apart, put together and split; nothing of a text is ever lost."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from tweetdesk.domain.drafting import (
    for_editor,
    from_editor,
    merged,
    parts_of,
    split,
    with_parts,
    without_empty,
)
from tweetdesk.domain.outbox import Act, ActKind, Attachment, Part

CAT = Attachment("cat.png", "a cat", "image/png", 10)
DOG = Attachment("dog.png", "a dog", "image/png", 10)
ACT = Act(ActKind.POST, "bluesky:me")


def thread(*texts: str) -> Act:
    return with_parts(ACT, [Part(text) for text in texts])


def test_parts_and_back() -> None:
    act = thread("one", "two", "three")
    assert (act.text, len(act.more)) == ("one", 2)
    assert [part.text for part in parts_of(act)] == ["one", "two", "three"]
    assert [part.text for part in without_empty(parts_of(thread("", " \n", "x", "")))] == ["", "x"]


def test_two_single_drafts_are_one_text_and_a_thread_stays_one() -> None:
    assert merged(thread("a"), thread("b")) == thread("a\n\nb")
    assert merged(thread("a"), thread("a")) == thread("a")
    assert merged(thread("a"), thread("b", "c")) == thread("a", "b", "c")
    assert merged(thread("a", "b"), thread("c")) == thread("a", "b", "c")
    assert merged(thread("a", "b"), thread("a", "b")) == thread("a", "b")
    assert merged(thread(""), thread("b", "c")) == thread("b", "c")
    assert merged(thread("b"), thread(" ")) == thread("b")


def test_pictures_of_both_are_kept() -> None:
    above, below = with_parts(ACT, [Part("a", (CAT,))]), with_parts(ACT, [Part("", (DOG, CAT))])
    assert merged(above, below) == with_parts(ACT, [Part("a", (CAT, DOG))])


def test_the_editor_shows_a_line_between_posts_and_pictures_stay() -> None:
    parts = (Part("one\n\nmore", (CAT,)), Part("two", (DOG,)))
    text = for_editor(parts)
    assert text == "one\n\nmore\n---\ntwo"
    assert from_editor(text, parts) == parts
    assert from_editor("one\n--- \n\n---\nthree", parts) == (
        Part("one", (CAT,)), Part("", (DOG,)), Part("three"),
    )  # fmt: skip
    assert from_editor("all in one", parts) == (Part("all in one", (CAT,)), Part("", (DOG,)))
    assert from_editor("", (Part("x"),)) == (Part(""),)


def test_a_text_is_cut_after_a_sentence_else_a_word() -> None:
    text = "This is the first sentence. And this one is the second of them! Is there a third? There is."
    assert split(text, lambda piece: len(piece) <= 70) == (
        "This is the first sentence. And this one is the second of them!",
        "Is there a third? There is.",
    )
    assert split("one two three four five", lambda piece: len(piece) <= 9) == ("one two", "three", "four five")
    assert split("short", lambda piece: len(piece) <= 9) == ("short",)
    assert split("a first paragraph, quite long\n\nanother", lambda piece: len(piece) <= 35) == (
        "a first paragraph, quite long", "another",
    )  # fmt: skip


def test_emoji_and_flags_are_not_torn_apart() -> None:
    family = "👨‍👩‍👧"
    assert split(family * 4, lambda piece: len(piece) <= 7) == (family,) * 4
    assert split("e\u0301" * 4, lambda piece: len(piece) <= 3) == ("e\u0301",) * 4


def test_what_fits_nowhere_is_left() -> None:
    assert split("word", lambda piece: False) == ("word",)


@given(st.text(alphabet="ab .!\n👍🏽\u200d", max_size=300), st.integers(5, 60))
@example("x" * 300, 5)
def test_nothing_but_space_is_dropped_and_every_piece_fits(text: str, limit: int) -> None:
    pieces = split(text, lambda piece: len(piece) <= limit)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert all(pieces) or not pieces
    joined_up = any(mark in text for mark in "🏽\u200d")
    assert all(len(piece) <= limit for piece in pieces) or joined_up


def test_a_very_long_text_takes_few_measurements() -> None:
    asked: list[int] = []

    def fits(piece: str) -> bool:
        asked.append(len(piece))
        return len(piece) <= 300

    pieces = split("some words " * 9_000, fits)
    assert len(pieces) > 300
    assert sum(asked) < 100_000 * 50
