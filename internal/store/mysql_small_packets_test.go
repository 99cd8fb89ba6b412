package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"customer-events/internal/store/storetest"
	"customer-events/models"
)

// TestRecord_SmallPackets records a thousand events and looks up a thousand references on a server that
// accepts 16 kB a statement. It expects an event that is larger than that to be rejected alone.
func TestRecord_SmallPackets(t *testing.T) {
	t.Parallel()
	server, err := storetest.Start(t.Context(), storetest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	url, err := server.URL("small")
	if err != nil {
		t.Fatal(err)
	}
	before := open(t, func(testing.TB) string { return url })
	if _, err := before.writer().ExecContext(t.Context(), "SET GLOBAL max_allowed_packet = 16384"); err != nil {
		t.Fatal(err)
	}
	s := open(t, func(testing.TB) string { return url }) // its connections have the new limit
	at := time.Now().UTC().Truncate(time.Microsecond)
	text := strings.Repeat("é", 200)
	system := "shop"
	var list []*models.WebCustomerEvent
	var refs []models.ExternalReference
	var accounts []models.Reference
	for i := range 1000 {
		number := fmt.Sprint(text, i)
		event := entryOf(number).Events[0]
		list = append(list, event)
		refs = append(refs, models.ExternalReference{System: system, Number: number})
		accounts = append(accounts, models.Reference{Kind: models.Accounts, By: models.ByNumber, Value: number})
	}
	long := strings.Repeat("'", 12_000)
	list[500].Description = &long
	key := models.IdempotencyKey{UserKey: 1, KeyHash: make([]byte, 32), Fingerprint: make([]byte, 32)}
	entry := models.WriteSet{Events: list, Key: &key, At: at, RequestHashes: make([][]byte, len(list))}
	for i := range entry.RequestHashes {
		entry.RequestHashes[i] = fmt.Appendf(nil, "%032d", i)
	}
	var rejected *models.RowRejectedError
	if err := s.Record(t.Context(), entry); !errors.As(err, &rejected) || rejected.Index != 500 {
		t.Fatalf("a description of 12,000 quotation marks: %v", err)
	}
	list[500].Description = nil
	if err := s.Record(t.Context(), entry); err != nil {
		t.Fatal(err)
	}
	recorded, err := s.ByExternalReference(t.Context(), refs)
	if err != nil || len(recorded) != len(list) {
		t.Errorf("%d of %d events are recorded (%v)", len(recorded), len(list), err)
	}
	for _, event := range list {
		ref, _ := event.ExternalReference()
		if row := recorded[ref]; row.Number != event.Number || event.Number == 0 {
			t.Fatalf("the event has the number %d, and its row %d", event.Number, row.Number)
		}
	}
	if _, err := s.Find(t.Context(), accounts); err != nil {
		t.Error(err)
	}
}
