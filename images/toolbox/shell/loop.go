package main

import (
	"container/heap"
	"fmt"
	"os"
	"runtime/debug"
	"syscall"
	"time"
	"unsafe"
)

const (
	pollIn  int16 = 1
	pollOut int16 = 4
)

// pollFd is the kernel's struct pollfd.
type pollFd struct {
	fd      int32
	events  int16
	revents int16
}

type watch struct {
	events int16
	ready  func(revents int16)
}

// loop is one thread and one poll: whatever happens to a shell or a line happens here, one thing after the other.
// Poll and not epoll, which refuses the files and /dev/null that a person may attach with.
type loop struct {
	watches map[int]*watch
	polled  []pollFd
	stale   bool // polled is to be made anew from watches
	timers  timers
	order   int
	busy    []*line // to be pumped at the end of this turn
	stopped bool
	buffer  [64 << 10]byte // for whoever reads something at the moment
}

func newLoop() *loop {
	return &loop{watches: map[int]*watch{}}
}

// watch calls ready whenever one of the events, or the end, of fd is there; without events it forgets fd.
func (l *loop) watch(fd int, events int16, ready func(revents int16)) {
	known := l.watches[fd]
	switch {
	case events == 0 && known == nil:
		return
	case events == 0:
		delete(l.watches, fd)
	case known == nil:
		l.watches[fd] = &watch{events, ready}
	case known.events == events:
		return
	default:
		known.events = events
	}
	l.stale = true
}

// later calls back once, after a while.
func (l *loop) later(after time.Duration, call func()) {
	l.order++
	heap.Push(&l.timers, timer{time.Now().Add(after), l.order, call})
}

// run turns until it is stopped.
func (l *loop) run() {
	type event struct {
		fd      int
		watch   *watch
		revents int16
	}
	var events []event
	for !l.stopped {
		found := l.poll()
		for len(l.timers) > 0 && !l.timers[0].at.After(time.Now()) {
			l.try(heap.Pop(&l.timers).(timer).call)
		}
		events = events[:0]
		for at := 0; at < len(l.polled) && found > 0; at++ {
			if one := l.polled[at]; one.revents != 0 {
				found--
				events = append(events, event{int(one.fd), l.watches[int(one.fd)], one.revents})
			}
		}
		for _, one := range events {
			// An earlier callback of this turn may have closed it.
			if one.watch != nil && l.watches[int(one.fd)] == one.watch {
				l.try(func() { one.watch.ready(one.revents) })
			}
		}
		for len(l.busy) > 0 {
			next := l.busy[0]
			l.busy = l.busy[1:]
			next.busy = false
			l.try(next.pump)
		}
		l.busy = nil
	}
}

// poll waits for events or the next timer, and answers how many descriptors have some.
func (l *loop) poll() int {
	if l.stale {
		l.polled = l.polled[:0]
		for fd, watch := range l.watches {
			l.polled = append(l.polled, pollFd{fd: int32(fd), events: watch.events})
		}
		l.stale = false
	}
	var until *syscall.Timespec
	if len(l.timers) > 0 {
		wait := syscall.NsecToTimespec(max(0, time.Until(l.timers[0].at).Nanoseconds()))
		until = &wait
	}
	found, _, errno := syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(unsafe.SliceData(l.polled))), uintptr(len(l.polled)),
		uintptr(unsafe.Pointer(until)), 0, 0, 0)
	if errno != 0 {
		if errno != syscall.EINTR {
			panic(fmt.Sprintf("poll: %v", errno))
		}
		return 0
	}
	return int(found)
}

// try keeps one client's trouble from being another's.
func (l *loop) try(call func()) {
	defer func() {
		if trouble := recover(); trouble != nil {
			fmt.Fprintf(os.Stderr, "%v\n%s", trouble, debug.Stack())
		}
	}()
	call()
}

type timer struct {
	at    time.Time
	order int
	call  func()
}

type timers []timer

func (t timers) Len() int { return len(t) }
func (t timers) Less(i, j int) bool {
	return t[i].at.Before(t[j].at) || t[i].at.Equal(t[j].at) && t[i].order < t[j].order
}
func (t timers) Swap(i, j int) { t[i], t[j] = t[j], t[i] }
func (t *timers) Push(one any) { *t = append(*t, one.(timer)) }
func (t *timers) Pop() any {
	last := (*t)[len(*t)-1]
	*t = (*t)[:len(*t)-1]
	return last
}
