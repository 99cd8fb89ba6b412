package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"strings"

	"customer-events/models"
)

var errNotRecorded = errors.New("the events are not there")

// anyOf is the condition that a column has one of n values. A list of a thousand values is a table to
// MariaDB, which it fills and joins (in_predicate_conversion_threshold); shorter ones are places in the
// index, however many of them stand side by side.
func anyOf(column string, n int) string {
	const most = 500
	var conditions []string
	for ; n > most; n -= most {
		conditions = append(conditions, column+" IN ("+placeholders(most)+")")
	}
	return strings.Join(append(conditions, column+" IN ("+placeholders(n)+")"), " OR ")
}

// readNumbers sets the numbers that the database gave the events, whose ids ascend. They are read back by
// id: counting up from the last insert id is wrong wherever the increment is not 1 (Galera, group
// replication). The ids themselves are asked for and not their range: one id may be half a minute older than
// the next, and in between lies all that every server has written since. Only the ids of a large call, which
// were made within milliseconds, are read as a range: for a thousand of them that saves 1.5 ms of 44
// (bench/README.md).
func readNumbers(ctx context.Context, d dialect, from querier, events []*models.WebCustomerEvent) error {
	ids := make([]any, len(events))
	for i, event := range events {
		ids[i] = event.ID[:]
	}
	return splitStatement(d, len(ids), func(first, end int) error {
		condition, values := anyOf("id", end-first), ids[first:end]
		if end-first >= 100 && events[end-1].ID.Milliseconds()-events[first].ID.Milliseconds() <= 5 {
			condition, values = "id BETWEEN ? AND ?", []any{ids[first], ids[end-1]}
		}
		rows, err := from.QueryContext(ctx, "SELECT id, number FROM web_customer_events WHERE "+
			condition+" ORDER BY id", values...)
		if err != nil {
			return err
		}
		defer rows.Close()
		next := first
		for rows.Next() && next < end {
			var raw sql.RawBytes
			var number int64
			if err := rows.Scan(&raw, &number); err != nil {
				return err
			}
			switch bytes.Compare(raw, events[next].ID[:]) {
			case 0:
				events[next].Number = number
				next++
			case 1: // the event's own row would have come before
				return errNotRecorded
			}
		}
		if err := rows.Err(); err != nil {
			return err
		}
		if next < end {
			return errNotRecorded
		}
		return nil
	})
}
