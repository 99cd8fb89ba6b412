package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"customer-events/internal/events"
	"customer-events/internal/events/eventstest"
	"customer-events/internal/strictjson"
	"customer-events/models"
)

// passWorld is a service on a real database, with a user for all units and one for a single unit.
type passWorld struct {
	*testing.T
	store          *Store
	service        *events.Service
	token, limited []byte
	next           atomic.Int64
}

var errNoToken = errors.New("the token is not valid")

func newPassWorld(t *testing.T, url func(testing.TB) string) *passWorld {
	t.Helper()
	s := open(t, url)
	data := eventstest.Data{
		Users:    []models.User{{Name: "demo", PasswordHash: "-"}, {Name: "limited", PasswordHash: "-"}},
		Accounts: []models.Account{{ID: "A1", Number: "ACR1", Name: "one"}, {ID: "A2", Number: "ACR2", Name: "two"}},
		Units:    []models.Unit{{ID: "U1", Name: "Admin Unit"}, {ID: "U2", Name: "Web Shop"}},
	}
	world{s}.Add(t, data)
	_, err := s.writer().ExecContext(t.Context(), "INSERT INTO api_user_units (user_key, unit_key) VALUES (?, ?)",
		data.Users[1].Key, data.Units[1].Key)
	if err != nil {
		t.Fatal(err)
	}
	w := &passWorld{T: t, store: s, service: &events.Service{
		References: s, Store: s, Hasher: models.NewKeyedHasher([]byte("the tests' own secret key")),
		Now:             time.Now,
		NewID:           func() models.ID { return models.ID(uuid.Must(uuid.NewV7())) },
		FutureTolerance: time.Hour, RetryTimeout: 10 * time.Second, Log: slog.New(slog.DiscardHandler),
	}}
	w.token, w.limited = w.login(data.Users[0]), w.login(data.Users[1])
	return w
}

func (w *passWorld) login(user models.User) []byte {
	w.Helper()
	hash := sha256.Sum256([]byte(fmt.Sprint("token ", w.next.Add(1))))
	now := time.Now().UTC()
	if ok, err := w.store.StartSession(w.Context(), hash[:], user, now, now.Add(time.Hour)); err != nil || !ok {
		w.Fatal(ok, err)
	}
	return hash[:]
}

// newReference returns an external reference number that no event has.
func (w *passWorld) newReference() string { return fmt.Sprint("ref-", w.next.Add(1)) }

// event returns an event as JSON text.
func event(id, account, unit, reference string) string {
	return fmt.Sprintf(`{"requestUniqueIdentifier":%q,"accountsReceivableIdentifier":{"number":%q},
		"performedByUnitIdentifier":{"name":%q},"performedOn":"2026-01-02T03:04:05Z","website":"www.crm.com",
		"externalSystem":"shop","externalSystemReferenceNumber":%q}`, id, account, unit, reference)
}

// call returns a small call with the events.
func (w *passWorld) call(token []byte, list ...string) events.SmallCall {
	w.Helper()
	text := "["
	for i, event := range list {
		if i > 0 {
			text += ","
		}
		text += event
	}
	decoder := &events.Decoder{FieldNames: events.CamelCase, Zone: time.UTC, Hasher: w.service.Hasher}
	received, err := decoder.DecodeBatch(strictjson.New(text + "]"))
	if err != nil {
		w.Fatal(err)
	}
	return events.SmallCall{
		Request:   events.Request{Events: received, FieldNames: events.CamelCase},
		TokenHash: token,
		Admit: func(caller *models.Caller) error {
			if caller == nil {
				return errNoToken
			}
			return nil
		},
	}
}

// passKind is a kind of call in a pass. prepare returns one with a context.
type passKind struct {
	name    string
	prepare func(w *passWorld) (context.Context, events.SmallCall)
}

func simple(call func(w *passWorld) events.SmallCall) func(w *passWorld) (context.Context, events.SmallCall) {
	return func(w *passWorld) (context.Context, events.SmallCall) { return w.Context(), call(w) }
}

