//go:build !linux

package storetest

import "syscall"

// childAttributes leaves the child in the terminal's process group, where at
// least Ctrl-C reaches it: only Linux has a parent death signal.
func childAttributes() *syscall.SysProcAttr { return nil }
