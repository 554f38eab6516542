package main

import (
	"syscall"
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