var passKinds = []passKind{
	{"good", simple(func(w *passWorld) events.SmallCall {
		return w.call(w.token, event("1", "ACR1", "Admin Unit", w.newReference()))
	})},
	{"good and bad", simple(func(w *passWorld) events.SmallCall {
		return w.call(w.token, event("1", "ACR1", "Admin Unit", w.newReference()),
			event("2", "unknown", "Web Shop", w.newReference()), event("3", "ACR2", "Web Shop", w.newReference()))
	})},
	{"bad token", simple(func(w *passWorld) events.SmallCall {
		return w.call([]byte("unknown"), event("1", "ACR1", "Admin Unit", w.newReference()))
	})},
	{"unknown unit", simple(func(w *passWorld) events.SmallCall {
		return w.call(w.token, event("1", "ACR1", "unknown", w.newReference()))
	})},
	{"forbidden unit", simple(func(w *passWorld) events.SmallCall {
		return w.call(w.limited, event("1", "ACR1", "Admin Unit", w.newReference()))
	})},
	{"permitted unit", simple(func(w *passWorld) events.SmallCall {
		return w.call(w.limited, event("1", "ACR1", "Web Shop", w.newReference()))
	})},
	{"recorded, equal", simple(func(w *passWorld) events.SmallCall {
		repeated := event("1", "ACR1", "Admin Unit", w.newReference())
		w.mustCreate(w.call(w.token, repeated))
		return w.call(w.token, repeated, event("2", "ACR2", "Admin Unit", w.newReference()))
	})},
	{"recorded, other content", simple(func(w *passWorld) events.SmallCall {
		reference := w.newReference()
		w.mustCreate(w.call(w.token, event("1", "ACR1", "Admin Unit", reference)))
		return w.call(w.token, event("1", "ACR2", "Admin Unit", reference))
	})},
	{"the same reference twice", simple(func(w *passWorld) events.SmallCall {
		reference := w.newReference()
		return w.call(w.token, event("1", "ACR1", "Admin Unit", reference),
			event("2", "ACR1", "Admin Unit", reference), event("3", "ACR2", "Admin Unit", reference))
	})},
	{"panic", simple(func(w *passWorld) events.SmallCall {
		call := w.call(w.token, event("1", "ACR1", "Admin Unit", w.newReference()))
		call.Admit = func(*models.Caller) error { panic("injected") }
		return call
	})},
	{"context ended before", func(w *passWorld) (context.Context, events.SmallCall) {
		ctx, cancel := context.WithCancel(w.Context())
		cancel()
		return ctx, w.call(w.token, event("1", "ACR1", "Admin Unit", w.newReference()))
	}},
}

func (w *passWorld) mustCreate(call events.SmallCall) {
	w.Helper()
	out, err := w.service.CreateSmall(w.Context(), call)
	if err != nil || out.Summary.Unprocessed > 0 {
		w.Fatal(out, err)
	}
}

// result is what a call answered, without ids and numbers.
type result struct {
	Outcome events.Outcome
	Error   string
	Panic   bool
}

// run makes a call, and checks that what it reports as processed is stored, and the rest is not.
func (w *passWorld) run(ctx context.Context, call events.SmallCall) (r result) {
	defer func() { r.Panic = recover() != nil }()
	out, err := w.service.CreateSmall(ctx, call)
	if err != nil {
		return result{Error: err.Error()}
	}
	for i := range out.ProcessedCustomerEventsSet {
		p := &out.ProcessedCustomerEventsSet[i]
		ref, _ := call.Request.Events.Events[p.Index].Details.ExternalReference()
		stored, err := w.store.ByExternalReference(w.Context(), []models.ExternalReference{ref})
		if err != nil || stored[ref].ID.String() != p.ID || fmt.Sprint(stored[ref].Number) != p.Number {
			w.Errorf("%s has the id %s and number %s; stored: %+v, %v", ref.Number, p.ID, p.Number, stored, err)
		}
		p.ID, p.Number = "", ""
	}
	for i := range out.UnprocessedCustomerEventsSet { // each run has other references
		u := &out.UnprocessedCustomerEventsSet[i]
		u.ErrorDescription = ""
		for j := range u.Problems {
			u.Problems[j].ErrorDescription = ""
		}
	}
	return result{Outcome: out}
}

// inOnePass holds all slots until the calls wait, and returns their results.
func (w *passWorld) inOnePass(calls ...func() result) []result {
	w.Helper()
	q := &w.store.queue
	q.mu.Lock()
	slots := q.free
	q.free = 0
	q.mu.Unlock()
	waiting := func() int {
		q.mu.Lock()
		defer q.mu.Unlock()
		return len(q.waiting)
	}
	results := make([]result, len(calls))
	var all sync.WaitGroup
	for i, call := range calls {
		before, done := waiting(), make(chan struct{})
		all.Go(func() {
			defer close(done)
			results[i] = call()
		})
		for joined := false; !joined; time.Sleep(50 * time.Microsecond) { // keeps the order
			select {
			case <-done: // a call whose context has ended does not wait
				joined = true
			default:
				joined = waiting() > before
			}
		}
	}
	for range slots {
		q.handOver()
	}
	all.Wait()
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.free != slots || len(q.waiting) > 0 || q.early > 0 {
		w.Errorf("%d of %d slots are free, %d calls wait, %d passes are early", q.free, slots, len(q.waiting), q.early)
	}
	return results
}

// TestPass_Pairs expects each kind of call to get the same answer in a pass with each other kind as alone.
func TestPass_Pairs(t *testing.T) {
	t.Parallel()
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newPassWorld(t, url)
			alone := make(map[string]result)
			for _, kind := range passKinds {
				ctx, call := kind.prepare(w)
				alone[kind.name] = w.run(ctx, call)
			}
			for _, first := range passKinds {
				for _, second := range passKinds {
					ctx1, call1 := first.prepare(w)
					ctx2, call2 := second.prepare(w)
					got := w.inOnePass(
						func() result { return w.run(ctx1, call1) },
						func() result { return w.run(ctx2, call2) },
					)
					for i, kind := range []string{first.name, second.name} {
						if diff := cmp.Diff(alone[kind], got[i]); diff != "" {
							t.Errorf("%s with %s: %s (-alone +shared):\n%s", first.name, second.name, kind, diff)
						}
					}
				}
			}
		})
	}
}
