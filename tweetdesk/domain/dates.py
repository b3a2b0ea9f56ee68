"""Dates as people type them: "thu 15:00", "tomorrow 9", "in 3 days", "24 dec", "18:30"."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo

EXAMPLES = 'Try "thu 15:00", "tomorrow 9", "in 3 days", "24 dec", "2h" or "18:30".'
#: Nothing is put off for longer than this.
MOST_YEARS = 10

MORNING, NOON, AFTERNOON, EVENING, NIGHT = time(9), time(12), time(14), time(18), time(20)
_PARTS = {
    "morning": MORNING, "afternoon": AFTERNOON, "evening": EVENING, "night": NIGHT
}  # fmt: skip
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NUMBERS = (
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"
)  # fmt: skip
_WEEKDAY = r"mon(?:day)?|tue(?:s|sday)?|wed(?:s|nesday)?|thu(?:r|rs|rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?"
_MONTH = (
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_UNIT = r"min(?:ute)?s?|mo(?:nth)?s?|m|h|hrs?|hours?|days?|d|wks?|weeks?|w|years?|yrs?|y"
_END = r"(?![a-z])"


@dataclass(frozen=True, slots=True)
class When:
    """A time that somebody named.

    `at` is aware UTC. `offset` are the minutes east of UTC of the clock on the wall by which it was named, None
    where a moment was meant ("in 2 hours") and not a time of that clock.
    """

    at: datetime
    offset: int | None


def parse_when(text: str, now: datetime) -> When:
    """The time that is meant by words, always later than `now`.

    `now` is aware, in the user's own time zone: its tzinfo has to know the zone's rules, so that tomorrow at nine
    is nine o'clock also where the clocks change tonight. Raises ValueError with a sentence for the user.
    """
    said = _read(" ".join(text.casefold().replace(",", " ").split()))
    if said.minutes and not (said.days or said.months):
        if said.day or said.clock or said.weekday is not None or said.weeks:
            raise ValueError(f"That is a time and a number of hours at once. {EXAMPLES}")
        return _checked(When(now.astimezone(UTC) + timedelta(minutes=min(said.minutes, _TOO_FAR)), None), now)
    local = now.replace(tzinfo=None)
    moment = _after(said, local) if said.days or said.months else _named(said, local)
    return _checked(named_time(moment, now.tzinfo), now)


def named_time(moment: datetime, zone: tzinfo | None) -> When:
    """A time of the clock on the wall, in a zone; one that the clock leaves out comes as much later."""
    at = moment.replace(tzinfo=zone).astimezone(UTC)
    offset = at.astimezone(zone).utcoffset() or timedelta()
    return When(at, round(offset.total_seconds() / 60))


def when_words(at: datetime, now: datetime) -> str:
    """A time in the zone of `now`: "Thu 26 Nov, 09:00", with the year where it is another one."""
    local = at.astimezone(now.tzinfo)
    return f"{local:%a %d %b}{f' {local.year}' if local.year != now.year else ''}, {local:%H:%M}"


#: More minutes than anybody can mean.
_TOO_FAR = (MOST_YEARS + 1) * 366 * 24 * 60


@dataclass(slots=True)
class _Said:
    """What was found in the words so far; `weeks` is 1 for "next week", `hour` is a number that may be an hour."""

    day: Callable[[datetime], date] | None = None
    clock: time | None = None
    part: time | None = None
    weekday: int | None = None
    weeks: int = 0
    hour: int | None = None
    minutes: float = 0
    days: int = 0
    months: int = 0
    seen: set[str] = field(default_factory=set)

    def once(self, what: str) -> None:
        """Raises ValueError where something is said twice."""
        if what in self.seen:
            raise ValueError(f"That names the {what} twice. {EXAMPLES}")
        self.seen.add(what)


def _read(words: str) -> _Said:
    said = _Said()
    place = 0
    while place < len(words):
        for pattern, take in _PIECES:
            if found := pattern.match(words, place):
                take(said, found)
                place = found.end()
                break
        else:
            rest = words[place:].strip()
            shown = rest if len(rest) <= 20 else rest[:20] + "…"
            raise ValueError(f'What time is "{shown}"? {EXAMPLES}')
    durable = said.minutes or said.days or said.months
    if said.hour is not None and not (durable or said.seen - {"hour"}):
        raise ValueError(f'{said.hour} of what? "{said.hour} days" and "tomorrow {said.hour % 24}" are times.')
    if not (durable or said.seen):
        raise ValueError(f"A time is wanted. {EXAMPLES}")
    return said


# -- from what was said to a time of the clock on the wall -----------------------------------------------------
def _clock(said: _Said) -> time | None:
    if said.clock is not None or said.hour is None:
        return said.clock or said.part
    if said.hour > 23:
        raise ValueError(f"{said.hour} is no hour of the day. {EXAMPLES}")
    afternoon = said.part is not None and said.part >= NOON and 0 < said.hour < 12
    return time(said.hour + 12 * afternoon)


def _after(said: _Said, local: datetime) -> datetime:
    """So many days, weeks or months on, at the same time of day if none is named."""
    if said.day or said.weekday is not None or said.weeks:
        raise ValueError(f"That is a day and a number of days at once. {EXAMPLES}")
    if said.months > 12 * MOST_YEARS or said.days > 366 * MOST_YEARS or said.minutes > _TOO_FAR:
        raise ValueError(_far())
    months = local.year * 12 + local.month - 1 + said.months
    year, month = months // 12, months % 12 + 1
    day = date(year, month, min(local.day, monthrange(year, month)[1])) + timedelta(days=said.days)
    clock = _clock(said) or local.time()
    return datetime.combine(day, clock) + timedelta(minutes=said.minutes)


def _named(said: _Said, local: datetime) -> datetime:
    clock = _clock(said)
    if said.weekday is not None and said.day is None:
        return _weekday(said, local, clock or MORNING)
    if said.day is not None:
        # "today" alone is this evening: the morning may be over.
        return datetime.combine(said.day(local), clock or (EVENING if "today" in said.seen else MORNING))
    if said.weeks:
        monday = local.date() + timedelta(days=7 * said.weeks - local.weekday())
        return datetime.combine(monday, clock or MORNING)
    moment = datetime.combine(local.date(), clock or MORNING)
    return moment if moment > local or said.clock is None else moment + timedelta(days=1)


def _weekday(said: _Said, local: datetime, clock: time) -> datetime:
    """The next such day that is not over, today included; with "next" that of next week."""
    assert said.weekday is not None
    ahead = said.weekday - local.weekday()
    if said.weeks:
        return datetime.combine(local.date() + timedelta(days=ahead + 7 * said.weeks), clock)
    moment = datetime.combine(local.date() + timedelta(days=ahead % 7), clock)
    return moment if moment > local else moment + timedelta(days=7)


def _checked(when: When, now: datetime) -> When:
    if when.at <= now:
        raise ValueError(f"{when_words(when.at, now)} is over. {EXAMPLES}")
    if when.at > now.astimezone(UTC) + timedelta(days=MOST_YEARS * 365.25 + 1):
        raise ValueError(_far())
    return when


def _far() -> str:
    return f"That is more than {MOST_YEARS} years away. {EXAMPLES}"


# -- pieces ----------------------------------------------------------------------------------------------------
def _duration(said: _Said, found: re.Match[str]) -> None:
    amount, unit = found["amount"], found["unit"]
    if len(amount) > 7:
        raise ValueError(_far())
    if amount.startswith("half"):
        number = 0.5
    elif amount in ("a", "an"):
        number = 1.0
    else:
        number = _NUMBERS.index(amount) + 1.0 if amount in _NUMBERS else float(amount.replace(",", "."))
    if unit.startswith("h"):
        said.minutes += number * 60
    elif unit == "m" or unit.startswith("mi"):
        said.minutes += number
    elif number % 1:
        raise ValueError(f"Only hours and minutes can be broken. {EXAMPLES}")
    elif unit.startswith("mo"):
        said.months += int(number)
    elif unit.startswith("y"):
        said.months += 12 * int(number)
    else:
        said.days += int(number) * (7 if unit.startswith("w") else 1)
    if not number:
        raise ValueError(f"That is now. {EXAMPLES}")


def _date(said: _Said, year: str | None, month: int, day: int) -> None:
    """A day of the calendar; without a year the next such day."""
    said.once("day")
    if not 1 <= month <= 12 or not 1 <= day <= monthrange(2024, month)[1]:
        raise ValueError(f"There is no day {day} in month {month}. {EXAMPLES}")
    if year:
        full = int(year) + (2000 if len(year) == 2 else 0)
        if not 1900 <= full <= 9998 or day > monthrange(full, month)[1]:
            raise ValueError(f"There is no day {day} in month {month} of {year}. {EXAMPLES}")
        said.day = lambda local: date(full, month, day)
        return

    def coming(local: datetime) -> date:
        clock = _clock(said) or MORNING
        for year in range(local.year, local.year + 9):
            if day <= monthrange(year, month)[1] and datetime(year, month, day, clock.hour, clock.minute) > local:
                return date(year, month, day)
        raise ValueError(_far())

    said.day = coming


def _iso(said: _Said, found: re.Match[str]) -> None:
    _date(said, found[1], int(found[2]), int(found[3]))


def _dotted(said: _Said, found: re.Match[str]) -> None:
    _date(said, found[3] or found[4], int(found[2]), int(found[1]))


def _slashed(said: _Said, found: re.Match[str]) -> None:
    first, second = int(found[1]), int(found[2])
    if first <= 12 and second <= 12 and first != second:
        raise ValueError(f"{first}/{second} means two days; write it as {first} {_MONTHS[second - 1]}.")
    _date(said, found[3], min(first, second), max(first, second))


def _month_last(said: _Said, found: re.Match[str]) -> None:
    _date(said, found[3], _MONTHS.index(found[2][:3]) + 1, int(found[1]))


def _month_first(said: _Said, found: re.Match[str]) -> None:
    _date(said, found[3], _MONTHS.index(found[1][:3]) + 1, int(found[2]))


def _time(said: _Said, found: re.Match[str]) -> None:
    said.once("time of day")
    hour, minute, half = int(found["hour"]), int(found["minute"] or 0), found["half"]
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "pm" else 0)
    elif half:
        hour = 99
    if hour > 23 or minute > 59:
        raise ValueError(f'There is no "{found[0].strip()}" on the clock. {EXAMPLES}')
    said.clock = time(hour, minute)


def _weekday_named(said: _Said, found: re.Match[str]) -> None:
    said.once("day")
    said.weekday = _DAYS.index(found[2][:3])
    if found[1] == "next":
        said.weeks = 1


def _relative(said: _Said, found: re.Match[str]) -> None:
    word = found[0].strip()
    if word == "next week":
        said.once("week")
        said.weeks = 1
        return
    said.once("day")
    if word == "next month":
        said.day = lambda local: (local.replace(day=1) + timedelta(days=32)).date().replace(day=1)
    elif word == "next year":
        said.day = lambda local: date(local.year + 1, 1, 1)
    elif word.endswith("weekend"):
        said.weekday, said.weeks = 5, int(word.startswith("next"))
    else:
        ahead = 2 if word.startswith("day after") else 0 if word in ("today", "tonight") else 1
        said.day = lambda local: local.date() + timedelta(days=ahead)
        said.seen.add("today" if not ahead else "ahead")
        if word == "tonight":
            said.part = NIGHT


def _part(said: _Said, found: re.Match[str]) -> None:
    said.once("part of the day")
    if found[1] in ("midnight", "noon", "midday"):
        said.once("time of day")
        said.clock = time(0) if found[1] == "midnight" else NOON
    else:
        said.part = _PARTS[found[1]]


def _hour(said: _Said, found: re.Match[str]) -> None:
    said.once("hour")
    if len(found[1]) > 4:
        raise ValueError(_far())
    said.hour = int(found[1])


def _nothing(said: _Said, found: re.Match[str]) -> None:
    """A word that says nothing about the time."""


_AMOUNT = rf"(?P<amount>[0-9]+(?:\.[0-9]+)?|half an?|an?|{'|'.join(_NUMBERS)})"
_PIECES: tuple[tuple[re.Pattern[str], Callable[[_Said, re.Match[str]], None]], ...] = tuple(
    (re.compile(pattern), take)
    for pattern, take in (
        (rf"(?:in|at|on|until|till|for|the|and|of|from now|o'?clock){_END}\s*|[\s.]+", _nothing),
        (rf"{_AMOUNT}\s*(?P<unit>{_UNIT}){_END}\.?\s*", _duration),
        (r"([0-9]{4})\s*-\s*([0-9]{1,2})\s*-\s*([0-9]{1,2})(?![0-9])t?\s*", _iso),
        (r"([0-9]{1,2})\.\s*([0-9]{1,2})(?![0-9])(?:\.([0-9]{4}|[0-9]{2})(?![0-9:])|\.?\s*([0-9]{4})(?![0-9]))?\.?\s*",
         _dotted),
        (r"([0-9]{1,2})/([0-9]{1,2})(?:/([0-9]{4}))?(?![0-9/])\s*", _slashed),
        (rf"([0-9]{{1,2}})(?:st|nd|rd|th)?\.?\s*(?:of )?({_MONTH}){_END}\.?\s*([0-9]{{4}}(?![0-9]))?\s*",
         _month_last),
        (rf"({_MONTH})\.?\s*([0-9]{{1,2}})(?![0-9:])(?:st|nd|rd|th)?\s*([0-9]{{4}}(?![0-9]))?\s*", _month_first),
        (rf"(?P<hour>[0-9]{{1,2}})\s*:\s*(?P<minute>[0-9]{{2}})(?![0-9])\s*(?P<half>am|pm)?{_END}\s*", _time),
        (rf"(?P<hour>[0-9]{{1,2}})(?P<minute>)\s*(?P<half>am|pm){_END}\s*", _time),
        (rf"(?:(next|this) )?({_WEEKDAY}){_END}\.?\s*", _weekday_named),
        (rf"(?:today|tonight|(?:the )?day after tomorrow|tomorrow|tmrw?|next (?:week(?:end)?|month|year)|"
         rf"(?:this )?weekend){_END}\s*", _relative),
        (rf"(?:this )?({'|'.join(_PARTS)}|noon|midday|midnight){_END}\s*", _part),
        (r"([0-9]+)\s*", _hour),
    )
)  # fmt: skip
