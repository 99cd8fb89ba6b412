package storetest

import "syscall"

// childAttributes makes the kernel kill the child when this process exits. The child gets a process group
// of its own, so that Ctrl-C in a terminal does not reach it, and this process can still shut it down
// gracefully.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
