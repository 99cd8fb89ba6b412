package admission

import (
	"runtime"
	"syscall"
)

// niceIncrement lowers a thread's priority so far that it gets a tenth of a processor that it has to share.
const niceIncrement = 10

// lowerThreadPriority locks the goroutine to its thread and lowers the thread's priority. Only the
// superuser may raise a priority again, so the goroutine is never unlocked and the thread exits with it.
// If this is the main thread it cannot exit; the runtime then parks it for good and ps shows the lowered
// priority.
func lowerThreadPriority() {
	runtime.LockOSThread()
	const lowest = 19
	thread := syscall.Gettid()
	// getpriority(2) returns 20 for the usual priority and 1 for the lowest.
	if above, err := syscall.Getpriority(syscall.PRIO_PROCESS, thread); err == nil {
		nice := min(lowest, 20-above+niceIncrement)
		_ = syscall.Setpriority(syscall.PRIO_PROCESS, thread, nice) // without permission the priority stays
	}
}
