"""Composing: what is being written on a stage, as whom, about what, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from tweetdesk.domain.accounts import Account
from tweetdesk.domain.cautions import NO_WAY_BACK, Sent
from tweetdesk.domain.dates import when_words
from tweetdesk.domain.drafting import merged, parts_of
from tweetdesk.domain.events import Event, ItemsChanged, Severity
from tweetdesk.domain.items import Item
from tweetdesk.domain.outbox import Act, ActKind, Draft, draft_key
from tweetdesk.domain.posts import PostKind
from tweetdesk.engine.acts import act_on
from tweetdesk.engine.cautions import cautions, second_thought, sent_lately
from tweetdesk.engine.session import Session
from tweetdesk.engine.undoing import NotAllowed
from tweetdesk.engine.zone import HERE
from tweetdesk.networks.base import Form, HandOff, Network, No, Permission, Price
from tweetdesk.networks.errors import NetworkError
from tweetdesk.store.errors import StoreTrouble
from tweetdesk.ui.choosing import Choosing
from tweetdesk.ui.offering import Known
from tweetdesk.ui.screens.outbox import page_host
from tweetdesk.ui.text import clean, one_line
from tweetdesk.ui.widgets.choice import Choice
from tweetdesk.ui.widgets.composer import Composer
from tweetdesk.ui.widgets.paper import Heading, Paper
from tweetdesk.ui.wording import in_words

if TYPE_CHECKING:
    from tweetdesk.ui.screens.stage import StageScreen


def act_of(kind: ActKind, item: Item | None, account: str) -> Act:
    """The act of an account on an item, whose post is as that account's server knows it; without a text."""
    if item is None:
        return Act(kind, account)
    if kind is ActKind.MESSAGE and item.post.kind is PostKind.POST:
        return Act(kind, account, person=item.post.author)
    return act_on(kind, item, account=account)


def other_side(session: Session, item: Item) -> Item:
    """The item with the other person as its author, where the newest direct message is our own."""
    own = {account.user_id for account in session.accounts}
    if item.post.kind is PostKind.MESSAGE and item.post.author.id in own:
        for message in reversed(item.messages):
            if message.author.id not in own:
                return replace(item, post=message)
    return item


async def known_to(session: Session, account: str, item: Item) -> Item:
    """The item with its post as another account's server knows it. Raises NetworkError, NotThere among them."""
    if account == item.account:
        return item
    post = await session.engine.here(account, item.post)
    if post.ref == item.post.ref:  # as the account that received it sees it: what that one did is not ours
        post = replace(post, viewer=replace(post.viewer, liked="", reposted="", bookmarked=""))
    return replace(item, post=post)


def reachable(session: Session, item: Item) -> tuple[Account, ...]:
    """The accounts that can act on an item: those of its network; on a direct message only the one that has it."""
    accounts = session.engine.reachable(item)
    if item.post.kind is PostKind.MESSAGE:
        return tuple(account for account in accounts if account.id == item.account)
    return accounts


def named(session: Session, account_id: str) -> str:
    """An account as whom one acts: "@ada.example.com", with its network where there are several accounts."""
    account = session.account(account_id)
    if account is None:
        return "?"
    handle = f"@{clean(account.handle, newlines=False)}"
    return f"{handle} ({account.network_name})" if len(session.accounts) > 1 else handle


#: What can have further posts below it.
THREADS = frozenset({ActKind.POST, ActKind.REPLY, ActKind.QUOTE})


def heading_of(session: Session, act: Act, permission: Permission) -> Heading:
    """The first line of the composer: what is written, where if not from here, as whom, to whom."""
    me = named(session, act.account)
    whom = one_line(act.person.called) if act.person else ""
    where = f" on {page_host(permission.url)}" if isinstance(permission, HandOff) else ""
    match act.kind:
        case ActKind.REPLY:
            all_of_them = " and all" if act.everyone else ""
            return Heading(f"reply{where} as {me} to {whom}{all_of_them}", me)
        case ActKind.QUOTE:
            return Heading(f"quote {whom}{where} as {me}", me)
        case ActKind.MESSAGE:
            return Heading(f"direct message{where} as {me} to {whom}", me)
        case _:
            return Heading(f"new post{where} as {me}", me)


