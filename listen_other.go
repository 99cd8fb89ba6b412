//go:build !linux

package main

import "net"

// isListening trusts the service manager: only Linux can be asked.
func isListening(net.Listener) bool { return true }
