"""Texts put together from written phrases and their slots, each at most once in a world."""

from __future__ import annotations

import random
import re
from collections import Counter
from typing import Any

from .parts import Part, holds
from .people import Person, written

_SLOT = re.compile(r"\{(\w+)\}")
_START = re.compile(r"(?:^|(?<=[.!?] ))(?!https?:)[a-z]")
_ARTICLE = re.compile(r"\b([Aa]) (?=[aeio])")
TRIES = 8


class Phrases:
    """Makes texts of a kind; remembers those that are taken."""

    def __init__(self, rng: random.Random, part: Part | None = None) -> None:
        self.rng = rng
        self.part = part
        self.tries = TRIES if part is None else TRIES * part[1]
        self.kinds: dict[str, list[Any]] = written("phrases")["kinds"]
        self.slots: dict[str, list[str]] = written("phrases")["slots"]
        self.about: dict[str, list[str]] = written("phrases")["about"]
        self.taken: set[str] = set()
        self.uses: Counter[tuple[str, int]] = Counter()
        """How often each phrase of a kind was used: the rarest come first."""

    def make(self, kind: str, rng: random.Random | None = None, **given: str) -> dict[str, Any] | None:
        """A phrase of a kind with its slots filled ({"text": ..., and what the file says of it}).

        None where nothing new comes to mind.
        """
        rng = rng or self.rng
        phrases = self.kinds[kind]
        order = sorted(range(len(phrases)), key=lambda place: (self.uses[kind, place], rng.random()))
        for place in order:
            for _ in range(self.tries):
                entry = self._filled(phrases[place], rng, dict(given))
                if entry["text"] not in self.taken and holds(self.part, entry["text"]):
                    self.taken.add(entry["text"])
                    self.uses[kind, place] += 1
                    return {**entry, "phrase": [kind, place]}
        return None

    def _filled(self, phrase: Any, rng: random.Random, filled: dict[str, str]) -> dict[str, Any]:
        entry = {"text": phrase} if isinstance(phrase, str) else dict(phrase)
        text = _ARTICLE.sub(r"\1n ", self._fill(entry["text"], rng, filled))
        entry["text"] = _START.sub(lambda match: match[0].upper(), text)
        return entry

    def fits(self, entry: dict[str, Any], text: str) -> bool:
        """Whether a phrase about a topic is a likely answer to a text."""
        topic = entry.get("topic")
        return topic is None or any(word in text.lower() for word in self.about.get(topic, ()))

    def _fill(self, text: str, rng: random.Random, filled: dict[str, str]) -> str:
        def word(match: re.Match[str]) -> str:
            name = match.group(1)
            if name not in filled:
                filled[name] = rng.choice(self.slots[name.rstrip("2")])
            return filled[name]

        return _SLOT.sub(word, text)

    def speaker(self, entry: dict[str, Any], people: list[Person], rng: random.Random) -> Person | None:
        """Somebody who would say this: by the phrase's topic and language, or its list of people."""
        keys = entry.get("by")
        if keys:
            fit = [person for person in people if person.key in keys]
        else:
            lang, topic = (entry.get("langs") or ["en"])[0], entry.get("topic")
            fit = [p for p in people if lang in p.langs and not p.sells and not p.sours]
            keen = [person for person in fit if topic in person.topics]
            fit = keen or fit
        return rng.choice(fit) if fit else None

    def small_talk(self, people: list[Person]) -> dict[str, Any] | None:
        """A post of everyday life, with who says it."""
        kind = self.rng.choices(("small_talk", "search", "ask"), (8, 2, 1))[0]
        entry = self.make(kind)
        person = self.speaker(entry, people, self.rng) if entry is not None else None
        if entry is None or person is None:
            return None
        return {**entry, "by": person.key}
