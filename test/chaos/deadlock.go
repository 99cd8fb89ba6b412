package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	mysqldriver "github.com/go-sql-driver/mysql"

	"customer-events/internal/store/storetest"
)

// deadlocked provokes deadlocks in two ways until the database has counted so many: by sessions of the rig that hold a reference at
// the end of a call and then want the one at its beginning, and by pairs of clients that send the same events in opposite orders
// to two servers.
func deadlocked(ctx context.Context, r *rig, name string, n int) (*world, outcome, error) {
	var o outcome
	w, err := r.newWorld(ctx, name, setting{servers: 2})
	if err != nil {
		return w, o, err
	}
	o, err = w.deadlocks(ctx, n)
	return w, o, err
}

const (
	lockHolders = 4
	// heavy is how many rows a holder changes first: InnoDB rolls back the transaction that has changed the fewest.
	heavy = 300
)

func (w *world) deadlocks(ctx context.Context, n int) (o outcome, err error) {
	before, err := w.deadlockCount(ctx)
	if err != nil {
		return o, err
	}
	var own atomic.Int64 // deadlocks in which the database chose the rig's session
	provoked := func() (int, error) {
		now, err := w.deadlockCount(ctx)
		return now - before - int(own.Load()), err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*patience)
	defer cancel()
	var done atomic.Bool
	errs := make(chan error, lockHolders)
	var wait sync.WaitGroup
	for i := range lockHolders {
		wait.Go(func() {
			if err := w.holdLocks(ctx, i, &done, &own); err != nil {
				done.Store(true)
				errs <- err
			}
		})
	}
	if len(w.servers) > 1 {
		wait.Go(func() { w.cross(ctx, &done) })
	}
	for !done.Load() {
		if o.injected, err = provoked(); err != nil || o.injected >= n {
			break
		}
		if err = pause(ctx, 20*time.Millisecond); err != nil {
			break
		}
	}
	done.Store(true)
	wait.Wait()
	close(errs)
	sends, visible := w.ledger.sends.Load(), w.ledger.errors()
	o.remarks = fmt.Sprintf("%d of %d requests were shown an error: %s", visible, sends, w.ledger.shown())
	if float64(visible) >= float64(sends)/1000 {
		o.fail("%d of %d requests were shown an error, that is not less than 0.1 %%", visible, sends)
	}
	return o, errors.Join(err, <-errs)
}

// holdLocks is one session and one client: each of its calls is let run into a deadlock.
func (w *world) holdLocks(ctx context.Context, i int, done *atomic.Bool, own *atomic.Int64) error {
	table := "faults_weight_" + strconv.Itoa(i)
	for _, query := range []string{"CREATE TABLE " + table + " (n INT PRIMARY KEY, v INT NOT NULL)",
		"INSERT INTO " + table + " VALUES (0, 0)" + strings.Join(rowsUpTo(heavy), "")} {
		if _, err := w.db.ExecContext(ctx, query); err != nil {
			return err
		}
	}
	c := w.newClient("held"+strconv.Itoa(i), kind{batch: 1})
	for k := 0; !done.Load(); k++ {
		events := make([]event, 8)
		for j := range events {
			events[j] = newEvent(c.random, fmt.Sprintf("held%d-%d-%d", i, k, j), 10, true)
			events[j].Account.Number = accountNumber(j) // none is refused, so that all are written
		}
		err := w.hold(ctx, table, events, func() { c.deliver(ctx, newCall("", events)) })
		var fault *mysqldriver.MySQLError
		if errors.As(err, &fault) && fault.Number == 1213 {
			own.Add(1)
			err = nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func rowsUpTo(n int) []string {
	rows := make([]string, n)
	for i := range rows {
		rows[i] = fmt.Sprintf(", (%d, 0)", i+1)
	}
	return rows
}

// hold takes the last event's reference, lets the call begin, and takes the first event's reference, which the call has by then: it waits for
// us, and we for it. What is written here is rolled back.
func (w *world) hold(ctx context.Context, table string, events []event, send func()) error {
	tx, err := w.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return err
	}
	var sent sync.WaitGroup
	defer sent.Wait()
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(ctx, "UPDATE "+table+" SET v = v + 1"); err != nil {
		return err
	}
	take := func(e event) error {
		id := make([]byte, 16)
		_, _ = rand.Read(id) // never fails, see crypto/rand
		_, err := tx.ExecContext(ctx, `INSERT INTO web_customer_events (id, account_key, unit_key, performed_on, website, external_system, external_system_reference_number, created_at, created_by_key)
			VALUES (?, 1, 1, '2026-01-01', 'held', ?, ?, '2026-01-01', 1)`, id, e.ExternalSystem, e.ExternalSystemReferenceNumber)
		return err
	}
	if err := take(events[len(events)-1]); err != nil {
		return err
	}
	sent.Go(send)
	if err := pause(ctx, 4*time.Millisecond); err != nil {
		return err
	}
	return take(events[0])
}

// cross sends the same events in opposite orders to two servers at once.
func (w *world) cross(ctx context.Context, done *atomic.Bool) {
	one, two := w.newClient("cross-one", kind{batch: 1}), w.newClient("cross-two", kind{batch: 1})
	one.addresses, two.addresses = one.addresses[:1], two.addresses[1:]
	for k := 0; !done.Load(); k++ {
		events := make([]event, 20)
		for j := range events {
			events[j] = newEvent(one.random, fmt.Sprintf("cross-%d-%d", k, j), 10, true)
		}
		backward := slices.Clone(events)
		slices.Reverse(backward)
		var both sync.WaitGroup
		both.Go(func() { one.deliver(ctx, newCall("", events)) })
		both.Go(func() { two.deliver(ctx, newCall("", backward)) })
		both.Wait()
	}
}

// deadlockCount is how many deadlocks the database has met so far.
func (w *world) deadlockCount(ctx context.Context) (n int, err error) {
	query := "SELECT `COUNT` FROM information_schema.INNODB_METRICS WHERE NAME = 'lock_deadlocks'"
	if w.maria.Kind() == storetest.KindTiDB {
		query = "SELECT COALESCE(MAX(DEADLOCK_ID), 0) FROM information_schema.DEADLOCKS"
	}
	err = w.db.QueryRowContext(ctx, query).Scan(&n)
	return n, err
}
