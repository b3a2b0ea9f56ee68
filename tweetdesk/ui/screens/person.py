"""The person card: who somebody is, how you stand with each other, and your history with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual.app import ComposeResult
from textual.content import Content

from tweetdesk.domain.commands import Command
from tweetdesk.domain.people import Identity, Profile, Touch
from tweetdesk.domain.posts import Post, PostRef
from tweetdesk.engine.session import Session
from tweetdesk.networks.base import NetworkError
from tweetdesk.ui.lines import Line, Role, post_pieces, wrap
from tweetdesk.ui.screens.card import CardScreen, Page
from tweetdesk.ui.text import clean, one_line, shortened
from tweetdesk.ui.times import age

#: Lines are easy to read up to this width, in cells.
WIDEST = 100
#: How many moments of the history are shown.
HISTORY = 40

#: What they did, and what we did, in words.
THEIRS = {
    "mention": "mentioned you", "reply": "answered you", "quote": "quoted you", "message": "wrote to you",
    "repost": "reposted you", "like": "liked a post of yours", "follow": "followed you",
}  # fmt: skip
OURS = {
    "mention": "you mentioned them", "reply": "you answered", "quote": "you quoted them",
    "message": "you wrote to them", "repost": "you reposted them", "like": "you liked a post of theirs",
    "follow": "you followed them", "followed up": "you followed up", "block": "you blocked them",
    "unblock": "you unblocked them", "mute": "you muted them", "unmute": "you unmuted them",
    "unfollow": "you stopped following", "undo repost": "you took a repost back",
}  # fmt: skip
_STYLES = {
    Role.LINK: "$secondary", Role.MENTION: "$secondary", Role.TAG: "$secondary", Role.QUIET: "$text-muted",
}  # fmt: skip


def as_content(lines: Sequence[Line]) -> Content:
    """Lines with roles as Content."""
    return Content("\n").join(
        Content.assemble(*((text, _STYLES.get(role, "")) for text, role in line)) for line in lines
    )


def standing(profile: Profile, *, ours: bool) -> list[tuple[str, str]]:
    """How we stand with a person: sentences, each with the name of its colour."""
    if ours:
        return [("This is you.", "")]
    follows = {
        (True, True): "You follow each other.",
        (True, False): "You follow them; they do not follow you.",
        (False, True): "They follow you; you do not follow them.",
        (False, False): "Neither of you follows the other.",
    }[bool(profile.following), profile.follows_us]
    words = [(follows, "")]
    if profile.blocking:
        words.append(("You have blocked them.", "$error"))
    if profile.blocks_us:
        words.append(("They have blocked you: you cannot answer.", "$error"))
    if profile.muted:
        words.append(("You have muted them.", "$warning"))
    return words


def touch_words(touch: Touch) -> str:
    """One moment: who did what, and the first words."""
    known = OURS if touch.direction == "ours" else THEIRS
    did = known.get(touch.kind, f"{'you' if touch.direction == 'ours' else 'they'}: {touch.kind}")
    words = one_line(touch.text)
    return f"{one_line(did)}: {words}" if words else one_line(did)


class PersonScreen(CardScreen):
    """A card over the desk: at once with what the store knows, then with what the network says now.

    Dismissed with the id of a command on this person (follow, help_list, note, block, mute, message), or None.
    """

    closes = frozenset({"back", "quit", "person"})
    acts = ("follow", "help_list", "note", "message", "mute", "block")

    def __init__(self, session: Session, account: str, who: Identity) -> None:
        """`account` is the id of the account of ours that looks."""
        super().__init__(session.commands, "")
        self.session, self.account, self.who = session, account, who
        self.profile: Profile | None = None
        self.helped = False
        self.note = ""
        self.touches: list[Touch] = []
        self.state = "asking the network …"
        self._page = Page(self._make)

    def compose_body(self) -> ComposeResult:
        """The card."""
        yield self._page

    def foot(self) -> Sequence[tuple[str, str]]:
        """What can be done about this person."""
        if self._ours:
            return ()
        profile = self.profile
        return (
            ("follow", "stop following" if profile and profile.following else "follow"),
            ("help_list", "off the help list" if self.helped else "on the help list"),
            ("note", "note"),
            ("message", "message"),
            ("mute", "mute"),
            ("block", "block"),
        )

    def on_mount(self) -> None:
        """Read the store, then ask the network."""
        self._title()
        self.later(self._load())

    def act(self, command: Command, key: str) -> None:
        """An act on the person is carried out by the stage below."""
        if command.id in self.acts and not self._ours:
            self.dismiss(command.id)

    @property
    def _ours(self) -> bool:
        return any(account.identity.id == self.who.id for account in self.session.accounts)

    async def _load(self) -> None:
        people = self.session.store.people
        self.who = await people.identity(self.who.network, self.who.id) or self.who
        self.profile = await people.profile(self.account, self.who.network, self.who.id)
        self.helped = any(one.id == self.who.id for one in await people.helped(self.account))
        self.note = await people.note(self.who.network, self.who.id)
        self.touches = await people.touches(self.who.network, self.who.id, HISTORY)
        self._show()
        if self.account not in self.session.engine.networks:
            self.state = "This account is not logged in, so this is what was known before."
            self._show()
            return
        try:
            self.profile = await self.session.engine.profile(self.account, self.who.id)
        except NetworkError as error:
            self.state = ""
            known = "This is what was known before." if self.profile else "Nothing more is known of them here."
            self.tell(f"{error} {known}", "error")
        else:
            self.who, self.state = self.profile.identity, ""
            self.helped = any(one.id == self.who.id for one in await people.helped(self.account))
        self._show()

    def _show(self) -> None:
        self._title()
        self._page.show()
        self.show_foot()

    def _title(self) -> None:
        network = self.session.engine.networks.get(self.account)
        called = network.vocabulary.network if network else self.who.network
        self.head(f"{one_line(self.who.called)}  @{one_line(self.who.handle)} · {called}")

    # -- the card ----------------------------------------------------------------------------------------------
    def _make(self, width: int) -> Content:
        width = min(width, WIDEST)
        parts = [self._bio(width), self._standing(), self._note(width), self._history(width)]
        return Content("\n\n").join([part for part in parts if part.plain])

    def _bio(self, width: int) -> Content:
        if self.profile is None:
            return Content(clean(self.state)).stylize("$text-muted")
        if not self.profile.bio.strip():
            return Content("They say nothing about themselves.").stylize("$text-muted")
        network = self.session.engine.networks.get(self.account)
        spans = network.spans(self.profile.bio) if network else ()
        now = self.session.now()
        bio = Post(PostRef(self.who.network, "bio"), self.who, self.profile.bio, now, spans=spans)
        return as_content(wrap(post_pieces(bio, width), width))

    def _standing(self) -> Content:
        words = standing(self.profile, ours=self._ours) if self.profile else []
        if self.helped:
            words.append(("On your list of people to help.", "$success"))
        elif not self._ours:
            words.append(("Not on your list of people to help.", "$text-muted"))
        if self.profile and self.state:
            words.append((self.state, "$text-muted"))
        return Content("\n").join([Content(clean(text)).stylize(style or "") for text, style in words])

    def _note(self, width: int) -> Content:
        return (
            as_content(wrap([(clean(f"Your note: {self.note}"), Role.TEXT)], width)) if self.note else Content("")
        )

    def _history(self, width: int) -> Content:
        if not self.touches:
            nothing = "Nothing yet between you." if not self._ours else ""
            return Content(nothing).stylize("$text-muted")
        now = self.session.now().astimezone()
        lines = [Content("Between you").stylize("bold")]
        lines += [self._moment(touch, now, width) for touch in self.touches]
        return Content("\n").join(lines)

    def _moment(self, touch: Touch, now: datetime, width: int) -> Content:
        when = age(touch.at, now).rjust(7)
        arrow = "→" if touch.direction == "ours" else "←"
        return Content.assemble(
            (f"{when}  ", "$text-muted"), (f"{arrow} ", "$accent"), shortened(touch_words(touch), width - 11)
        )
