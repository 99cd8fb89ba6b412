package events

import (
	"strconv"

	"customer-events/models"
)

// Outcome is the result of a call. Each event is in exactly one of the two lists, both in the caller's
// order.
type Outcome struct {
	ProcessedCustomerEventsSet   []ProcessedCustomerEvent
	UnprocessedCustomerEventsSet []UnprocessedCustomerEvent
	Summary                      BatchSummary
}

// ProcessedCustomerEvent is an event that this call or an earlier one recorded.
type ProcessedCustomerEvent struct {
	RequestUniqueIdentifier string
	ID                      string
	Number                  string
	Replayed                bool
	Index                   int
}

// UnprocessedCustomerEvent is an event that was not recorded, with the reasons.
type UnprocessedCustomerEvent struct {
	RequestUniqueIdentifier *string
	Index                   int
	ErrorCode               models.Code
	ErrorDescription        string
	Retryable               bool
	Problems                []EventProblem
}

// EventProblem is one problem of an event.
type EventProblem struct {
	Path             []string
	ErrorCode        models.Code
	ErrorDescription string
}

// BatchSummary counts the events of a call. Received = Processed + Unprocessed; Replayed of the processed
// events were recorded before.
type BatchSummary struct {
	Received, Processed, Replayed, Unprocessed int
}

// DryRunResult is the result that a call would have now.
type DryRunResult struct {
	// Acceptable counts the events that would be processed, and Replays those of them that were recorded
	// before.
	Acceptable, Replays          int
	UnprocessedCustomerEventsSet []UnprocessedCustomerEvent
	// Summary has the numbers that the call would return.
	Summary BatchSummary
}

func (b *batch) outcome() Outcome {
	out := Outcome{
		ProcessedCustomerEventsSet:   make([]ProcessedCustomerEvent, 0, len(b.items)),
		UnprocessedCustomerEventsSet: []UnprocessedCustomerEvent{},
	}
	for i := range b.items {
		it := &b.items[i]
		if !it.valid() {
			out.UnprocessedCustomerEventsSet = append(out.UnprocessedCustomerEventsSet, it.unprocessed(i))
			continue
		}
		if it.duplicateOf != nil {
			it.ref = it.duplicateOf.ref
		}
		if it.replayed {
			out.Summary.Replayed++
		}
		out.ProcessedCustomerEventsSet = append(out.ProcessedCustomerEventsSet, ProcessedCustomerEvent{
			RequestUniqueIdentifier: *it.in.RequestUniqueIdentifier,
			ID:                      it.ref.ID.String(),
			Number:                  strconv.FormatInt(it.ref.Number, 10),
			Replayed:                it.replayed,
			Index:                   i,
		})
	}
	out.Summary.Received = len(b.items)
	out.Summary.Processed = len(out.ProcessedCustomerEventsSet)
	out.Summary.Unprocessed = len(out.UnprocessedCustomerEventsSet)
	return out
}

func (b *batch) dryRunResult() DryRunResult {
	result := DryRunResult{UnprocessedCustomerEventsSet: []UnprocessedCustomerEvent{}}
	for i := range b.items {
		switch it := &b.items[i]; {
		case !it.valid():
			result.UnprocessedCustomerEventsSet =
				append(result.UnprocessedCustomerEventsSet, it.unprocessed(i))
		case it.replayed:
			result.Replays++
			result.Acceptable++
		default:
			result.Acceptable++
		}
	}
	result.Summary = BatchSummary{
		Received:    len(b.items),
		Processed:   result.Acceptable,
		Replayed:    result.Replays,
		Unprocessed: len(result.UnprocessedCustomerEventsSet),
	}
	return result
}

// unprocessed returns all problems of the event. Its code and description are those of the first.
func (it *item) unprocessed(index int) UnprocessedCustomerEvent {
	problems := it.allProblems()
	first := &problems[0]
	u := UnprocessedCustomerEvent{
		RequestUniqueIdentifier: it.in.RequestUniqueIdentifier,
		Index:                   index,
		ErrorCode:               first.Code,
		ErrorDescription:        first.Description(),
		Retryable:               first.Code.Retryable(),
		Problems:                make([]EventProblem, len(problems)),
	}
	for i, problem := range problems {
		path := problem.Path
		if path == nil {
			path = []string{}
		}
		u.Problems[i] = EventProblem{path, problem.Code, problem.Description()}
	}
	return u
}
