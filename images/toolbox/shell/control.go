package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"unsafe"
)

// request is what a command asks of the supervisor, in one packet.
type request struct {
	Verb string `json:"verb"`
	opening
}

type answer struct {
	Code    int             `json:"code"`
	Message string          `json:"message"`
	Shells  json.RawMessage `json:"shells"`
}

// address is an abstract socket: it needs no writable directory, is reached only from this container, and goes with its owner.
func address() *syscall.SockaddrUnix {
	name := os.Getenv("SLIPWAY_SHELL_SOCKET")
	if name == "" {
		name = "slipway-shell"
	}
	return &syscall.SockaddrUnix{Name: "@" + name}
}

// asking sends a request, with descriptors or without, and answers the connection.
func asking(asked request, fds ...int) (int, error) {
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_SEQPACKET|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	text, err := json.Marshal(asked)
	var rights []byte
	if len(fds) > 0 {
		rights = syscall.UnixRights(fds...)
	}
	if err == nil {
		err = syscall.Connect(fd, address())
	}
	if err == nil {
		err = syscall.Sendmsg(fd, text, rights, nil, syscall.MSG_NOSIGNAL)
	}
	return fd, err
}

// ask makes one request, and waits for its answer as long as it takes.
func ask(asked request, fds ...int) (told answer, err error) {
	debug.SetGCPercent(-1) // nothing is left behind by one request; what sleeps is not to be woken for it
	fd, err := asking(asked, fds...)
	if err != nil {
		return told, err
	}
	text, _, err := receive(fd, 0)
	if err == nil && len(text) == 0 {
		err = errors.New("the supervisor has gone")
	}
	if err != nil {
		return told, err
	}
	return told, json.Unmarshal(text, &told)
}

// relayed hands stdin and stdout over, and sleeps until the supervisor has done with them.
func relayed(asked request) (int, error) {
	told, err := ask(asked, 0, 1)
	if told.Message != "" {
		fmt.Fprintln(os.Stderr, told.Message)
	}
	return told.Code, err
}

func listed() (int, error) {
	told, err := ask(request{Verb: "list"})
	if err == nil {
		fmt.Println(string(told.Shells))
	}
	return told.Code, err
}

// dumped writes the ring of a shell to stdout; 3 when there is no such shell.
func dumped(name string) (int, error) {
	fd, err := asking(request{Verb: "dump", opening: opening{ID: name}})
	if err != nil {
		return 0, err
	}
	_, fds, err := receive(fd, 1)
	if err != nil || len(fds) == 0 {
		return 3, err
	}
	_, err = io.Copy(os.Stdout, os.NewFile(uintptr(fds[0]), "dump"))
	return 0, err
}

// dump hands over a copy of a shell's ring as a file: nobody who is attached notices.
func (c *conn) dump(of *shell) error {
	defer c.answer(nil)
	if of == nil {
		return nil
	}
	fd, err := memoryFile("dump")
	if err != nil {
		return err
	}
	file := os.NewFile(uintptr(fd), "dump")
	defer file.Close()
	from := of.ring.start
	if from > 0 {
		from = of.ring.beginning(from)
	}
	of.ring.each(from, of.ring.end, func(piece []byte) {
		if _, failed := file.Write(piece); failed != nil {
			err = failed
		}
	})
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err == nil {
		err = syscall.Sendmsg(c.fd, []byte("{}"), syscall.UnixRights(fd), nil, syscall.MSG_NOSIGNAL)
	}
	return err
}

// memoryFile is memfd_create, which the standard library has no name for.
func memoryFile(name string) (int, error) {
	number := map[string]uintptr{"amd64": 319, "arm64": 279}[runtime.GOARCH]
	text, err := syscall.BytePtrFromString(name)
	if err != nil {
		return -1, err
	}
	const closeOnExec = 1
	fd, _, errno := syscall.Syscall(number, uintptr(unsafe.Pointer(text)), closeOnExec, 0)
	if errno != 0 {
		return -1, errno
	}
	return int(fd), nil
}

// receive reads one packet and the descriptors that came with it.
func receive(fd, most int) ([]byte, []int, error) {
	data := make([]byte, 65536)
	rights := make([]byte, syscall.CmsgSpace(4*max(most, 1)))
	for {
		count, more, _, _, err := syscall.Recvmsg(fd, data, rights, syscall.MSG_CMSG_CLOEXEC)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		fds, err := descriptors(rights[:more])
		return data[:count], fds, err
	}
}

func descriptors(rights []byte) ([]int, error) {
	headers, err := syscall.ParseSocketControlMessage(rights)
	if err != nil {
		return nil, err
	}
	var fds []int
	for _, header := range headers {
		some, err := syscall.ParseUnixRights(&header)
		if err != nil {
			closeAll(fds)
			return nil, err
		}
		fds = append(fds, some...)
	}
	return fds, nil
}

func closeAll(fds []int) {
	for _, fd := range fds {
		_ = syscall.Close(fd)
	}
}
