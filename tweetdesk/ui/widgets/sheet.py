"""The sheet: what is being written in the composer, post by post, before it is shown or sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tweetdesk.domain.drafting import (
    MOST_PARTS,
    filled,
    for_editor,
    from_editor,
    parts_of,
    split,
    with_parts,
    without_empty,
)
from tweetdesk.domain.outbox import Act, Attachment, Part
from tweetdesk.networks.base import Length, Price
from tweetdesk.ui.widgets.paper import Paper
from tweetdesk.ui.widgets.writing import typed

EMPTY = "There is nothing to send yet."
FIRST_EMPTY = "The first post is empty: write it, or move a text there."
ONE_POST = "Only one post can go from here: keep the draft, or write the texts as one (Ctrl+o)."
NO_PICTURES = "No pictures can go with this: Ctrl+r takes them off again."
#: The length of more characters than this is estimated where so many are too long already.
COUNTED = 4000


class Sheet:
    """The posts of one draft, the one that is being written, and its language."""

    def __init__(self, paper: Paper) -> None:
        """Begin where the draft ends."""
        self.paper = paper
        first, *more = parts_of(paper.act)
        begun = [replace(first, text=first.text or paper.form.text), *more]
        self.parts = [replace(part, text=typed(part.text)) for part in begun]
        self.at = len(self.parts) - 1
        self.language = paper.act.language
        self._whole: tuple[list[Part], int] | None = None

    @property
    def part(self) -> Part:
        """The post that is being written."""
        return self.parts[self.at]

    def write(self, text: str) -> None:
        """The post that is being written has this text now."""
        if text != self.part.text:
            self.parts[self.at] = replace(self.part, text=text)
            self._whole = None

    def attach(self, media: Sequence[Attachment]) -> None:
        """The post that is being written has these pictures now."""
        self.parts[self.at] = replace(self.part, media=tuple(media))

    def act(self, visibility: str, warning: str) -> Act:
        """The act as it is now."""
        now = replace(self.paper.act, visibility=visibility, warning=warning, language=self.language)
        return with_parts(now, self.parts)

    def kept(self, act: Act) -> Act:
        """The act as it is kept or sent: without empty posts, and its text "" while nothing was written."""
        first, *more = without_empty(parts_of(act))
        return with_parts(act, [replace(first, text="") if self.paper.blank(first.text) else first, *more])

    # -- from post to post ---------------------------------------------------------------------------------------
    def step(self, by: int) -> bool:
        """Go to the post before or after; an empty one that is left so is gone. Whether there is one."""
        if not 0 <= self.at + by < len(self.parts):
            return False
        leaves = self.at if self.at and not filled(self.part) else None
        self.at += by
        if leaves is not None:
            del self.parts[leaves]
            self.at -= leaves < self.at
        return True

    def add(self) -> str:
        """One more post at the end; a sentence where that cannot be."""
        if self.paper.blank(self.part.text) and not self.part.media:
            return "Write this post first; the next one comes below it."
        if len(self.parts) >= MOST_PARTS:
            return f"A thread has at most {MOST_PARTS} posts here."
        self.parts.append(Part(""))
        self.at = len(self.parts) - 1
        return ""

    def split(self, warning: str) -> str:
        """Make posts of the one that is too long; a sentence where that cannot be."""

        def fits(piece: str) -> bool:
            return self.paper.measure(piece, warning).left >= 0

        pieces = split(self.part.text, fits, MOST_PARTS + 1)
        if len(self.parts) - 1 + len(pieces) > MOST_PARTS:
            return f"That would be more than {MOST_PARTS} posts, the most that a thread has here: shorten it."
        if len(pieces) < 2 or not fits(pieces[-1]):
            return "This cannot be split into posts: shorten it."
        self._whole = list(self.parts), self.at
        self.parts[self.at : self.at + 1] = [Part(pieces[0], self.part.media), *map(Part, pieces[1:])]
        return ""

    def join_again(self) -> bool:
        """Take the last split back, if nothing was written since."""
        if self._whole is None:
            return False
        (self.parts, self.at), self._whole = self._whole, None
        return True

    def text_for_editor(self) -> str:
        """All posts, for the user's own editor."""
        return for_editor(self.parts) if self._many else self.part.text

    def take_edited(self, text: str) -> None:
        """What the editor made of them."""
        self._whole = None
        self.parts = list(from_editor(text, self.parts)) if self._many else [replace(self.part, text=text)]
        self.at = min(self.at, len(self.parts) - 1)

    @property
    def _many(self) -> bool:
        return self.paper.threads or len(self.parts) > 1

    # -- what it comes to ----------------------------------------------------------------------------------------
    def length(self, warning: str) -> Length:
        """The length of the post that is being written; far beyond the limit it is an estimate."""
        text = self.part.text
        head = self.paper.measure(text[:COUNTED], warning)
        if len(text) <= COUNTED:
            return head
        if head.left < 0:
            return replace(head, used=head.used + len(text) - COUNTED)
        return self.paper.measure(text, warning)

    def price(self) -> Price | None:
        """What all posts together cost, and why so much."""
        prices = [price for place, part in enumerate(self.parts) if (price := self.paper.price(part.text, place))]
        why = next((price.why for price in prices if price.why), "")
        return Price(sum(price.micros for price in prices), why) if prices else None

    def refusal(self, act: Act) -> str:
        """Why it cannot be sent as it is, "" if it can; the post that is the reason is then the one at hand."""
        kept = self.kept(act)
        if kept.empty:
            return EMPTY
        if kept.more and not self.paper.threads:
            return ONE_POST
        for place, part in enumerate(without_empty(parts_of(act))):
            blank = not part.media and (self.paper.blank(part.text) if place == 0 else False)
            why = FIRST_EMPTY if blank else self._too_long(place, part, act) or self._pictures(part)
            if why:
                self.at = self.parts.index(part)
                return why
        return ""

    def _too_long(self, place: int, part: Part, act: Act) -> str:
        left = self.paper.measure(part.text, act.warning).left
        if left >= 0:
            return ""
        return f"{f'Post {place + 1}' if act.more else 'This'} is {-left:,} too long to be sent."

    def _pictures(self, part: Part) -> str:
        pictures = self.paper.form.pictures
        if not part.media:
            return ""
        if pictures is None or self.paper.sends:
            return NO_PICTURES
        if len(part.media) > pictures.most:
            return f"{len(part.media)} pictures are too many: {pictures.most} can go with a post here."
        if self.paper.alt_required and not all(one.alt.strip() for one in part.media):
            return "A picture has no words for those who cannot see it: Ctrl+r adds them."
        return ""
