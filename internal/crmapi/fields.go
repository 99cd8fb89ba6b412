package crmapi

import (
	"maps"
	"slices"
	"strings"

	"customer-events/internal/apierr"
	"customer-events/internal/events"
	"customer-events/internal/strictjson"
	"customer-events/models"
)

// member is one member of a row of the answer.
type member[Row any] struct {
	name string
	// extension marks a member that the original Web API does not have: it is written only if fields_set
	// names it.
	extension bool
	append    events.AppendFunc[Row]
}

const (
	processedSet   = "processed_customer_events_set"
	unprocessedSet = "unprocessed_customer_events_set"
)

// processedMembers and unprocessedMembers are the members of the rows, in the order of the original Web API.
var (
	processedMembers   = membersOf(events.ProcessedFields)
	unprocessedMembers = append(membersOf(events.UnprocessedFields), member[events.UnprocessedCustomerEvent]{
		name:      "problems",
		extension: true,
		append:    events.AppendProblems(rowEncoder(membersOf(events.ProblemFields))),
	})
)

func membersOf[Row any](fields []events.OutputField[Row]) []member[Row] {
	members := make([]member[Row], len(fields))
	for i, f := range fields {
		members[i] = member[Row]{f.Names[events.SnakeCase], f.Extension, f.Append}
	}
	return members
}

func rowEncoder[Row any](members []member[Row]) *events.ObjectEncoder[Row] {
	encoder := new(events.ObjectEncoder[Row])
	for _, m := range members {
		encoder.Add(m.name, m.append)
	}
	return encoder
}

// outputNames holds every name that fields_set may have.
var outputNames = func() map[string]bool {
	names := map[string]bool{processedSet: true, unprocessedSet: true}
	for _, m := range processedMembers {
		names[m.name] = true
	}
	for _, m := range unprocessedMembers {
		names[m.name] = true
	}
	return names
}()

// selection is the part of the answer that fields_set selects: the encoder of a set is nil if the set is
// left out.
type selection struct {
	processed   *events.ObjectEncoder[events.ProcessedCustomerEvent]
	unprocessed *events.ObjectEncoder[events.UnprocessedCustomerEvent]
}

// parseFieldsSet reads a fields_set. It selects the named sets, or both if none is named. Of their rows it
// selects the named members, or the original's members if none is named: no row is ever empty.
func parseFieldsSet(fieldsSet string) (selection, error) {
	named := make(map[string]bool)
	for name := range strings.SplitSeq(fieldsSet, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		if !outputNames[name] {
			return selection{}, apierr.New(apierr.BadRequest,
				"fields_set names %s, which is no field of the answer: write some of %s",
				models.Sanitize(name), strings.Join(slices.Sorted(maps.Keys(outputNames)), ", "))
		}
		named[name] = true
	}
	var s selection
	neither := !named[processedSet] && !named[unprocessedSet]
	if neither || named[processedSet] {
		s.processed = rowEncoder(selectMembers(processedMembers, named))
	}
	if neither || named[unprocessedSet] {
		s.unprocessed = rowEncoder(selectMembers(unprocessedMembers, named))
	}
	return s, nil
}

func selectMembers[Row any](all []member[Row], named map[string]bool) (selected []member[Row]) {
	for _, m := range all {
		if named[m.name] {
			selected = append(selected, m)
		}
	}
	if selected == nil {
		selected = slices.DeleteFunc(slices.Clone(all), func(m member[Row]) bool { return m.extension })
	}
	return selected
}

// append appends the selected part of an outcome. Encoding a thousand rows by reflection would take a tenth
// of the time of the call.
func (s selection) append(to []byte, outcome *events.Outcome) []byte {
	to = append(to, '{')
	if s.unprocessed != nil {
		to = appendSet(to, unprocessedSet, s.unprocessed, outcome.UnprocessedCustomerEventsSet)
	}
	if s.unprocessed != nil && s.processed != nil {
		to = append(to, ',')
	}
	if s.processed != nil {
		to = appendSet(to, processedSet, s.processed, outcome.ProcessedCustomerEventsSet)
	}
	return append(to, '}')
}

func appendSet[Row any](to []byte, name string, encoder *events.ObjectEncoder[Row], rows []Row) []byte {
	return encoder.AppendList(append(strictjson.AppendText(to, name), ':'), rows)
}
