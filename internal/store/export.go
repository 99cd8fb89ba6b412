package store

import (
	"context"
	"database/sql"
	"strconv"
	"strings"

	"customer-events/models"
)

// exportQueries select a page of each kind's records after a key. Their first column is the key.
var exportQueries = map[models.Kind]string{
	models.Accounts: "SELECT r.account_key, r.id, r.number, r.name FROM accounts_receivable r" +
		" WHERE r.account_key > ? ORDER BY r.account_key",
	models.Participants: "SELECT r.participant_key, r.id, r.number, a.number FROM rewards_participants r" +
		" JOIN accounts_receivable a ON a.account_key = r.account_key" +
		" WHERE r.participant_key > ? ORDER BY r.participant_key",
	models.AccessTokens: "SELECT r.access_token_key, r.number, p.number, r.state FROM access_tokens r" +
		" JOIN rewards_participants p ON p.participant_key = r.participant_key" +
		" WHERE r.access_token_key > ? ORDER BY r.access_token_key",
	models.Classifications: "SELECT r.classification_key, r.id, r.name, r.alternative_code, r.type" +
		" FROM classifications r WHERE r.classification_key > ? ORDER BY r.classification_key",
	models.Units: "SELECT r.unit_key, r.id, r.name, r.alternative_code FROM units r" +
		" WHERE r.unit_key > ? ORDER BY r.unit_key",
}

// exportPage is the number of records in a page. No transaction stays open between two pages.
const exportPage = 1000

// Export calls write with the values of each record of a kind, in the order in which the records were
// added. It leaves out secrets, and writes "" for a missing value. write must not keep the slice.
//
//	Accounts         id, number, name
//	Participants     id, number, number of the account
//	Classifications  id, name, alternative code, type
//	Units            id, name, alternative code
//	AccessTokens     number, number of the participant, state
func (s *Store) Export(ctx context.Context, kind models.Kind, write func(record []string) error) error {
	query := exportQueries[kind] + " LIMIT " + strconv.Itoa(exportPage)
	width := strings.Count(query[:strings.Index(query, " FROM ")], ",")
	for after := int64(0); ; {
		n := 0
		err := s.exportPage(ctx, query, width, &after, func(record []string) error { n++; return write(record) })
		if err != nil || n < exportPage {
			return s.dialect.classify(err, false)
		}
	}
}

// exportPage writes one page of records and moves after to the last key.
func (s *Store) exportPage(
	ctx context.Context, query string, width int, after *int64, write func(record []string) error,
) error {
	rows, err := s.reader().QueryContext(ctx, query, *after)
	if err != nil {
		return err
	}
	defer rows.Close()
	values, into, record := make([]sql.NullString, width), make([]any, 1+width), make([]string, width)
	into[0] = after
	for i := range values {
		into[1+i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, value := range values {
			record[i] = value.String
		}
		if err := write(record); err != nil {
			return err
		}
	}
	return rows.Err()
}