class Composing:
    """What one stage has in its composer."""

    def __init__(self, stage: StageScreen, composer: Composer) -> None:
        self._stage, self._session, self._composer = stage, stage.session, composer
        self._engine = stage.session.engine
        self._about: Item | None = None  # what was under the hand
        self._item: Item | None = None  # what the act moves, as the acting account's server knows it
        self._key = ""
        self._paper: Paper | None = None
        self._lately: tuple[Sent, ...] = ()
        self._was_there = False

    # -- opening -------------------------------------------------------------------------------------------------
    async def begin(
        self,
        kind: ActKind,
        item: Item | None,
        account: str,
        others: Sequence[str] = (),
        everyone: bool = False,
    ) -> None:
        """Open the composer for an act: with the draft that there may be, else with what the network begins with.

        A draft of `others` for the same act is gone on with, as them. With `everyone` an answer is for all whom
        the post names. Raises NotAllowed, NetworkError.
        """
        key = draft_key(act_of(kind, item, account), item.id if item else "")
        for one in (account, *others):
            draft = await self._session.store.drafts.get(one, key)
            if draft is not None:
                await self.resume(draft, item, everyone)
                return
        known = await known_to(self._session, account, item) if item else None
        act = replace(act_of(kind, known, account), everyone=everyone)
        form = self._network(account).form(kind, known.post if known else None, everyone)
        self._open(replace(act, visibility=form.visibility, warning=form.warning), form, item, known, key)

    async def resume(self, draft: Draft, about: Item | None = None, everyone: bool = False) -> None:
        """Go on with a draft; with `everyone` it is for all whom the post names from now on."""
        about = about or await self._item_of(draft)
        known = about
        if about is not None:
            try:
                known = await known_to(self._session, draft.account, about)
            except NetworkError:
                known = None  # the act has what it needs of the post
        network, kind, post = self._network(draft.account), draft.act.kind, known.post if known else None
        before, everyone = draft.act.everyone, everyone or draft.act.everyone
        form = network.form(kind, post, everyone)
        text = draft.text
        if everyone != before and text:
            text = form.text + text.removeprefix(network.form(kind, post, before).text)
        visibility = draft.act.visibility or form.visibility
        act = replace(draft.act, text=text, visibility=visibility, everyone=everyone)
        self._open(act, form, about, known, draft.item)

    async def _item_of(self, draft: Draft) -> Item | None:
        """What a draft is about: as the account knows it that writes, else as another one does."""
        item_id = draft.item.removeprefix("quote ")
        if not item_id or item_id.startswith("message "):
            return None
        ids = [account.id for account in self._session.accounts]
        for account in sorted(ids, key=lambda one: one != draft.account):
            if item := await self._session.store.posts.item(account, item_id):
                return item
        return None

    def _network(self, account: str) -> Network:
        network = self._engine.networks.get(account)
        if network is None:
            raise NotAllowed("That account is not logged in. `tweetdesk login` adds it.")
        return network

    def _open(self, act: Act, form: Form, about: Item | None, known: Item | None, key: str) -> Paper:
        network = self._network(act.account)
        moves = known is not None and act.target is not None
        permission = self._engine.acts.permission(act.account, act.kind, known.post if known and moves else None)
        self._about, self._item, self._key = about, known if moves else None, key
        sends = f"opens {page_host(permission.url)} with this text" if isinstance(permission, HandOff) else ""

        async def save(kept: Act) -> None:
            drafts = self._session.store.drafts
            await drafts.save(Draft(kept.account, key, kept, kept.text, self._session.now()))

        self._paper = Paper(
            act,
            heading=heading_of(self._session, act, permission),
            measure=lambda text, warning: network.measure(act.kind, text, warning),
            save=save,
            answered=one_line(about.post.text) if about and act.target else "",
            form=form,
            spans=network.spans,
            price=lambda text, place: None if sends else self._price(act, text, place),
            hold_seconds=self._engine.acts.hold_seconds,
            sends=sends,
            choosable=len(self._possible(about)) > 1,
            threads=act.kind in THREADS and not sends,
            alt_required=self._session.settings.alt_required,
            note=NO_WAY_BACK if act.kind is ActKind.MESSAGE and not sends else "",
            second_thought=lambda act: second_thought(act, self._lately),
            offering=Known(self._session, act.account),
        )
        self._composer.open(self._paper)
        self._stage.status.show_writing(True)
        self._stage.later(self._look_into(self._paper), group="cautions")
        return self._paper

    async def _look_into(self, paper: Paper) -> None:
        """Find out what there is to mind, while the text is begun."""
        store, now, about = self._session.store, self._session.now().astimezone(HERE), self._about
        self._was_there = about is not None and await store.hints.there(about.post.ref)
        found = await cautions(store, self._session.accounts, paper.act, about, now)
        self._lately = await sent_lately(store, now)
        if paper is self._paper:
            for sentence in found:
                self._composer.caution(sentence)

    def hear(self, event: Event) -> None:
        """What the engine tells: the post that is answered may be gone."""
        if isinstance(event, ItemsChanged) and self._was_there and self._composer.is_open:
            self._stage.later(self._look_whether_there(), group="cautions")

    async def _look_whether_there(self) -> None:
        about = self._about
        if about is None or await self._session.store.hints.there(about.post.ref):
            return
        self._was_there = False
        if self._composer.is_open and about is self._about:
            self._composer.caution(
                "The post was deleted meanwhile. Your text is kept; it may not be possible to send it."
            )

    def _price(self, act: Act, text: str, place: int) -> Price | None:
        """What a post costs; those after the first of a thread answer a post of our own."""
        network, post = self._network(act.account), self._item.post if self._item else None
        return network.price(ActKind.POST if place else act.kind, text, None if place else post)

    # -- another account -----------------------------------------------------------------------------------------
    def _possible(self, about: Item | None) -> tuple[Account, ...]:
        """The accounts that could do it: for a new post all of them."""
        return reachable(self._session, about) if about else self._session.accounts

    async def ask(self, command: str, act: Act) -> None:
        """Carry out a command of the composer for which something has to be asked."""
        assert self._paper is not None
        match command:
            case "choose_account":
                await self._choose_account(act)
            case "discard":
                await self._discard(act)
            case "attach":
                await Choosing(self._stage, self._composer).pictures(act, self._paper)
            case "language":
                await Choosing(self._stage, self._composer).language(act)
            case "send_later":
                if at := await Choosing(self._stage, self._composer).time(self._paper):
                    self._composer.send(at)

    async def _choose_account(self, act: Act) -> None:
        """Ask for another account, and go on writing as that one."""
        accounts = self._possible(self._about)
        place = next((index for index, one in enumerate(accounts) if one.id == act.account), 0)
        choices = [Choice(f"@{clean(one.handle, newlines=False)}", one.network_name) for one in accounts]
        chosen = await (await self._stage.asked()).choose("Write it as", choices, place)
        if chosen is None or accounts[chosen].id == act.account:
            return
        try:
            await self._go_on_as(accounts[chosen].id)
        except (NotAllowed, NetworkError, StoreTrouble) as error:
            self._composer.refuse(str(error))

    async def _go_on_as(self, account: str) -> None:
        """The text goes on as another account's, with what its network begins with; nothing typed is lost."""
        before, about, key = self._composer.act, self._about, self._key
        if before is None or self._paper is None:
            return
        known = await known_to(self._session, account, about) if about else None
        post = known.post if known and before.target else None
        permission = self._engine.acts.permission(account, before.kind, post)
        if isinstance(permission, No):
            raise NotAllowed(permission.why)
        form = self._network(account).form(before.kind, known.post if known else None, before.everyone)
        if form.pictures is None and any(part.media for part in parts_of(before)):
            name = self._network(account).vocabulary.network
            raise NotAllowed(f"{name} takes no pictures with this: take them off first (Ctrl+r).")
        other = await self._session.store.drafts.get(account, key)
        now = self._composer.act  # what was typed meanwhile is in it
        if now is None or now.account != before.account or self._key != key:
            return
        visibilities = [name for name, _ in form.visibilities]
        new = replace(
            act_of(before.kind, known, account),
            text=self._carried(now.text, form),
            media=now.media,
            more=now.more,
            everyone=now.everyone,
            language=now.language if form.languages else "",
            visibility=now.visibility if now.visibility in visibilities else form.visibility,
            warning=now.warning if form.warns else "",
        )
        if other is not None:
            new = merged(new, replace(other.act, text=other.text))
        ended = self._composer.close(keep=False)
        paper = self._open(new, form, about, known, key)
        await ended
        if not new.empty:
            await paper.save(new)
        await self._session.store.drafts.delete(before.account, key)

    def _carried(self, text: str, form: Form) -> str:
        """The text with what the new form begins with in place of the old; "" where nothing was written."""
        assert self._paper is not None
        return "" if self._paper.blank(text) else form.text + text.removeprefix(self._paper.form.text)

    # -- ending --------------------------------------------------------------------------------------------------
    async def send(self, act: Act, at: datetime | None = None) -> None:
        """The text is finished: into the outbox with it, to go now or at a time, or to the network's own page."""
        item, view, acts = self._item, self._stage.view, self._engine.acts
        draft = Draft(act.account, self._key, act, act.text, self._session.now())
        url = why = ""
        try:
            permission = acts.permission(act.account, act.kind, item.post if item else None)
            if isinstance(permission, HandOff):
                url, why = (await acts.hand_off(act, item, draft=draft)).url, permission.why
            else:
                await acts.send(act, item, draft=draft, at=at)
        except (NotAllowed, StoreTrouble) as error:
            self._composer.refuse(str(error))
            return
        if item and view and view.selected_id == item.id:
            view.move(1)  # before the composer hands on what was typed meanwhile: that is for the next item
        await self._composer.close()
        self._stage.status.show_writing(False)
        self._stage.end_acting()
        word = in_words(act.kind.value, self._network(act.account).vocabulary)
        if url:
            from tweetdesk.ui.actions.handing import open_page

            open_page(self._stage, url, word, why)
        else:
            held = f"held for {acts.hold_seconds:.0f} s · z takes it back" if acts.hold_seconds else "on its way"
            if at is not None:
                held = f"will be sent {when_words(at, self._session.now().astimezone(HERE))} · z takes it back"
            self._stage.tell(f"{word.capitalize()} {held}", Severity.INFORMATION)

    def closed(self, act: Act) -> None:
        """Left without sending: the draft was kept, if there is something in it."""
        self._stage.status.show_writing(False)
        if act.empty:
            return
        found = self._about is not None or act.account == self._stage.posting_account
        again = "the same key opens it again" if found else "g o has it"
        self._stage.tell(f"The draft is kept: {again}.")

    async def _discard(self, act: Act) -> None:
        """Thrown away by hand, after asking."""
        key = self._key
        if await self._stage.confirm("Throw this draft away?"):
            await self._session.store.drafts.delete(act.account, key)
            await self._composer.close(keep=False)
            self._stage.status.show_writing(False)
            self._stage.tell("The draft is gone.")
