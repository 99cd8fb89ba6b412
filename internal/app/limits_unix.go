//go:build unix

package app

import (
	"net"
	"runtime"
	"syscall"
)

// openFiles returns how many files and connections the process may have open, or 0 if that is not known.
func openFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0
	}
	const most = 1 << 30 // the type differs by system
	if uint64(limit.Cur) > most {
		return most
	}
	return int(limit.Cur)
}

// notSentLowWater is the number of the socket option TCP_NOTSENT_LOWAT by operating system.
// Source: tcp(7), and netinet/tcp.h of Darwin.
var notSentLowWater = map[string]int{"linux": 25, "darwin": 0x201}

// boundSendBuffer bounds how much of a response the operating system buffers before the client reads it.
// Without it, the system accepts megabytes at once, and then nothing for longer than writeStall, although a
// slow client reads all the time.
func boundSendBuffer(conn *net.TCPConn) {
	option, known := notSentLowWater[runtime.GOOS]
	if !known {
		_ = conn.SetWriteBuffer(sendBufferBytes)
		return
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return // the connection has ended
	}
	_ = raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, option, sendBufferBytes)
	})
}
