package app

import (
	"net"
	"os"
	"strconv"
)

// listen opens the listening socket, or takes over the sockets that a service manager such as systemd hands
// to the process. A socket that is handed over stays open when the process ends: new connections wait in it
// for the next process, and none is refused. With two sockets on one port (SO_REUSEPORT), the one that
// closes would drop the connections that wait in it.
func listen(c config) (net.Listener, error) {
	if os.Getenv("LISTEN_PID") != strconv.Itoa(os.Getpid()) { // the sockets are for a parent process
		return net.Listen("tcp", c.listen)
	}
	return activatedListener(os.Getenv("LISTEN_FDS"), os.Getenv("LISTEN_FDNAMES"), c.demo)
}
