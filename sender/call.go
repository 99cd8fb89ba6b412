package sender

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"customer-events/events/strictjson"
	"customer-events/models"
)

// call is a piece of the file that is sent at once.
type call struct {
	items []item
	text  []byte // of all events
	begun time.Time

	// These are set when done is closed.
	done                chan struct{}
	err                 error
	processed, replayed int
}

// item is one row of the call, and why it was rejected, if it was.
type item struct {
	line       int
	from, to   int  // where its event stands in the call's text; nowhere if the row is none
	referenced bool // it names an event for ever
	rejected   *rejection
}

func (it *item) event(text []byte) []byte { return text[it.from:it.to] }

func (it *item) reject(what string) {
	fault := models.Fault{Code: models.Invalid, What: what}
	it.rejected = &rejection{ErrorCode: string(fault.Code), ErrorDescription: fault.Description(),
		Problems: []problem{{ErrorCode: string(fault.Code), ErrorDescription: fault.Description()}}}
}

// add takes a row up. It judges no more of it than whether it can be sent without harm to the others.
func (c *call) add(r *row) {
	it := item{line: r.line, from: len(c.text)}
	named, err := false, r.fault
	if err == nil {
		if named, it.referenced, err = scan(string(r.event)); err != nil {
			err = errors.New("write one JSON object a line, with nothing before or after it")
		}
	}
	if err != nil {
		it.reject(fmt.Sprintf("Line %d Is Not An Event: %s.", r.line, err))
	} else {
		event := strings.TrimSpace(string(r.event))
		if !named {
			comma := ","
			if strings.HasPrefix(strings.TrimLeft(event[1:], " \t\r"), "}") {
				comma = ""
			}
			c.text = fmt.Appendf(c.text, `{"requestUniqueIdentifier":"line %d"%s`, r.line, comma)
			event = event[1:]
		}
		c.text = append(c.text, event...)
	}
	it.to = len(c.text)
	c.items = append(c.items, it)
}

// scan walks over an event: whether it has a requestUniqueIdentifier, and an external reference.
func scan(text string) (named, referenced bool, err error) {
	cursor := strictjson.New(text)
	var system, number bool
	given := func() (bool, error) {
		if cursor.Kind() != strictjson.String {
			return false, cursor.Skip()
		}
		value, err := cursor.Text()
		if errors.Is(err, strictjson.ErrText) {
			return false, nil
		}
		return strings.TrimSpace(value) != "", err
	}
	err = cursor.Object(func(name string) (err error) {
		switch name {
		case "externalSystem":
			system, err = given()
		case "externalSystemReferenceNumber":
			number, err = given()
		default:
			named = named || name == "requestUniqueIdentifier"
			err = cursor.Skip()
		}
		return err
	})
	if err == nil {
		err = cursor.End()
	}
	return named, system && number, err
}

// doubtful rejects the events of which nobody can say any more whether they have been stored: sent once more they might be stored
// twice.
func (c *call) doubtful() {
	for i := range c.items {
		if it := &c.items[i]; it.rejected == nil && !it.referenced {
			it.reject("The Event May Have Been Stored Already: it was being sent when sending was interrupted more than 71 hours ago, and has no external reference; look for it, and send it if it is not there.")
		}
	}
}

// body is the request, and which items are in it. The key is the call's own: a call of the same events from the same line is the
// same call, whatever the file is called and whatever else it holds.
func (c *call) body() (body []byte, key string, sent []int) {
	body = append(make([]byte, 0, len(c.text)+len(c.items)+len(createQuery)+200), `{"query":`...)
	body = strictjson.AppendText(body, createQuery)
	body = append(body, `,"variables":{"input":{"webCustomerEventsSet":[`...)
	begin := len(body)
	for i := range c.items {
		if it := &c.items[i]; it.rejected == nil {
			if len(sent) > 0 {
				body = append(body, ',')
			}
			body = append(body, it.event(c.text)...)
			sent = append(sent, i)
		}
	}
	hash := sha256.New()
	fmt.Fprintf(hash, "customer-events send %d\n%d\n", stateFormat, c.items[0].line)
	hash.Write(body[begin:])
	return append(body, `]}}}`...), "send-" + hex.EncodeToString(hash.Sum(nil)), sent
}

