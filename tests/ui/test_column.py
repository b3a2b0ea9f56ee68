"""The column widget: the line under the hand stays where it is, whatever arrives, changes or goes away."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from columnkit import calm, desk, hand, rows, short, until
from columnworld import ACCOUNT, NOW, Columns, Shelf, conversation, crowd, crowd_item, item, mentions, person, post
from hostile import FORBIDDEN, HOSTILE
from rich.cells import cell_len
from snapshots import same_as_snapshot

from tweetdesk.domain.items import Item, Rows
from tweetdesk.domain.triage import TriageState
from tweetdesk.ui.widgets.column import ColumnView, Place

# -- the place ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
async def test_the_hand_stays_whatever_comes_and_goes(seed: int) -> None:
    dice = random.Random(seed)
    shelf = Shelf(replace(one, key=one.key * 1000) for one in crowd(80, seed))
    async with desk(shelf) as (app, view, pilot):
        for _ in range(dice.randint(0, 60)):
            view.move()
        await calm(app, pilot)
        serial = 1000
        for _ in range(25):
            before, chosen = hand(view), view.selected_id
            assert before
            assert chosen is not None
            for _ in range(dice.randint(0, 4)):
                serial += 1
                key = dice.choice([dice.randrange(1, 90_000), 100_000 + serial])
                shelf.put(replace(crowd_item(serial, 5000, seed), key=key))
            others = [one.id for one in shelf.held.values() if one.id != chosen]
            gone = dice.sample(others, min(len(others), dice.randint(0, 4)))
            shelf.drop(*gone)
            touched = dice.sample(others, min(len(others), 3))
            for one in [one for one in shelf.held.values() if one.id in touched]:
                shelf.put(replace(one, why=("asks you", "changed " * dice.randint(0, 20))))
            await view.refresh_items(dice.choice([None, touched]))
            assert view.selected_id == chosen
            assert hand(view) == before
            await calm(app, pilot)
            assert hand(view) == before
            view.move(dice.choice([-3, -1, 0, 1, 2]))
            await calm(app, pilot)


async def test_new_items_are_told_and_not_jumped_to() -> None:
    shelf = Shelf(short(key) for key in range(1, 30))
    async with desk(shelf, size=(60, 20)) as (app, view, pilot):
        before = rows(view)
        shelf.put(short(100), short(101), short(102))
        await view.refresh_items(())
        assert view.new_count == 3
        after = rows(view)
        assert [row[:-1] for row in after[:-1]] == [row[:-1] for row in before[:-1]]
        assert "↓ 3 new · G" in after[-1]
        view.last()
        await calm(app, pilot)
        assert view.new_count == 0
        assert view.selected_id == short(102).id
        assert "new" not in rows(view)[-1]


async def test_new_items_that_are_in_sight_are_not_counted() -> None:
    shelf = Shelf([short(1)])
    async with desk(shelf) as (_, view, _pilot):
        shelf.put(short(2))
        await view.refresh_items(())
        assert view.new_count == 0
        assert any("Text 2" in row for row in rows(view))


async def test_scrolling_to_them_sees_new_items() -> None:
    shelf = Shelf(short(key) for key in range(1, 8))
    async with desk(shelf, size=(60, 20)) as (app, view, pilot):
        shelf.put(*(short(key) for key in range(8, 11)))
        await view.refresh_items(())
        told = [view.new_count]
        for _ in range(12):
            view.move()
            await calm(app, pilot)
            told.append(view.new_count)
        assert told[0] > 0
        assert told == sorted(told, reverse=True)
        assert told[-1] == 0


async def test_the_place_comes_back() -> None:
    shelf = Shelf(crowd(200))
    async with desk(shelf) as (app, view, pilot):
        view.move(40)
        await calm(app, pilot)
        view.move(-2)
        await calm(app, pilot)
        place, before = view.place, rows(view)
        assert place is not None
    async with desk(shelf) as (app, view, pilot):
        await view.load(shelf, place)
        await calm(app, pilot)
        assert rows(view) == before


async def test_a_place_that_is_gone_is_the_next_one() -> None:
    shelf = Shelf(short(key) for key in range(1, 100))
    async with desk(shelf) as (_, view, _pilot):
        await view.load(shelf, Place("gone", 5, ACCOUNT, 50))
        assert view.selected_id == short(50).id
        await view.load(shelf, Place("gone", 5, ACCOUNT, 500))
        assert view.selected_id == short(99).id


async def test_opens_at_the_oldest_open_one_or_at_the_newest() -> None:
    done = [replace(short(key), state=TriageState.DONE) for key in range(1, 50)]
    shelf = Shelf([*done, short(50), short(51)])
    async with desk(shelf) as (_, view, _pilot):
        assert view.selected_id == short(50).id
        await view.load(shelf, None, "newest")
        assert view.selected_id == short(51).id


# -- moving ------------------------------------------------------------------------------------------------------


async def test_every_item_is_reached_and_seen_whole() -> None:
    shelf = Shelf(crowd(120))
    async with desk(shelf, size=(60, 24)) as (app, view, pilot):
        ids = [one.id for one in sorted(shelf.held.values(), key=lambda one: one.key)]
        for expected in ids:
            assert view.selected_id == expected
            lines = len(hand(view))
            assert lines == len(view._lay((ACCOUNT, expected)).lines)
            view.move()
            await calm(app, pilot)
        for expected in reversed(ids):
            assert view.selected_id == expected
            view.move(-1)
            await calm(app, pilot)
        assert rows(view)[0].startswith("▌")


@pytest.mark.parametrize("height", [6, 11, 24, 60])
async def test_pages_leave_nothing_out(height: int) -> None:
    shelf = Shelf(crowd(60))
    async with desk(shelf, size=(60, height)) as (app, view, pilot):
        for forth in (1, -1):
            seen: set[str] = set()
            for _ in range(400):
                seen |= {row[1:-1] for row in rows(view)}
                before = (view.place, rows(view))
                view.page(forth)
                await calm(app, pilot)
                if (view.place, rows(view)) == before:
                    break
            for one in shelf.held.values():
                for line in view._lay((ACCOUNT, one.id)).lines:
                    words = "".join(text for text, _ in line)
                    assert any(row.startswith(words) for row in seen), words
        assert view.selected_id == min(shelf.held.values(), key=lambda one: one.key).id


async def test_half_pages_go_to_both_ends() -> None:
    shelf = Shelf(crowd(60))
    async with desk(shelf) as (app, view, pilot):
        for _ in range(100):
            view.half_page(1)
            await calm(app, pilot)
        assert view.selected_id == crowd_item(59, 60).id
        for _ in range(100):
            view.half_page(-1)
            await calm(app, pilot)
        assert view.selected_id == crowd_item(0, 60).id


async def test_a_post_taller_than_the_screen_is_read_before_the_next() -> None:
    text = "\n".join(f"line {number}" for number in range(40))
    tall = item(2, post(2, person("Long"), text))
    shelf = Shelf([short(1), tall, short(3)])
    async with desk(shelf, size=(60, 16)) as (app, view, pilot):
        view.folded = False
        await view.load(shelf)
        seen: set[str] = set()
        view.move()
        while view.selected_id == tall.id:
            await calm(app, pilot)
            seen |= {row.strip("▌ │┃") for row in rows(view)}
            view.move()
        assert {f"line {number}" for number in range(40)} <= seen
        assert view.selected_id == short(3).id
        view.move(-1)
        await calm(app, pilot)
        assert any("line 39" in row for row in rows(view))


async def test_far_jumps_read_what_they_need() -> None:
    shelf = Shelf(crowd(3000))
    async with desk(shelf) as (app, view, pilot):
        view.last()
        await calm(app, pilot)
        assert view.selected == crowd_item(2999, 3000)
        assert rows(view)[-2].startswith("▌")
        view.first()
        await calm(app, pilot)
        assert rows(view)[0].startswith("▌")
        assert view.select(crowd_item(1500, 3000).id)
        await calm(app, pilot)
        assert view.selected == crowd_item(1500, 3000)
        assert len(hand(view)) == len(view._lay((ACCOUNT, crowd_item(1500, 3000).id)).lines)
        assert not view.select("nothing")
        assert len(list(view._items)) <= 400


async def test_messages_tell_of_the_selection_and_of_the_oldest() -> None:
    told: list[str] = []

    class Told(Columns):
        def on_column_view_selected(self, message: ColumnView.Selected) -> None:
            told.append(message.item.id if message.item else "none")

        def on_column_view_near_oldest(self, message: ColumnView.NearOldest) -> None:
            told.append("near oldest")

    shelf = Shelf(short(key) for key in range(1, 6))
    app = Told([shelf])
    async with app.run_test(size=(60, 30), notifications=True, tooltips=True) as pilot:
        await calm(app, pilot)
        app.view.move()
        app.view.move()
        await calm(app, pilot)
        assert told == [short(1).id, short(2).id, "near oldest", short(3).id]


# -- leaving -----------------------------------------------------------------------------------------------------


async def test_what_was_dealt_with_fades_and_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tweetdesk.ui.widgets.column.FADE", 0.05)
    shelf = Shelf(short(key) for key in range(1, 40))
    async with desk(shelf, size=(60, 24)) as (app, view, pilot):
        view.move(20)
        await calm(app, pilot)
        first = view.selected_id
        assert first is not None
        view.leave({(ACCOUNT, first)}, "followed up · z undo")
        assert view.selected_id == short(22).id
        assert any("followed up · z undo" in row for row in rows(view))
        held = hand(view)
        shelf.drop(first)
        await view.refresh_items({first})
        assert hand(view) == held
        await until(lambda: view.count == 38)
        assert hand(view) == held
        assert not any("followed up" in row for row in rows(view))


async def test_the_last_one_hands_over_to_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tweetdesk.ui.widgets.column.FADE", 0.05)
    shelf = Shelf([short(1), short(2)])
    async with desk(shelf) as (app, view, pilot):
        view.last()
        view.leave({(ACCOUNT, short(2).id)}, "done")
        assert view.selected_id == short(1).id
        view.leave({(ACCOUNT, short(1).id)}, "done")
        assert view.selected is None
        assert view.place is None
        view.move()
        view.page()
        await until(lambda: view.count == 0)
        await calm(app, pilot)
        assert any("Nothing here yet." in row for row in rows(view))
        shelf.drop(short(1).id, short(2).id)
        shelf.put(short(3))
        await view.refresh_items()
        assert view.selected_id == short(3).id


async def test_undo_brings_a_leaving_item_back() -> None:
    shelf = Shelf(short(key) for key in range(1, 5))
    async with desk(shelf) as (_, view, _pilot):
        view.leave({(ACCOUNT, short(1).id)}, "done")
        view.keep({(ACCOUNT, short(1).id)})
        view.select(short(1).id)
        assert view.selected_id == short(1).id
        assert not any("done" in row for row in rows(view))


async def test_an_item_that_vanishes_while_selected_hands_over_in_place() -> None:
    shelf = Shelf(short(key) for key in range(1, 40))
    async with desk(shelf, size=(60, 24)) as (app, view, pilot):
        view.move(3)
        await calm(app, pilot)
        below = next(at for at, row in enumerate(rows(view)) if "Text 5" in row)
        shelf.drop(short(4).id)
        await view.refresh_items(())
        assert view.selected_id == short(5).id
        assert below in [at for at, _ in hand(view)]


async def test_items_that_the_reader_no_longer_has() -> None:
    class Forgetful(Shelf):
        async def items(self, ids: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Item]:
            found = await super().items(ids)
            return {ref: one for ref, one in found.items() if one.key % 3}

    async with desk(Forgetful(short(key) for key in range(1, 200))) as (app, view, pilot):
        for _ in range(140):
            view.move()
            await calm(app, pilot)
        assert view.selected_id == short(199).id


# -- looks -------------------------------------------------------------------------------------------------------


async def test_empty_and_reading_columns_say_so() -> None:
    async with desk(Shelf()) as (_, view, _pilot):
        assert rows(view)[1].startswith(" Nothing here yet.")
        assert view.selected is None
        for act in (view.move, view.page, view.half_page, view.first, view.last):
            act()
        view.leave({(ACCOUNT, "nothing")})
        view.empty_text = "P puts a person on the list"
        assert rows(view)[1].startswith(" P puts a person")
        slow = asyncio.Event()

        class Slow(Shelf):
            async def rows(self, near: int | None = None) -> Rows:
                await slow.wait()
                return await super().rows()

        reading = asyncio.create_task(view.load(Slow([short(1)])))
        await until(lambda: "reading" in rows(view)[1])
        slow.set()
        await reading
        assert view.selected_id == short(1).id


async def test_a_storm_of_sizes() -> None:
    dice = random.Random(7)
    shelf = Shelf([*mentions(), *(replace(one, key=one.key + 100) for one in crowd(50))])
    async with desk(shelf, size=(240, 60), beside=[Shelf(), shelf]) as (_, view, pilot):
        view.move(5)
        chosen = view.selected_id
        sizes = [(240, 60), (1, 1), (2, 2), (80, 24), (40, 12), (3, 60), (240, 1), (1, 60)]
        sizes += [(dice.randint(1, 240), dice.randint(1, 60)) for _ in range(25)]
        for columns, lines in [*sizes, (1, 1), (240, 60)]:
            await pilot.resize_terminal(columns, lines)
            await pilot.pause()
            view.parent.styles.width = max(1, min(columns, 44))  # type: ignore[union-attr]
            view.move(dice.choice([1, -1]))
            view.select(chosen or "")
            await pilot.pause()
            for strip in view.render_lines(view.size.region):
                assert strip.cell_length == view.size.width
        assert view.selected_id == chosen
        assert len(hand(view)) == len(view._lay((ACCOUNT, chosen or "")).lines)


async def test_hostile_strings_come_to_the_screen_as_text() -> None:
    shelf = Shelf(
        item(
            key,
            post(
                key, replace(person("x"), name=text, handle=text[:20]), text, warning=text if key % 9 == 0 else ""
            ),
        )
        for key, text in enumerate(HOSTILE or ["\x1b[2J[/]"], 1)
    )
    async with desk(shelf, size=(60, 60)) as (app, view, pilot):
        while True:
            for strip in view.render_lines(view.size.region):
                assert not FORBIDDEN.search(strip.text)
                assert strip.cell_length == sum(cell_len(segment.text) for segment in strip) == view.size.width
            before = view.place
            view.page()
            await calm(app, pilot)
            if view.place == before:
                break
        assert view.selected_id == max(shelf.held.values(), key=lambda one: one.key).id


async def test_a_post_of_ten_thousand_characters() -> None:
    shelf = Shelf(
        [item(1, post(1, person("Long"), "word 日本 " * 1250)), item(2, post(2, person("x"), "x" * 10_000))]
    )
    async with desk(shelf) as (_, view, _pilot):
        assert any("more lines · Enter" in row for row in rows(view))


async def test_a_step_within_the_screen_paints_two_items_only() -> None:
    shelf = Shelf(short(key) for key in range(1, 6))
    async with desk(shelf) as (app, view, pilot):
        view.move()
        painted = sum(region.area for region in view._repaint_regions)
        assert 0 < painted <= 2 * 3 * view.size.width
        await calm(app, pilot)


async def test_the_bar_is_quieter_in_another_column() -> None:
    other = Shelf([short(9)])
    async with desk(Shelf([short(1)]), size=(100, 20), beside=[other]) as (app, view, pilot):
        assert [row[:1] for row in rows(view)[:2]] == ["▌", "▌"]
        assert view.head.active
        app.views[1].focus()
        await calm(app, pilot)
        assert [row[:1] for row in rows(view)[:2]] == ["▏", "▏"]
        assert rows(app.views[1])[0].startswith("▌")
        assert app.views[1].head.active
        assert not view.head.active


@pytest.mark.parametrize("width", [30, 44])
async def test_looks(width: int) -> None:
    tom = conversation(1, person("Tom Okafor"), [(False, "Thanks!"), (True, "glad it worked out!")])
    beside = [Shelf([tom]), Shelf()]
    async with desk(Shelf(mentions()), size=(width * 3, 60), width=width, beside=beside) as (app, view, pilot):
        view.move(2)
        view.leave({(ACCOUNT, mentions()[1].id)}, "followed up · z undo")
        await pilot.pause()
        screen = [[strip.text for strip in part.render_lines(part.size.region)] for each in app.views
                  for part in (each.head, each)]  # fmt: skip
        whole = [head + body for head, body in zip(screen[::2], screen[1::2], strict=True)]
        same_as_snapshot(f"column_{width}", "\n".join("".join(parts) for parts in zip(*whole, strict=True)))


def test_heads_shorten_and_keep_the_count() -> None:
    view = ColumnView(clock=lambda: NOW)
    view.head.show(title="Search", detail='"async python" X · Bluesky', count="9 open", state="up to date 14:02")
    for width in range(80):
        for line in view.head.lines(width):
            assert sum(cell_len(text) for text, _ in line) <= width
    first = "".join(text for text, _ in view.head.lines(30)[0])
    assert first == ' Search  "async pyth…  9 open'
    assert "".join(text for text, _ in view.head.lines(14)[0]).rstrip() == " Search     9"
