package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"unsafe"
)

// flushInput is TCFLSH, which the standard library has no name for.
const flushInput = 0x540b

// niceness of what a learner runs: the supervisor, which carries their keys, comes before it.
const niceness = 5

func ioctl(fd int, request, argument uintptr) error {
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), request, argument); errno != 0 {
		return errno
	}
	return nil
}

// openPty answers a terminal's master, which never blocks, and the path of its other side.
func openPty() (master int, device string, err error) {
	master, err = syscall.Open("/dev/ptmx", syscall.O_RDWR|syscall.O_NOCTTY|syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0)
	if err != nil {
		return -1, "", err
	}
	var locked, number int32
	err = errors.Join(
		ioctl(master, syscall.TIOCSPTLCK, uintptr(unsafe.Pointer(&locked))),
		ioctl(master, syscall.TIOCGPTN, uintptr(unsafe.Pointer(&number))),
	)
	if err != nil {
		_ = syscall.Close(master)
		return -1, "", err
	}
	return master, fmt.Sprintf("/dev/pts/%d", number), nil
}

func setSize(master int, cols, rows int) error {
	size := [4]uint16{uint16(rows), uint16(cols)}
	return ioctl(master, syscall.TIOCSWINSZ, uintptr(unsafe.Pointer(&size)))
}

// startBash starts a login shell on a terminal, as the leader of a session of its own; answers its process.
func startBash(device, name string) (int, error) {
	slave, err := syscall.Open(device, syscall.O_RDWR|syscall.O_NOCTTY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	defer syscall.Close(slave)
	home := os.Getenv("HOME")
	if found, err := os.Stat(home); err != nil || !found.IsDir() {
		home = "/"
	}
	terminal := uintptr(slave)
	pid, err := syscall.ForkExec("/bin/bash", []string{"-bash"}, &syscall.ProcAttr{
		Dir:   home,
		Env:   environment(name),
		Files: []uintptr{terminal, terminal, terminal},
		Sys:   &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0},
	})
	if err != nil {
		return 0, err
	}
	// Should memory run out, a program of the learner's goes, not the supervisor. Some kernels forbid either.
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/oom_score_adj", pid), []byte("500"), 0)
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, pid, niceness)
	return pid, nil
}

func environment(name string) []string {
	ours := []string{"TERM=xterm-256color", "COLORTERM=truecolor", "SLIPWAY_SHELL=" + name}
	if os.Getenv("LANG") == "" {
		ours = append(ours, "LANG=C.UTF-8")
	}
	for _, one := range os.Environ() {
		key, _, _ := strings.Cut(one, "=")
		if key != "TERM" && key != "COLORTERM" && !strings.HasPrefix(key, "SLIPWAY_") {
			ours = append(ours, one)
		}
	}
	return ours
}

// interruptCharacter is what a terminal takes for an interrupt at this moment, if for anything.
func interruptCharacter(master int) (character byte, is bool) {
	var settings syscall.Termios
	if ioctl(master, syscall.TCGETS, uintptr(unsafe.Pointer(&settings))) != nil || settings.Lflag&syscall.ISIG == 0 {
		return 0, false
	}
	return settings.Cc[syscall.VINTR], true
}

// dropUnread throws away input that no program has read, when there is at least so much of it; answers whether it did.
func dropUnread(device string, least int32) (bool, error) {
	slave, err := syscall.Open(device, syscall.O_RDWR|syscall.O_NOCTTY|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		return false, err
	}
	defer syscall.Close(slave)
	var unread int32
	if err := ioctl(slave, syscall.TIOCINQ, uintptr(unsafe.Pointer(&unread))); err != nil || unread < least {
		return false, err
	}
	return true, ioctl(slave, flushInput, syscall.TCIFLUSH)
}

// foreground is the process group in front of a terminal; 0 when there is none.
func foreground(master int) (int, error) {
	var group int32
	err := ioctl(master, syscall.TIOCGPGRP, uintptr(unsafe.Pointer(&group)))
	return int(group), err
}
