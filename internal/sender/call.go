package sender

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"customer-events/internal/strictjson"
	"customer-events/models"
)

// call is a piece of the file that is sent at once.
type call struct {
	items   []item
	text    []byte // of all events
	started time.Time

	// These are set when done is closed.
	done                chan struct{}
	err                 error
	processed, replayed int
}

// item is one row of the call, and why it was rejected, if it was.
type item struct {
	line       int
	from, to   int     // where its event stands in the call's text; nowhere if the row is none
	referenced bool    // it names an event for ever
	name       *string // its requestUniqueIdentifier, if it is a text
	rejected   *rejection
}

func (it *item) event(text []byte) []byte { return text[it.from:it.to] }

func (it *item) reject(what string) {
	fault := models.Problem{Code: models.Invalid, Detail: what}
	it.rejected = &rejection{ErrorCode: string(fault.Code), ErrorDescription: fault.Description(),
		Problems: []problem{{ErrorCode: string(fault.Code), ErrorDescription: fault.Description()}}}
}

// add takes a row up. It judges no more of it than whether it can be sent without harm to the others.
func (c *call) add(r *row) {
	it := item{line: r.line, from: len(c.text)}
	named, err := false, r.fault
	if err == nil {
		if it.name, named, it.referenced, err = scan(string(r.event)); err != nil {
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
			name := fmt.Sprint("line ", r.line)
			it.name = &name
			c.text = fmt.Appendf(c.text, `{"requestUniqueIdentifier":"%s"%s`, name, comma)
			event = event[1:]
		}
		c.text = append(c.text, event...)
	}
	it.to = len(c.text)
	c.items = append(c.items, it)
}

// scan walks over an event: whether it has a requestUniqueIdentifier, which one if it is a text and stands there once, and whether
// it has an external reference.
func scan(text string) (first *string, named, referenced bool, err error) {
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
		case "requestUniqueIdentifier":
			if named || cursor.Kind() != strictjson.String {
				first = nil
				err = cursor.Skip()
			} else if value, fault := cursor.Text(); !errors.Is(fault, strictjson.ErrText) {
				first, err = &value, fault
			}
			named = true
		default:
			err = cursor.Skip()
		}
		return err
	})
	if err == nil {
		err = cursor.End()
	}
	return first, named, system && number, err
}

// sum is of all that the call holds.
func (c *call) sum() []byte {
	hash := sha256.New()
	var about []byte
	for i := range c.items {
		it := &c.items[i]
		about = fmt.Appendf(about[:0], "%d %d ", it.line, it.to)
		if it.rejected != nil {
			about = append(about, it.rejected.ErrorDescription...)
		}
		hash.Write(append(about, '\n'))
	}
	hash.Write(c.text)
	return hash.Sum(nil)
}

// rejectUnknownOutcome rejects the events of which nobody can say any more whether they have been stored: sent once more they might be stored
// twice.
func (c *call) rejectUnknownOutcome() {
	for i := range c.items {
		if it := &c.items[i]; it.rejected == nil && !it.referenced {
			it.reject("The Event May Have Been Stored Already: it was being sent when sending was interrupted more than 71 hours ago, and has no external reference; look for it, and send it if it is not there.")
		}
	}
}

// short is the request for a shorter answer.
func short(body []byte) []byte {
	return bytes.Replace(body, []byte(createQuery), []byte(shortQuery), 1)
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

// send sends a call until it is answered. What the answer says of an event is final, also where it may be accepted later: events
// are retryable because too many wrong credentials were sent, for a quarter of an hour, which no pause of ours outlasts. To send the
// call again would count its wrong credentials once more, and keep the right ones of the same customers out; to send a part of it
// would need another key, and might store an event under both.
func (r *run) send(ctx context.Context, c *call) error {
	body, key, sent := c.body()
	if len(sent) == 0 {
		return nil
	}
	var got *outcome
	err := r.retry(ctx, fmt.Sprintf("sending %d events from line %d on", len(sent), c.items[0].line), func(ctx context.Context) (err error) {
		if got, err = r.client.create(ctx, key, body, len(sent)); errors.Is(err, errTooLong) {
			got, err = r.client.create(ctx, key, short(body), len(sent))
		}
		return err
	})
	if err == nil {
		err = c.applyResponse(got, sent)
	}
	if err != nil {
		return fmt.Errorf("the events from line %d on: %w", c.items[0].line, err)
	}
	return nil
}

// retry tries until it succeeds, for as long as it makes sense and the patience lasts. An end of the context ends the waiting
// between tries, but no try, and not the first one before it: what has begun is on its way, and is waited for, until the run's
// requests end.
func (r *run) retry(ctx context.Context, what string, try func(context.Context) error) error {
	const shortest, longest, quiet = 500 * time.Millisecond, 30 * time.Second, 10 * time.Second
	start := r.Now()
	for wait := shortest; ; wait = min(2*wait, longest) {
		err := try(r.work)
		if err != nil && r.work.Err() != nil {
			return errInterrupted
		}
		if err == nil || !again(err) {
			return err
		}
		next := jittered(max(wait, retryAfter(err)))
		if r.Now().Add(next).Sub(start) > r.RetryTimeout {
			return fmt.Errorf("%w (given up after %s, see --patience)", err, r.RetryTimeout)
		}
		if now := r.Now().UnixNano(); now-r.lastReport.Load() > int64(quiet) {
			r.lastReport.Store(now)
			r.report(fmt.Sprintf("%s: %v: trying again, for %s at the most", what, err, r.RetryTimeout))
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
