package main

import (
	"errors"
	"slices"
	"syscall"
	"time"
)

// refusal is what a client asked for and cannot be: code is stable, the text is for a person.
type refusal struct{ code, text string }

func (r *refusal) Error() string { return r.text }

// shell is a login shell on a PTY, and the ring of its latest output.
type shell struct {
	loop       *loop
	boot       string
	name       string
	ring       ring
	modes      modes // as they are at `known`
	known      int64
	clients    []*client
	ran        recent[string, bool]
	took       recent[string, int64] // the last input of each client
	cols, rows int
	pid        int // 0: none lives
	master     int // -1: none open
	device     string
	code       *int
	pending    []byte
	paused     bool
	resting    bool
	lately     time.Time // when output came last
	burst      int       // and how much, since there was calm
}

func newShell(loop *loop, boot, name string) *shell {
	return &shell{
		loop: loop, boot: boot, name: name, cols: 80, rows: 24, master: -1,
		ran:  recent[string, bool]{most: rememberedRuns},
		took: recent[string, int64]{most: rememberedClients},
	}
}

func (s *shell) alive() bool { return s.pid != 0 }

// open starts the shell. One that ended before leaves its output in the ring, for those who have not read it to the end.
func (s *shell) open() error {
	master, device, err := openPty()
	if err != nil {
		return err
	}
	err = setSize(master, s.cols, s.rows)
	pid := 0
	if err == nil {
		pid, err = startBash(device, s.name)
	}
	if err != nil {
		return errors.Join(err, syscall.Close(master))
	}
	if s.ring.end > 0 { // the earlier shell may have left the screen in any state
		s.keep([]byte(clean + "\r\n"))
		s.known, s.modes = s.ring.end, modes{}
	}
	s.pid, s.master, s.device, s.code, s.paused, s.pending = pid, master, device, nil, false, nil
	s.watch()
	return nil
}

func (s *shell) watch() {
	if s.master < 0 {
		return
	}
	wanted := int16(0)
	if !s.paused && !s.resting {
		wanted |= pollIn
	}
	if len(s.pending) > 0 {
		wanted |= pollOut
	}
	s.loop.watch(s.master, wanted, s.ready)
}

func (s *shell) ready(revents int16) {
	if revents&^pollIn != 0 { // an end is found out by writing, too
		s.write()
	}
	if revents&^pollOut != 0 && s.master >= 0 && !s.paused {
		s.read()
	}
}

func (s *shell) join(client *client) {
	s.clients = append(s.clients, client)
	s.tell(message{"type": "peers", "count": len(s.clients)})
	s.deliver()
}

func (s *shell) leave(client *client) {
	at := slices.Index(s.clients, client)
	if at < 0 {
		return
	}
	s.clients = slices.Delete(s.clients, at, at+1)
	s.tell(message{"type": "peers", "count": len(s.clients)})
	s.fit()
	s.deliver()
}

func (s *shell) tell(what message) {
	for _, client := range slices.Clone(s.clients) {
		client.say(what)
	}
}

// fit gives the program the smallest window attached. Answers whether that changed anything.
func (s *shell) fit() bool {
	cols, rows := 0, 0
	for _, client := range s.clients {
		if client.cols == 0 {
			continue
		}
		if cols == 0 {
			cols, rows = client.cols, client.rows
		}
		cols, rows = min(cols, client.cols), min(rows, client.rows)
	}
	if cols == 0 || cols == s.cols && rows == s.rows {
		return false
	}
	s.cols, s.rows = cols, rows
	s.resize(rows)
	s.tell(message{"type": "size", "cols": cols, "rows": rows})
	return true
}

func (s *shell) resize(rows int) {
	if s.master >= 0 {
		_ = setSize(s.master, s.cols, rows) // fails only on a terminal that nobody has any more
	}
}

// redraw has a full-screen program paint again. Some do so only when their window has another size, so for a moment it has.
func (s *shell) redraw() {
	other := s.rows - 1
	if s.rows <= 2 {
		other = s.rows + 1
	}
	s.resize(other)
	s.loop.later(redrawAfter, func() { s.resize(s.rows) })
}

// finish hangs the shell up; one that ignores that is killed.
func (s *shell) finish() {
	pid := s.pid
	s.hangUp()
	s.loop.later(lastGrace, func() {
		if pid != 0 && s.pid == pid {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
}

func (s *shell) hangUp() {
	if s.master >= 0 {
		s.loop.watch(s.master, 0, nil)
		_ = syscall.Close(s.master)
		s.master, s.pending = -1, nil
	}
	if s.pid != 0 {
		_ = syscall.Kill(s.pid, syscall.SIGHUP)
	}
}

// bury gives up on a shell that was hung up and does not go.
func (s *shell) bury() {
	if s.pid != 0 && s.master < 0 {
		_ = syscall.Kill(s.pid, syscall.SIGKILL)
		s.pid = 0
	}
}

// exited: the shell was reaped. Its last output is delivered, and every client told.
func (s *shell) exited(status syscall.WaitStatus) {
	s.pid = 0
	for left := 8 * ringBytes; s.master >= 0 && left > 0; { // a program it left behind may write on for ever
		got := s.take(turn)
		if got == 0 {
			break
		}
		left -= got
	}
	code := status.ExitStatus()
	if status.Signaled() {
		code = 128 + int(status.Signal())
	}
	s.code = &code
	s.hangUp()
	s.deliver()
}
