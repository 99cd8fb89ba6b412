package storetest

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// stopTimeout limits a graceful shutdown.
const stopTimeout = 60 * time.Second

// process is a started program.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when the program has exited
	err  error         // the result of Wait, valid after done
}

// starter runs functions on one thread that lives as long as the process. The kernel sends the parent
// death signal when the *thread* that started the child exits, and the Go runtime may end any other
// thread at any time.
var starter = sync.OnceValue(func() chan<- func() {
	work := make(chan func())
	go func() {
		runtime.LockOSThread()
		for f := range work {
			f()
		}
	}()
	return work
})

// startProcess starts a program.
func startProcess(cmd *exec.Cmd) (*process, error) {
	cmd.SysProcAttr = childAttributes()
	result := make(chan error)
	starter() <- func() { result <- cmd.Start() }
	if err := <-result; err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, done: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// kill kills the program and waits for its exit. It returns an error if the program had exited before.
func (p *process) kill() error {
	err := p.cmd.Process.Signal(syscall.SIGKILL)
	<-p.done
	return err
}

// stop sends SIGTERM and waits for the exit.
func (p *process) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-p.done:
		return p.err
	case <-time.After(stopTimeout):
		_ = p.kill()
		return fmt.Errorf("did not stop within %s and was killed", stopTimeout)
	}
}

// running reports whether the program has not exited.
func (p *process) running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// tail returns the last lines of a text.
func tail(text string) string {
	const lines = 15
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// logTail returns the last lines of a log file after an offset.
func logTail(path string, offset int64) string {
	content, err := os.ReadFile(path)
	if err != nil || int64(len(content)) <= offset {
		return "(nothing in its log)"
	}
	return tail(string(content[offset:]))
}
