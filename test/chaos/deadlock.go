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

// deadlock provokes deadlocks in two ways until the database has counted n of them. Sessions of the
// harness lock the reference at the end of a call and then the one at its beginning. Pairs of clients send
// the same events in opposite orders to two servers.
func deadlock(ctx context.Context, h *harness, name string, n int) (*deployment, result, error) {
	var o result
	d, err := h.newDeployment(ctx, name, options{servers: 2})
	if err != nil {
		return d, o, err
	}
	o, err = d.provokeDeadlocks(ctx, n)
	return d, o, err
}

const (
	lockSessions = 4
	// lockedRows is the number of rows that a session changes first: InnoDB rolls back the transaction
	// that has changed the fewest.
	lockedRows = 300
)

func (d *deployment) provokeDeadlocks(ctx context.Context, n int) (o result, err error) {
	before, err := d.deadlockCount(ctx)
	if err != nil {
		return o, err
	}
	var own atomic.Int64 // deadlocks in which the database rolled back the harness's session
	provoked := func() (int, error) {
		now, err := d.deadlockCount(ctx)
		return now - before - int(own.Load()), err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*completionTimeout)
	defer cancel()
	var done atomic.Bool
	errs := make(chan error, lockSessions)
	var wait sync.WaitGroup
	for i := range lockSessions {
		wait.Go(func() {
			if err := d.lockRepeatedly(ctx, i, &done, &own); err != nil {
				done.Store(true)
				errs <- err
			}
		})
	}
	if len(d.servers) > 1 {
		wait.Go(func() { d.sendCrossing(ctx, &done) })
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
	sends, visible := d.history.sends.Load(), d.history.errorCount()
	o.remarks = fmt.Sprintf("%d of %d requests received an error: %s", visible, sends,
		d.history.errorSummary())
	if float64(visible) >= float64(sends)/1000 {
		o.addFailure("%d of %d requests received an error, that is not less than 0.1 %%", visible, sends)
	}
	return o, errors.Join(err, <-errs)
}

// lockRepeatedly runs one session and one client, and provokes a deadlock in each call of the client.
func (d *deployment) lockRepeatedly(ctx context.Context, i int, done *atomic.Bool, own *atomic.Int64) error {
	table := "faults_weight_" + strconv.Itoa(i)
	for _, query := range []string{
		"CREATE TABLE " + table + " (n INT PRIMARY KEY, v INT NOT NULL)",
		"INSERT INTO " + table + " VALUES (0, 0)" + strings.Join(rowsUpTo(lockedRows), ""),
	} {
		if _, err := d.db.ExecContext(ctx, query); err != nil {
			return err
		}
	}
	c := d.newClient("held"+strconv.Itoa(i), loadOptions{maxBatch: 1})
	for k := 0; !done.Load(); k++ {
		events := make([]event, 8)
		for j := range events {
			events[j] = newEvent(c.random, fmt.Sprintf("held%d-%d-%d", i, k, j), 10, true)
			events[j].Account.Number = accountNumber(j) // the account exists, so that the event is written
		}
		err := d.provokeDeadlock(ctx, table, events,
			func() { c.sendUntilAnswered(ctx, newCall("", events)) })
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

// provokeDeadlock locks the last event's reference, starts the call, and then locks the first event's
// reference, which the call has locked by then. Each waits for the other. The session's own rows are
// rolled back.
func (d *deployment) provokeDeadlock(ctx context.Context, table string, events []event, send func()) error {
	tx, err := d.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
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
		_, err := tx.ExecContext(ctx, `INSERT INTO web_customer_events (id, account_key, unit_key,
			performed_on, website, external_system, external_system_reference_number,
			created_at, created_by_key)
			VALUES (?, 1, 1, '2026-01-01', 'held', ?, ?, '2026-01-01', 1)`, id, e.ExternalSystem,
			e.ExternalSystemReferenceNumber)
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

// sendCrossing sends the same events in opposite orders to two servers at the same time.
func (d *deployment) sendCrossing(ctx context.Context, done *atomic.Bool) {
	one, two := d.newClient("cross-one", loadOptions{maxBatch: 1}), d.newClient("cross-two",
		loadOptions{maxBatch: 1})
	one.addresses, two.addresses = one.addresses[:1], two.addresses[1:]
	for k := 0; !done.Load(); k++ {
		events := make([]event, 20)
		for j := range events {
			events[j] = newEvent(one.random, fmt.Sprintf("cross-%d-%d", k, j), 10, true)
		}
		backward := slices.Clone(events)
		slices.Reverse(backward)
		var both sync.WaitGroup
		both.Go(func() { one.sendUntilAnswered(ctx, newCall("", events)) })
		both.Go(func() { two.sendUntilAnswered(ctx, newCall("", backward)) })
		both.Wait()
	}
}

// deadlockCount returns the number of deadlocks that the database has detected so far.
func (d *deployment) deadlockCount(ctx context.Context) (n int, err error) {
	query := "SELECT `COUNT` FROM information_schema.INNODB_METRICS WHERE NAME = 'lock_deadlocks'"
	if d.databaseServer.Kind() == storetest.KindTiDB {
		query = "SELECT COALESCE(MAX(DEADLOCK_ID), 0) FROM information_schema.DEADLOCKS"
	}
	err = d.db.QueryRowContext(ctx, query).Scan(&n)
	return n, err
}
