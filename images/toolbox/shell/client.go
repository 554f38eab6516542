package main

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
)

// client is somebody at a shell: how far they have read, and what of theirs was typed.
type client struct {
	supervisor  *supervisor
	line        *line
	channel     []byte // its number as it is sent; nothing on an attach
	number      uint32
	shell       *shell // nil before it is found, and after the last word
	name        string
	sent, acked int64
	cols, rows  int   // 0: not told yet
	took        int64 // input to be confirmed
}

func newClient(supervisor *supervisor, line *line, channel []byte) *client {
	c := &client{supervisor: supervisor, line: line, channel: append([]byte(nil), channel...)}
	if len(channel) == 4 {
		c.number = binary.BigEndian.Uint32(channel)
	}
	return c
}

// open attaches to the shell asked for, begun if there is none. Answers only what is malformed; a refusal is told.
func (c *client) open(asked opening) error {
	if err := asked.check(); err != nil {
		return err
	}
	if c.name = randomName(); asked.Client != nil && len(*asked.Client) <= 64 {
		c.name = *asked.Client
	}
	shell, fresh, err := c.supervisor.live(asked.ID)
	if err != nil {
		var refused *refusal
		if !errors.As(err, &refused) {
			refused = &refusal{"cannot-start", cut(fmt.Sprintf("The toolbox could not start a shell: %v.", err), 900)}
		}
		c.part(refused.text, message{"type": "error", "code": refused.code, "message": refused.text})
		return nil
	}
	offset := *asked.Offset
	if asked.Boot != nil && *asked.Boot != c.supervisor.boot {
		offset = -1
	}
	c.attach(shell, offset, fresh)
	return nil
}

func (c *client) attach(shell *shell, offset int64, fresh bool) {
	var modes *modes
	if offset < 0 || offset > shell.ring.end {
		offset, modes = shell.replayed()
	}
	c.shell, c.sent, c.acked = shell, offset, offset
	took, _ := shell.took.get(c.name)
	c.say(message{"type": "opened", "boot": shell.boot, "from": offset, "to": shell.ring.end, "fresh": fresh, "took": took})
	c.restore(modes)
	shell.join(c)
}

func (c *client) restore(modes *modes) {
	if modes == nil {
		return
	}
	c.say(message{"type": "restore", "data": modes.prelude()})
	if modes.alternate {
		c.shell.redraw()
	}
}

// waiting is how much there is to send.
func (c *client) waiting() int64 {
	if c.shell == nil {
		return 0
	}
	return c.shell.ring.end - c.sent
}

// fill queues the next pieces of output, at most so much, that its window has room for; answers whether anything is queued.
// A client that fell behind the ring is told what it missed.
func (c *client) fill(most int) bool {
	shell := c.shell
	if shell == nil || c.line.full() {
		return false
	}
	if c.sent < shell.ring.start && c.sent-c.acked < highWater {
		point, modes := shell.replayed()
		c.say(message{"type": "gap", "from": c.sent, "to": point})
		c.sent, c.acked = point, point
		c.restore(modes)
		shell.deliver() // it may have been paused for what is skipped
	}
	room := int64(min(most, int(highWater-(c.sent-c.acked))))
	for room > 0 && shell.ring.start <= c.sent && c.sent < shell.ring.end {
		var offset [8]byte
		binary.BigEndian.PutUint64(offset[:], uint64(c.sent))
		data := shell.ring.at(c.sent, int(room))
		c.line.put(frameData, c.channel, offset[:], data)
		c.sent += int64(len(data))
		room -= int64(len(data))
		c.confirm()
	}
	if !shell.alive() && c.sent == shell.ring.end {
		c.part("", message{"type": "exit", "code": shell.code})
	}
	return len(c.line.out) > 0
}

func (c *client) confirm() {
	if c.took != 0 && c.shell != nil {
		c.say(message{"type": "took", "seq": c.took})
		c.took = 0
	}
}

// part says the last word.
func (c *client) part(refused string, word message) {
	c.leave()
	c.say(word)
	c.line.carries.parted(c, refused)
}

func (c *client) leave() {
	if shell := c.shell; shell != nil {
		c.shell = nil
		shell.leave(c)
	}
}

func (c *client) say(what message) {
	text, err := json.Marshal(what)
	if err != nil {
		panic(err)
	}
	c.line.put(frameJSON, c.channel, text)
}

// act does what a message asks. Answers only what is malformed; a refusal is told.
func (c *client) act(text []byte) error {
	asked, err := readUp(text)
	if err != nil {
		return err
	}
	if c.shell == nil {
		return nil
	}
	err = c.do(asked)
	if refused := (*refusal)(nil); errors.As(err, &refused) {
		c.say(message{"type": "error", "code": refused.code, "message": refused.text})
		return nil
	}
	return err
}

func (c *client) do(asked up) error {
	shell := c.shell
	switch asked.Type {
	case "input":
		if err := errors.Join(asked.Data.check(), whole(asked.Seq, 1, greatest)); err != nil {
			return err
		}
		if c.took == 0 {
			shell.loop.later(confirmAfter, c.confirm)
		}
		c.took = max(c.took, *asked.Seq)
		return shell.input(c.name, *asked.Seq, asked.Data.bytes())
	case "ack":
		if err := whole(asked.Offset, 0, greatest); err != nil {
			return err
		}
		c.acked = max(c.acked, min(*asked.Offset, c.sent))
		shell.deliver()
	case "resize":
		if err := errors.Join(whole(asked.Cols, 2, 1000), whole(asked.Rows, 1, 500)); err != nil {
			return err
		}
		c.cols, c.rows = int(*asked.Cols), int(*asked.Rows)
		if !shell.fit() {
			c.say(message{"type": "size", "cols": shell.cols, "rows": shell.rows})
		}
	case "run":
		if err := errors.Join(asked.ID.check(), asked.Data.check()); err != nil {
			return err
		}
		key := cut(*asked.ID.text, 64)
		if err := shell.run(key, asked.Data.bytes()); err != nil {
			return err
		}
		c.say(message{"type": "ran", "id": key})
	case "signal":
		number, is := signals[asked.Signal]
		if !is {
			return fmt.Errorf("signal %q", asked.Signal)
		}
		return shell.signal(number)
	case "end":
		shell.finish()
	default:
		return fmt.Errorf("type %q", asked.Type)
	}
	return nil
}

func randomName() string {
	var name [8]byte
	_, _ = rand.Read(name[:]) // never fails: it would end the program
	return hex.EncodeToString(name[:])
}
