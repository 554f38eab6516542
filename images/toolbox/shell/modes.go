package main

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// clean brings a terminal in any state into the one it began in.
const clean = "\x1b[?1047l\x1b[!p\x1b[?9;1000;1002;1003;1004;1005;1006;1015;1016;2004l\x1b(B\x0f\x1b>\x1b[0m"

const (
	// longest is a sequence that is cut off at the end of a piece, at most.
	longest     = 64
	keptColours = 16
	lineWrap    = 7
	cursorShown = 25
)

// private modes that are remembered, in the order of their bits.
var private = []int{1, 5, 6, lineWrap, 9, cursorShown, 45, 66, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 2004}

// modes are what output has set a terminal to, so that output that is not shown can be lived without.
type modes struct {
	rest                 []byte // the beginning of a sequence whose end has not been read
	changed              uint32 // private modes that are not as they are at first
	alternate, insert    bool
	shifted, keypad      bool
	region, cursor, keys string
	charsets             [2]byte // of `(` and `)`
	colours              []string
}

// read remembers what data sets. It may be cut anywhere.
func (m *modes) read(data []byte) {
	if len(m.rest) > 0 {
		// Only what may complete the sequence is copied; what follows the overlap is read in place.
		overlap := min(len(data), longest)
		joined := append(m.rest, data[:overlap]...)
		m.rest = nil
		done := m.scan(joined, overlap == len(data))
		if overlap == len(data) {
			return
		}
		data = data[overlap-(len(joined)-done):]
	}
	m.scan(data, true)
}

// scan reads sequences and answers where it stopped: at the end, or where one begins that data does not complete, which is
// put aside when data is the last there is.
func (m *modes) scan(data []byte, last bool) int {
	from := 0
	for {
		found := bytes.IndexByte(data[from:], 0x1b)
		if found < 0 {
			m.shift(data[from:])
			return len(data)
		}
		escape := from + found
		m.shift(data[from:escape])
		length := m.sequence(data[escape:])
		if length < 0 {
			if last {
				m.rest = bytes.Clone(data[escape:])
			}
			return escape
		}
		from = escape + length
	}
}

func (m *modes) shift(text []byte) {
	if bytes.IndexByte(text, 0x0e) < 0 && bytes.IndexByte(text, 0x0f) < 0 { // much faster than from the end
		return
	}
	if at := max(bytes.LastIndexByte(text, 0x0e), bytes.LastIndexByte(text, 0x0f)); at >= 0 {
		m.shifted = text[at] == 0x0e
	}
}

// sequence reads the one that data begins with; answers its length, or -1 when its end is yet to come.
func (m *modes) sequence(data []byte) int {
	if len(data) < 2 {
		return -1
	}
	switch data[1] {
	case '=', '>':
		m.keypad = data[1] == '='
		return 2
	case 'c':
		*m = modes{}
		return 2
	case '(', ')':
		if len(data) < 3 {
			return -1
		}
		if set := data[2]; '0' <= set && set <= '9' || 'A' <= set && set <= 'Z' {
			m.charsets[data[1]-'('] = set
			return 3
		}
		return 1
	case '[':
		for at := 2; at < len(data) && at < longest; at++ {
			if final := data[at]; 0x40 <= final && final <= 0x7e {
				m.control(string(data[2:at]), final)
				return at + 1
			} else if final < 0x20 || final > 0x7e {
				return 1
			}
		}
		if len(data) < longest {
			return -1
		}
	}
	return 1
}

// control is a control sequence: its parameters and intermediates, and the byte that says what they are for.
func (m *modes) control(parameters string, final byte) {
	marker := byte(0)
	rest := parameters
	if rest != "" && strings.IndexByte("?>!", rest[0]) >= 0 {
		marker, rest = rest[0], rest[1:]
	}
	digits := strings.Trim(rest, "0123456789;") == ""
	switch {
	case marker == '?' && (final == 'h' || final == 'l') && digits:
		for number := range strings.SplitSeq(rest, ";") {
			m.turn(number, final == 'h')
		}
	case marker == 0 && (final == 'h' || final == 'l') && digits:
		if slices.Contains(strings.Split(rest, ";"), "4") {
			m.insert = final == 'h'
		}
	case marker == 0 && final == 'r' && digits && len(rest) < 10:
		m.region = rest
	case marker == 0 && final == 'q' && (rest == " " || len(rest) == 2 && rest[1] == ' '):
		m.cursor = rest[:len(rest)-1]
	case marker == '>' && final == 'm' && digits && len(rest) < 10:
		m.keys = rest
	case marker == '!' && final == 'p':
		m.soften()
	case marker == 0 && final == 'm' && strings.Trim(rest, "0123456789;:") == "":
		m.colour(rest)
	}
}

func (m *modes) turn(digits string, on bool) {
	number, err := strconv.Atoi(digits)
	if err != nil {
		return
	}
	if number == 47 || number == 1047 || number == 1049 {
		m.alternate, m.region = on, ""
		return
	}
	if bit := slices.Index(private, number); bit >= 0 {
		m.changed &^= 1 << bit
		if on != onAtFirst(number) {
			m.changed |= 1 << bit
		}
	}
}

// soften is the soft reset: it leaves the screen and the mouse as they are.
func (m *modes) soften() {
	mouse := uint32(0)
	for bit, number := range private {
		if number >= 1000 && number < 2000 {
			mouse |= 1 << bit
		}
	}
	*m = modes{alternate: m.alternate, changed: m.changed & mouse}
}

// colour keeps those since they were last taken back.
func (m *modes) colour(parameters string) {
	if strings.Trim(parameters, "0") == "" || strings.HasPrefix(parameters, "0;") {
		m.colours = m.colours[:0]
	}
	if strings.Trim(parameters, "0") == "" {
		return
	}
	if len(m.colours) == keptColours {
		m.colours = append(m.colours[:0], m.colours[1:]...)
	}
	m.colours = append(m.colours, parameters)
}

func onAtFirst(number int) bool { return number == lineWrap || number == cursorShown }

// prelude is the sequences that bring a terminal in any state into this one.
func (m *modes) prelude() string {
	var out strings.Builder
	out.WriteString(clean)
	if m.alternate {
		out.WriteString("\x1b[?1049h")
	}
	if m.region != "" {
		out.WriteString("\x1b[" + m.region + "r")
	}
	for bit, number := range private {
		if m.changed&(1<<bit) != 0 {
			turned := 'h'
			if onAtFirst(number) {
				turned = 'l'
			}
			fmt.Fprintf(&out, "\x1b[?%d%c", number, turned)
		}
	}
	if m.insert {
		out.WriteString("\x1b[4h")
	}
	if m.keys != "" {
		out.WriteString("\x1b[>" + m.keys + "m")
	}
	if m.cursor != "" {
		out.WriteString("\x1b[" + m.cursor + " q")
	}
	if m.keypad {
		out.WriteString("\x1b=")
	}
	for slot, set := range m.charsets {
		if set != 0 && set != 'B' {
			out.Write([]byte{0x1b, "()"[slot], set})
		}
	}
	if m.shifted {
		out.WriteByte(0x0e)
	}
	for _, colour := range m.colours {
		out.WriteString("\x1b[" + colour + "m")
	}
	return out.String()
}
