package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// otherClients is the number of clients beside a bad neighbour. Each sends one event a call.
const otherClients = 48

// measureNeighbour measures how one client slows down the small calls of others when it repeats a recorded
// event, as a sender in a retry loop does. Rounds without it and with it alternate, so that other load on
// the machine affects both.
func measureNeighbour(ctx context.Context, b *benchmark, batch int) error {
	graphQL := protocols["graphql"]
	repeated := graphQL.encode(b.generator.batch(batch))
	if _, err := b.server.post(graphQL.path, repeated); err != nil {
		return err
	}
	calls := 2 * otherClients
	round := func() (figures, error) {
		bodies := make([][]byte, calls)
		for i := range bodies {
			bodies[i] = graphQL.encode(b.generator.batch(1))
		}
		call := func(i int) error {
			_, err := b.server.post(graphQL.path, bodies[i])
			return err
		}
		return b.measure(ctx, otherClients, calls, 1, b.server.process.Process.Pid, call)
	}
	var without, with, ratios []figures
	var replays float64
	for i := range *rounds + 1 {
		undisturbed, err := round()
		if err != nil {
			return err
		}
		if i == 0 { // the first round determines the number of calls
			calls = otherClients * max(2, min(200, int(undisturbed.rate**seconds)/otherClients))
			continue
		}
		var stop atomic.Bool
		var repeats int
		var failed error
		var neighbour sync.WaitGroup
		neighbour.Go(func() {
			for failed == nil && !stop.Load() {
				if _, failed = b.server.post(graphQL.path, repeated); failed == nil {
					repeats++
				}
			}
		})
		disturbed, err := round()
		stop.Store(true)
		neighbour.Wait()
		if err != nil || failed != nil {
			return fmt.Errorf("beside a bad neighbour: %w", errors.Join(err, failed))
		}
		without, with = append(without, undisturbed), append(with, disturbed)
		ratios = append(ratios, figures{rate: disturbed.rate / undisturbed.rate})
		replays += float64(repeats) / (float64(calls) / disturbed.rate) / float64(*rounds)
	}
	alone, beside := medians(without), medians(with)
	fmt.Printf("bad neighbour: %d clients with one event a call, beside one that repeats a call of %d "+
		"events\n",
		otherClients, batch)
	fmt.Println("           ev/s     p50     p99  replayed calls/s  ratio")
	fmt.Printf("alone  %8.0f %6.1fms %6.1fms\n", alone.rate, alone.p50*1000, alone.p99*1000)
	fmt.Printf("beside %8.0f %6.1fms %6.1fms %17.0f %6.2f\n",
		beside.rate, beside.p50*1000, beside.p99*1000, replays, medians(ratios).rate)
	return nil
}
