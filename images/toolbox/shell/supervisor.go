package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
)

// supervisor is the shells, and whoever asks for them.
type supervisor struct {
	loop     *loop
	boot     string
	shells   []*shell
	conns    map[*conn]bool
	listener int
}

// serve is the supervisor, until it is told to stop.
func serve() error {
	runtime.GOMAXPROCS(2)
	debug.SetGCPercent(50) // rings hold no pointers: a small heap costs nothing to look through
	if err := makeThreads(); err != nil {
		return err
	}
	listener, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_SEQPACKET|syscall.SOCK_CLOEXEC|syscall.SOCK_NONBLOCK, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(syscall.Bind(listener, address()), syscall.Listen(listener, 64)); err != nil {
		return err
	}
	s := &supervisor{loop: newLoop(), boot: randomName(), conns: map[*conn]bool{}, listener: listener}
	s.loop.watch(listener, pollIn, func(int16) { s.accept() })
	if err := s.hearSignals(); err != nil {
		return err
	}
	s.loop.run()
	for _, shell := range s.shells {
		shell.hangUp()
	}
	return nil
}

// hearSignals brings signals into the loop, through a pipe.
func (s *supervisor) hearSignals() error {
	var ends [2]int
	if err := syscall.Pipe2(ends[:], syscall.O_CLOEXEC|syscall.O_NONBLOCK); err != nil {
		return err
	}
	heard := make(chan os.Signal, 64)
	signal.Notify(heard, syscall.SIGCHLD, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		for number := range heard {
			_, _ = syscall.Write(ends[1], []byte{byte(number.(syscall.Signal))}) // full: it is looked at anyway
		}
	}()
	s.loop.watch(ends[0], pollIn, func(int16) {
		var numbers [64]byte
		count, _ := readNow(ends[0], numbers[:])
		for _, number := range numbers[:count] {
			if syscall.Signal(number) != syscall.SIGCHLD {
				s.loop.stopped = true
			}
		}
		s.reap()
	})
	return nil
}

// reap collects every process that has ended, also those that nobody waits for.
func (s *supervisor) reap() {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || pid <= 0 {
			return
		}
		for _, shell := range s.shells {
			if shell.pid == pid {
				shell.exited(status)
			}
		}
	}
}

// live answers the shell of a name with a living program, and whether that was begun just now.
func (s *supervisor) live(name string) (*shell, bool, error) {
	shell, err := s.find(name)
	if err != nil {
		return nil, false, err
	}
	shell.bury()
	if len(shell.clients) >= maxClients {
		return nil, false, &refusal{"too-many-viewers", "This terminal is open in too many windows; close one and try again."}
	}
	if shell.alive() {
		return shell, false, nil
	}
	return shell, true, shell.open()
}

func (s *supervisor) known(name string) *shell {
	for _, shell := range s.shells {
		if shell.name == name {
			return shell
		}
	}
	return nil
}

// find answers the shell of a name, or makes room for it where one has ended.
func (s *supervisor) find(name string) (*shell, error) {
	if known := s.known(name); known != nil {
		return known, nil
	}
	if len(s.shells) >= maxShells {
		at := 0
		for at < len(s.shells) && (s.shells[at].alive() || len(s.shells[at].clients) > 0) {
			at++
		}
		if at == len(s.shells) {
			return nil, &refusal{"too-many-shells", fmt.Sprintf("There are %d terminals already; close one first.", maxShells)}
		}
		s.shells = append(s.shells[:at], s.shells[at+1:]...)
	}
	made := newShell(s.loop, s.boot, name)
	s.shells = append(s.shells, made)
	return made, nil
}

func (s *supervisor) accept() {
	fd, _, err := syscall.Accept4(s.listener, syscall.SOCK_CLOEXEC|syscall.SOCK_NONBLOCK)
	if err != nil {
		return
	}
	peer, err := syscall.GetsockoptUcred(fd, syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	if err != nil || peer.Uid != 0 && int(peer.Uid) != os.Getuid() || len(s.conns) >= maxConns {
		_ = syscall.Close(fd)
		return
	}
	c := &conn{supervisor: s, fd: fd}
	s.conns[c] = true
	s.loop.watch(fd, pollIn, func(int16) { c.request() })
}

// list tells of every shell.
func (s *supervisor) list() []message {
	told := []message{}
	for _, shell := range s.shells {
		var pid *int
		if shell.alive() {
			pid = &shell.pid
		}
		told = append(told, message{
			"id": shell.name, "pid": pid, "code": shell.code, "clients": len(shell.clients), "paused": shell.paused,
			"start": shell.ring.start, "end": shell.ring.end, "cols": shell.cols, "rows": shell.rows,
		})
	}
	return told
}

// conn is a connection to the control socket: one packet asks. A `link` or an `attach` is answered when it is over.
type conn struct {
	supervisor *supervisor
	fd         int
}

func (c *conn) request() {
	data, fds, err := receive(c.fd, 2)
	if err == syscall.EAGAIN || err == syscall.EINTR {
		return
	}
	if err == nil && len(data) > 0 {
		fds, err = c.do(data, fds)
	} else {
		c.answer(nil)
	}
	closeAll(fds)
	if err != nil {
		c.answer(message{"code": 2, "message": fmt.Sprintf("malformed request: %v", err)})
	}
}

// do answers the descriptors that nobody has taken.
func (c *conn) do(data []byte, fds []int) ([]int, error) {
	var asked request
	if err := read(data, &asked); err != nil {
		return fds, err
	}
	s := c.supervisor
	switch asked.Verb {
	case "link", "attach":
		if len(fds) != 2 {
			return fds, errors.New("stdin and stdout are to be handed over")
		}
		line := newLine(s.loop, c, fds[0], fds[1])
		// From here on the connection only tells that its process has gone.
		s.loop.watch(c.fd, 0, nil)
		s.loop.watch(c.fd, pollIn, func(int16) { line.close(0, "") })
		if asked.Verb == "link" {
			line.carries = &link{line: line, supervisor: s}
			return nil, nil
		}
		client := newClient(s, line, nil)
		line.carries = &attached{client: client}
		if err := client.open(asked.opening); err != nil {
			line.close(2, fmt.Sprintf("malformed request: %v", err))
		}
		return nil, nil
	case "list":
		c.answer(message{"code": 0, "shells": s.list()})
	case "dump":
		return fds, c.dump(s.known(asked.ID))
	case "end":
		if shell := s.known(asked.ID); shell != nil {
			shell.finish()
		}
		c.answer(message{"code": 0})
	default:
		return fds, fmt.Errorf("verb %q", asked.Verb)
	}
	return fds, nil
}

// answer says the last word, if there is one to say.
func (c *conn) answer(what message) {
	if !c.supervisor.conns[c] {
		return
	}
	delete(c.supervisor.conns, c)
	c.supervisor.loop.watch(c.fd, 0, nil)
	if what != nil {
		if text, err := json.Marshal(what); err == nil {
			_ = syscall.Sendmsg(c.fd, text, nil, nil, syscall.MSG_NOSIGNAL) // whoever asked may have gone
		}
	}
	_ = syscall.Close(c.fd)
}
