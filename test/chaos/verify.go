package main

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strings"

	"customer-events/internal/store/storetest"
)

// findings are the results of verify.
type findings struct {
	acknowledged, lost, duplicated, phantom, unknownLeft, replayDiffers, visibleErrors int
	// details describe the first findings.
	details []string
}

func (r *findings) clean() bool {
	return r.lost+r.duplicated+r.phantom+r.unknownLeft+r.replayDiffers == 0 && len(r.details) == 0
}

func (r *findings) addDetail(format string, args ...any) {
	if len(r.details) < maxDetails {
		r.details = append(r.details, fmt.Sprintf(format, args...))
	}
}

const storedEventsQuery = `SELECT e.number, e.id, a.number, u.alternative_code, c.alternative_code,
 e.performed_on, e.website, e.description,
 COALESCE(e.external_system, ''), COALESCE(e.external_system_reference_number, ''),
 e.udf_string_1, COALESCE(e.udf_string_2, ''), COALESCE(e.udf_float_1, 0), e.udf_date_1
 FROM web_customer_events e
 LEFT JOIN accounts_receivable a ON a.account_key = e.account_key
 LEFT JOIN units u ON u.unit_key = e.unit_key
 LEFT JOIN classifications c ON c.classification_key = e.classification_key ORDER BY e.number`

// verify compares the database with the history. No client may be sending meanwhile.
func (d *deployment) verify(ctx context.Context) (*findings, error) {
	l := d.history
	l.mu.Lock()
	defer l.mu.Unlock()
	r := &findings{replayDiffers: l.replayDiffers}
	for _, text := range l.violations {
		r.addDetail("%s", text)
	}
	for _, times := range l.visibleErrors {
		r.visibleErrors += times
	}
	if err := d.checkIntegrity(ctx); err != nil {
		return nil, err
	}
	rows, err := d.db.QueryContext(ctx, storedEventsQuery)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	// An acknowledged row has the acknowledged id and number. Further rows of an event are duplicates.
	found, acknowledged, ids, numbers := map[string]bool{}, map[string]bool{}, map[string]bool{},
		map[string]bool{}
	for rows.Next() {
		var e event
		var number, account, unit, classification, description, name sql.NullString
		var id []byte
		var date sql.NullTime
		err := rows.Scan(&number, &id, &account, &unit, &classification, &e.PerformedOn, &e.Website,
			&description,
			&e.ExternalSystem, &e.ExternalSystemReferenceNumber, &name, &e.UDFString2, &e.UDFFloat1,
			&date)
		if err != nil {
			return nil, err
		}
		e.Account.Number, e.Unit.AlternativeCode = account.String, unit.String
		e.Classification.AlternativeCode = classification.String
		e.Description, e.UDFString1, e.UDFDate1 = description.String, name.String, date.Time
		idText := strings.ToUpper(hex.EncodeToString(id))
		if ids[idText] || numbers[number.String] {
			r.duplicated++
			r.addDetail("the id %s or the number %s is stored twice", idText, number.String)
		}
		ids[idText], numbers[number.String] = true, true
		known := l.events[e.UDFString1]
		switch {
		case known == nil:
			r.phantom++
			r.addDetail("%q is stored and was never sent", e.UDFString1)
			continue
		case found[e.UDFString1]:
			r.duplicated++
			r.addDetail("%s is stored again, as %s", e.UDFString1, number.String)
		case known.state == rejected:
			r.phantom++
			r.addDetail("%s is stored and was rejected", e.UDFString1)
		}
		if known.id == idText && known.number == number.String {
			acknowledged[e.UDFString1] = true
		}
		if different := differences(&known.event, &e); different != "" {
			r.lost++
			r.addDetail("%s is stored with another %s", e.UDFString1, different)
		}
		found[e.UDFString1] = true
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for name, known := range l.events {
		switch {
		case known.state == unknown:
			r.unknownLeft++
			r.addDetail("the outcome of %s is unknown", name)
		case known.state == processed:
			r.acknowledged++
			if !acknowledged[name] {
				r.lost++
				r.addDetail("%s was acknowledged as %s %s and is not stored", name, known.number, known.id)
			}
		}
	}
	// Idempotency records must refer to stored events.
	var orphans int
	if err := d.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM idempotent_call_events c
		LEFT JOIN web_customer_events e ON e.number = c.number WHERE e.number IS NULL`).Scan(
		&orphans); err != nil {
		return nil, err
	}
	if orphans > 0 {
		r.phantom += orphans
		r.addDetail("%d recorded events of calls are not stored", orphans)
	}
	return r, nil
}

// differences returns the first column in which a stored event differs from the sent one.
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
	case sent.ExternalSystem != stored.ExternalSystem ||
		sent.ExternalSystemReferenceNumber != stored.ExternalSystemReferenceNumber:
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

// checkIntegrity runs the database's own integrity check.
func (d *deployment) checkIntegrity(ctx context.Context) error {
	if d.databaseServer == nil {
		var verdict string
		err := d.db.QueryRowContext(ctx, "PRAGMA integrity_check").Scan(&verdict)
		if err != nil ||
			verdict != "ok" {
			return fmt.Errorf("the integrity check reports %q: %w", verdict, err)
		}
		return nil
	}
	tables := []string{"web_customer_events", "idempotent_calls", "idempotent_call_events"}
	if d.databaseServer.Kind() == storetest.KindTiDB {
		if _, err := d.db.ExecContext(ctx, "ADMIN CHECK TABLE "+strings.Join(tables, ", ")); err != nil {
			return fmt.Errorf("the check of the tables: %w", err)
		}
		return nil
	}
	for _, table := range tables {
		var name, operation, kind, text string
		err := d.db.QueryRowContext(ctx, "CHECK TABLE "+table).Scan(&name, &operation, &kind,
			&text)
		if err != nil || text != "OK" {
			return fmt.Errorf("the check of %s reports %q: %w", table, text, err)
		}
	}
	return nil
}
