package events

import (
	"strconv"

	"customer-events/internal/strictjson"
)

// AppendFunc appends one value of a row as JSON.
type AppendFunc[Row any] func(to []byte, row *Row) []byte

// OutputField is one field of a row of the answer. Both protocols encode their answers from these tables.
type OutputField[Row any] struct {
	// Names are the names of the field, by FieldNames.
	Names [2]string
	// Extension marks a field that the original Web API does not have.
	Extension bool
	Append    AppendFunc[Row]
}

// The fields of each row, in the order of the original Web API. The problems of an unprocessed event are
// rows themselves: see AppendProblems.
var (
	ProcessedFields = []OutputField[ProcessedCustomerEvent]{
		{Names: [2]string{"number", "number"},
			Append: func(to []byte, p *ProcessedCustomerEvent) []byte { return strictjson.AppendText(to, p.Number) }},
		{Names: [2]string{"id", "id"},
			Append: func(to []byte, p *ProcessedCustomerEvent) []byte { return strictjson.AppendText(to, p.ID) }},
		{Names: [2]string{"requestUniqueIdentifier", "request_unique_identifier"},
			Append: func(to []byte, p *ProcessedCustomerEvent) []byte {
				return strictjson.AppendText(to, p.RequestUniqueIdentifier)
			}},
		{Names: [2]string{"index", "index"}, Extension: true,
			Append: func(to []byte, p *ProcessedCustomerEvent) []byte { return appendCount(to, p.Index) }},
		{Names: [2]string{"replayed", "replayed"}, Extension: true,
			Append: func(to []byte, p *ProcessedCustomerEvent) []byte { return strconv.AppendBool(to, p.Replayed) }},
	}

	UnprocessedFields = []OutputField[UnprocessedCustomerEvent]{
		{Names: [2]string{"errorDescription", "error_description"},
			Append: func(to []byte, u *UnprocessedCustomerEvent) []byte {
				return strictjson.AppendText(to, u.ErrorDescription)
			}},
		{Names: [2]string{"errorCode", "error_code"},
			Append: func(to []byte, u *UnprocessedCustomerEvent) []byte {
				return strictjson.AppendText(to, string(u.ErrorCode))
			}},
		{Names: [2]string{"requestUniqueIdentifier", "request_unique_identifier"},
			Append: func(to []byte, u *UnprocessedCustomerEvent) []byte {
				if u.RequestUniqueIdentifier == nil {
					return append(to, "null"...)
				}
				return strictjson.AppendText(to, *u.RequestUniqueIdentifier)
			}},
		{Names: [2]string{"index", "index"}, Extension: true,
			Append: func(to []byte, u *UnprocessedCustomerEvent) []byte { return appendCount(to, u.Index) }},
		{Names: [2]string{"retryable", "retryable"}, Extension: true,
			Append: func(to []byte, u *UnprocessedCustomerEvent) []byte { return strconv.AppendBool(to, u.Retryable) }},
	}

	ProblemFields = []OutputField[EventProblem]{
		{Names: [2]string{"path", "path"},
			Append: func(to []byte, p *EventProblem) []byte {
				return strictjson.AppendList(to, len(p.Path), func(to []byte, n int) []byte {
					return strictjson.AppendText(to, p.Path[n])
				})
			}},
		{Names: [2]string{"errorCode", "error_code"},
			Append: func(to []byte, p *EventProblem) []byte { return strictjson.AppendText(to, string(p.ErrorCode)) }},
		{Names: [2]string{"errorDescription", "error_description"},
			Append: func(to []byte, p *EventProblem) []byte { return strictjson.AppendText(to, p.ErrorDescription) }},
	}

	SummaryFields = []OutputField[BatchSummary]{
		{Names: [2]string{"received", "received"},
			Append: func(to []byte, s *BatchSummary) []byte { return appendCount(to, s.Received) }},
		{Names: [2]string{"processed", "processed"},
			Append: func(to []byte, s *BatchSummary) []byte { return appendCount(to, s.Processed) }},
		{Names: [2]string{"replayed", "replayed"},
			Append: func(to []byte, s *BatchSummary) []byte { return appendCount(to, s.Replayed) }},
		{Names: [2]string{"unprocessed", "unprocessed"},
			Append: func(to []byte, s *BatchSummary) []byte { return appendCount(to, s.Unprocessed) }},
	}
)

func appendCount(to []byte, n int) []byte { return strconv.AppendInt(to, int64(n), 10) }

// ObjectEncoder writes the selected fields of a row as a JSON object, in the order of the selection.
type ObjectEncoder[Row any] struct{ members []objectMember[Row] }

type objectMember[Row any] struct {
	key    string // with the quotation marks and the colon
	append AppendFunc[Row]
}

// Add selects a field and the name that it has in the answer.
func (e *ObjectEncoder[Row]) Add(name string, value AppendFunc[Row]) {
	key := string(append(strictjson.AppendText(nil, name), ':'))
	e.members = append(e.members, objectMember[Row]{key, value})
}

// Append appends the selected fields of the row.
func (e *ObjectEncoder[Row]) Append(to []byte, row *Row) []byte {
	to = append(to, '{')
	for i := range e.members {
		if i > 0 {
			to = append(to, ',')
		}
		to = e.members[i].append(append(to, e.members[i].key...), row)
	}
	return append(to, '}')
}

// AppendList appends the rows as a JSON array.
func (e *ObjectEncoder[Row]) AppendList(to []byte, rows []Row) []byte {
	return strictjson.AppendList(to, len(rows), func(to []byte, n int) []byte { return e.Append(to, &rows[n]) })
}

// AppendProblems returns the function that appends the problems of an unprocessed event.
func AppendProblems(problem *ObjectEncoder[EventProblem]) AppendFunc[UnprocessedCustomerEvent] {
	return func(to []byte, u *UnprocessedCustomerEvent) []byte { return problem.AppendList(to, u.Problems) }
}
