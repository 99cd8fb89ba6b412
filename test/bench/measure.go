package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"customer-events/test/program"
)

// figures are the results of one round, for each event where that makes sense, or their ratios to the
// floor of the same round. Load on the machine that lasts longer than a round affects both and cancels out
// in the ratios.
type figures struct {
	rate, p50, p99, own, database, bytes float64
}

// cell collects the rounds of one number of clients and one size of batch.
type cell struct {
	clients, batch  int
	floorCalls      int
	serverCalls     map[string]int
	floors          []figures
	servers, ratios map[string][]figures
}

// callsThatFit returns how many calls take about the duration of a round.
func (c *cell) callsThatFit(f figures) int {
	return c.clients * max(2, min(2000, int(f.rate**seconds)/(c.batch*c.clients)))
}

// measureCell measures one number of clients and size of batch. It returns the figures of the first
// protocol.
func (b *benchmark) measureCell(ctx context.Context, clients, batch int) (first figures, err error) {
	c := &cell{
		clients: clients, batch: batch,
		floorCalls: 2 * clients, serverCalls: make(map[string]int), // the first round determines the numbers
		servers: make(map[string][]figures), ratios: make(map[string][]figures),
	}
	names := strings.Split(*through, ",")
	for round := range *rounds + 1 {
		floor, err := b.measureFloor(ctx, c, round)
		if err != nil {
			return first, err
		}
		slices.Reverse(names) // no protocol always comes first, since the load changes during a round
		for _, name := range names {
			if err := b.measureProtocol(ctx, c, name, round, floor); err != nil {
				return first, err
			}
		}
	}
	floor := medians(c.floors)
	for i, name := range strings.Split(*through, ",") {
		server, ratio := medians(c.servers[name]), medians(c.ratios[name])
		if i == 0 {
			first = server
		}
		fmt.Printf("%7d %6d %8s %12.0f %12.0f %6.2f %6.1fms %6.1fms %11.1f %14.1f %6.2f  (%6.1f %6.1f) "+
			"%9.0f\n",
			clients, batch, name, floor.rate, server.rate, ratio.rate, server.p50*1000, server.p99*1000,
			(floor.own+floor.database)*1e6, (server.own+server.database)*1e6, ratio.own,
			server.own*1e6, server.database*1e6, server.bytes)
	}
	return first, nil
}

func (b *benchmark) measureFloor(ctx context.Context, c *cell, round int) (figures, error) {
	work := make([][]program.Event, c.floorCalls)
	for i := range work {
		work[i] = b.generator.batch(c.batch)
	}
	write := func(i int) error { return b.floor.write(ctx, work[i]) }
	floor, err := b.measure(ctx, c.clients, len(work), c.batch, os.Getpid(), write)
	if err != nil {
		return floor, err
	}
	if round == 0 {
		c.floorCalls = c.callsThatFit(floor)
	} else {
		c.floors = append(c.floors, floor)
	}
	return floor, nil
}

func (b *benchmark) measureProtocol(
	ctx context.Context, c *cell, name string, round int, floor figures,
) error {
	protocol, known := protocols[name]
	if !known {
		return fmt.Errorf("unknown protocol %q: choose of graphql, web", name)
	}
	bodies := make([][]byte, max(2*c.clients, c.serverCalls[name]))
	for i := range bodies {
		bodies[i] = protocol.encode(b.generator.batch(c.batch))
	}
	before := b.server.allocated()
	post := func(i int) error {
		_, err := b.server.post(protocol.path, bodies[i])
		return err
	}
	server, err := b.measure(ctx, c.clients, len(bodies), c.batch, b.server.process.Process.Pid, post)
	if err != nil {
		return err
	}
	server.bytes = (b.server.allocated() - before) / float64(c.batch*len(bodies))
	if round == 0 {
		c.serverCalls[name] = c.callsThatFit(server)
		return nil
	}
	c.servers[name] = append(c.servers[name], server)
	c.ratios[name] = append(c.ratios[name], figures{
		rate: server.rate / floor.rate,
		own:  (server.own + server.database) / (floor.own + floor.database),
	})
	return nil
}

// measure makes calls from concurrent clients, and checks that their rows are stored. own is the process
// whose CPU time counts beside the database's.
func (b *benchmark) measure(
	ctx context.Context, clients, calls, batch, own int, call func(i int) error,
) (figures, error) {
	rowsBefore, err := countRows(ctx, b.floor.db)
	if err != nil {
		return figures{}, err
	}
	took := make([]float64, calls)
	next := make(chan int, calls)
	for i := range calls {
		next <- i
	}
	close(next)
	errs := make(chan error, clients)
	ownBefore, databaseBefore, start := cpu(own), cpu(b.databasePID), time.Now()
	var wait sync.WaitGroup
	for range clients {
		wait.Go(func() {
			for i := range next {
				began := time.Now()
				if err := call(i); err != nil {
					errs <- err
					return
				}
				took[i] = time.Since(began).Seconds()
			}
		})
	}
	wait.Wait()
	elapsed := time.Since(start).Seconds()
	events := float64(calls * batch)
	result := figures{
		rate:     events / elapsed,
		own:      (cpu(own) - ownBefore) / events,
		database: (cpu(b.databasePID) - databaseBefore) / events,
	}
	select {
	case err := <-errs:
		return figures{}, err
	default:
	}
	rowsAfter, err := countRows(ctx, b.floor.db)
	if err == nil && rowsAfter-rowsBefore != calls*batch {
		err = fmt.Errorf("%d calls of %d events made %d rows", calls, batch, rowsAfter-rowsBefore)
	}
	slices.Sort(took)
	result.p50, result.p99 = took[len(took)/2], took[len(took)*99/100]
	return result, err
}

func countRows(ctx context.Context, db *sql.DB) (n int, err error) {
	err = db.QueryRowContext(ctx, "SELECT COUNT(*) FROM web_customer_events").Scan(&n)
	return n, err
}

func medians(rounds []figures) figures {
	median := func(of func(figures) float64) float64 {
		values := make([]float64, len(rounds))
		for i, round := range rounds {
			values[i] = of(round)
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	return figures{
		rate:     median(func(f figures) float64 { return f.rate }),
		p50:      median(func(f figures) float64 { return f.p50 }),
		p99:      median(func(f figures) float64 { return f.p99 }),
		own:      median(func(f figures) float64 { return f.own }),
		database: median(func(f figures) float64 { return f.database }),
		bytes:    median(func(f figures) float64 { return f.bytes }),
	}
}
