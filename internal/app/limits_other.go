//go:build !unix

package app

import "net"

// openFiles is not known.
func openFiles() int { return 0 }

// boundSendBuffer lets the system take little of a response before the client has read what came before it.
func boundSendBuffer(conn *net.TCPConn) { _ = conn.SetWriteBuffer(sendBufferBytes) }
