package main

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strings"

	"customer-events/internal/store/storetest"
)

// report is what the audit found.
type report struct {
	acknowledged, lost, duplicated, phantom, unknownLeft, differs, visible int
	// details are the first findings in words.
	details []string
}

func (r *report) clean() bool {
	return r.lost+r.duplicated+r.phantom+r.unknownLeft+r.differs == 0 && len(r.details) == 0
}

func (r *report) note(format string, args ...any) {
	if len(r.details) < mostComplaints {
		r.details = append(r.details, fmt.Sprintf(format, args...))
	}
}

const auditQuery = `SELECT e.number, e.id, a.number, u.alternative_code, c.alternative_code, e.performed_on, e.website, e.description,
 COALESCE(e.external_system, ''), COALESCE(e.external_system_reference_number, ''), e.udf_string_1, COALESCE(e.udf_string_2, ''), COALESCE(e.udf_float_1, 0), e.udf_date_1
 FROM web_customer_events e LEFT JOIN accounts_receivable a ON a.account_key = e.account_key LEFT JOIN units u ON u.unit_key = e.unit_key
 LEFT JOIN classifications c ON c.classification_key = e.classification_key ORDER BY e.number`

// audit holds the database against the ledger. Nobody may be sending.
func (w *world) audit(ctx context.Context) (*report, error) {
	l := w.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	r := &report{differs: l.differs}
	for _, text := range l.wrong {
		r.note("%s", text)
	}
	for _, times := range l.visible {
		r.visible += times
	}
	if err := w.intact(ctx); err != nil {
		return nil, err
	}
	rows, err := w.db.QueryContext(ctx, auditQuery)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	// A row is as it was acknowledged if id and number are; an event may have other rows besides, which are too many.
	found, acknowledged, ids, numbers := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	for rows.Next() {
		var e event
		var number, account, unit, classification, description, name sql.NullString
		var id []byte
		var date sql.NullTime
		if err := rows.Scan(&number, &id, &account, &unit, &classification, &e.PerformedOn, &e.Website, &description,
			&e.ExternalSystem, &e.ExternalSystemReferenceNumber, &name, &e.UDFString2, &e.UDFFloat1, &date); err != nil {
			return nil, err
		}
		e.Account.Number, e.Unit.AlternativeCode, e.Classification.AlternativeCode = account.String, unit.String, classification.String
		e.Description, e.UDFString1, e.UDFDate1 = description.String, name.String, date.Time
		idText := strings.ToUpper(hex.EncodeToString(id))
		if ids[idText] || numbers[number.String] {
			r.duplicated++
			r.note("the id %s or the number %s is there twice", idText, number.String)
		}
		ids[idText], numbers[number.String] = true, true
		known := l.entries[e.UDFString1]
		switch {
		case known == nil:
			r.phantom++
			r.note("%q is there and was never sent", e.UDFString1)
			continue
		case found[e.UDFString1]:
			r.duplicated++
			r.note("%s is there again, as %s", e.UDFString1, number.String)
		case known.state == refused:
			r.phantom++
			r.note("%s is there and was refused", e.UDFString1)
		}
		if known.id == idText && known.number == number.String {
			acknowledged[e.UDFString1] = true
		}
		if different := differences(&known.event, &e); different != "" {
			r.lost++
			r.note("%s is there with another %s", e.UDFString1, different)
		}
		found[e.UDFString1] = true
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for name, known := range l.entries {
		switch {
		case known.state == unknown:
			r.unknownLeft++
			r.note("of %s nobody was told what became", name)
		case known.state == processed:
			r.acknowledged++
			if !acknowledged[name] {
				r.lost++
				r.note("%s was acknowledged as %s %s and is not there", name, known.number, known.id)
			}
		}
	}
	// What the server remembers of calls must be of events that are there.
	var orphans int
	if err := w.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM idempotent_call_events c LEFT JOIN web_customer_events e ON e.number = c.number WHERE e.number IS NULL").Scan(&orphans); err != nil {
		return nil, err
	}
	if orphans > 0 {
		r.phantom += orphans
		r.note("%d remembered events are not there", orphans)
	}
	return r, nil
}

// differences names the first column in which an event is not as it was sent.
func differences(sent, stored *event) string {
	switch {
	case sent.Account != stored.Account:
		return "account"
	case sent.Unit != stored.Unit:
		return "unit"
	case sent.Classification != stored.Classification:
		return "classification"
	case !sent.PerformedOn.Equal(stored.PerformedOn):
		return "performed_on"
	case sent.Website != stored.Website:
		return "website"
	case sent.Description != stored.Description:
		return "description"
	case sent.ExternalSystem != stored.ExternalSystem || sent.ExternalSystemReferenceNumber != stored.ExternalSystemReferenceNumber:
		return "external reference"
	case sent.UDFString2 != stored.UDFString2:
		return "udf_string_2"
	case sent.UDFFloat1 != stored.UDFFloat1:
		return "udf_float_1"
	case !sent.UDFDate1.Equal(stored.UDFDate1):
		return "udf_date_1"
	}
	return ""
}

// intact asks the database whether its own structures are whole.
func (w *world) intact(ctx context.Context) error {
	if w.maria == nil {
		var verdict string
		if err := w.db.QueryRowContext(ctx, "PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
			return fmt.Errorf("the integrity check says %q: %w", verdict, err)
		}
		return nil
	}
	tables := []string{"web_customer_events", "idempotent_calls", "idempotent_call_events"}
	if w.maria.Kind() == storetest.KindTiDB {
		if _, err := w.db.ExecContext(ctx, "ADMIN CHECK TABLE "+strings.Join(tables, ", ")); err != nil {
			return fmt.Errorf("the check of the tables: %w", err)
		}
		return nil
	}
	for _, table := range tables {
		var name, operation, kind, text string
		if err := w.db.QueryRowContext(ctx, "CHECK TABLE "+table).Scan(&name, &operation, &kind, &text); err != nil || text != "OK" {
			return fmt.Errorf("the check of %s says %q: %w", table, text, err)
		}
	}
	return nil
}
