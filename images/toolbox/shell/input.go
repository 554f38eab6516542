package main

import (
	"bytes"
	"container/list"
	"fmt"
	"syscall"
)

var signals = map[string]syscall.Signal{
	"INT": syscall.SIGINT, "QUIT": syscall.SIGQUIT, "TSTP": syscall.SIGTSTP, "TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL,
}

// enter queues input for the program and writes what it takes. An interrupt overtakes input that nobody reads.
func (s *shell) enter(data []byte) error {
	if s.master < 0 {
		return nil
	}
	data, err := s.interrupt(data)
	if err != nil {
		return err
	}
	if len(s.pending)+len(data) > maxPending {
		return &refusal{"input-overflow", "The program in this terminal does not read its input; what you sent was dropped."}
	}
	s.pending = append(s.pending, data...)
	s.write()
	return nil
}

func (s *shell) write() {
	for len(s.pending) > 0 {
		count, err := writeNow(s.master, s.pending[:min(len(s.pending), 4096)])
		if err == syscall.EAGAIN {
			break
		}
		if err != nil {
			count = len(s.pending)
		}
		s.pending = s.pending[count:]
	}
	if len(s.pending) == 0 {
		s.pending = nil
	}
	s.watch()
}

// interrupt acts at once on an interrupt character in data that would have to wait behind input nobody reads; answers what
// follows it.
func (s *shell) interrupt(data []byte) ([]byte, error) {
	character, is := interruptCharacter(s.master)
	at := bytes.LastIndexByte(data, character)
	if !is || at < 0 {
		return data, nil
	}
	least := int32(typedAhead)
	if len(s.pending) > 0 {
		least = 0
	}
	if dropped, err := dropUnread(s.device, least); err != nil || !dropped {
		return data, nil
	}
	s.pending = nil
	return data[at+1:], s.signal(syscall.SIGINT)
}

// signal reaches the process group in front.
func (s *shell) signal(number syscall.Signal) error {
	if s.master < 0 {
		return nil
	}
	group, err := foreground(s.master)
	if err == nil && group > 0 {
		err = syscall.Kill(-group, number)
	}
	if err != nil && err != syscall.ESRCH { // it ended just now: what was asked for is so
		return &refusal{"signal", fmt.Sprintf("The signal could not be sent: %v.", err)}
	}
	return nil
}

// run types data once for each key, whichever client sends it and however often.
func (s *shell) run(key string, data []byte) error {
	if _, done := s.ran.get(key); done {
		return nil
	}
	if err := s.enter(data); err != nil {
		return err
	}
	s.ran.set(key, true)
	return nil
}

// input types what this client has not had typed before.
func (s *shell) input(client string, seq int64, data []byte) error {
	if last, _ := s.took.get(client); seq <= last {
		return nil
	}
	s.took.set(client, seq)
	return s.enter(data)
}

// recent is a map of the keys that were set last.
type recent[K comparable, V any] struct {
	most    int
	order   list.List
	entries map[K]*list.Element
}

type entry[K comparable, V any] struct {
	key   K
	value V
}

func (r *recent[K, V]) get(key K) (value V, found bool) {
	element, found := r.entries[key]
	if found {
		value = element.Value.(entry[K, V]).value
	}
	return value, found
}

func (r *recent[K, V]) set(key K, value V) {
	if r.entries == nil {
		r.entries = map[K]*list.Element{}
	}
	if known, found := r.entries[key]; found {
		r.order.Remove(known)
	}
	r.entries[key] = r.order.PushBack(entry[K, V]{key, value})
	if len(r.entries) > r.most {
		oldest := r.order.Front()
		delete(r.entries, r.order.Remove(oldest).(entry[K, V]).key)
	}
}
