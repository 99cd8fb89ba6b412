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

// recordFunc writes events, and returns an acknowledgement or an error for each.
type recordFunc func(ctx context.Context, db *sql.DB, good []event) ([]processedEvent, []error)

// faultyServer answers the bulk mutation as the program does, but records events in a way that is wrong on
// purpose. It understands only the calls of the harness's own clients.
type faultyServer struct {
	db     *sql.DB
	record recordFunc
}

// replaceByFaulty stops the deployment's server and starts a faulty one.
func (d *deployment) replaceByFaulty(record recordFunc) error {
	if err := d.servers[0].kill(); err != nil {
		return err
	}
	address := d.databaseAddress
	if d.proxy != nil {
		address = d.proxy.listener.Addr().String()
	}
	config := mysqldriver.NewConfig()
	config.User, config.Net, config.Addr, config.DBName = "root", "tcp", address, database
	config.InterpolateParams, config.Logger = true, &mysqldriver.NopLogger{}
	connector, err := mysqldriver.NewConnector(config)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: &faultyServer{db, record}, ReadHeaderTimeout: completionTimeout}
	go func() { _ = server.Serve(listener) }()
	d.servers[0].address = listener.Addr().String()
	d.stopFaulty = func() { _, _ = server.Close(), db.Close() }
	return nil
}

func (s *faultyServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
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
	rejected := []unprocessedEvent{}
	for i, e := range asked.Variables.Input.Set {
		if mustBeRejected(&e) {
			rejected = append(rejected, unprocessedEvent{e.RequestUniqueIdentifier, i,
				"NotFoundAPIValueException", "Not Found."})
			continue
		}
		good, places = append(good, e), append(places, i)
	}
	as, errs := s.record(r.Context(), s.db, good)
	done := []processedEvent{}
	for i, e := range good {
		if errs[i] != nil {
			rejected = append(rejected, unprocessedEvent{
				e.RequestUniqueIdentifier, places[i], "InvalidAPIValueException", errs[i].Error(),
			})
			continue
		}
		as[i].RequestUniqueIdentifier, as[i].Index = e.RequestUniqueIdentifier, places[i]
		done = append(done, as[i])
	}
	_ = json.NewEncoder(w).Encode(
		map[string]any{"data": map[string]any{"createWebCustomerEvents": map[string]any{
			"processedCustomerEventsSet":   done,
			"unprocessedCustomerEventsSet": rejected,
			"summary": map[string]int{
				"received":    len(done) + len(rejected),
				"processed":   len(done),
				"unprocessed": len(rejected),
			},
		}}})
}

// insertEvent writes one event under a new id.
func insertEvent(ctx context.Context, tx *sql.Tx, e event) (processedEvent, error) {
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails, see crypto/rand
	null := func(text string) any {
		if text == "" {
			return nil
		}
		return text
	}
	result, err := tx.ExecContext(ctx,
		`INSERT INTO web_customer_events (id, account_key, classification_key, unit_key,
		performed_on, website, description, external_system, external_system_reference_number,
		udf_string_1, udf_string_2, udf_float_1, udf_date_1, created_at, created_by_key)
		SELECT ?, a.account_key, c.classification_key, u.unit_key, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1
		FROM accounts_receivable a, classifications c, units u
		WHERE a.number = ? AND c.alternative_code = ? AND u.alternative_code = ?`, id, e.PerformedOn,
		e.Website, e.Description, null(e.ExternalSystem),
		null(e.ExternalSystemReferenceNumber), e.UDFString1, e.UDFString2, e.UDFFloat1, e.UDFDate1,
		time.Now().UTC(),
		e.Account.Number, e.Classification.AlternativeCode, e.Unit.AlternativeCode)
	if err != nil {
		return processedEvent{}, err
	}
	number, err := result.LastInsertId()
	return processedEvent{
		ID: strings.ToUpper(hex.EncodeToString(id)), Number: strconv.FormatInt(number, 10),
	}, err
}

// recordWithSavepoints sets a savepoint before every event, attributes an error to that event and goes on.
// A deadlock rolls back the whole transaction with the earlier events; the later ones are written without
// a transaction, and COMMIT succeeds.
func recordWithSavepoints(ctx context.Context, db *sql.DB, good []event) ([]processedEvent, []error) {
	as, errs := make([]processedEvent, len(good)), make([]error, len(good))
	failed := func(err error) ([]processedEvent, []error) {
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
		if as[i], errs[i] = insertEvent(ctx, tx, e); errs[i] != nil {
			_, _ = tx.ExecContext(ctx, "ROLLBACK TO SAVEPOINT event")
		}
	}
	if err := tx.Commit(); err != nil {
		return failed(err)
	}
	return as, errs
}

// recordWithPlainRetry writes everything again after any error, under new ids and without a key, even if
// only the response to COMMIT was lost.
func recordWithPlainRetry(ctx context.Context, db *sql.DB, good []event) ([]processedEvent, []error) {
	as, errs := make([]processedEvent, len(good)), make([]error, len(good))
	for {
		tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
		if err != nil {
			continue
		}
		for i := 0; i < len(good) && err == nil; i++ {
			as[i], err = insertEvent(ctx, tx, good[i])
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

// faultyInDeadlocks and faultyInCuts expose the faulty servers to the faults that they handle wrongly.
func faultyInDeadlocks(ctx context.Context, h *harness, name string, n int) (*deployment, result, error) {
	d, err := h.newDeployment(ctx, name, options{})
	if err != nil {
		return d, result{}, err
	}
	if err := d.replaceByFaulty(recordWithSavepoints); err != nil {
		return d, result{}, err
	}
	o, err := d.provokeDeadlocks(ctx, n)
	return d, o, err
}

func faultyInCuts(ctx context.Context, h *harness, name string, n int) (*deployment, result, error) {
	var o result
	d, err := h.newDeployment(ctx, name, options{proxied: true})
	if err != nil {
		return d, o, err
	}
	if err := d.replaceByFaulty(recordWithPlainRetry); err != nil {
		return d, o, err
	}
	l := d.startLoad(ctx, loadOptions{clients: 4, maxBatch: 5, keyed: true, withoutReplay: true})
	defer l.stop()
	d.proxy.scheduleCuts(map[cut]int{{commit, beforeResponse}: n}, d.newRandom("cuts"))
	for d.proxy.remainingCuts() > 0 {
		if err := d.waitForCalls(ctx, 1); err != nil {
			return d, o, err
		}
	}
	o.injected = n
	return d, o, nil
}
