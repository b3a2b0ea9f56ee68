"""A choice: one of the things that a prompt offers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a list: what it is, and a quiet word beside it."""

    label: str
    detail: str = ""
