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

// place is where in an exchange a connection is cut.
type place string

const (
	inRequest place = "in the request"    // only some of the request's bytes reach the database, or none
	afterSend place = "after the request" // all of them do, and nobody waits for the answer
	onAnswer  place = "before the answer" // the database has answered, the server sees nothing of it
	inAnswer  place = "in the answer"     // the server sees some of the answer's first bytes
)

// longestDelay is waited at the most before the cut afterSend, so that it meets the database at work, or done.
const longestDelay = 2 * time.Millisecond

// cut is one way to break a connection.
type cut struct {
	statement statement
	place     place
}

// proxy stands between servers and their database, follows what is said, and cuts connections. It also counts the COMMITs whose
// answer never reached the server, whoever was to blame.
type proxy struct {
	listener net.Listener
	target   string
	// unknownCommits is how many COMMITs the database was sent in full without the server getting the whole answer.
	unknownCommits atomic.Int64

	mu        sync.Mutex
	links     map[*link]bool
	remaining map[cut]int // the cuts still to be made
	done      map[cut]int
	random    *rand.Rand
}

func newProxy(target string) (*proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{listener: listener, target: target, links: map[*link]bool{}, remaining: map[cut]int{}, done: map[cut]int{}, random: rand.New(rand.NewPCG(1, 1))}
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

// cutAll breaks every connection there is.
func (p *proxy) cutAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		l.sever(true)
	}
}

// arm orders cuts; they are made whenever a connection comes by the right place.
func (p *proxy) arm(cuts map[cut]int, random *rand.Rand) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.remaining, p.random = cuts, random
}

// outstanding is how many of the cuts have not been made yet, of all or of those in the statements named.
func (p *proxy) outstanding(of ...statement) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c, times := range p.remaining {
		if len(of) == 0 || slices.Contains(of, c.statement) {
			n += times
		}
	}
	return n
}

// made is how often each cut has been made.
func (p *proxy) made() map[cut]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.done)
}

// decide picks a cut for an exchange, or none: one exchange in three is cut while there are cuts to be made.
func (p *proxy) decide(s statement) (place, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.random.IntN(3) > 0 {
		return "", false
	}
	for _, at := range []place{inRequest, afterSend, onAnswer, inAnswer} {
		if c := (cut{s, at}); p.remaining[c] > 0 && p.random.IntN(2) == 0 {
			p.remaining[c]--
			p.done[c]++
			return at, true
		}
	}
	return "", false
}

func (p *proxy) number(n int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.random.IntN(n)
}

// link is one connection through the proxy.
type link struct {
	proxy          *proxy
	client, server net.Conn
	once           sync.Once
	// committing is set while a COMMIT is sent in full and not answered.
	committing atomic.Bool
	// answerCut is where the next answer is to be cut.
	answerCut atomic.Pointer[place]
}

// sever ends both directions, half of the time so that what lies in buffers is thrown away, as a crash of a machine between does.
func (l *link) sever(reset bool) {
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
	l := &link{proxy: p, client: client, server: server}
	if at, ok := p.decide(greeting); ok {
		l.answerCut.Store(&at)
	}
	p.mu.Lock()
	p.links[l] = true
	p.mu.Unlock()
	var both sync.WaitGroup
	both.Go(l.requests)
	both.Go(l.answers)
	both.Wait()
	p.mu.Lock()
	delete(p.links, l)
	p.mu.Unlock()
}

// requests carries packets to the database.
func (l *link) requests() {
	defer l.sever(false)
	from := bufio.NewReader(l.client)
	for {
		packet, err := readPacket(from)
		if err != nil {
			return
		}
		s := about(packet)
		at, ok := l.proxy.decide(s)
		if ok && at == inRequest {
			// Nothing, a part of the header, or a part of the text.
			_, _ = l.server.Write(packet[:l.proxy.number(len(packet))])
			l.sever(l.proxy.number(2) == 0)
			return
		}
		// Set before the packet goes, since the answer may come before this goroutine runs again.
		l.committing.Store(s == commit)
		if ok {
			l.answerCut.Store(&at)
		}
		if _, err := l.server.Write(packet); err != nil {
			return
		}
		if ok && at == afterSend {
			time.Sleep(time.Duration(l.proxy.number(int(longestDelay))))
			l.sever(false)
			return
		}
	}
}

// answers carries bytes from the database. It need not understand them: the database speaks only when it is asked.
func (l *link) answers() {
	defer l.sever(false)
	chunk := make([]byte, 64<<10)
	for {
		n, err := l.server.Read(chunk)
		if err != nil {
			return
		}
		if at := l.answerCut.Swap(nil); at != nil {
			if *at == inAnswer && n > 1 {
				_, _ = l.client.Write(chunk[:1+l.proxy.number(n-1)])
			}
			l.sever(*at != inAnswer)
			return
		}
		l.committing.Store(false)
		if _, err := l.client.Write(chunk[:n]); err != nil {
			return
		}
	}
}
