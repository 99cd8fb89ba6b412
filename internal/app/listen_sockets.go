package app

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
)

const (
	// firstSocket is the file descriptor of the first socket that a service manager hands over. Source:
	// sd_listen_fds(3).
	firstSocket = 3
	// maxSockets bounds LISTEN_FDS, which else could make the program look at any number of descriptors.
	maxSockets = 256
)

// socketNames are the names (FileDescriptorName of systemd) that mark sockets for this program among
// several: those of the first line win. A name may go on with a dot or a dash, as customer-events.socket,
// which systemd gives by itself.
var socketNames = [][]string{
	{"customer-events"},
	{"http", "https"},
}

// activatedListener takes over the sockets that a service manager hands to the process: those that
// LISTEN_FDNAMES names for this program, or all if it names none, such as the lines of a socket unit for
// IPv4 and IPv6.
func activatedListener(fds, names string, demo bool) (net.Listener, error) {
	descriptors, err := socketDescriptors(fds, names)
	if err != nil {
		return nil, err
	}
	var all []net.Listener
	for _, descriptor := range descriptors {
		listener, err := socketListener(descriptor, demo)
		if err != nil {
			for _, opened := range all {
				_ = opened.Close()
			}
			return nil, fmt.Errorf("LISTEN_FDS (%s): file descriptor %d: %w", fds, descriptor, err)
		}
		all = append(all, listener)
	}
	return joinListeners(all), nil
}

// socketDescriptors chooses among the descriptors that were handed over. Source: sd_listen_fds_with_names(3).
func socketDescriptors(fds, names string) ([]int, error) {
	n, err := strconv.Atoi(fds)
	if err != nil || n < 1 || n > maxSockets {
		return nil, fmt.Errorf("LISTEN_FDS (%s) is not valid: hand over 1 to %d listening sockets", fds,
			maxSockets)
	}
	given := strings.Split(names, ":")
	for _, wanted := range socketNames {
		var named []int
		for i := range min(n, len(given)) {
			if isOneOf(wanted, given[i]) {
				named = append(named, firstSocket+i)
			}
		}
		if len(named) > 0 {
			return named, nil
		}
	}
	all := make([]int, n)
	for i := range all {
		all[i] = firstSocket + i
	}
	return all, nil
}

func isOneOf(names []string, name string) bool {
	return slices.ContainsFunc(names, func(own string) bool {
		rest, found := strings.CutPrefix(name, own)
		return found && (rest == "" || rest[0] == '.' || rest[0] == '-')
	})
}

// socketListener makes a listener of a descriptor. With demo data it must be on the loopback.
func socketListener(descriptor int, demo bool) (net.Listener, error) {
	file := os.NewFile(uintptr(descriptor), "LISTEN_FDS")
	if file == nil {
		return nil, errors.New("it is not open")
	}
	defer file.Close() // the listener has a copy
	listener, err := net.FileListener(file)
	if err != nil {
		return nil, fmt.Errorf("it is not a listening socket (%w): hand over listening stream sockets only, "+
			"or name this program's sockets with FileDescriptorName=customer-events", err)
	}
	if !isListening(listener) {
		_ = listener.Close()
		return nil, errors.New("it is a socket that does not listen: hand over listening stream sockets " +
			"only, or name this program's sockets with FileDescriptorName=customer-events")
	}
	if _, ok := listener.Addr().(*net.TCPAddr); ok { // others do not leave the machine
		if err := checkListen(listener.Addr().String(), demo); err != nil {
			_ = listener.Close()
			return nil, err
		}
	}
	return listener, nil
}

// joinListeners makes one listener of several.
func joinListeners(all []net.Listener) net.Listener {
	if len(all) == 1 {
		return all[0]
	}
	joined := &joinedListener{all: all, accepted: make(chan accepted)}
	var running sync.WaitGroup
	for _, listener := range all {
		running.Go(func() { joined.accept(listener) })
	}
	go func() {
		running.Wait()
		close(joined.accepted)
	}()
	return joined
}

// joinedListener accepts the connections of several listeners. After Close it still gives out what they
// have accepted, and only then says that it is closed, so that no client's connection is dropped.
type joinedListener struct {
	all      []net.Listener
	accepted chan accepted
}

type accepted struct {
	conn net.Conn
	err  error
}

func (j *joinedListener) accept(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		j.accepted <- accepted{conn, err} // the server pauses after an error before it asks again
	}
}

// Accept waits for the next connection of any of the listeners.
func (j *joinedListener) Accept() (net.Conn, error) {
	next, open := <-j.accepted
	if !open {
		return nil, net.ErrClosed
	}
	return next.conn, next.err
}

// Close closes all of them.
func (j *joinedListener) Close() error {
	var errs []error
	for _, listener := range j.all {
		errs = append(errs, listener.Close())
	}
	return errors.Join(errs...)
}

// Addr is the address of the first.
func (j *joinedListener) Addr() net.Addr { return j.all[0].Addr() }
