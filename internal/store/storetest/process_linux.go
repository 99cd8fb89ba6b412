package storetest

import "syscall"

// childAttributes makes the child die with this process and keeps the Ctrl-C
// of a terminal from it, so that a program can still stop its server in order.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
