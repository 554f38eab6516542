"""What output has set a terminal to, so that output that is no longer kept can still be lived without."""

import re

PRIVATE = {1, 5, 6, 7, 9, 25, 45, 66, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 2004}
ON_AT_FIRST = {7, 25}  # lines wrap, the cursor shows
ALTERNATE = {47, 1047, 1049}
CLEAN = b"\x1b[?1047l\x1b[!p\x1b[?9;1000;1002;1003;1004;1005;1006;1015;1016;2004l\x1b(B\x0f\x1b>\x1b[0m"
LONGEST = 64  # a sequence that is cut off at the end of a piece, at most
KEPT_COLOURS = 16
SEQUENCE = re.compile(
    rb"\x1b(?:\[(?:\?(?P<private>[\d;]{1,40})(?P<turn>[hl])|(?P<plain>[\d;]{1,10})(?P<set>[hl])"
    rb"|(?P<region>[\d;]{0,9})r|(?P<cursor>\d?) q|>(?P<keys>[\d;]{1,9})m|(?P<soft>!p))"
    rb"|(?P<keypad>[=>])|(?P<reset>c)|(?P<slot>[()])(?P<charset>[0-9A-Z]))"
)
COLOUR = re.compile(rb"\x1b\[([\d;:]{0,48})m")


class Modes:
    """Reads output and remembers the modes it leaves a terminal in."""

    def __init__(self):
        self.rest = b""
        self.forget()

    def forget(self):
        self.private, self.alternate, self.insert = {}, False, False
        self.region = self.cursor = self.keys = b""
        self.charsets, self.shift, self.keypad = {}, b"\x0f", b">"
        self.colours = []

    def after(self, data):
        """What they are once `data` has been read too; these stay as they are."""
        later = Modes()
        vars(later).update(vars(self))
        later.private, later.charsets, later.colours = dict(self.private), dict(self.charsets), list(self.colours)
        later.read(data)
        return later

    def read(self, data):
        data = self.rest + bytes(data)
        escape = data.rfind(b"\x1b", -LONGEST)
        whole = len(data) if escape < 0 or SEQUENCE.match(data, escape) or COLOUR.match(data, escape) else escape
        self.rest = data[whole:]
        for found in SEQUENCE.finditer(data, 0, whole):
            self.set(found)
        shifted = max(data.rfind(b"\x0e", 0, whole), data.rfind(b"\x0f", 0, whole))
        if shifted >= 0:
            self.shift = data[shifted : shifted + 1]
        # Only colours since they were last taken back count, and those are few.
        plain = max(data.rfind(b"\x1b[0m", 0, whole), data.rfind(b"\x1b[m", 0, whole))
        if plain >= 0:
            self.colours.clear()
        for found in COLOUR.finditer(data, max(plain, 0), whole):
            if found[1].startswith(b"0;"):
                self.colours.clear()
            if found[1].strip(b"0"):
                self.colours.append(found[1])
        del self.colours[:-KEPT_COLOURS]

    def set(self, found):
        kind = found.lastgroup
        if kind == "turn":
            for number in (int(digits) for digits in found["private"].split(b";") if digits):
                if number in ALTERNATE:
                    self.alternate, self.region = found["turn"] == b"h", b""
                elif number in PRIVATE:
                    self.private[number] = found["turn"] == b"h"
        elif kind == "set":
            if b"4" in found["plain"].split(b";"):
                self.insert = found["set"] == b"h"
        elif kind == "charset":
            self.charsets[found["slot"]] = found["charset"]
        elif kind in ("soft", "reset"):
            alternate = self.alternate and kind == "soft"
            mouse = {number: on for number, on in self.private.items() if kind == "soft" and 1000 <= number < 2000}
            self.forget()
            self.alternate, self.private = alternate, mouse
        else:
            setattr(self, kind, found[kind])

    def prelude(self):
        """Sequences that bring a terminal in any state into this one."""
        parts = [CLEAN]
        if self.alternate:
            parts.append(b"\x1b[?1049h")
        if self.region:
            parts.append(b"\x1b[%sr" % self.region)
        for number, on in sorted(self.private.items()):
            if on != (number in ON_AT_FIRST):
                parts.append(b"\x1b[?%d%s" % (number, b"h" if on else b"l"))
        if self.insert:
            parts.append(b"\x1b[4h")
        if self.keys:
            parts.append(b"\x1b[>%sm" % self.keys)
        if self.cursor:
            parts.append(b"\x1b[%s q" % self.cursor)
        if self.keypad == b"=":
            parts.append(b"\x1b=")
        parts += [b"\x1b" + slot + charset for slot, charset in self.charsets.items() if charset != b"B"]
        if self.shift == b"\x0e":
            parts.append(self.shift)
        parts += [b"\x1b[%sm" % colour for colour in self.colours]
        return b"".join(parts)
