package admission

import (
	"runtime"
	"syscall"
	"testing"
)

// Run lowers the priority of its own thread and of no other.
func TestRun_Priority(t *testing.T) {
	t.Parallel()
	priority := func() int {
		above, err := syscall.Getpriority(syscall.PRIO_PROCESS, syscall.Gettid())
		if err != nil {
			t.Error(err)
		}
		return above
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	usual, limiter := priority(), NewCPULimiter()
	for range 20 {
		lowered := 0
		if err := limiter.Run(t.Context(), func() { lowered = priority() }); err != nil {
			t.Fatal(err)
		}
		if want := max(1, usual-niceIncrement); lowered != want {
			t.Errorf("priority %d, not %d", lowered, want)
		}
		others := make(chan int)
		for range 10 {
			go func() {
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
				others <- priority()
			}()
		}
		for range 10 {
			if other := <-others; other != usual {
				t.Errorf("another thread has priority %d, not %d", other, usual)
			}
		}
	}
}
