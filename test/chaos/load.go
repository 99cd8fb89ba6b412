package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// loadOptions determine the behaviour of a load's clients.
type loadOptions struct {
	clients, maxBatch, descriptionLength int
	abandonsCalls                        bool
	// newConnections makes every second client open a connection for each call.
	newConnections bool
	// keyed gives all calls an idempotency key and no event a reference.
	keyed bool
	// withoutReplay omits the replay of answered calls at the end.
	withoutReplay bool
}

// load is a group of clients that send call after call until it is stopped.
type load struct {
	options  loadOptions
	clients  []*client
	stopped  chan struct{}
	cancel   context.CancelFunc
	ctx      context.Context
	wait     sync.WaitGroup
	stopOnce sync.Once
}

func (d *deployment) newClient(name string, k loadOptions) *client {
	c := &client{
		name:              name,
		history:           d.history,
		random:            d.newRandom(name),
		token:             d.token,
		maxBatch:          k.maxBatch,
		descriptionLength: k.descriptionLength,
		abandonsCalls:     k.abandonsCalls,
		keyed:             k.keyed,
		http: &http.Client{
			Transport: &http.Transport{MaxIdleConnsPerHost: 2, DisableCompression: true},
			Timeout:   time.Minute,
		},
	}
	for _, s := range d.servers {
		c.addresses = append(c.addresses, s.address)
	}
	c.address = func(i int) string { return c.addresses[i%len(c.addresses)] }
	return c
}

// newRandom returns a random source for one part of a run, so that the run's seed determines the part's
// events whatever the other parts do.
func (d *deployment) newRandom(name string) *rand.Rand {
	h := d.seed
	for _, b := range []byte(d.name + "/" + name) {
		h = h*1099511628211 ^ uint64(b)
	}
	return rand.New(rand.NewPCG(d.seed, h))
}

func (d *deployment) startLoad(ctx context.Context, k loadOptions) *load {
	l := &load{options: k, stopped: make(chan struct{})}
	l.ctx, l.cancel = context.WithCancel(ctx)
	for i := range k.clients {
		c := d.newClient(fmt.Sprintf("%c%d", 'a'+i%26, i), k)
		l.clients = append(l.clients, c)
		if d.balancer != nil {
			c.address = d.balancer.address
		}
		if k.newConnections && i%2 == 1 {
			c.http.Transport.(*http.Transport).DisableKeepAlives = true
		}
		l.wait.Go(func() {
			for {
				select {
				case <-l.stopped:
					return
				default:
				}
				if !c.sendUntilAnswered(l.ctx, c.nextCall()) {
					return
				}
			}
		})
	}
	return l
}

// completionTimeout limits the time for calls to complete after the last fault. What is unanswered then
// counts as unknown.
const completionTimeout = time.Minute

// stop lets every client finish its call and replays a sample of the answered calls.
func (l *load) stop() { l.stopOnce.Do(l.finish) }

func (l *load) finish() {
	close(l.stopped)
	timer := time.AfterFunc(completionTimeout, l.cancel)
	defer timer.Stop()
	l.wait.Wait()
	for _, c := range l.clients {
		if !l.options.withoutReplay {
			c.replayCompleted(l.ctx)
		}
		c.http.CloseIdleConnections()
	}
	l.cancel()
}

var errNoProgress = fmt.Errorf("no call came through for %s", completionTimeout)

// waitForEveryClient waits until every client has completed another call, and returns how long that took.
func (l *load) waitForEveryClient(ctx context.Context) (time.Duration, error) {
	start := time.Now()
	before := make([]int64, len(l.clients))
	for i, c := range l.clients {
		before[i] = c.completed.Load()
	}
	for i, c := range l.clients {
		for c.completed.Load() == before[i] {
			if err := pause(ctx, time.Millisecond); err != nil {
				return 0, err
			}
			if time.Since(start) > completionTimeout {
				return 0, fmt.Errorf("client %s: %w", c.name, errNoProgress)
			}
		}
	}
	return time.Since(start), nil
}

// waitForCalls waits until this number of calls has been completed.
func (d *deployment) waitForCalls(ctx context.Context, calls int) error {
	start, target := time.Now(), d.history.calls.Load()+int64(calls)
	for d.history.calls.Load() < target {
		if err := pause(ctx, time.Millisecond); err != nil {
			return err
		}
		if time.Since(start) > completionTimeout {
			return fmt.Errorf("no %d calls came through in %s", calls, completionTimeout)
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
