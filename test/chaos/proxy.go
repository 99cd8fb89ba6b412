package main

import (
	"bufio"
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// place is the point of an exchange at which a connection is cut.
type place string

const (
	inRequest place = "in the request" // the database receives a part of the request, or nothing
	// the database receives the request; nothing reads the response
	afterRequest   place = "after the request"
	beforeResponse place = "before the answer" // the database has responded; the server receives nothing
	inResponse     place = "in the answer"     // the server receives the first bytes of the response
)

// longestDelay is the maximum wait before the cut afterRequest, so that the database is still working, or
// done.
const longestDelay = 2 * time.Millisecond

// cut is one way to break a connection.
type cut struct {
	statement statement
	place     place
}

// proxy forwards between servers and their database, follows the protocol and cuts connections. It also
// counts the COMMITs whose response did not reach the server, whatever the reason. An INSERT without a
// transaction around it counts as a COMMIT.
type proxy struct {
	listener net.Listener
	target   string
	// unknownCommits counts the COMMITs that the database received in full and the server got no complete
	// response to.
	unknownCommits atomic.Int64

	mu        sync.Mutex
	conns     map[*proxyConn]bool
	remaining map[cut]int // the cuts still to be made
	done      map[cut]int
	random    *rand.Rand
}

func newProxy(target string) (*proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{
		listener: listener, target: target, conns: map[*proxyConn]bool{}, remaining: map[cut]int{},
		done: map[cut]int{}, random: rand.New(rand.NewPCG(1, 1)),
	}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go p.serve(client)
		}
	}()
	return p, nil
}

func (p *proxy) close() {
	_ = p.listener.Close()
	p.cutAll()
}

// cutAll breaks all connections.
func (p *proxy) cutAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.conns {
		l.cut(true)
	}
}

// scheduleCuts schedules cuts. Each is made when a connection reaches its place.
func (p *proxy) scheduleCuts(cuts map[cut]int, random *rand.Rand) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.remaining, p.random = cuts, random
}

// remainingCuts returns the number of scheduled cuts, of all statements or of some.
func (p *proxy) remainingCuts(of ...statement) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c, times := range p.remaining {
		if len(of) == 0 || slices.Contains(of, c.statement) {
			n += times
		}
	}
	return n
}

// doneCuts returns how often each cut has been made.
func (p *proxy) doneCuts() map[cut]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.done)
}

// nextCut picks a cut for an exchange, or none: while cuts remain, about one exchange in three is cut.
func (p *proxy) nextCut(s statement) (place, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.random.IntN(3) > 0 {
		return "", false
	}
	for _, at := range []place{inRequest, afterRequest, beforeResponse, inResponse} {
		if c := (cut{s, at}); p.remaining[c] > 0 && p.random.IntN(2) == 0 {
			p.remaining[c]--
			p.done[c]++
			return at, true
		}
	}
	return "", false
}

func (p *proxy) randomInt(n int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.random.IntN(n)
}

// proxyConn is one connection through the proxy.
type proxyConn struct {
	proxy          *proxy
	client, server net.Conn
	once           sync.Once
	// committing is true from a complete COMMIT until its response.
	committing atomic.Bool
	// responseCut is the place at which to cut the next response.
	responseCut atomic.Pointer[place]
}

// cut closes both directions. With reset the buffered bytes are discarded, as in a crash of a machine in
// between.
func (l *proxyConn) cut(reset bool) {
	l.once.Do(func() {
		for _, conn := range []net.Conn{l.client, l.server} {
			if tcp, ok := conn.(*net.TCPConn); ok && reset {
				_ = tcp.SetLinger(0)
			}
			_ = conn.Close()
		}
		if l.committing.Load() {
			l.proxy.unknownCommits.Add(1)
		}
	})
}

func (p *proxy) serve(client net.Conn) {
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		_ = client.Close()
		return
	}
	l := &proxyConn{proxy: p, client: client, server: server}
	if at, ok := p.nextCut(greeting); ok {
		l.responseCut.Store(&at)
	}
	p.mu.Lock()
	p.conns[l] = true
	p.mu.Unlock()
	var both sync.WaitGroup
	both.Go(l.forwardRequests)
	both.Go(l.forwardResponses)
	both.Wait()
	p.mu.Lock()
	delete(p.conns, l)
	p.mu.Unlock()
}

// forwardRequests forwards packets to the database.
func (l *proxyConn) forwardRequests() {
	defer l.cut(false)
	from := bufio.NewReader(l.client)
	inTransaction := false
	for {
		packet, err := readPacket(from)
		if err != nil {
			return
		}
		s := classify(packet)
		switch s {
		case begin:
			inTransaction = true
		case commit, rollback:
			inTransaction = false
		case insert:
			if !inTransaction {
				s = insertAlone
			}
		}
		at, ok := l.proxy.nextCut(s)
		if ok && at == inRequest {
			// Nothing, a part of the header, or a part of the payload.
			_, _ = l.server.Write(packet[:l.proxy.randomInt(len(packet))])
			l.cut(l.proxy.randomInt(2) == 0)
			return
		}
		// Set before the packet is sent, since the response may arrive before this goroutine runs again.
		l.committing.Store(s == commit || s == insertAlone)
		if ok {
			l.responseCut.Store(&at)
		}
		if _, err := l.server.Write(packet); err != nil {
			return
		}
		if ok && at == afterRequest {
			time.Sleep(time.Duration(l.proxy.randomInt(int(longestDelay))))
			l.cut(false)
			return
		}
	}
}

// forwardResponses forwards bytes from the database without parsing them, since the database only responds
// to requests.
func (l *proxyConn) forwardResponses() {
	defer l.cut(false)
	chunk := make([]byte, 64<<10)
	for {
		n, err := l.server.Read(chunk)
		if err != nil {
			return
		}
		if at := l.responseCut.Swap(nil); at != nil {
			if *at == inResponse && n > 1 {
				_, _ = l.client.Write(chunk[:1+l.proxy.randomInt(n-1)])
			}
			l.cut(*at != inResponse)
			return
		}
		l.committing.Store(false)
		if _, err := l.client.Write(chunk[:n]); err != nil {
			return
		}
	}
}
