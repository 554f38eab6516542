package main

import (
	"reflect"
	"strings"
	"testing"
)

func modesAfter(pieces ...string) *modes {
	read := &modes{}
	for _, piece := range pieces {
		read.read([]byte(piece))
	}
	return read
}

func TestOutputCutAnywhereSetsTheSameModes(t *testing.T) {
	output := "a\x1b[?1049h\x1b[?25l\x1b[?1;1006h\x1b[5;20r\x1b[4h\x1b[>4;2m\x1b[3 q\x1b=\x1b(0\x0e\x1b[1;4;38;5;208mtext\x1b[39m\x1b[?7l\x1b]0;title\x07\x1b[2K\x1b[200"
	whole := modesAfter(output).prelude()
	for first := range len(output) {
		for second := first; second < len(output); second += 7 {
			if cut := modesAfter(output[:first], output[first:second], output[second:]).prelude(); cut != whole {
				t.Fatalf("cut at %d and %d: %q, and not %q", first, second, cut, whole)
			}
		}
	}
	for _, part := range []string{"\x1b[?1049h", "\x1b[?25l", "\x1b[?1h", "\x1b[?1006h", "\x1b[4h", "\x1b[>4;2m", "\x1b[3 q", "\x1b=", "\x1b(0", "\x0e", "\x1b[1;4;38;5;208m", "\x1b[39m", "\x1b[?7l", "\x1b[5;20r"} {
		if !strings.Contains(whole, part) {
			t.Errorf("%q is not in %q", part, whole)
		}
	}
}

func TestWhatIsTakenBackIsNotRestored(t *testing.T) {
	untouched := modesAfter().prelude()
	for _, output := range []string{
		"plain text\r\n",
		"\x1b[?25l\x1b[?25h",
		"\x1b[?1049h\x1b[2;9r\x1b[?1049l",
		"\x1b[31m red \x1b[0m",
		"\x1b[31m red \x1b[m",
		"\x1b[4h\x1b[4l\x1b=\x1b>\x0e\x0f\x1b(0\x1b(B",
		"\x1b[?1000h\x1b[31m\x1b[?1049hall\x1bc",
		"\x1b[?2004h\x1b[5;9r\x1b[!p",
	} {
		if got := modesAfter(output).prelude(); got != untouched {
			t.Errorf("%q leaves %q", output, got)
		}
	}
}

func TestASoftResetLeavesTheScreenAndTheMouse(t *testing.T) {
	prelude := modesAfter("\x1b[?1049h\x1b[?1000h\x1b[?25l\x1b[!p").prelude()
	for part, there := range map[string]bool{"\x1b[?1049h": true, "\x1b[?1000h": true, "\x1b[?25l": false} {
		if strings.Contains(prelude, part) != there {
			t.Errorf("%q in %q", part, prelude)
		}
	}
}

func TestOnlyTheLastColoursAreKept(t *testing.T) {
	read := modesAfter("\x1b[31m\x1b[0;32m" + strings.Repeat("\x1b[1m", 30) + "\x1b[44m")
	if len(read.colours) != keptColours || read.colours[keptColours-1] != "44" {
		t.Error(read.colours)
	}
	if got := modesAfter("\x1b[31m\x1b[0;32m").colours; !reflect.DeepEqual(got, []string{"0;32"}) {
		t.Error(got)
	}
}

func TestNoOutputMakesThePreludeLong(t *testing.T) {
	worst := strings.Repeat("\x1b["+strings.Repeat("1;", 30)+"1m", 40) + "\x1b[?1;5;6;9;45;66;1000;1002;1003;1004;1005;1006;1015;1016;2004;1049h\x1b[" + strings.Repeat("7", 500) + "r\x1b[>" + strings.Repeat("3", 500) + "m"
	if length := len(modesAfter(worst).prelude()); length > 4096 {
		t.Error(length)
	}
}
