package store

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"
	"time"

	"customer-events/models"
)

// lookup asks several questions with one query, as a UNION ALL of one SELECT for each: a round trip costs
// more than looking up some rows (test/bench/README.md).
type lookup struct {
	dialect   dialect
	questions []*question
	matches   []models.Match
	callers   []*models.Caller
	recorded  []bool
	// sessions and externals are the questions of these kinds; nil if there is none yet. references are
	// those of each kind and attribute.
	sessions, externals *question
	references          map[referenceColumn]*question
}

// referenceColumn is a column that references name records by.
type referenceColumn struct {
	kind models.Kind
	by   models.Attribute
}

// question is a SELECT of the rows that have one of some values.
type question struct {
	// columns are the columns of lookupRow, and from is the rest of the SELECT up to the list of values.
	columns, from string
	// width is the number of placeholders of a value: one, or two for a pair.
	width  int
	values []any
	// and is a further condition, with its value if it has one.
	and      string
	andValue []any
	// limit is the highest number of rows to read; 0 reads all of them.
	limit int
	// at has the index of each value in the answers, and answer adds a row to them. found counts the rows,
	// also those of the parts of a question that was split.
	at     map[string]int
	answer func(i int, row *lookupRow)
	found  *int
}

// lookupRow is a row of an answer: two keys and two values, whose meaning depends on the question.
type lookupRow struct {
	question int
	key      int64
	other    sql.NullInt64
	value    sql.RawBytes
	second   sql.RawBytes
}

// newLookup returns a lookup without questions.
func (s *Store) newLookup() *lookup {
	return &lookup{dialect: s.dialect, references: make(map[referenceColumn]*question)}
}

// session asks for the user of a session token, and returns the index of the answer in callers. A session
// that has expired at the given time, or whose user is disabled, is not found.
func (l *lookup) session(tokenHash []byte, at time.Time) int {
	if l.sessions == nil {
		l.sessions = l.ask(&question{
			columns: "u.user_key, l.unit_key, s.token_hash, u.name",
			// The answer has one row for each unit of the user, or one row with a NULL unit.
			from: "sessions s JOIN api_users u ON u.user_key = s.user_key " +
				"LEFT JOIN disabled_users d ON d.user_key = u.user_key " +
				"LEFT JOIN api_user_units l ON l.user_key = u.user_key WHERE s.token_hash",
			and: " AND d.user_key IS NULL AND s.expires_at > ?", andValue: []any{at},
			width: 1,
			answer: func(i int, row *lookupRow) {
				if l.callers[i] == nil {
					l.callers[i] = &models.Caller{UserKey: row.key, Name: string(row.second)}
				}
				if row.other.Valid {
					l.callers[i].Units = append(l.callers[i].Units, row.other.Int64)
				}
			},
		})
	}
	if at.After(l.sessions.andValue[0].(time.Time)) {
		l.sessions.andValue[0] = at
	}
	i, isNew := l.sessions.add(string(tokenHash), len(l.callers), tokenHash)
	if isNew {
		l.callers = append(l.callers, nil)
	}
	return i
}

// reference asks what a reference matches, and returns the index of the answer in matches. It is not a
// reference to an access token.
func (l *lookup) reference(ref models.Reference) int {
	column := referenceColumn{ref.Kind, ref.By}
	q := l.references[column]
	if q == nil {
		table := tables[ref.Kind]
		q = l.ask(&question{
			columns: table.columns + ", " + attributes[ref.By] + ", NULL",
			from:    table.name + " WHERE " + attributes[ref.By],
			and:     table.scope,
			width:   1,
			answer: func(i int, row *lookupRow) {
				if l.matches[i].Count > 0 {
					l.matches[i] = models.Match{Count: models.Several}
					return
				}
				l.matches[i] = models.Match{Count: 1, Key: row.key, AccountKey: row.other.Int64}
			},
		})
		l.references[column] = q
	}
	i, isNew := q.add(ref.Value, len(l.matches), ref.Value)
	if isNew {
		l.matches = append(l.matches, models.Match{})
		if by, ok := shared[ref.Kind]; ok && by == ref.By {
			q.limit = models.Several * len(q.values)
		}
	}
	return i
}

