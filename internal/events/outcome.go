package events

import (
	"strconv"

	"customer-events/models"
)

// Outcome is the answer to a call: every event of it in exactly one of two lists, both in the caller's order.
type Outcome struct {
	ProcessedCustomerEventsSet   []ProcessedCustomerEvent
	UnprocessedCustomerEventsSet []UnprocessedCustomerEvent
	Summary                      BatchSummary
}

// ProcessedCustomerEvent is an event that is recorded, by this call or by an earlier one.
type ProcessedCustomerEvent struct {
	RequestUniqueIdentifier string
	ID                      string
	Number                  string
	Replayed                bool
	Index                   int
}

// UnprocessedCustomerEvent is an event that was not recorded, and why.
type UnprocessedCustomerEvent struct {
	RequestUniqueIdentifier *string
	Index                   int
	ErrorCode               models.Code
	ErrorDescription        string
	Retryable               bool
	Problems                []EventProblem
}

// EventProblem is one thing that is wrong with an event.
type EventProblem struct {
	Path             []string
	ErrorCode        models.Code
	ErrorDescription string
}

// BatchSummary counts: Received = Processed + Unprocessed, and Replayed of the processed ones were recorded before.
type BatchSummary struct {
	Received, Processed, Replayed, Unprocessed int
}

// DryRunResult is what a call would be answered, were it made now.
type DryRunResult struct {
	// Acceptable counts the events that would be processed, Replays those of them that are recorded already.
	Acceptable, Replays          int
	UnprocessedCustomerEventsSet []UnprocessedCustomerEvent
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
	verdicts := DryRunResult{UnprocessedCustomerEventsSet: []UnprocessedCustomerEvent{}}
	for i := range b.items {
		switch it := &b.items[i]; {
		case !it.valid():
			verdicts.UnprocessedCustomerEventsSet = append(verdicts.UnprocessedCustomerEventsSet, it.unprocessed(i))
		case it.replayed:
			verdicts.Replays++
			verdicts.Acceptable++
		default:
			verdicts.Acceptable++
		}
	}
	return verdicts
}

// unprocessed tells every problem of the event; the first one stands for it.
func (it *item) unprocessed(index int) UnprocessedCustomerEvent {
	problems := append(it.inputProblems[:len(it.inputProblems):len(it.inputProblems)], it.problems...)
	u := UnprocessedCustomerEvent{
		RequestUniqueIdentifier: it.in.RequestUniqueIdentifier,
		Index:                   index,
		ErrorCode:               problems[0].Code,
		ErrorDescription:        problems[0].Description(),
		Retryable:               problems[0].Code.Retryable(),
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
