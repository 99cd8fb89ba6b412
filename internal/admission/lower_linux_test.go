package admission

import (
	"runtime"
	"syscall"
	"testing"
)

// The heavy thread comes last, and no other thread with it.
func TestPriority(t *testing.T) {
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
	usual, turns := priority(), New()
	for range 20 {
		lowered := 0
		if err := turns.Run(t.Context(), func() { lowered = priority() }); err != nil {
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
