"""The networks, one file each, found by file name."""

from __future__ import annotations

import pkgutil


def names() -> tuple[str, ...]:
    """The networks that there are, by file name; imports none of them."""
    apart = {"base", "credentials", "domains", "errors", "http", "oauth", "shelf", "spending"}
    return tuple(
        sorted(
            found.name
            for found in pkgutil.iter_modules(__path__)
            if found.name not in apart and "_" not in found.name
        )
    )
