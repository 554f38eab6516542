package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// process names a process for as long as it lives: its number may be given to another later.
type process struct {
	proc    string
	pid     int
	started uint64
}

func (p process) path(name string) string {
	return filepath.Join(p.proc, strconv.Itoa(p.pid), name)
}

func (p process) lives() bool {
	started, err := startOf(p.proc, p.pid)
	return err == nil && started == p.started
}

// open opens something below the process's folder of /proc, and makes sure that it was still that process.
func (p process) open(name string, flags int) (*os.File, error) {
	file, err := os.OpenFile(p.path(name), flags, 0)
	if err != nil && p.lives() {
		return nil, err
	}
	if err != nil || !p.lives() {
		if file != nil {
			_ = file.Close()
		}
		return nil, &fault{"no-pod", "it ended meanwhile"}
	}
	return file, nil
}

// census knows the first process of each pod (its sandbox, which holds its namespaces) and of each container,
// from the names of control groups alone.
type census struct {
	proc       string
	mutex      sync.Mutex
	pods       map[string]process
	containers map[string]process
}

func newCensus(proc string) *census {
	return &census{proc: proc}
}

func (c *census) pod(uid string) (process, error) {
	return c.find(func() (process, bool) { p, ok := c.pods[uid]; return p, ok }, "no pod "+uid+" runs here")
}

func (c *census) container(uid, id string) (process, error) {
	return c.find(func() (process, bool) { p, ok := c.containers[uid+"/"+id]; return p, ok }, "no container "+id+" runs here")
}

// find trusts what it remembers while that process lives, and looks at every process once where it does not.
func (c *census) find(known func() (process, bool), absent string) (process, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if found, ok := known(); ok && found.lives() {
		return found, nil
	}
	if err := c.take(); err != nil {
		return process{}, err
	}
	if found, ok := known(); ok {
		return found, nil
	}
	return process{}, &fault{"no-pod", absent}
}

// take looks at every process. The oldest of a control group is its first: all others descend from it or came in later.
func (c *census) take() error {
	entries, err := os.ReadDir(c.proc)
	if err != nil {
		return err
	}
	c.pods, c.containers = map[string]process{}, map[string]process{}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		groups, err := os.ReadFile(filepath.Join(c.proc, entry.Name(), "cgroup"))
		if err != nil {
			continue
		}
		uid, id := owner(string(groups))
		if uid == "" {
			continue
		}
		started, err := startOf(c.proc, pid)
		if err != nil {
			continue
		}
		one := process{c.proc, pid, started}
		elder(c.pods, uid, one)
		if id != "" {
			elder(c.containers, uid+"/"+id, one)
		}
	}
	return nil
}

func elder(known map[string]process, key string, one process) {
	if other, ok := known[key]; !ok || one.started < other.started || (one.started == other.started && one.pid < other.pid) {
		known[key] = one
	}
}

// The groups of a pod and of a container, as the systemd driver and the cgroupfs driver name them. A static pod's UID has no dashes.
var (
	podGroup       = regexp.MustCompile(`^(?:.*-)?pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})(?:\.slice)?$`)
	containerGroup = regexp.MustCompile(`^(?:.*-)?([0-9a-f]{64})(?:\.scope)?$`)
)

// owner reads the pod and container that a process belongs to from its list of control groups.
func owner(groups string) (uid, id string) {
	for _, line := range strings.Split(groups, "\n") {
		parts := strings.SplitN(line, ":", 3)
		if len(parts) != 3 {
			continue
		}
		segments := strings.Split(parts[2], "/")
		for at, segment := range segments {
			found := podGroup.FindStringSubmatch(segment)
			if found == nil {
				continue
			}
			if at+1 < len(segments) {
				if inner := containerGroup.FindStringSubmatch(segments[at+1]); inner != nil {
					id = inner[1]
				}
			}
			return strings.ReplaceAll(found[1], "_", "-"), id
		}
	}
	return "", ""
}

// startOf is when a process began, in ticks since the host did. A process that has ended and waits for its parent has none.
func startOf(proc string, pid int) (uint64, error) {
	stat, err := os.ReadFile(filepath.Join(proc, strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, err
	}
	// The second field, the command's name, may hold spaces and parentheses.
	_, rest, _ := cutLast(string(stat), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return 0, fmt.Errorf("process %d has ended", pid)
	}
	return strconv.ParseUint(fields[19], 10, 64)
}

func cutLast(text, separator string) (before, after string, found bool) {
	at := strings.LastIndex(text, separator)
	if at < 0 {
		return text, "", false
	}
	return text[:at], text[at+len(separator):], true
}
