"""The menu of every act on an item: its key, the network's word for it, and beforehand what is allowed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.app import ComposeResult

from tweetdesk.domain.commands import Command, face
from tweetdesk.domain.items import Item
from tweetdesk.domain.outbox import ActKind
from tweetdesk.domain.posts import PostKind
from tweetdesk.engine.session import Session
from tweetdesk.networks.base import Allowed, HandOff, Permission, Price
from tweetdesk.ui.screens.card import CardScreen
from tweetdesk.ui.screens.outbox import page_host
from tweetdesk.ui.text import one_line
from tweetdesk.ui.widgets.listing import Entry, Listing
from tweetdesk.ui.widgets.paper import money
from tweetdesk.ui.wording import wording

#: The acts behind the commands: what the network is asked for, by the command's id.
KINDS = {
    "reply": ActKind.REPLY, "reply_all": ActKind.REPLY, "quote": ActKind.QUOTE, "repost": ActKind.REPOST,
    "like": ActKind.LIKE, "bookmark": ActKind.BOOKMARK, "message": ActKind.MESSAGE, "follow": ActKind.FOLLOW,
    "block": ActKind.BLOCK, "mute": ActKind.MUTE, "mute_thread": ActKind.MUTE_THREAD,
    "delete_post": ActKind.DELETE, "report": ActKind.REPORT, "hide_reply": ActKind.HIDE_REPLY,
}  # fmt: skip
#: Acts that may have no key of their own, with what they are called.
WITHOUT_KEY = {ActKind.HIDE_REPLY: "Hide this reply", ActKind.REPORT: "Report"}
#: Commands that are menus themselves.
LEFT_OUT = frozenset({"act_menu", "trash"})


@dataclass(frozen=True, slots=True)
class Offer:
    """One act: the command that carries it out, or (without a key) its kind; None as permission: only here."""

    title: str
    command: str = ""
    kind: ActKind | None = None
    key: str = ""
    permission: Permission | None = None
    price: str = ""

    @property
    def stands(self) -> str:
        """What is allowed, in words."""
        match self.permission:
            case None:
                return "nobody sees it"
            case Allowed():
                return " · ".join(part for part in ("allowed", self.price) if part)
            case HandOff(url, why):
                return f"on {page_host(url)}: {one_line(why)}"
            case refused:
                return f"not here: {one_line(refused.why)}"

    @property
    def tone(self) -> str:
        """The colour of that."""
        if isinstance(self.permission, HandOff):
            return "warning"
        return "" if self.permission is None or isinstance(self.permission, Allowed) else "error"


def price_words(price: Price | None) -> str:
    """What an act costs: "$0.20 with a link"; "" where it costs nothing."""
    return f"{money(price.micros)} {price.why}".rstrip() if price is not None and price.micros else ""


def offers(session: Session, item: Item, account: str) -> list[Offer]:
    """Every act on an item that an account could do: those of the command table, then those without a key."""
    network, say = session.engine.networks.get(account), wording(session)
    message = item.post.kind is PostKind.MESSAGE

    def offer(title: str, command: Command | None, kind: ActKind | None) -> Offer:
        if kind is ActKind.REPLY and message:
            kind = ActKind.MESSAGE
        before, kind = kind, _opposite(kind, item)
        key = face(command.keys[0]) if command else ""
        permission = session.engine.acts.permission(account, kind, item.post) if kind else None
        price = price_words(network.price(kind, "", item.post)) if kind and network else ""
        words = say(account, title if kind is before else f"Take the {title.lower()} back")
        return Offer(words, command.id if command else "", kind, key, permission, price)

    wanted = ("item",) if message else ("item", "post")
    desk = (one for one in session.commands if one.place == "desk" and one.id not in LEFT_OUT)
    table = [one for one in desk if one.needs in wanted]
    found = [offer(command.title, command, KINDS.get(command.id)) for command in table]
    have = {KINDS.get(command.id) for command in table}
    rest = [(kind, title) for kind, title in WITHOUT_KEY.items() if kind not in have]
    return found + [offer(title, None, kind) for kind, title in rest]


def _opposite(kind: ActKind | None, item: Item) -> ActKind | None:
    """The act that takes back what we have done to the post already."""
    viewer = item.post.viewer
    done = {
        ActKind.LIKE: viewer.liked, ActKind.REPOST: viewer.reposted, ActKind.BOOKMARK: viewer.bookmarked,
    }  # fmt: skip
    return kind.opposite if kind and done.get(kind) else kind


class MenuScreen(CardScreen):
    """Dismissed with the Offer that was chosen, or None."""

    closes = frozenset({"back", "quit", "act_menu"})

    def __init__(self, session: Session, item: Item, account: str) -> None:
        """`account` is the id of the account that would act."""
        who = session.account(account)
        me = f" as @{who.handle}" if who else ""
        super().__init__(session.commands, f"{one_line(item.post.author.called)}: what can be done{me}")
        self.offers = offers(session, item, account)
        self._list = Listing()

    def compose_body(self) -> ComposeResult:
        """The list."""
        yield self._list

    def foot(self) -> Sequence[tuple[str, str]]:
        """Choosing."""
        return (("open_conversation", "does it"), ("next_item", "down"), ("previous_item", "up"))

    def on_mount(self) -> None:
        """Show them; the whole sentence of the selected one is above the list."""
        entries = [Entry(f"{one.key or '·':<4} {one.title}", "", one.stands, tone=one.tone) for one in self.offers]
        self._list.show(entries)
        self._tell_all()

    @property
    def chosen(self) -> Offer:
        """What is selected."""
        return self.offers[self._list.selected]

    def scroll(self, by: int, *, pages: bool = False) -> None:
        """Select another act."""
        self._list.move(by * (max(1, self._list.page // 2) if pages else 1))
        self._tell_all()

    def _tell_all(self) -> None:
        self.tell(f"{self.chosen.title}: {self.chosen.stands}", self.chosen.tone)

    def act(self, command: Command, key: str) -> None:
        """Enter takes the selected one; an act's own key takes that one."""
        if command.id == "open_conversation":
            self.dismiss(self.chosen)
        elif found := next((one for one in self.offers if one.command == command.id), None):
            self.dismiss(found)
