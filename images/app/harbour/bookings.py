"""The logbook: berth bookings, kept in one JSON file."""

import fcntl
import json
import os
import uuid
from datetime import datetime, timezone
from pathlib import Path


class Invalid(Exception):
    """A booking that cannot be made; names the field and what it must be."""

    def __init__(self, field: str, message: str):
        super().__init__(f"{field} {message}")
        self.field = field
        self.message = message


class FileStore:
    """Every change is on disk before it is answered; several processes may share the file."""

    kind = "file"

    def __init__(self, path: str):
        self.path = Path(path)

    def describe(self) -> dict:
        return {"kind": self.kind, "path": str(self.path.resolve())}

    def all(self) -> list[dict]:
        try:
            return json.loads(self.path.read_text())
        except FileNotFoundError:
            return []

    def add(self, wish: object) -> dict:
        booking = {"id": str(uuid.uuid4()), **check(wish), "at": datetime.now(timezone.utc).isoformat(timespec="seconds")}
        self._change(lambda bookings: [*bookings, booking])
        return booking

    def remove(self, identity: str) -> bool:
        before = len(self.all())
        after = self._change(lambda bookings: [booking for booking in bookings if booking["id"] != identity])
        return len(after) < before

    def _change(self, change) -> list[dict]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path.with_name(self.path.name + ".lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            bookings = change(self.all())
            draft = self.path.with_name(self.path.name + ".draft")
            with open(draft, "w") as file:
                json.dump(bookings, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            draft.rename(self.path)
        return bookings


def check(wish: object) -> dict:
    """The fields of a booking, or Invalid."""
    if not isinstance(wish, dict):
        raise Invalid("body", 'must be a JSON object such as {"ship": "Ariel", "berth": 3}')
    ship, berth = wish.get("ship"), wish.get("berth")
    if not isinstance(ship, str) or not 1 <= len(ship.strip()) <= 60:
        raise Invalid("ship", "must be a name of 1 to 60 characters")
    if not isinstance(berth, int) or isinstance(berth, bool) or not 1 <= berth <= 99:
        raise Invalid("berth", "must be a whole number from 1 to 99")
    return {"ship": ship.strip(), "berth": berth}
