package main

import (
	"runtime"
	"sync"
	"syscall"
)

// spareThreads are more than this program ever uses at once: the loop's, the runtime's own, and one for signals.
const spareThreads = 8

// makeThreads has the runtime make its threads while there is room for them. Where a learner's programs use up every process
// number, none can be made, and a runtime that wants one more ends the program.
func makeThreads() error {
	var ends [2]int
	if err := syscall.Pipe2(ends[:], syscall.O_CLOEXEC); err != nil {
		return err
	}
	var ready, done sync.WaitGroup
	for range spareThreads {
		ready.Add(1)
		done.Add(1)
		go func() {
			defer done.Done()
			// A goroutine on a thread of its own that waits in the kernel: the next one needs another thread.
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			ready.Done()
			var none [1]byte
			_, _ = syscall.Read(ends[0], none[:])
		}()
	}
	ready.Wait()
	_ = syscall.Close(ends[1])
	done.Wait()
	return syscall.Close(ends[0])
}
