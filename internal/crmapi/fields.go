package crmapi

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"customer-events/internal/apierr"
	"customer-events/internal/events"
	"customer-events/internal/strictjson"
	"customer-events/models"
)

// member is one member of a row of the answer.
type member[Row any] struct {
	name string
	// ours tells that the original does not know it: it is written where fields_set names it, and nowhere else.
	ours  bool
	write func(to []byte, row *Row) []byte
}

const (
	processedSet   = "processed_customer_events_set"
	unprocessedSet = "unprocessed_customer_events_set"
)

// processedMembers and unprocessedMembers are in the order of the original's own answers.
var (
	processedMembers = []member[events.ProcessedCustomerEvent]{
		{"number", false, func(to []byte, p *events.ProcessedCustomerEvent) []byte { return strictjson.AppendText(to, p.Number) }},
		{"id", false, func(to []byte, p *events.ProcessedCustomerEvent) []byte { return strictjson.AppendText(to, p.ID) }},
		{"request_unique_identifier", false, func(to []byte, p *events.ProcessedCustomerEvent) []byte {
			return strictjson.AppendText(to, p.RequestUniqueIdentifier)
		}},
		{"index", true, func(to []byte, p *events.ProcessedCustomerEvent) []byte {
			return strconv.AppendInt(to, int64(p.Index), 10)
		}},
		{"replayed", true, func(to []byte, p *events.ProcessedCustomerEvent) []byte { return strconv.AppendBool(to, p.Replayed) }},
	}
	unprocessedMembers = []member[events.UnprocessedCustomerEvent]{
		{"error_description", false, func(to []byte, u *events.UnprocessedCustomerEvent) []byte {
			return strictjson.AppendText(to, u.ErrorDescription)
		}},
		{"error_code", false, func(to []byte, u *events.UnprocessedCustomerEvent) []byte {
			return strictjson.AppendText(to, string(u.ErrorCode))
		}},
		{"request_unique_identifier", false, func(to []byte, u *events.UnprocessedCustomerEvent) []byte {
			if u.RequestUniqueIdentifier == nil {
				return append(to, "null"...)
			}
			return strictjson.AppendText(to, *u.RequestUniqueIdentifier)
		}},
		{"index", true, func(to []byte, u *events.UnprocessedCustomerEvent) []byte {
			return strconv.AppendInt(to, int64(u.Index), 10)
		}},
		{"retryable", true, func(to []byte, u *events.UnprocessedCustomerEvent) []byte { return strconv.AppendBool(to, u.Retryable) }},
		{"problems", true, func(to []byte, u *events.UnprocessedCustomerEvent) []byte {
			return strictjson.AppendList(to, len(u.Problems), func(to []byte, n int) []byte {
				p := &u.Problems[n]
				to = append(to, `{"path":`...)
				to = strictjson.AppendList(to, len(p.Path), func(to []byte, n int) []byte { return strictjson.AppendText(to, p.Path[n]) })
				to = strictjson.AppendText(append(to, `,"error_code":`...), string(p.ErrorCode))
				to = strictjson.AppendText(append(to, `,"error_description":`...), p.ErrorDescription)
				return append(to, '}')
			})
		}},
	}
)

// known are all names that fields_set may hold.
var known = func() map[string]bool {
	names := map[string]bool{processedSet: true, unprocessedSet: true}
	for _, m := range processedMembers {
		names[m.name] = true
	}
	for _, m := range unprocessedMembers {
		names[m.name] = true
	}
	return names
}()

// selection is what of an answer is written: no members of a set that is left out.
type selection struct {
	processed   []member[events.ProcessedCustomerEvent]
	unprocessed []member[events.UnprocessedCustomerEvent]
}

// choose reads a fields_set: sets are kept if they are named, or if none is; of their rows the named members are kept, or, if
// none of theirs is named, all of the original's. So no row is ever written empty.
func choose(fieldsSet string) (selection, error) {
	named := make(map[string]bool)
	for name := range strings.SplitSeq(fieldsSet, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		if !known[name] {
			return selection{}, apierr.New(apierr.BadRequest, "fields_set names %s, which is no field of the answer: write some of %s", models.Sanitize(name),
				strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		}
		named[name] = true
	}
	var s selection
	neither := !named[processedSet] && !named[unprocessedSet]
	if neither || named[processedSet] {
		s.processed = kept(processedMembers, named)
	}
	if neither || named[unprocessedSet] {
		s.unprocessed = kept(unprocessedMembers, named)
	}
	return s, nil
}

func kept[Row any](all []member[Row], named map[string]bool) (kept []member[Row]) {
	for _, m := range all {
		if named[m.name] {
			kept = append(kept, m)
		}
	}
	if kept == nil {
		kept = slices.DeleteFunc(slices.Clone(all), func(m member[Row]) bool { return m.ours })
	}
	return kept
}

// append writes an outcome by hand: encoding a thousand rows by reflection would be a tenth of what the call costs.
func (s selection) append(to []byte, outcome *events.Outcome) []byte {
	to = append(to, '{')
	if s.unprocessed != nil {
		to = appendRows(to, unprocessedSet, s.unprocessed, outcome.UnprocessedCustomerEventsSet)
	}
	if s.unprocessed != nil && s.processed != nil {
		to = append(to, ',')
	}
	if s.processed != nil {
		to = appendRows(to, processedSet, s.processed, outcome.ProcessedCustomerEventsSet)
	}
	return append(to, '}')
}

func appendRows[Row any](to []byte, set string, members []member[Row], rows []Row) []byte {
	return strictjson.AppendList(append(strictjson.AppendText(to, set), ':'), len(rows), func(to []byte, n int) []byte {
		to = append(to, '{')
		for i := range members {
			if i > 0 {
				to = append(to, ',')
			}
			to = members[i].write(append(strictjson.AppendText(to, members[i].name), ':'), &rows[n])
		}
		return append(to, '}')
	})
}
