"""Settings come from environment variables and files, and harbour can say which.

A setting `bookings_file` is looked for, in this order, in the file that HARBOUR_BOOKINGS_FILE_FROM
names, in the variable HARBOUR_BOOKINGS_FILE, and in /etc/harbour/bookings_file.
"""

import os
from pathlib import Path

FOLDER = Path("/etc/harbour")
sources: dict[str, str] = {}


def get(name: str, default: str) -> str:
    """The value of a setting. Files are read anew each time, so that a change needs no restart."""
    variable = "HARBOUR_" + name.upper()
    if file := os.environ.get(variable + "_FROM"):
        sources[name] = f"file {file}"
        return Path(file).read_text().strip()
    if (value := os.environ.get(variable)) is not None:
        sources[name] = f"variable {variable}"
        return value
    if (path := FOLDER / name).is_file():
        sources[name] = f"file {path}"
        return path.read_text().strip()
    sources[name] = "default"
    return default
