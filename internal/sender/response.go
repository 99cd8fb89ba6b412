package sender

import (
	"errors"
	"fmt"
)

// outcome is the server's response to a call.
type outcome struct {
	Processed   []processed `json:"processedCustomerEventsSet"` // nil if the response has no such list
	Unprocessed []rejection `json:"unprocessedCustomerEventsSet"`
	Summary     struct{ Received, Processed, Replayed, Unprocessed int }
}

// checkOutcome is the server's response to the check of a call.
type checkOutcome struct {
	Acceptable, Replays int
	Unprocessed         []rejection `json:"unprocessedCustomerEventsSet"`
}

// outcome returns the response that the mutation would have had.
func (c *checkOutcome) outcome() *outcome {
	o := &outcome{Unprocessed: c.Unprocessed}
	o.Summary.Received = c.Acceptable + len(c.Unprocessed)
	o.Summary.Processed, o.Summary.Replayed = c.Acceptable, c.Replays
	o.Summary.Unprocessed = len(c.Unprocessed)
	return o
}

type processed struct {
	Index                   *int
	RequestUniqueIdentifier *string
}

// applyResponse records the results of the events that were sent. It ignores an inconsistent response as a
// whole: the outcome of the call is then unknown, as before.
func (c *call) applyResponse(got *outcome, sent []int) error {
	rejections, err := c.rejections(got, sent)
	if err != nil {
		return fmt.Errorf("%w: is it a server of customer events?", err)
	}
	for n, i := range sent {
		c.items[i].rejected = rejections[n]
	}
	c.processed, c.replayed = got.Summary.Processed, got.Summary.Replayed
	return nil
}

// rejections returns the rejection of each event that was sent, or nil for a processed event. It checks that
// counts, indexes and identifiers of the response are consistent.
func (c *call) rejections(got *outcome, sent []int) ([]*rejection, error) {
	s := got.Summary
	if s.Received != len(sent) || s.Processed < 0 || s.Unprocessed < 0 ||
		s.Processed+s.Unprocessed != len(sent) || s.Unprocessed != len(got.Unprocessed) {
		return nil, fmt.Errorf("%d were sent, but the answer counts %d received, %d processed and %d "+
			"unprocessed, "+
			"and lists %d", len(sent), s.Received, s.Processed, s.Unprocessed, len(got.Unprocessed))
	}
	if s.Replayed < 0 || s.Replayed > s.Processed {
		return nil, fmt.Errorf("the answer counts %d replayed events among %d processed", s.Replayed,
			s.Processed)
	}
	if got.Processed != nil && len(got.Processed) != s.Processed {
		return nil, fmt.Errorf("the answer counts %d processed events, and lists %d", s.Processed,
			len(got.Processed))
	}
	rejected := make([]*rejection, len(sent))
	listed := make([]bool, len(sent))
	list := func(index *int, name *string) error {
		switch {
		case index == nil:
			return errors.New("the answer lists an event without its index")
		case *index < 0 || *index >= len(sent) || listed[*index]:
			return fmt.Errorf("the answer names the event %d of %d, or names it twice", *index, len(sent))
		}
		listed[*index] = true
		if it := &c.items[sent[*index]]; name != nil && it.name != nil && *name != *it.name {
			return fmt.Errorf("the answer gives the event of line %d a requestUniqueIdentifier that is "+
				"not its own", it.line)
		}
		return nil
	}
	for i := range got.Unprocessed {
		r := &got.Unprocessed[i]
		if err := list(r.Index, r.RequestUniqueIdentifier); err != nil {
			return nil, err
		}
		if r.ErrorCode == "" {
			return nil, fmt.Errorf("the answer does not say why the event %d was not processed", *r.Index)
		}
		rejected[*r.Index] = r
	}
	for _, p := range got.Processed {
		if err := list(p.Index, p.RequestUniqueIdentifier); err != nil {
			return nil, err
		}
	}
	return rejected, nil
}
