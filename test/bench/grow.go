package main

import (
	"context"
	"fmt"
	"time"
)

// grows measures calls of a thousand events upon an empty table, fills the table, and measures them again: what is left of the
// rate says how recording slows down as the years go by.
func grows(ctx context.Context, f *floor, p *program, m *maker, database, rows int) error {
	const batch = 1000
	clients := numbers(*clients)
	empty := make([]figures, len(clients))
	for i, c := range clients {
		var err error
		if empty[i], err = cell(ctx, f, p, m, database, c, batch); err != nil {
			return err
		}
	}
	have, err := count(ctx, f.db)
	if err != nil {
		return err
	}
	fmt.Printf("filling up to %d rows, by the floor\n", rows)
	start := time.Now()
	const share = 100 // calls at a time, so that the events waiting to be written fit into memory
	for ; have < rows; have += share * batch {
		work := make([][]event, share)
		for i := range work {
			work[i] = m.batch(batch)
		}
		if _, err := measure(ctx, f.db, 4, share, batch, 0, database, func(i int) error { return f.write(ctx, work[i]) }); err != nil {
			return err
		}
	}
	fmt.Printf("%d rows after %s\n", have, time.Since(start).Round(time.Second))
	for i, c := range clients {
		full, err := cell(ctx, f, p, m, database, c, batch)
		if err != nil {
			return err
		}
		fmt.Printf("%d clients: %.2f of the rate upon an empty table\n", c, full.rate/empty[i].rate)
	}
	return nil
}
