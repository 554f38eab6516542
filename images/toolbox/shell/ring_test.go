package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func ringOf(output string) *ring {
	made := &ring{}
	made.keep([]byte(output))
	for made.full() {
		made.drop()
	}
	return made
}

func (r *ring) text(from int64) string {
	var out bytes.Buffer
	r.each(from, r.end, func(piece []byte) { out.Write(piece) })
	return out.String()
}

func TestTheLatestOutputIsKept(t *testing.T) {
	var output strings.Builder
	for line := 0; output.Len() < 2*ringBytes; line++ {
		fmt.Fprintf(&output, "line %d\n", line)
	}
	kept := ringOf(output.String())
	if got := kept.end - kept.start; got < ringBytes || got >= ringBytes+blockBytes {
		t.Errorf("%d bytes are kept", got)
	}
	if kept.text(kept.start) != output.String()[kept.start:] {
		t.Error("what is kept is not the end of the output")
	}
}

func TestAFullRingUsesItsBlocksAgain(t *testing.T) {
	kept := ringOf(strings.Repeat("x", ringBytes+2*blockBytes))
	if allocated := testing.AllocsPerRun(100, func() {
		kept.keep(make([]byte, 0, 1))
		kept.room()
		kept.added(blockBytes - len(kept.blocks[len(kept.blocks)-1]))
		for kept.full() {
			kept.drop()
		}
	}); allocated > 0 {
		t.Errorf("%.0f allocations a block", allocated)
	}
}

func TestSomebodyNewIsShownTheLastLines(t *testing.T) {
	for name, one := range map[string]struct{ output, shown string }{
		"a few":               {"one\ntwo\n$ ", "one\ntwo\n$ "},
		"as many as asked":    {"one\ntwo\nthree\n$ ", "two\nthree\n$ "},
		"one without an end":  {"one\n" + strings.Repeat("x", 25), strings.Repeat("x", 25)},
		"ones that wrap":      {strings.Repeat("a", 40) + "\n$ ", strings.Repeat("a", 19) + "\n$ "},
		"over several blocks": {strings.Repeat("a", blockBytes-2) + "\nbb\nc", strings.Repeat("a", 9) + "\nbb\nc"},
	} {
		kept := ringOf(one.output)
		if got := kept.text(kept.linesBack(3, 10, 0)); got != one.shown {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestAReplayNeverGoesBackBeyondItsLeast(t *testing.T) {
	kept := ringOf("one\ntwo\nthree\n$ ")
	if from := kept.linesBack(100, 10, 4); from != 4 {
		t.Error(from)
	}
}

func TestACutIsMovedToTheBeginningOfALine(t *testing.T) {
	kept := ringOf(strings.Repeat("x", blockBytes-3) + "\nnew \x1b[31mred")
	if from := kept.beginning(blockBytes - 100); kept.text(from) != "new \x1b[31mred" {
		t.Error(from)
	}
	plain := ringOf("no line ends \x1b[31mred")
	if from := plain.beginning(3); plain.text(from) != "\x1b[31mred" {
		t.Error(from)
	}
}
