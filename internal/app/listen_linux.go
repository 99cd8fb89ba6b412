package app

import (
	"net"
	"syscall"
)

// isListening tells a listening socket from one that is only bound or connected.
func isListening(listener net.Listener) bool {
	conn, ok := listener.(syscall.Conn)
	if !ok {
		return true
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return false
	}
	listening := 0
	if control := raw.Control(func(fd uintptr) {
		listening, err = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_ACCEPTCONN)
	}); control != nil || err != nil {
		return false
	}
	return listening != 0
}
