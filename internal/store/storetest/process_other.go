//go:build !linux

package storetest

import "syscall"

// childAttributes leaves the child in the terminal's process group, so that Ctrl-C reaches it. Only Linux
// has a parent death signal.
func childAttributes() *syscall.SysProcAttr { return nil }
