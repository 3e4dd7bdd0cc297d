"""The fake driver's memory on disk: one line a change, written at once and rewritten whole at each start.

A killed process loses nothing that it wrote (the pages are the kernel's); a torn last line is dropped.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from compute_cloud.errors import Unavailable
from compute_cloud.lifecycle.states import PowerState
from compute_cloud.virt.driver import Guest


@dataclass
class Remembered:
    """What the fake hypervisor holds: guests by server, servers with disks, and guests that refuse to stop."""

    guests: dict[str, Guest] = field(default_factory=dict)
    disks: set[str] = field(default_factory=set)
    stubborn: set[str] = field(default_factory=set)


class GuestLog:
    """An append-only file of changes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1

    def open(self) -> Remembered:
        """Read what is there, write it anew without its history, and keep it open. Raises Unavailable."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            remembered = _replay(self._path)
            fresh = self._path.with_suffix(".new")
            fresh.write_text("".join(_lines(remembered)))
            fresh.replace(self._path)
            self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND)
        except OSError as error:
            raise Unavailable("The fake hypervisor's memory cannot be opened.", detail=str(error)) from error
        return remembered

    def note(self, change: Mapping[str, str | int]) -> None:
        """Append one change: ``guest``, ``name`` and ``power``, or one of ``gone``, ``disks``, ``no_disks`` (ids)."""
        os.write(self._file, (json.dumps(change) + "\n").encode())

    def close(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def change_of(guest: Guest) -> Mapping[str, str | int]:
    """Return the line of a guest that came or changed."""
    return {"guest": guest.server_id, "name": guest.name, "power": int(guest.power_state)}


def _lines(remembered: Remembered) -> list[str]:
    changes = [change_of(guest) for guest in remembered.guests.values()]
    changes += [{"disks": server_id} for server_id in sorted(remembered.disks)]
    return [json.dumps(change) + "\n" for change in changes]


def _replay(path: Path) -> Remembered:
    remembered = Remembered()
    if not path.exists():
        return remembered
    for line in path.read_text().splitlines():
        try:
            change = json.loads(line)
        except ValueError:
            continue
        if "guest" in change:
            remembered.guests[change["guest"]] = Guest(
                server_id=change["guest"], name=change["name"], power_state=PowerState(change["power"])
            )
        elif "gone" in change:
            remembered.guests.pop(change["gone"], None)
        elif "disks" in change:
            remembered.disks.add(change["disks"])
        elif "no_disks" in change:
            remembered.disks.discard(change["no_disks"])
    return remembered
