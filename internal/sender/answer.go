package sender

import (
	"errors"
	"fmt"
)

// outcome is what the server says of a call.
type outcome struct {
	Processed   []processed `json:"processedCustomerEventsSet"` // nil if the answer has no such list
	Unprocessed []rejection `json:"unprocessedCustomerEventsSet"`
	Summary     struct{ Received, Processed, Replayed, Unprocessed int }
}

type processed struct {
	Index                   *int
	RequestUniqueIdentifier *string
}

// applyResponse notes what has become of the events. An answer that cannot be true is not believed in any part: the call is then as open as
// before it.
func (c *call) applyResponse(got *outcome, sent []int) error {
	verdicts, err := c.verdicts(got, sent)
	if err != nil {
		return fmt.Errorf("%w: is it a server of customer events?", err)
	}
	for n, i := range sent {
		c.items[i].rejected = verdicts[n]
	}
	c.processed, c.replayed = got.Summary.Processed, got.Summary.Replayed
	return nil
}

// verdicts is why each of the events sent was rejected, nil if it was not.
func (c *call) verdicts(got *outcome, sent []int) ([]*rejection, error) {
	s := got.Summary
	if s.Received != len(sent) || s.Processed < 0 || s.Unprocessed < 0 || s.Processed+s.Unprocessed != len(sent) || s.Unprocessed != len(got.Unprocessed) {
		return nil, fmt.Errorf("%d were sent, but the answer counts %d received, %d processed and %d unprocessed, and lists %d", len(sent), s.Received, s.Processed, s.Unprocessed, len(got.Unprocessed))
	}
	if s.Replayed < 0 || s.Replayed > s.Processed {
		return nil, fmt.Errorf("the answer counts %d replayed events among %d processed", s.Replayed, s.Processed)
	}
	if got.Processed != nil && len(got.Processed) != s.Processed {
		return nil, fmt.Errorf("the answer counts %d processed events, and lists %d", s.Processed, len(got.Processed))
	}
	verdicts := make([]*rejection, len(sent))
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
			return fmt.Errorf("the answer gives the event of line %d a requestUniqueIdentifier that is not its own", it.line)
		}
		return nil
	}
	for i := range got.Unprocessed {
		why := &got.Unprocessed[i]
		if err := list(why.Index, why.RequestUniqueIdentifier); err != nil {
			return nil, err
		}
		if why.ErrorCode == "" {
			return nil, fmt.Errorf("the answer does not say why the event %d was not processed", *why.Index)
		}
		verdicts[*why.Index] = why
	}
	for _, p := range got.Processed {
		if err := list(p.Index, p.RequestUniqueIdentifier); err != nil {
			return nil, err
		}
	}
	return verdicts, nil
}
