"""The documentation: generated pages are up to date, links lead somewhere, pictures stand alone."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")])
PICTURES = sorted((ROOT / "docs" / "pictures").glob("*.svg"))


def test_the_generated_pages_are_up_to_date() -> None:
    check = subprocess.run(
        [sys.executable, ROOT / "docs" / "generate.py", "--check"], capture_output=True, text=True, check=False
    )
    assert check.returncode == 0, check.stdout + check.stderr


def headings(page: Path) -> set[str]:
    """The anchors of a page's headings, as they are made where Markdown is shown."""
    found = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in found}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_within_the_project_leads_to_a_file_and_a_heading(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
        name, _, anchor = target.partition("#")
        if "://" in target:
            continue
        there = page.parent / name if name else page
        assert there.exists(), f"{page.name} links to {target}"
        assert not anchor or anchor in headings(there), f"{page.name} links to {target}"


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_a_picture_needs_nothing_from_outside_and_stays_small(picture: Path) -> None:
    text = picture.read_text(encoding="utf-8")
    addresses = set(re.findall(r"(?:https?:)?//[^\s\"'<)]+", re.sub(r'xmlns(:\w+)?="[^"]*"', "", text)))
    inside = re.findall(r"<(?:image|link|script|foreignObject)\b|@import|@font-face|url\(\s*['\"]?(?!#)", text)
    assert not inside
    assert not {one for one in addresses if "w3.org" not in one and "example" not in one}
    assert len(text) < 400_000


def test_no_file_names_a_machine_path_or_a_registry() -> None:
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], capture_output=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    unwanted = re.compile("/" + r"(?:work|opt)/|index-url[ =]\s*http|files\.python" + "hosted|--find" + "-links")
    for name in listed.stdout.decode().split("\0"):
        path = ROOT / name
        if name and path.is_file() and path.suffix in {".py", ".md", ".toml", ".txt", ".sql", ".tcss", ""}:
            found = unwanted.search(path.read_text(encoding="utf-8", errors="replace"))
            assert found is None, f"{name}: {found.group()}"
