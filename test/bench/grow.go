package main

import (
	"context"
	"fmt"
	"time"

	"customer-events/test/program"
)

// measureGrowth measures calls of 1000 events with an empty table, fills the table and measures them
// again. The ratio of the rates shows how recording slows down as the table grows.
func measureGrowth(ctx context.Context, b *benchmark, rows int) error {
	const batch = 1000
	clients := parseNumbers(*clients)
	empty := make([]figures, len(clients))
	for i, c := range clients {
		var err error
		if empty[i], err = b.measureCell(ctx, c, batch); err != nil {
			return err
		}
	}
	have, err := countRows(ctx, b.floor.db)
	if err != nil {
		return err
	}
	fmt.Printf("the floor fills the table up to %d rows\n", rows)
	start := time.Now()
	const chunk = 100 // calls whose events are in memory at the same time
	for ; have < rows; have += chunk * batch {
		work := make([][]program.Event, chunk)
		for i := range work {
			work[i] = b.generator.batch(batch)
		}
		write := func(i int) error { return b.floor.write(ctx, work[i]) }
		if _, err := b.measure(ctx, 4, chunk, batch, 0, write); err != nil {
			return err
		}
	}
	fmt.Printf("%d rows after %s\n", have, time.Since(start).Round(time.Second))
	for i, c := range clients {
		full, err := b.measureCell(ctx, c, batch)
		if err != nil {
			return err
		}
		fmt.Printf("%d clients: %.2f of the rate with an empty table\n", c, full.rate/empty[i].rate)
	}
	return nil
}
