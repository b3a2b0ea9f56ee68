"""com.atproto.server and com.atproto.identity: logging in, and who is who."""

from __future__ import annotations

import hashlib

from . import sessions
from .people import Person
from .xrpc import Call, Json, Param, XrpcError, invalid, method


def did_document(call: Call, person: Person) -> Json:
    """The DID document, with the address that the call came to as the PDS."""
    digest = hashlib.sha512(person.did.encode()).hexdigest()
    key = "".join(letter for letter in digest if letter != "0")[:90]
    return {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/secp256k1-2019/v1"],
        "id": person.did,
        "alsoKnownAs": [f"at://{person.handle}"],
        "verificationMethod": [
            {
                "id": "#atproto",
                "type": "EcdsaSecp256k1VerificationKey2019",
                "controller": person.did,
                "publicKeyMultibase": "z" + key,
            }
        ],
        "service": [
            {
                "id": "#atproto_pds",
                "type": "AtprotoPersonalDataServer",
                "serviceEndpoint": call.base_url,
            }
        ],
    }


def _identity(call: Call, person: Person) -> Json:
    return {
        "did": person.did,
        "didDoc": did_document(call, person),
        "handle": person.handle,
        "email": person.handle.replace(".", "@", 1),
        "emailConfirmed": False,
        "active": True,
    }


def _session(call: Call, person: Person, scope: str) -> Json:
    access, refresh = sessions.issue(call.world, person.did, scope)
    return {"accessJwt": access, "refreshJwt": refresh, **_identity(call, person)}


@method("com.atproto.server.createSession", write=True, auth="none")
def create_session(call: Call) -> Json:
    call.need("identifier", "password")
    person, scope = sessions.log_in(call.world, str(call.body["identifier"]), str(call.body["password"]))
    return _session(call, person, scope)


@method("com.atproto.server.refreshSession", write=True, auth="refresh")
def refresh_session(call: Call) -> Json:
    return _session(call, call.world.people.by_did[call.me], call.token["for"])


@method("com.atproto.server.getSession")
def get_session(call: Call) -> Json:
    return _identity(call, call.world.people.by_did[call.me])


@method("com.atproto.server.deleteSession", write=True, auth="refresh")
def delete_session(call: Call) -> None:
    call.world.revoked.add(call.token["jti"])


@method("com.atproto.server.describeServer", auth="none")
def describe_server(call: Call) -> Json:
    return {
        "did": "did:web:sandbox.example.com",
        "availableUserDomains": [".example.com", ".example.org", ".example.net"],
        "inviteCodeRequired": False,
        "blobUploadLimit": 5242880,
        "links": {
            "privacyPolicy": "https://example.com/privacy",
            "termsOfService": "https://example.com/terms",
        },
        "contact": {},
    }


@method("com.atproto.identity.resolveHandle", auth="none", handle=Param(required=True))
def resolve_handle(call: Call) -> Json:
    did = call.world.people.resolve(call.params["handle"])
    if did is None:
        raise invalid("Unable to resolve handle")
    return {"did": did}


def refuse_chat(call: Call) -> None:
    """Raises the PDS's error where an app password has no permission for direct messages."""
    if call.scope == sessions.APP_PASSWORD:
        raise XrpcError(400, "InvalidToken", "Bad token method")