// pauses are how long a call waits before it asks again for events that may be accepted later. The whole call is sent again, with
// its key: what was processed is replayed, and nothing can be stored under two keys.
var pauses = []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second}

// send sends a call until it is answered.
func (r *run) send(ctx context.Context, c *call) error {
	body, key, sent := c.body()
	if len(sent) == 0 {
		return nil
	}
	first := 0
	for try := 0; ; try++ {
		var got *outcome
		err := r.insist(ctx, fmt.Sprintf("sending %d events from line %d on", len(sent), c.items[0].line), func(ctx context.Context) (err error) {
			got, err = r.client.create(ctx, key, body)
			return err
		})
		if err == nil {
			err = c.take(got, sent)
		}
		if err != nil {
			return fmt.Errorf("the events from line %d on: %w", c.items[0].line, err)
		}
		later := got.retryable()
		if try == 0 {
			first = later
		}
		if try == len(pauses) && later == first {
			r.vain.Store(true)
		}
		if later == 0 || try == len(pauses) || r.vain.Load() {
			return nil
		}
		if err := pause(ctx, jittered(pauses[try])); err != nil {
			return err
		}
	}
}

// take notes what has become of the events. An answer that does not add up is not believed.
func (c *call) take(got *outcome, sent []int) error {
	s := got.Summary
	if s.Received != len(sent) || s.Processed+s.Unprocessed != len(sent) || s.Unprocessed != len(got.Unprocessed) {
		return fmt.Errorf("%d were sent, but the answer counts %d received, %d processed and %d unprocessed, and lists %d: is it a server of customer events?", len(sent), s.Received, s.Processed, s.Unprocessed, len(got.Unprocessed))
	}
	for _, i := range sent {
		c.items[i].rejected = nil
	}
	for i := range got.Unprocessed {
		why := &got.Unprocessed[i]
		if why.Index < 0 || why.Index >= len(sent) || c.items[sent[why.Index]].rejected != nil {
			return fmt.Errorf("the answer names the event %d of %d, or names it twice: is it a server of customer events?", why.Index, len(sent))
		}
		c.items[sent[why.Index]].rejected = why
	}
	c.processed, c.replayed = s.Processed, s.Replayed
	return nil
}

// insist tries until it succeeds, for as long as it makes sense and the patience lasts. An end of the context ends the waiting
// between tries, but no try, and not the first one before it: what has begun is on its way, and is waited for.
func (r *run) insist(ctx context.Context, what string, try func(context.Context) error) error {
	const shortest, longest, quiet = 500 * time.Millisecond, 30 * time.Second, 10 * time.Second
	start := r.Now()
	for wait := shortest; ; wait = min(2*wait, longest) {
		err := try(context.WithoutCancel(ctx))
		if err == nil || !again(err) {
			return err
		}
		next := jittered(max(wait, retryAfter(err)))
		if r.Now().Add(next).Sub(start) > r.Patience {
			return fmt.Errorf("%w (given up after %s, see --patience)", err, r.Patience)
		}
		if now := r.Now().UnixNano(); now-r.noted.Load() > int64(quiet) {
			r.noted.Store(now)
			r.note(fmt.Sprintf("%s: %v: trying again, for %s at the most", what, err, r.Patience))
		}
		if err := pause(ctx, next); err != nil {
			return err
		}
	}
}

// jittered is at least as long, and up to half as long again: calls that were refused together do not come back together.
func jittered(d time.Duration) time.Duration { return d + rand.N(d/2+1) }

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (o *outcome) retryable() (n int) {
	for i := range o.Unprocessed {
		if o.Unprocessed[i].Retryable {
			n++
		}
	}
	return n
}
