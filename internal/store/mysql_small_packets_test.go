package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"customer-events/internal/store/storetest"
	"customer-events/models"
)

// TestSmallPackets: a server that takes 16 kB a statement takes a thousand events nevertheless, and is
// asked about a thousand references; an event that fills a packet by itself is refused alone.
func TestSmallPackets(t *testing.T) {
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
	s := open(t, func(testing.TB) string { return url }) // its connections are told
	at := time.Now().UTC().Truncate(time.Microsecond)
	text := strings.Repeat("é", 200)
	system := "shop"
	var list []*models.WebCustomerEvent
	var refs []models.ExternalReference
	var accounts []models.Reference
	for i := range 1000 {
		number := fmt.Sprint(text, i)
		list = append(list, &models.WebCustomerEvent{ID: models.ID(uuid.Must(uuid.NewV7())), AccountKey: 1, UnitKey: 1, CreatedAt: at, CreatedByKey: 1,
			EventDetails: models.EventDetails{PerformedOn: at, Website: "www.crm.com", ExternalSystem: &system, ExternalSystemReferenceNumber: &number}})
		refs = append(refs, models.ExternalReference{System: system, Number: number})
		accounts = append(accounts, models.Reference{Kind: models.Accounts, By: models.ByNumber, Value: number})
	}
	long := strings.Repeat("'", 12_000)
	list[500].Description = &long
	call := models.IdempotencyKey{UserKey: 1, KeyHash: make([]byte, 32), Fingerprint: make([]byte, 32)}
	entry := models.WriteSet{Events: list, Key: &call, At: at, RequestHashes: make([][]byte, len(list))}
	for i := range entry.RequestHashes {
		entry.RequestHashes[i] = fmt.Appendf(nil, "%032d", i)
	}
	var refused *models.RowRejectedError
	if err := s.Record(t.Context(), entry); !errors.As(err, &refused) || refused.Index != 500 {
		t.Fatalf("a description of 12,000 quotation marks: %v", err)
	}
	list[500].Description = nil
	if err := s.Record(t.Context(), entry); err != nil {
		t.Fatal(err)
	}
	taken, err := s.ByExternalReference(t.Context(), refs)
	if err != nil || len(taken) != len(list) {
		t.Errorf("%d of %d events are there (%v)", len(taken), len(list), err)
	}
	for _, event := range list {
		if row := taken[models.ExternalReference{System: system, Number: *event.ExternalSystemReferenceNumber}]; row.Number != event.Number || event.Number == 0 {
			t.Fatalf("told %d, kept %d", event.Number, row.Number)
		}
	}
	if _, err := s.Find(t.Context(), accounts); err != nil {
		t.Error(err)
	}
}
