package main

import (
	"errors"
	"io"
	"os"
	"strconv"
	"syscall"
	"unsafe"
)

const (
	oPath            = 0x200000
	openat2          = 437
	resolveInRoot    = 0x10
	resolveNoMagic   = 0x02
	nonBlockingNoTTY = syscall.O_NONBLOCK | syscall.O_NOCTTY | syscall.O_CLOEXEC
)

// found is a file as a probe tells it.
type found struct {
	Problem *string `json:"problem"`
	Bytes   []byte  `json:"bytes"`
	Size    *int64  `json:"size"`
}

func (f found) bytes() []byte { return f.Bytes }

func problem(name string) *string { return &name }

// readWithin reads a regular file below root. Symbolic links are followed as a process with that root would follow them,
// so none of them leads out; what is no regular file is never opened for reading.
func readWithin(root *os.File, path string, most int64) found {
	name, err := syscall.BytePtrFromString(path)
	if err != nil {
		return found{Problem: problem("absent")}
	}
	how := struct{ flags, mode, resolve uint64 }{oPath | syscall.O_CLOEXEC, 0, resolveInRoot | resolveNoMagic}
	fd, _, errno := syscall.Syscall6(openat2, root.Fd(), uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(&how)), unsafe.Sizeof(how), 0, 0)
	if errno != 0 {
		return found{Problem: fileProblem(errno)}
	}
	defer syscall.Close(int(fd))
	return readPath(int(fd), most)
}

// readFile reads a regular file of the program's own root; a link in its last part is not followed.
func readFile(path string, most int64) found {
	fd, err := syscall.Open(path, oPath|syscall.O_NOFOLLOW|syscall.O_CLOEXEC, 0)
	if err != nil {
		return found{Problem: fileProblem(err)}
	}
	defer syscall.Close(fd)
	return readPath(fd, most)
}

func readPath(fd int, most int64) found {
	var stat syscall.Stat_t
	if err := syscall.Fstat(fd, &stat); err != nil {
		return found{Problem: fileProblem(err)}
	}
	if stat.Mode&syscall.S_IFMT != syscall.S_IFREG {
		return found{Problem: problem("not-a-file")}
	}
	if stat.Size > most {
		return found{Problem: problem("too-large"), Size: &stat.Size}
	}
	file, err := os.OpenFile("/proc/self/fd/"+strconv.Itoa(fd), os.O_RDONLY|nonBlockingNoTTY, 0)
	if err != nil {
		return found{Problem: fileProblem(err)}
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, most+1))
	if err != nil {
		return found{Problem: fileProblem(err)}
	}
	size := int64(len(content))
	if size > most {
		return found{Problem: problem("too-large"), Size: &size}
	}
	return found{Bytes: content, Size: &size}
}

func fileProblem(err error) *string {
	switch {
	case errors.Is(err, syscall.ENOENT), errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.ENAMETOOLONG):
		return problem("absent")
	case errors.Is(err, syscall.ELOOP), errors.Is(err, syscall.ENXIO):
		return problem("not-a-file")
	}
	return problem("refused")
}
