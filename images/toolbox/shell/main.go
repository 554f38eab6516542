// Command slipway-shell owns the shells of a toolbox, so that they outlive every connection to them.
//
//	slipway-shell serve                     the supervisor; process 1 of the toolbox, reaps what nobody waits for
//	slipway-shell link                      relays any number of shells on stdin and stdout, each on a channel
//	slipway-shell attach ID OFFSET [BOOT [CLIENT]]
//	                                        relays shell ID alone, from byte OFFSET on (-1: what a terminal has room for)
//	slipway-shell list                      the shells, as JSON
//	slipway-shell end ID                    hangs a shell up
//	slipway-shell dump ID                   what is kept of a shell's output, as it came
//
// Frames, both ways: one byte of type, four of length (big-endian), the payload. `J` is a JSON message of
// src/lab/wire.ts; `D`, only down, is an eight-byte offset and the raw output that begins there. Offsets count the
// output of a shell from its first byte, go on when a shell of that ID has ended and a fresh one is started, and
// begin anew only with a new supervisor, which BOOT (told in `opened`) tells apart. CLIENT names whose input is counted
// on from one attach to the next. `-` stands for one that is left out.
//
// On a link every payload begins with the four bytes of its channel's number, which is never used twice. `O`, only up,
// opens it: {"id", "offset", "boot", "client"} as JSON. `C`, only up, closes it. After the last word (`exit`, or an
// `error` before `opened`) it is closed.
//
// `link` and `attach` hand their stdin and stdout to the supervisor over a unix socket and sleep: no byte is copied
// twice, and when either end goes away the other notices. After the last word an attach lasts until its stdin ends.
package main

import (
	"fmt"
	"os"
	"strconv"
)

const usage = "usage: slipway-shell serve | link | attach ID OFFSET [BOOT [CLIENT]] | list | end ID | dump ID"

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "slipway-shell:", err)
		os.Exit(1)
	}
	os.Exit(code)
}

func run(argv []string) (int, error) {
	verb, count := "", len(argv)
	if count > 0 {
		verb = argv[0]
	}
	switch {
	case verb == "serve" && count == 1:
		return 0, serve()
	case verb == "link" && count == 1:
		return relayed(request{Verb: "link"})
	case verb == "attach" && 3 <= count && count <= 5:
		offset, err := strconv.ParseInt(argv[2], 10, 64)
		if err != nil {
			return 0, fmt.Errorf("offset %q is not a whole number", argv[2])
		}
		asked := request{Verb: "attach", opening: opening{ID: argv[1], Offset: &offset}}
		for at, field := range []**string{&asked.Boot, &asked.Client} {
			if count > 3+at && argv[3+at] != "-" {
				*field = &argv[3+at]
			}
		}
		return relayed(asked)
	case verb == "list" && count == 1:
		return listed()
	case verb == "end" && count == 2:
		_, err := ask(request{Verb: "end", opening: opening{ID: argv[1]}})
		return 0, err
	case verb == "dump" && count == 2:
		return dumped(argv[1])
	}
	fmt.Fprintln(os.Stderr, usage)
	return 64, nil
}
