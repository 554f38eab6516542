package main

import (
	"syscall"
	"time"
	"unsafe"
)

// readNow and writeNow are for descriptors that do not block: the scheduler is not told of a call that answers at once, and so
// takes no thread away. Both try again after a signal.
func readNow(fd int, into []byte) (int, error)  { return call(syscall.SYS_READ, fd, into) }
func writeNow(fd int, data []byte) (int, error) { return call(syscall.SYS_WRITE, fd, data) }

func call(number uintptr, fd int, data []byte) (int, error) {
	for {
		count, _, errno := syscall.RawSyscall(number, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(data))), uintptr(len(data)))
		switch errno {
		case 0:
			return int(count), nil
		case syscall.EINTR:
			continue
		}
		return 0, errno
	}
}

// moreWithin answers whether there is something to read, waiting for it only so long.
func moreWithin(fd int, wait time.Duration) bool {
	one := pollFd{fd: int32(fd), events: pollIn}
	until := syscall.NsecToTimespec(wait.Nanoseconds())
	found, _, _ := syscall.RawSyscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&one)), 1, uintptr(unsafe.Pointer(&until)), 0, 0, 0)
	return found == 1
}
