package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	mysqldriver "github.com/go-sql-driver/mysql"
)

// wrongServer answers the bulk mutation as the program does, and records in a way that is wrong on purpose. It is here to be found out, and is
// short because it knows nothing but what the rig's clients send.
type wrongServer struct {
	db     *sql.DB
	record func(ctx context.Context, db *sql.DB, good []event) (as []made, errs []error)
}

// beWrong puts a wrong server in the place of the world's right one.
func (w *world) beWrong(record func(context.Context, *sql.DB, []event) ([]made, []error)) error {
	if err := w.servers[0].kill(); err != nil {
		return err
	}
	address := w.target
	if w.proxy != nil {
		address = w.proxy.listener.Addr().String()
	}
	config := mysqldriver.NewConfig()
	config.User, config.Net, config.Addr, config.DBName, config.InterpolateParams, config.Logger = "root", "tcp", address, database, true, &mysqldriver.NopLogger{}
	connector, err := mysqldriver.NewConnector(config)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: &wrongServer{db, record}, ReadHeaderTimeout: patience}
	go func() { _ = server.Serve(listener) }()
	w.servers[0].address = listener.Addr().String()
	w.wrong = func() { _, _ = server.Close(), db.Close() }
	return nil
}

func (s *wrongServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Variables struct {
			Input struct {
				Set []event `json:"webCustomerEventsSet"`
			}
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var good []event
	var places []int
	refused := []unprocessed{}
	for i, e := range asked.Variables.Input.Set {
		if e.bad() {
			refused = append(refused, unprocessed{e.RequestUniqueIdentifier, i, "NotFoundAPIValueException", "Not Found."})
			continue
		}
		good, places = append(good, e), append(places, i)
	}
	as, errs := s.record(r.Context(), s.db, good)
	done := []made{}
	for i, e := range good {
		if errs[i] != nil {
			refused = append(refused, unprocessed{e.RequestUniqueIdentifier, places[i], "InvalidAPIValueException", errs[i].Error()})
			continue
		}
		as[i].RequestUniqueIdentifier, as[i].Index = e.RequestUniqueIdentifier, places[i]
		done = append(done, as[i])
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{"createWebCustomerEvents": map[string]any{
		"processedCustomerEventsSet": done, "unprocessedCustomerEventsSet": refused,
		"summary": map[string]int{"received": len(done) + len(refused), "processed": len(done), "unprocessed": len(refused)}}}})
}

// write writes one event under a new id.
func write(ctx context.Context, tx *sql.Tx, e event) (made, error) {
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails, see crypto/rand
	null := func(text string) any {
		if text == "" {
			return nil
		}
		return text
	}
	result, err := tx.ExecContext(ctx, `INSERT INTO web_customer_events (id, account_key, classification_key, unit_key, performed_on, website, description, external_system,
		external_system_reference_number, udf_string_1, udf_string_2, udf_float_1, udf_date_1, created_at, created_by_key)
		SELECT ?, a.account_key, c.classification_key, u.unit_key, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1 FROM accounts_receivable a, classifications c, units u
		WHERE a.number = ? AND c.alternative_code = ? AND u.alternative_code = ?`, id, e.PerformedOn, e.Website, e.Description, null(e.ExternalSystem),
		null(e.ExternalSystemReferenceNumber), e.UDFString1, e.UDFString2, e.UDFFloat1, e.UDFDate1, time.Now().UTC(),
		e.Account.Number, e.Classification.AlternativeCode, e.Unit.AlternativeCode)
	if err != nil {
		return made{}, err
	}
	number, err := result.LastInsertId()
	return made{ID: strings.ToUpper(hex.EncodeToString(id)), Number: strconv.FormatInt(number, 10)}, err
}

// savepointAndCarryOn sets a savepoint before every event, takes an error for that event's own, and goes on. After a deadlock
// the events before are gone with the transaction, those behind are written without one, and COMMIT succeeds.
func savepointAndCarryOn(ctx context.Context, db *sql.DB, good []event) ([]made, []error) {
	as, errs := make([]made, len(good)), make([]error, len(good))
	failed := func(err error) ([]made, []error) {
		for i := range errs {
			errs[i] = err
		}
		return as, errs
	}
	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return failed(err)
	}
	for i, e := range good {
		_, _ = tx.ExecContext(ctx, "SAVEPOINT event")
		if as[i], errs[i] = write(ctx, tx, e); errs[i] != nil {
			_, _ = tx.ExecContext(ctx, "ROLLBACK TO SAVEPOINT event")
		}
	}
	if err := tx.Commit(); err != nil {
		return failed(err)
	}
	return as, errs
}

// plainRetry writes everything again, under new ids and without a key, whenever there was an error, even if it was the answer to COMMIT
// that was lost.
func plainRetry(ctx context.Context, db *sql.DB, good []event) ([]made, []error) {
	as, errs := make([]made, len(good)), make([]error, len(good))
	for {
		tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
		if err != nil {
			continue
		}
		for i := 0; i < len(good) && err == nil; i++ {
			as[i], err = write(ctx, tx, good[i])
		}
		if err == nil {
			err = tx.Commit()
		}
		if err == nil || ctx.Err() != nil {
			return as, errs
		}
		_ = tx.Rollback()
	}
}

// wrongInDeadlocks and wrongInCuts let the wrong servers meet the faults that they are wrong about.
func wrongInDeadlocks(ctx context.Context, r *rig, name string, n int) (*world, outcome, error) {
	w, err := r.newWorld(ctx, name, setting{})
	if err != nil {
		return w, outcome{}, err
	}
	if err := w.beWrong(savepointAndCarryOn); err != nil {
		return w, outcome{}, err
	}
	o, err := w.deadlocks(ctx, n)
	return w, o, err
}

func wrongInCuts(ctx context.Context, r *rig, name string, n int) (*world, outcome, error) {
	var o outcome
	w, err := r.newWorld(ctx, name, setting{proxied: true})
	if err != nil {
		return w, o, err
	}
	if err := w.beWrong(plainRetry); err != nil {
		return w, o, err
	}
	l := w.load(ctx, kind{clients: 4, batch: 5, keyed: true, once: true})
	defer l.end()
	w.proxy.arm(map[cut]int{{commit, onAnswer}: n}, w.random("cuts"))
	for w.proxy.outstanding() > 0 {
		if err := w.progress(ctx, 1); err != nil {
			return w, o, err
		}
	}
	o.injected = n
	return w, o, nil
}
