package main

import (
	"syscall"
	"time"
)

// read takes what there is, and no more than the readers have room for: what a paused program has written waits in the kernel,
// from where it comes in fewer and larger pieces.
func (s *shell) read() {
	room := turn
	if behind, read := s.behind(); read {
		room = min(turn, max(least, int(highWater-behind)))
	}
	got := s.take(room)
	if got == 0 {
		return
	}
	if s.floods(got) && !s.resting {
		s.resting = true
		s.loop.later(rest, func() {
			s.resting = false
			s.watch()
		})
	}
	s.deliver()
}

// floods tells that output comes faster than anybody types or reads.
func (s *shell) floods(got int) bool {
	if now := time.Now(); now.Sub(s.lately) > calm {
		s.lately, s.burst = now, got
	} else {
		s.lately, s.burst = now, s.burst+got
	}
	return s.burst >= flood
}

// take moves what the program has written into the ring, up to a limit; answers how much.
func (s *shell) take(limit int) int {
	got := 0
	waits := 0
	for got < limit && s.master >= 0 {
		count, err := readNow(s.master, s.ring.room())
		if err == syscall.EAGAIN {
			if waits < refills && s.burst+got >= flood && moreWithin(s.master, refill) {
				waits++
				continue
			}
			break
		}
		if err != nil || count == 0 { // EIO: nothing has the terminal open any more
			s.hangUp()
			break
		}
		s.ring.added(count)
		got += count
		s.trim()
		if count < few && s.burst < flood { // there is no more at the moment; to ask costs a wait for the kernel's own threads
			break
		}
	}
	return got
}

func (s *shell) keep(data []byte) {
	s.ring.keep(data)
	s.trim()
}

func (s *shell) trim() {
	for s.ring.full() {
		s.know(s.ring.start + int64(len(s.ring.blocks[0])))
		s.ring.drop()
	}
}

// know reads the modes up to an offset; it never goes back.
func (s *shell) know(offset int64) {
	if offset > s.known {
		s.ring.each(s.known, offset, s.modes.read)
		s.known = offset
	}
}

// replayed answers from where on output is shown to somebody new, and the modes there: as much as a terminal has room for,
// and of this shell alone.
func (s *shell) replayed() (int64, *modes) {
	point := s.ring.linesBack(replayLines, replayWidth, s.known)
	if point > s.ring.start && point > s.known && s.ring.at(point-1, 1)[0] != '\n' {
		point = s.ring.beginning(point)
	}
	s.know(point)
	if point == 0 {
		return 0, nil
	}
	return point, &s.modes
}

// deliver gives every client what it may have, then decides whether the program may go on.
func (s *shell) deliver() {
	for _, client := range s.clients {
		client.line.wake()
	}
	behind, _ := s.behind()
	if behind > highWater {
		s.paused = true
	} else if behind < lowWater {
		s.paused = false
	}
	s.watch()
}

// behind is how much the fastest reader has not read, if there is any.
func (s *shell) behind() (bytes int64, read bool) {
	for at, client := range s.clients {
		if waiting := s.ring.end - client.acked; at == 0 || waiting < bytes {
			bytes = waiting
		}
	}
	return bytes, len(s.clients) > 0
}
