package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// kind is how the clients of a load behave.
type kind struct {
	clients, batch, text int
	givesUp              bool
	// anew makes every second client open a connection for each call.
	anew bool
	// keyed makes all calls known by a key, none by references.
	keyed bool
	// once leaves out sending settled calls again at the end.
	once bool
}

// load is clients that post call after call until they are told to end.
type load struct {
	kind    kind
	clients []*client
	stop    chan struct{}
	cancel  context.CancelFunc
	ctx     context.Context
	wait    sync.WaitGroup
	ending  sync.Once
}

func (w *world) newClient(name string, k kind) *client {
	c := &client{name: name, ledger: w.ledger, random: w.random(name), token: w.token, batch: k.batch, text: k.text, givesUp: k.givesUp, keyed: k.keyed,
		http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2, DisableCompression: true}, Timeout: time.Minute}}
	for _, s := range w.servers {
		c.addresses = append(c.addresses, s.address)
	}
	c.pick = func(i int) string { return c.addresses[i%len(c.addresses)] }
	return c
}

// random is a source of its own for every part of a run, so that a run's seed gives the same events whatever the order of things.
func (w *world) random(name string) *rand.Rand {
	h := w.seed
	for _, b := range []byte(w.name + "/" + name) {
		h = h*1099511628211 ^ uint64(b)
	}
	return rand.New(rand.NewPCG(w.seed, h))
}

func (w *world) load(ctx context.Context, k kind) *load {
	l := &load{kind: k, stop: make(chan struct{})}
	l.ctx, l.cancel = context.WithCancel(ctx)
	for i := range k.clients {
		c := w.newClient(fmt.Sprintf("%c%d", 'a'+i%26, i), k)
		l.clients = append(l.clients, c)
		if w.balancer != nil {
			c.pick = w.balancer.pick
		}
		if k.anew && i%2 == 1 {
			c.http.Transport.(*http.Transport).DisableKeepAlives = true
		}
		l.wait.Go(func() {
			for {
				select {
				case <-l.stop:
					return
				default:
				}
				if !c.deliver(l.ctx, c.next()) {
					return
				}
			}
		})
	}
	return l
}

// patience is how long clients may go on after the last fault before what they have not been told counts as unknown.
const patience = time.Minute

// end lets every client finish its call, and sends some of the settled ones again.
func (l *load) end() { l.ending.Do(l.finish) }

func (l *load) finish() {
	close(l.stop)
	timer := time.AfterFunc(patience, l.cancel)
	defer timer.Stop()
	l.wait.Wait()
	for _, c := range l.clients {
		if !l.kind.once {
			c.again(l.ctx)
		}
		c.http.CloseIdleConnections()
	}
	l.cancel()
}

var errStuck = fmt.Errorf("no call came through for %s", patience)

// everyone waits until every client has settled another call, and returns how long that took.
func (l *load) everyone(ctx context.Context) (time.Duration, error) {
	start := time.Now()
	before := make([]int64, len(l.clients))
	for i, c := range l.clients {
		before[i] = c.settled.Load()
	}
	for i, c := range l.clients {
		for c.settled.Load() == before[i] {
			if err := pause(ctx, time.Millisecond); err != nil {
				return 0, err
			}
			if time.Since(start) > patience {
				return 0, fmt.Errorf("client %s: %w", c.name, errStuck)
			}
		}
	}
	return time.Since(start), nil
}

// progress waits until so many calls have been settled.
func (w *world) progress(ctx context.Context, calls int) error {
	start, target := time.Now(), w.ledger.calls.Load()+int64(calls)
	for w.ledger.calls.Load() < target {
		if err := pause(ctx, time.Millisecond); err != nil {
			return err
		}
		if time.Since(start) > patience {
			return fmt.Errorf("no %d calls came through in %s", calls, patience)
		}
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
