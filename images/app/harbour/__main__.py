"""Starts the part of harbour that HARBOUR_PART names."""

import sys

from harbour import api, settings

PARTS = {"api": api.serve}

part = settings.get("part", "api")
if part not in PARTS:
    sys.exit(f"harbour has no part {part!r}: HARBOUR_PART may be {', '.join(PARTS)}")
PARTS[part]()
