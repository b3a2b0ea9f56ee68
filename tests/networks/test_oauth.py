"""OAuth: the vectors of the specifications and of X's documentation, and the receiver on loopback."""

from __future__ import annotations

import asyncio
import re
from urllib.parse import unquote, urlsplit

import pytest

from tweetdesk.networks.errors import Refused, Unreachable
from tweetdesk.networks.oauth import Proof, base_string, fresh_proof, sign, signature
from tweetdesk.networks.oauth_return import Receiver, code_in

# --- PKCE and state ----------------------------------------------------------------------------------------------


def test_the_challenge_is_that_of_rfc_7636() -> None:
    proof = Proof("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "s")
    assert proof.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_every_proof_is_another_and_has_the_form_that_is_allowed() -> None:
    proofs = [fresh_proof() for _ in range(50)]
    assert len({proof.verifier for proof in proofs} | {proof.state for proof in proofs}) == 100
    for proof in proofs:
        assert re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", proof.verifier)
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", proof.challenge)
        assert len(proof.state) >= 32
        assert proof.verifier not in repr(proof)
        assert proof.state not in repr(proof)


def test_only_the_very_state_matches() -> None:
    proof = fresh_proof()
    assert proof.matches(proof.state)
    for other in ("", proof.state[:-1], proof.state + "x", proof.state.swapcase(), "é", "\ud800", "\x00"):
        assert not proof.matches(other)


# --- OAuth 1.0a --------------------------------------------------------------------------------------------------


def test_the_base_string_is_that_of_rfc_5849() -> None:
    found = base_string(
        "post", "http://EXAMPLE.com:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b",
        [
            ("oauth_consumer_key", "9djdj82h48djs9d2"), ("oauth_token", "kkk9d7dh3k39sjv7"),
            ("oauth_signature_method", "HMAC-SHA1"), ("oauth_timestamp", "137131201"),
            ("oauth_nonce", "7d8f3e4a"), ("c2", ""), ("a3", "2 q"),
        ],
    )  # fmt: skip
    assert found == (
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540"
        "%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3D"
        "HMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
    )


def test_the_signature_is_that_of_rfc_5849() -> None:
    """Section 1.2, the request for the photograph."""
    protocol = [
        ("oauth_consumer_key", "dpf43f3p2l4k3l03"), ("oauth_token", "nnch734d00sl2jdk"),
        ("oauth_signature_method", "HMAC-SHA1"), ("oauth_timestamp", "137131202"), ("oauth_nonce", "chapoH"),
    ]  # fmt: skip
    url = "http://photos.example.net/photos?file=vacation.jpg&size=original"
    assert signature("GET", url, protocol, "kd94hf93k423kf44", "pfkkdhi9sl3r4s00") == (
        "MdpQcU8iPSUjWoN/UDMsK2sui9I="
    )


def test_the_header_is_that_of_xs_documentation() -> None:
    """Creating a signature (OAuth 1.0a), with the address and the result that the page has had for years."""
    header = sign(
        "POST", "https://api.twitter.com/1.1/statuses/update.json",
        [("include_entities", "true"), ("status", "Hello Ladies + Gentlemen, a signed OAuth request!")],
        consumer_key="xvz1evFS4wEEPTGEFPHBog", consumer_secret="kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
        token="370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb",
        token_secret="LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
        nonce="kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg", timestamp=1318622958,
    )  # fmt: skip
    assert header.startswith("OAuth ")
    fields = dict(re.findall(r'(\w+)="([^"]*)"', header))
    assert unquote(fields["oauth_signature"]) == "hCtSmYh+iHYCEqBWrE7C7hYmtUk="
    assert fields["oauth_signature"] == "hCtSmYh%2BiHYCEqBWrE7C7hYmtUk%3D"
    assert (fields["oauth_timestamp"], fields["oauth_version"]) == ("1318622958", "1.0")
    assert "kAcSOq" not in header
    assert "Lswwdo" not in header


def test_a_port_of_its_own_and_letters_of_every_script_are_signed() -> None:
    assert base_string("GET", "http://127.0.0.1:8080", [("q", "é ~*'")]) == (
        "GET&http%3A%2F%2F127.0.0.1%3A8080%2F&q%3D%25C3%25A9%2520~%252A%2527"
    )


# --- what is pasted ----------------------------------------------------------------------------------------------


def test_a_code_alone_or_the_whole_address_can_be_pasted() -> None:
    proof = Proof("v", "our state")
    for pasted in (
        "abc",
        " abc\n",
        "\u2068abc\u2069",
        "http://127.0.0.1:8742/callback?state=our%20state&code=abc",
        "127.0.0.1:8742/callback?code=abc&state=our+state#_=_",
        "state=our+state&code=abc",
    ):
        assert code_in(pasted, proof) == "abc"


@pytest.mark.parametrize(
    ("pasted", "code"),
    [
        ("", "Empty"),
        ("  \u200b ", "Empty"),
        ("http://127.0.0.1:8742/", "Empty"),
        ("two words", "Empty"),
        ("http://[x?code=a", "StateMismatch"),
        ("http://[x", "Empty"),
        ("http://127.0.0.1:8742/callback?state=ours", "Empty"),
        ("http://127.0.0.1:8742/callback?code=abc", "StateMismatch"),
        ("http://127.0.0.1:8742/callback?code=abc&state=theirs", "StateMismatch"),
        ("http://127.0.0.1:8742/callback?code=abc&state=theirs&state=ours", "StateMismatch"),
        ("http://127.0.0.1:8742/callback?error=access_denied&state=ours", "access_denied"),
        (
            "http://127.0.0.1:8742/callback?error=invalid_scope&error_description=x%1b[31my&state=ours",
            "invalid_scope",
        ),
    ],
)
def test_what_is_pasted_wrongly_is_told(pasted: str, code: str) -> None:
    with pytest.raises(Refused) as told:
        code_in(pasted, Proof("v", "ours"))
    assert told.value.code == code
    assert str(told.value).isprintable()


# --- the receiver ------------------------------------------------------------------------------------------------


async def _browse(address: str, method: str = "GET") -> tuple[int, dict[str, str], str]:
    """What a browser would get, read to its end on a connection of its own."""
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection("127.0.0.1", parts.port)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    writer.write(f"{method} {target} HTTP/1.1\r\nhost: {parts.netloc}\r\n\r\n".encode())
    answer = (await reader.read()).decode()
    writer.close()
    head, _, body = answer.partition("\r\n\r\n")
    lines = head.split("\r\n")
    return int(lines[0].split()[1]), dict(line.split(": ", 1) for line in lines[1:]), body


async def test_the_receiver_takes_the_code_and_says_that_the_page_can_be_closed() -> None:
    proof = fresh_proof()
    async with Receiver(proof) as receiver:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/callback", receiver.address)
        status, headers, body = await _browse(f"{receiver.address}?state={proof.state}&code=the-code")
        assert await receiver.code() == "the-code"
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "You may close this page" in body
    assert "the-code" not in body + str(headers)
    assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")
    with pytest.raises(OSError, match=r"."):
        await _browse(receiver.address)


async def test_what_does_not_belong_to_the_login_is_refused_and_the_receiver_goes_on_waiting() -> None:
    proof, refused = fresh_proof(), list[str]()
    async with Receiver(proof, refused=refused.append) as receiver:
        address = receiver.address
        port = urlsplit(address).port
        assert (await _browse(f"http://127.0.0.1:{port}/favicon.ico"))[0] == 404
        assert (await _browse(f"http://127.0.0.1:{port}/callback/?state={proof.state}&code=a"))[0] == 404
        assert (await _browse(f"{address}?state={proof.state}&code=a", "POST"))[0] == 404
        assert (await _browse(f"{address}?state={proof.state}&code=a", "HEAD"))[0] == 404
        assert (await _browse(f"{address}?code=evil&state=another"))[0] == 400
        assert (await _browse(f"{address}?code=evil"))[0] == 400
        assert (await _browse(f"{address}?error=access_denied&state=another"))[0] == 400
        assert len(refused) == 3
        assert all("does not belong to this login" in sentence for sentence in refused)
        await _browse(f"{address}?code=right&state={proof.state}")
        assert await receiver.code() == "right"


async def test_a_login_that_was_refused_in_the_browser_ends_the_waiting() -> None:
    proof = fresh_proof()
    async with Receiver(proof) as receiver:
        status, _, body = await _browse(f"{receiver.address}?error=access_denied&state={proof.state}")
        with pytest.raises(Refused, match="refused in the browser: nothing was saved"):
            await receiver.code()
        assert (status, "refused" in body) == (200, True)
        await _browse(f"{receiver.address}?code=after+all&state={proof.state}")
        assert await receiver.code() == "after all"


async def test_the_receiver_does_not_wait_for_ever_nor_for_a_port_that_is_taken() -> None:
    proof = fresh_proof()
    async with Receiver(proof) as receiver:
        with pytest.raises(Unreachable, match="did not come back"):
            await receiver.code(seconds=0)
        port = urlsplit(receiver.address).port
        assert port is not None
        with pytest.raises(Refused, match=rf"Port {port} of this machine cannot be used .*--port"):
            async with Receiver(proof, port=port):
                pass


async def test_noise_on_the_port_does_no_harm() -> None:
    proof = fresh_proof()
    async with Receiver(proof) as receiver:
        port = urlsplit(receiver.address).port
        for noise in (
            b"\x16\x03\x01\x02\x00\r\n\r\n",
            b"\r\n\r\n",
            b"GET\r\n\r\n",
            b"GET http://[x HTTP/1.1\r\n\r\n",
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(noise)
            assert (await reader.read()).split(b" ")[1] in (b"404", b"400")
            writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /" + b"a" * 100_000)
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
        await _browse(f"{receiver.address}?code=right&state={proof.state}")
        assert await receiver.code() == "right"
