"""The note in each guest's directory: which compute service made it, and which cached image it stands on.

``instances_path`` may be shared by hosts; without the note nobody could tell whose files these are.
"""

import json
from dataclasses import dataclass
from pathlib import Path

_NAME = "owner.json"


@dataclass(frozen=True, kw_only=True)
class Note:
    """``base`` is the name of a file in the image cache."""

    host: str
    base: str


def write_note(home: Path, note: Note) -> None:
    """Leave the note in a guest's directory."""
    fresh = home / f"{_NAME}.new"
    fresh.write_text(json.dumps({"host": note.host, "base": note.base}))
    fresh.replace(home / _NAME)


def read_note(home: Path) -> Note | None:
    """Return the note of a directory; None where there is none that can be read."""
    try:
        note = json.loads((home / _NAME).read_text())
        return Note(host=str(note["host"]), base=str(note["base"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def bases_in_use(instances: Path) -> frozenset[str]:
    """Return the cached images that guests stand on, whosever they are."""
    notes = (read_note(home) for home in instances.iterdir())
    return frozenset(note.base for note in notes if note is not None)
