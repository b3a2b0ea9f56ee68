"""What people keep beside their records: ends of mutes, votes, earlier versions, used keys."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

Op = dict[str, Any]


@dataclass
class Marks:
    """All of it, changed by `apply` alone, so that the journal can bring it back."""

    muted_until: defaultdict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    """Person -> muted person -> when the mute ends (ISO)."""
    versions: defaultdict[str, list[Op]] = field(default_factory=lambda: defaultdict(list))
    """URI of an edited post -> its former records with the time at which each ended, oldest first."""
    keys: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    """(person, idempotency key) -> (id of what was made with it, when)."""
    votes: defaultdict[str, dict[str, list[int]]] = field(default_factory=lambda: defaultdict(dict))
    """Id of a poll -> person -> what they chose."""
    markers: defaultdict[str, dict[str, Op]] = field(default_factory=lambda: defaultdict(dict))
    """Person -> timeline -> how far they have read."""

    def apply(self, op: Op) -> bool:
        """One change; whether it is one of these."""
        kind, did = op["op"], op.get("did", "")
        if kind == "mute_until":
            self.muted_until[did].pop(op["subject"], None)
            if op["until"] is not None:
                self.muted_until[did][op["subject"]] = op["until"]
        elif kind == "edited":
            self.versions[op["uri"]].append({"value": op["value"], "at": op["at"]})
        elif kind == "key":
            self.keys[did, op["key"]] = (op["id"], op["at"])
        elif kind == "vote":
            self.votes[op["poll"]][did] = op["choices"]
        elif kind == "marker":
            version = self.markers[did].get(op["timeline"], {}).get("version", 0) + 1
            self.markers[did][op["timeline"]] = {
                "last_read_id": op["id"],
                "version": version,
                "updated_at": op["at"],
            }
        else:
            return False
        return True
