"""Where tweetdesk keeps its files: config (yours to edit), data (the database), state (logs)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders of one profile. Nothing is made here: who writes first makes its folder."""

    config: Path
    data: Path
    state: Path

    @classmethod
    def usual(cls, environ: Mapping[str, str]) -> Folders:
        """The folders of this user. TWEETDESK_HOME, where it is set, holds all three."""
        home = environ.get("TWEETDESK_HOME", "")
        if home:
            root = Path(home).expanduser().absolute()
            return cls(root / "config", root / "data", root / "state")
        import platformdirs

        return cls(
            platformdirs.user_config_path("tweetdesk", appauthor=False),
            platformdirs.user_data_path("tweetdesk", appauthor=False),
            platformdirs.user_state_path("tweetdesk", appauthor=False),
        )

    def profile(self, name: str) -> Folders:
        """A set of folders apart from the usual ones ("demo")."""
        return Folders(self.config / name, self.data / name, self.state / name)
