"""OAuth: the vectors of the specifications and of X's documentation, and the receiver on loopback."""

from __future__ import annotations

import re
from urllib.parse import unquote

from tweetdesk.networks.oauth import Proof, base_string, fresh_proof, sign, signature

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
