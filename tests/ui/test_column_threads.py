"""Rows that stand for several posts of a thread, and rows that are marked: the hand stays on what it was on."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from columnkit import calm, desk, hand, rows, short, until
from columnworld import ACCOUNT, Shelf, item, person, post

from tweetdesk.domain.items import Item
from tweetdesk.domain.triage import TriageState

INES = person("Ines Marín")


def thread(key: int, *names: str, text: str = "", **more: object) -> Item:
    """An item of posts of these names; one name is a post alone."""
    posts = [post(key * 100 + at, INES, text or f"Text {name}", minutes=9 - at) for at, name in enumerate(names)]
    made = replace(item(key, posts[-1]), id=names[0])
    if len(names) > 1:
        made = replace(made, messages=tuple(posts[-3:]), members=names)
    return replace(made, **more)  # type: ignore[arg-type]


def shelf_of(*made: Item) -> Shelf:
    """Items among others."""
    return Shelf([*(short(key) for key in range(1, 6)), *made, *(short(key) for key in range(50, 56))])


async def test_what_joins_a_thread_is_shown_where_it_stands() -> None:
    shelf = shelf_of(thread(10, "a", "b"))
    async with desk(shelf) as (app, view, pilot):
        view.select("a")
        before = hand(view)[0][0]
        shelf.put(thread(10, "a", "b", "c"))
        await view.refresh_items({"c"})
        await calm(app, pilot)
        assert view.selected_id == "a"
        assert view.selected is not None
        assert view.selected.ids == ("a", "b", "c")
        assert hand(view)[0][0] == before
        assert any("Text c" in row for row in rows(view))
        assert view.new_count == 0


async def test_a_change_of_any_post_of_a_thread_is_shown() -> None:
    shelf = shelf_of(thread(10, "a", "b", "c"))
    async with desk(shelf) as (_, view, _pilot):
        for changed in ("b", "c", "a"):
            shelf.put(thread(10, "a", "b", "c", text=f"after {changed}"))
            await view.refresh_items({changed})
            assert any(f"after {changed}" in row for row in rows(view))
        shelf.put(thread(10, "a", "b", "c", text="unseen"))
        await view.refresh_items({"x"})
        assert not any("unseen" in row for row in rows(view))


async def test_the_hand_stays_when_the_oldest_post_goes_or_an_older_comes() -> None:
    shelf = shelf_of(thread(10, "a", "b", "c"))
    async with desk(shelf) as (app, view, pilot):
        view.select("a")
        view.mark()
        await calm(app, pilot)
        top = hand(view)[0][0]
        shelf.drop("a")
        shelf.put(thread(11, "b", "c"))
        await view.refresh_items({"a"})
        assert (view.selected_id, hand(view)[0][0]) == ("b", top)
        assert [one.ids for one in view.marked()] == [("b", "c")]
        shelf.drop("b")
        shelf.put(thread(9, "0", "b", "c"))
        await view.refresh_items({"0"})
        assert (view.selected_id, hand(view)[0][0]) == ("0", top)
        await calm(app, pilot)
        assert hand(view)[0][0] == top


async def test_a_post_that_becomes_one_with_a_thread_keeps_the_hand() -> None:
    shelf = shelf_of(thread(10, "a", "b", state=TriageState.ANSWERING), thread(12, "c"))
    async with desk(shelf) as (app, view, pilot):
        view.select("c")
        top = hand(view)[0][0]
        shelf.drop("c")
        shelf.put(thread(10, "a", "b", "c"))
        await view.refresh_items({"a", "b"})
        await calm(app, pilot)
        assert (view.selected_id, hand(view)[0][0]) == ("a", top)


async def test_what_arrives_in_a_thread_that_leaves_is_a_row_of_its_own() -> None:
    shelf = shelf_of(thread(10, "a", "b"), thread(11, "next"))
    async with desk(shelf) as (app, view, pilot):
        view.select("a")
        seen = view.selected
        assert seen is not None
        view.leave([(seen.account, seen.id)], "followed up · z undo")
        assert view.selected_id == "next"
        shelf.drop("a")
        shelf.put(thread(12, "c"))
        await view.refresh_items({"a", "b", "c"})
        assert view.selected_id == "next"
        assert [one.id for one in view.loaded()][5:7] == ["next", "c"]
        await until(lambda: all("followed up" not in row for row in rows(view)))
        # Taken back: the thread is whole again, and has what arrived.
        shelf.drop("c")
        shelf.put(thread(10, "a", "b", "c"))
        await view.refresh_items(set(seen.ids))
        assert view.select("b")
        await calm(app, pilot)
        assert view.selected is not None
        assert view.selected.ids == ("a", "b", "c")


async def test_what_stays_as_done_does_not_fade_away() -> None:
    shelf = shelf_of(thread(10, "a"))
    async with desk(shelf) as (app, view, pilot):
        view.select("a")
        view.leave([(ACCOUNT, "a")], "followed up · z undo")
        shelf.put(thread(10, "a", state=TriageState.DONE, how="followed up"))
        await view.refresh_items({"a"})
        await calm(app, pilot)
        assert any("done: followed up" in row for row in rows(view))
        assert view.selected_id == short(50).id


async def test_a_thread_of_which_only_a_part_was_read_is_completed() -> None:
    class Parts(Shelf):
        part = True

        async def rows(self, near: int | None = None):  # type: ignore[no-untyped-def]
            self.put(thread(10, "a", "b") if near is not None else thread(10, "a", "b", "c"))
            return await super().rows(near)

    shelf = Parts(short(key) for key in range(1, 6))
    async with desk(Shelf()) as (app, view, pilot):
        await view.load(shelf, part=True)
        view.select("a")
        assert view.selected is not None
        assert view.selected.ids == ("a", "b")
        await view.complete()
        await calm(app, pilot)
        assert view.selected is not None
        assert view.selected.ids == ("a", "b", "c")
        assert any("Text c" in row for row in rows(view))


@pytest.mark.parametrize("seed", range(6))
async def test_the_hand_stays_on_its_thread_whatever_comes_and_goes(seed: int) -> None:
    dice = random.Random(seed)
    threads = {key: [f"{key}-{at}" for at in range(dice.randint(1, 4))] for key in range(1, 40)}
    shelf = Shelf(thread(key, *names) for key, names in threads.items())
    async with desk(shelf) as (app, view, pilot):
        view.move(dice.randint(0, 30))
        await calm(app, pilot)
        for step in range(40):
            before = view.selected
            assert before is not None
            top = hand(view)[0][0]
            changed: set[str] = set()
            for key in dice.sample(sorted(threads), 4):
                names = threads[key]
                shelf.drop(names[0])
                if len(names) > 1 and dice.random() < 0.5:
                    changed.add(names.pop(0))
                names.append(f"{key}+{step}")
                changed.add(names[-1])
                shelf.put(thread(key, *names))
            await view.refresh_items(changed)
            await calm(app, pilot)
            assert view.selected is not None
            assert set(view.selected.ids) & set(before.ids)
            assert view.selected == shelf.held[view.selected.account, view.selected.id]
            assert hand(view)[0][0] == top
            view.move(dice.choice([-2, -1, 0, 1, 2]))
            await calm(app, pilot)
        assert {one.ids for one in view.loaded()} == {tuple(names) for names in threads.values()}


# -- everything, and what is marked ------------------------------------------------------------------------------


def starred(shown: Sequence[str]) -> list[str]:
    """The first lines of marked items."""
    return [row[1:].split("  ")[0].strip() for row in shown if row.startswith("*")]


async def test_what_was_loaded_is_what_stands_at_this_moment() -> None:
    shelf = shelf_of(thread(10, "a", "b"))
    async with desk(shelf) as (_, view, _pilot):
        view.leave([(ACCOUNT, short(2).id)], "gone")
        frozen = view.loaded()
        assert len(frozen) == 11
        assert [one.ids for one in frozen if one.id == "a"] == [("a", "b")]
        shelf.put(thread(10, "a", "b", "c"), short(99))
        await view.refresh_items({"c", short(99).id})
        assert [one.ids for one in frozen if one.id == "a"] == [("a", "b")]
        assert len(frozen) == 11
        assert len(view.loaded()) == 12


async def test_marks_are_shown_and_taken_off() -> None:
    shelf = shelf_of(thread(10, "a", "b"))
    async with desk(shelf) as (app, view, pilot):
        view.select("a")
        assert view.mark()
        await calm(app, pilot)
        assert starred(rows(view)) == ["Ines Marín · 2 new"]
        view.move(-1)
        await calm(app, pilot)
        assert starred(rows(view)) == ["Ines Marín · 2 new"]
        assert [row[:1] for row in rows(view)].count("▌") == 2
        assert view.mark(("bluesky/ada", "b")) is False
        assert view.marked() == ()
        await calm(app, pilot)
        assert starred(rows(view)) == []
        assert view.mark(("bluesky/ada", "nothing")) is False


async def test_a_range_is_marked_up_and_down() -> None:
    shelf = Shelf(short(key) for key in range(1, 9))
    async with desk(shelf) as (app, view, pilot):
        assert view.mark_to_here() == 1
        view.move(3)
        assert view.mark_to_here() == 4
        view.move(-2)
        assert view.mark_to_here() == 4
        view.move(-1)
        view.mark()
        view.leave([(ACCOUNT, short(3).id)], "gone")
        await calm(app, pilot)
        assert [one.id for one in view.marked()] == [short(2).id, short(4).id]
        assert [one.post.text for one in view.marked_items()] == ["Text 2", "Text 4"]
        view.unmark()
        assert view.marked() == ()
        await calm(app, pilot)
        assert starred(rows(view)) == []


async def test_marks_go_with_what_goes() -> None:
    shelf = Shelf(short(key) for key in range(1, 9))
    async with desk(shelf) as (_, view, _pilot):
        view.mark()
        view.move()
        view.mark()
        shelf.drop(short(1).id)
        await view.refresh_items(())
        assert [one.id for one in view.marked()] == [short(2).id]
        view.leave([(one.account, one.id) for one in view.marked()], "snoozed")
        assert view.marked() == ()
        assert view.mark(("bluesky/ada", short(2).id)) is False
