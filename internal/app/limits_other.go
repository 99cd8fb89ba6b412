//go:build !unix

package app

import "net"

// openFiles returns 0, because the limit is not known.
func openFiles() int { return 0 }

// boundSendBuffer bounds how much of a response the operating system buffers before the client reads it.
func boundSendBuffer(conn *net.TCPConn) { _ = conn.SetWriteBuffer(sendBufferBytes) }
