package admission

import (
	"runtime"
	"syscall"
)

// niceIncrement is by how much the priority is lowered: a thread gets a tenth of a processor that it has to share.
const niceIncrement = 10

// lowerThreadPriority gives the goroutine a thread of its own, of low priority. Only the superuser may raise a priority again: so the goroutine is
// never taken off the thread, which ends with it; should it be the process's first thread, which cannot end, that is never used again,
// and ps shows its priority.
func lowerThreadPriority() {
	runtime.LockOSThread()
	const lowest = 19
	thread := syscall.Gettid()
	if above, err := syscall.Getpriority(syscall.PRIO_PROCESS, thread); err == nil { // 20 is the usual, 1 the lowest: getpriority(2)
		_ = syscall.Setpriority(syscall.PRIO_PROCESS, thread, min(lowest, 20-above+niceIncrement)) // where it is not allowed, nothing is lost
	}
}