// external asks whether an external reference is recorded, and returns the index of the answer in recorded.
func (l *lookup) external(ref models.ExternalReference) int {
	if l.externals == nil {
		l.externals = l.ask(&question{
			columns: "number, NULL, external_system, external_system_reference_number",
			from:    "web_customer_events WHERE (external_system, external_system_reference_number)",
			width:   2,
			answer:  func(i int, _ *lookupRow) { l.recorded[i] = true },
		})
	}
	i, isNew := l.externals.add(pair(ref.System, ref.Number), len(l.recorded), ref.System, ref.Number)
	if isNew {
		l.recorded = append(l.recorded, false)
	}
	return i
}

// pair returns a text that no other pair has.
func pair(first, second string) string { return strconv.Itoa(len(first)) + ":" + first + second }

func (l *lookup) ask(q *question) *question {
	q.at, q.found = make(map[string]int), new(int)
	l.questions = append(l.questions, q)
	return q
}

// add adds a value to the list, unless it is there, and returns the index of its answer.
func (q *question) add(name string, next int, values ...any) (i int, isNew bool) {
	if i, ok := q.at[name]; ok {
		return i, false
	}
	q.at[name] = next
	q.values = append(q.values, values...)
	return next, true
}

// run asks all questions.
func (l *lookup) run(ctx context.Context, from querier) error {
	if len(l.questions) == 0 {
		return nil
	}
	if err := l.runAll(ctx, from, l.questions); err != nil {
		return l.dialect.classify(err, false)
	}
	for _, q := range l.questions {
		if q.limit > 0 && *q.found >= q.limit {
			if err := l.runSingly(ctx, from, q); err != nil {
				return l.dialect.classify(err, false)
			}
		}
	}
	return nil
}

// runSingly asks for each value of a question by itself. The rows of a few values may have used up the
// limit, so that other values are missing.
func (l *lookup) runSingly(ctx context.Context, from querier, q *question) error {
	singles := make([]*question, len(q.values))
	for i, value := range q.values {
		single := *q
		single.values, single.limit, single.found = []any{value}, models.Several, new(int)
		singles[i] = &single
		l.matches[q.at[value.(string)]] = models.Match{}
	}
	for chunk := range slices.Chunk(singles, maxUnions) {
		if err := l.runAll(ctx, from, chunk); err != nil {
			return err
		}
	}
	return nil
}

// runAll asks questions with one query, or with several if it is too large for the server.
func (l *lookup) runAll(ctx context.Context, from querier, questions []*question) error {
	return splitStatement(l.dialect, len(questions), func(first, end int) error {
		if end-first > 1 {
			return l.runOnce(ctx, from, questions[first:end])
		}
		q := questions[first]
		return splitStatement(l.dialect, len(q.values)/q.width, func(first, end int) error {
			part := *q
			part.values = q.values[first*q.width : end*q.width]
			return l.runOnce(ctx, from, []*question{&part})
		})
	})
}

func (l *lookup) runOnce(ctx context.Context, from querier, questions []*question) error {
	var text strings.Builder
	var values []any
	for i, q := range questions {
		if i > 0 {
			text.WriteString(" UNION ALL ")
		}
		if q.limit > 0 {
			text.WriteString("SELECT * FROM (")
		}
		list := placeholders(len(q.values))
		if q.width == 2 {
			list = l.dialect.tuplePlaceholders(len(q.values) / 2)
		}
		text.WriteString("SELECT " + strconv.Itoa(i) + " AS question, " + q.columns + " FROM " + q.from +
			" IN (" + list + ")" + q.and)
		if q.limit > 0 {
			text.WriteString(" LIMIT " + strconv.Itoa(q.limit) + ") AS a")
		}
		values = append(append(values, q.values...), q.andValue...)
	}
	rows, err := from.QueryContext(ctx, text.String(), values...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var row lookupRow
	for rows.Next() {
		if err := rows.Scan(&row.question, &row.key, &row.other, &row.value, &row.second); err != nil {
			return err
		}
		questions[row.question].take(&row)
	}
	return rows.Err()
}

// take adds a row to the answers. The map compares bytes, whatever the column's collation treats as equal.
func (q *question) take(row *lookupRow) {
	*q.found++
	var i int
	var ok bool
	if q.width == 2 {
		i, ok = q.at[pair(string(row.value), string(row.second))]
	} else {
		i, ok = q.at[string(row.value)]
	}
	if ok {
		q.answer(i, row)
	}
}
