"""Layouts: moving, sizing and closing columns loses none."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tweetdesk.domain.layouts import NARROWEST, WIDEST, Column, Layout

LAYOUTS = st.lists(
    st.builds(Column, st.sampled_from(["mentions", "search", "home"]), words=st.text(max_size=5)),
    min_size=1,
    max_size=6,
).map(lambda columns: Layout("one", tuple(columns)))


@given(LAYOUTS, st.data(), st.integers(-9, 9))
def test_moving_keeps_every_column(layout: Layout, data: st.DataObject, by: int) -> None:
    index = data.draw(st.integers(0, len(layout.columns) - 1))
    moved = layout.moved(index, by)
    assert sorted(map(repr, moved.columns)) == sorted(map(repr, layout.columns))


@given(LAYOUTS, st.data(), st.integers(-999, 999))
def test_widths_stay_within_bounds(layout: Layout, data: st.DataObject, by: int) -> None:
    index = data.draw(st.integers(0, len(layout.columns) - 1))
    assert NARROWEST <= layout.resized(index, by).columns[index].width <= WIDEST


@given(LAYOUTS, st.data())
def test_closing_and_adding_again_restores(layout: Layout, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(layout.columns) - 1))
    assert layout.without(index).with_column(index, layout.columns[index]) == layout
