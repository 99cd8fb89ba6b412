package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// honestClients is how many clients a bad neighbour is put beside; each sends one event a call.
const honestClients = 48

// badNeighbour measures what one client that repeats a recorded event again and again, as a sender in a
// retry loop does, takes from the small calls of others. Rounds without and with it take turns, so that what
// slows the machine down for longer touches both.
func badNeighbour(ctx context.Context, f *floor, p *program, m *maker, database, batch int) error {
	door := doors["graphql"]
	repeated := door.body(m.batch(batch))
	if _, err := p.post(door.path, repeated); err != nil {
		return err
	}
	calls := 2 * honestClients
	round := func() (figures, error) {
		bodies := make([][]byte, calls)
		for i := range bodies {
			bodies[i] = door.body(m.batch(1))
		}
		call := func(i int) error {
			_, err := p.post(door.path, bodies[i])
			return err
		}
		return measure(ctx, f.db, honestClients, calls, 1, p.server.Process.Pid, database, call)
	}
	var calm, beside, ratios []figures
	var replays float64
	for i := range *rounds + 1 {
		undisturbed, err := round()
		if err != nil {
			return err
		}
		if i == 0 { // the first round finds out how many fit
			calls = honestClients * max(2, min(200, int(undisturbed.rate**seconds)/honestClients))
			continue
		}
		var stop atomic.Bool
		var repeats int
		var failed error
		var neighbour sync.WaitGroup
		neighbour.Go(func() {
			for failed == nil && !stop.Load() {
				if _, failed = p.post(door.path, repeated); failed == nil {
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
		calm, beside = append(calm, undisturbed), append(beside, disturbed)
		ratios = append(ratios, figures{rate: disturbed.rate / undisturbed.rate})
		replays += float64(repeats) / (float64(calls) / disturbed.rate) / float64(*rounds)
	}
	a, b := medians(calm), medians(beside)
	fmt.Printf("bad neighbour: %d clients with one event a call, beside one that repeats a call of %d\n",
		honestClients, batch)
	fmt.Println("           ev/s     p50     p99  replayed calls/s  ratio")
	fmt.Printf("alone  %8.0f %6.1fms %6.1fms\n", a.rate, a.p50*1000, a.p99*1000)
	fmt.Printf("beside %8.0f %6.1fms %6.1fms %17.0f %6.2f\n",
		b.rate, b.p50*1000, b.p99*1000, replays, medians(ratios).rate)
	return nil
}
