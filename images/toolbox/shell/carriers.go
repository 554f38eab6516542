package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// attached is a line with one shell on it. After the last word it waits for the reader to hang up: were it cut there, what
// the reader is still writing would break it, and the word might never be read.
type attached struct {
	client *client
	last   *struct {
		code int
		why  string
	}
}

func (a *attached) take(kind byte, payload []byte) error {
	if kind != frameJSON {
		return fmt.Errorf("a frame of type %q", kind)
	}
	if a.last != nil {
		return nil // it has not read yet that nobody listens
	}
	return a.client.act(payload)
}

func (a *attached) refuse(why string) {
	a.client.say(message{"type": "error", "code": "bad-frame", "message": why})
}

func (a *attached) refill() bool { return a.client.fill(chunk) }

func (a *attached) parted(_ *client, refused string) {
	code := 0
	if refused != "" {
		code = 3
	}
	a.last = &struct {
		code int
		why  string
	}{code, refused}
}

func (a *attached) outcome() (int, string) {
	if a.last == nil {
		return 0, ""
	}
	return a.last.code, a.last.why
}

func (a *attached) closed() { a.client.leave() }

// link is a line with a channel for each client.
type link struct {
	line       *line
	supervisor *supervisor
	channels   []*client // whose turn it is comes first
}

func (k *link) take(kind byte, payload []byte) error {
	if !known(k, kind) {
		return fmt.Errorf("a frame of type %q", kind)
	}
	if len(payload) < 4 {
		return errors.New("a frame without a channel")
	}
	number, rest := binary.BigEndian.Uint32(payload), payload[4:]
	at := slices.IndexFunc(k.channels, func(one *client) bool { return one.number == number })
	if kind == frameOpen {
		if at >= 0 || len(k.channels) >= maxChannels {
			return errors.New("a channel that cannot be opened")
		}
		client := newClient(k.supervisor, k.line, payload[:4])
		k.channels = append(k.channels, client)
		asked, err := readOpening(rest)
		if err != nil {
			return err
		}
		return client.open(asked)
	}
	if at < 0 {
		return nil // closed on this side, which the other has not heard yet
	}
	if kind == frameJSON {
		return k.channels[at].act(rest)
	}
	client := k.channels[at]
	client.leave()
	k.parted(client, "")
	return nil
}

func (k *link) refuse(string) {} // it is told as the link ends

// refill lets those with little to show, as what a person types, go before floods; these take turns.
func (k *link) refill() bool {
	for _, client := range slices.Clone(k.channels) {
		if client.waiting() <= little {
			client.fill(little)
		}
	}
	for range len(k.channels) {
		if k.line.full() {
			break
		}
		next := k.channels[0]
		k.channels = append(k.channels[1:], next)
		next.fill(chunk)
	}
	return len(k.line.out) > 0
}

func (k *link) parted(client *client, _ string) {
	if at := slices.Index(k.channels, client); at >= 0 {
		k.channels = slices.Delete(k.channels, at, at+1)
	}
}

func (k *link) outcome() (int, string) { return 0, "" }

func (k *link) closed() {
	for _, client := range slices.Clone(k.channels) {
		client.leave()
	}
	k.channels = nil
}
