"""What becomes of X's posts: texts, links, quotes, media, polls, and who may answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from replaykit import NOW
from x_replay import OWN, number, wire

from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import Post, PostRef, Span, SpanKind
from tweetdesk.networks.json_values import Unreadable
from tweetdesk.networks.x_records import Known, message, partner_in, post, profile
from tweetdesk.networks.x_wire import (
    WireMessage,
    WirePost,
    WireUser,
    all_of,
    answer_in,
    moment,
    moment_of_id,
    newest,
)

GRACE = Identity("x", "21", "grace", "Grace")
ADA = Identity("x", OWN, "ada")


def known(**more: Any) -> Known:
    return Known(OWN, {"21": GRACE, OWN: ADA}, **more)


def made(*, raw: dict[str, Any] | None = None, **more: Any) -> Post:
    sent = json.dumps({"data": [raw or wire(number(), **more)]}).encode()
    (found,), broken = all_of(answer_in(sent).entries(), WirePost)
    assert broken == 0
    return post(found, known())


def test_a_plain_post() -> None:
    one = made(created_at="2026-11-22T18:00:00.000Z", lang="en", public_metrics={"reply_count": 3})
    assert one.author == GRACE
    assert one.url == f"https://x.com/grace/status/{number()}"
    assert (one.reply_count, one.languages) == (3, ("en",))
    assert one.conversation == number()
    assert one.reply_to is None
    assert made(lang="und").languages == ()


def test_without_a_date_its_id_tells() -> None:
    assert abs((made().created_at - NOW).total_seconds()) < 1
    assert moment_of_id("1346889436626259968").isoformat().startswith("2021-01-06T18:40:40")
    with pytest.raises(Unreadable):
        moment_of_id("20")


def test_an_old_post_of_before_dates_in_ids() -> None:
    assert made(raw=wire("20", created_at="2006-03-21T20:50:14.000Z")).created_at.year == 2006
    with pytest.raises(Unreadable):
        made(raw=wire("20"))


def test_links_are_shown_as_they_were_written() -> None:
    text = "😀 R&amp;D: https://t.co/abc and @ada on #ünïcode $ABC https://t.co/pic"
    spots = {
        "urls": [
            {"start": 11, "end": 27, "url": "https://t.co/abc", "expanded_url": "https://example.com/long?a=1",
             "display_url": "example.com/long?a=1"},
            {"start": 55, "end": 71, "url": "https://t.co/pic", "expanded_url": "https://x.com/grace/status/9/photo/1",
             "display_url": "pic.x.com/pic", "media_key": "3_9"},
        ],
        "mentions": [{"start": 32, "end": 36, "username": "ada", "id": OWN}],
        "hashtags": [{"start": 40, "end": 48, "tag": "ünïcode"}],
        "cashtags": [{"start": 49, "end": 53, "tag": "ABC"}],
    }  # fmt: skip
    one = made(text=text, entities=spots, attachments={"media_keys": ["3_9"]})
    assert one.text == "😀 R&D: example.com/long?a=1 and @ada on #ünïcode $ABC"
    found = [(one.text[span.start : span.end], span.kind, span.target) for span in one.spans]
    assert found == [
        ("example.com/long?a=1", SpanKind.LINK, "https://example.com/long?a=1"),
        ("@ada", SpanKind.MENTION, OWN),
        ("#ünïcode", SpanKind.TAG, "ünïcode"),
        ("$ABC", SpanKind.TAG, "$ABC"),
    ]
    assert [media.kind for media in one.media] == ["image"]
    assert one.mentions == (ADA,)


def test_places_that_are_shifted_are_put_right_and_those_that_are_nowhere_left_out() -> None:
    spots = {
        "mentions": [{"start": 2, "end": 6, "username": "ada", "id": OWN}],
        "hashtags": [{"start": 0, "end": 99, "tag": "nowhere"}, {"start": -5, "end": -1, "tag": "x"}],
    }
    one = made(text="&amp;&amp; hello @ada", entities=spots)
    assert one.text == "&& hello @ada"
    assert one.spans == (Span(9, 13, SpanKind.MENTION, OWN),)


def test_the_text_of_a_long_post() -> None:
    for name in ("note_tweet", "note_post"):
        one = made(text="the beginn…", **{name: {"text": "the beginning and the end &lt;3"}})
        assert one.text == "the beginning and the end <3"


def test_a_quote_and_what_is_answered_in_both_vocabularies() -> None:
    other = made(raw=wire("1346889436626259968", text="the first"))
    for name in ("referenced_tweets", "referenced_posts"):
        raw = wire(
            number(), conversation_id="1346889436626259968",
            **{name: [{"type": "replied_to", "id": "1346889436626259968"}, {"type": "quoted", "id": "5"}]},
        )  # fmt: skip
        sent = json.dumps({"data": raw}).encode()
        (found,), _ = all_of(answer_in(sent).entries(), WirePost)
        one = post(found, known(posts={other.ref.id: other}, missing={"5": "deleted"}))
        assert one.reply_to == one.reply_root == other.ref
        assert one.parent is not None
        assert (one.parent.text, one.parent.author) == ("the first", GRACE)
        assert one.quote is not None
        assert (one.quote.ref, one.quote.missing) == (PostRef("x", "5"), "deleted")


def test_media_and_polls_that_were_asked_for() -> None:
    raw = wire(number(), attachments={"media_keys": ["3_1", "7_2", "strange"], "poll_ids": ["8"]})
    includes = {
        "media": [{"media_key": "3_1", "type": "photo", "url": "https://example.com/a", "alt_text": "a &lt; b"},
                  {"media_key": "7_2", "type": "video", "preview_image_url": "javascript:alert(1)"}],
        "polls": [{"id": "8", "voting_status": "closed", "end_datetime": "2026-11-23T00:00:00.000Z", "options": [
            {"position": 2, "label": "no", "votes": 1}, {"position": 1, "label": "yes", "votes": 3}]}],
    }  # fmt: skip
    answer = answer_in(json.dumps({"data": [raw], "includes": includes}).encode())
    base = known()
    base.take_attachments(answer.includes)
    one = post(all_of(answer.entries(), WirePost)[0][0], base)
    assert [(media.kind, media.alt, media.url) for media in one.media] == [
        ("image", "a < b", "https://example.com/a"),
        ("video", "", ""),
        ("other", "", ""),
    ]
    assert one.poll is not None
    assert [(option.title, option.votes) for option in one.poll.options] == [("yes", 3), ("no", 1)]
    assert one.poll.closed


def test_who_may_answer() -> None:
    assert not made(reply_settings="everyone").viewer.replies_closed
    assert made(reply_settings="mentionedUsers").viewer.replies_closed
    addressed = {"mentions": [{"start": 0, "end": 4, "username": "ada", "id": OWN}]}
    assert not made(text="@ada hi", entities=addressed, reply_settings="mentionedUsers").viewer.replies_closed
    assert not made(raw=wire(number(), OWN, reply_settings="mentionedUsers")).viewer.replies_closed


def test_an_edited_post_and_one_that_is_marked() -> None:
    assert made(edit_history_tweet_ids=["1", "2"]).edited_at is not None
    assert made(edit_history_tweet_ids=["1"]).edited_at is None
    assert made(possibly_sensitive=True).warning == "marked as sensitive"


def test_an_author_of_whom_only_the_id_is_known() -> None:
    one = made(raw=wire(number(), "77"))
    assert one.author == Identity("x", "77", "77")
    assert one.url == f"https://x.com/i/status/{number()}"
    with pytest.raises(Unreadable):
        made(raw=wire(number(), ""))


def test_a_person() -> None:
    who = profile(WireUser("21", "grace", "Grace", "a &amp; b", "2013-12-14T04:35:55Z", ["followed_by", "muting"]))
    assert (who.bio, who.follows_us, who.muted, who.following, who.url) == (
        "a & b", True, True, "", "https://x.com/grace",
    )  # fmt: skip


def test_direct_messages() -> None:
    event = WireMessage("1585823814058971140", "MessageCreate", "see &amp; hear", "21", "", f"21-{OWN}")
    one = message(event, known())
    assert (one.text, one.author, one.conversation) == ("see & hear", GRACE, f"21-{OWN}")
    assert one.created_at.year == 2022
    event.sender_id = OWN
    assert message(event, known()).mentions == (GRACE,)
    event.event_type = "ParticipantsJoin"
    with pytest.raises(Unreadable):
        message(event, known())
    assert partner_in("1-2", "2") == "1"
    assert partner_in("12345678901234567", "2") == ""


def test_dates_and_ids() -> None:
    assert moment("2025-11-26T13:30:10-08:00") is not None
    for bad in ("", "yesterday", "2026-11-22", "2026-11-22T10:00:00", "9999-12-31T23:59:59-23:00"):
        assert moment(bad) is None
    assert newest(["9", "10", "x", ""]) == "10"
    assert newest([]) == ""


_strange = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=2)
)


@given(st.dictionaries(st.sampled_from(sorted(WirePost.__struct_fields__)), _strange), st.text(max_size=30))
def test_any_entry_is_read_or_counted(fields: dict[str, Any], text: str) -> None:
    spots = {"urls": [{"start": 1, "end": 3, "url": text[:5], "expanded_url": f"https://example.com/{text}"}]}
    raw = {**wire(number()), "text": text, "entities": spots, **fields}
    found, broken = all_of(answer_in(json.dumps({"data": [raw]}).encode()).entries(), WirePost)
    assert len(found) + broken == 1
    for one in found:
        try:
            shown = post(one, known())
        except Unreadable:
            continue
        assert all(0 <= span.start < span.end <= len(shown.text) for span in shown.spans)
