package sender

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"customer-events/internal/backoff"
	"customer-events/internal/strictjson"
	"customer-events/models"
)

// call is a part of the file that is sent in one request.
type call struct {
	items   []item
	text    []byte // the text of all events
	raw     []byte // the CSV rows as they are in the file
	started time.Time

	// The following fields are set before done is closed.
	done                chan struct{}
	err                 error
	processed, replayed int
}

// item is one row of the call, and its rejection, if it was rejected.
type item struct {
	line         int
	from, to     int // the range of its event in the call's text, empty if the row is not an event
	rawFrom      int // the range of its row in the call's raw text
	rawTo        int
	hasReference bool    // it has an external reference
	name         *string // its requestUniqueIdentifier, if it is a text
	rejected     *rejection
}

func (it *item) event(text []byte) []byte { return text[it.from:it.to] }

func (it *item) reject(what string) {
	fault := models.Problem{Code: models.Invalid, Detail: what}
	it.rejected = &rejection{ErrorCode: string(fault.Code), ErrorDescription: fault.Description(),
		Problems: []problem{{ErrorCode: string(fault.Code), ErrorDescription: fault.Description()}}}
}

// notAnEvent is the beginning of the description of a row that was not sent.
func notAnEvent(line int) string { return fmt.Sprintf("Line %d Is Not An Event: ", line) }

// add adds a row. It checks only whether the row is a JSON object, which is necessary for sending the other
// rows.
func (c *call) add(r *row) {
	it := item{line: r.line, from: len(c.text), rawFrom: len(c.raw)}
	c.raw = append(c.raw, r.raw...)
	it.rawTo = len(c.raw)
	named, err := false, r.fault
	if err == nil {
		if it.name, named, it.hasReference, err = scanEvent(string(r.event)); err != nil {
			err = errors.New("write one JSON object a line, with nothing before or after it")
		}
	}
	if err != nil {
		detail := notAnEvent(r.line) + err.Error()
		if !strings.HasSuffix(detail, "?") {
			detail += "."
		}
		it.reject(detail)
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

// scanEvent reports whether an event has a requestUniqueIdentifier and an external reference. It returns the
// identifier if it is a text and is given once.
func scanEvent(text string) (first *string, named, referenced bool, err error) {
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

// checksum returns a hash of the call's rows.
func (c *call) checksum() []byte {
	hash := sha256.New()
	var row []byte
	for i := range c.items {
		it := &c.items[i]
		row = fmt.Appendf(row[:0], "%d %d ", it.line, it.to)
		if it.rejected != nil {
			row = append(row, it.rejected.ErrorDescription...)
		}
		hash.Write(append(row, '\n'))
	}
	hash.Write(c.text)
	return hash.Sum(nil)
}

// rejectUnknownOutcome rejects the events without an external reference. The server may have stored them in
// an earlier run, and no longer knows the idempotency key: sending them again might store them twice.
func (c *call) rejectUnknownOutcome() {
	for i := range c.items {
		if it := &c.items[i]; it.rejected == nil && !it.hasReference {
			it.reject("The Event May Have Been Stored Already: it was being sent when sending was " +
				"interrupted " +
				"more than 71 hours ago, and has no external reference; look for it, and send it if it is " +
				"not there.")
		}
	}
}

// keyFormat changes the keys of all calls. Then a file that was sent before, and whose FILE.sent is lost, is
// stored again.
const keyFormat = 1

// body returns the request and the indexes of the items in it. The idempotency key depends only on the
// events and on the first line, not on the query, the file's name or its other rows.
func (c *call) body(query string) (body []byte, key string, sent []int) {
	body = append(make([]byte, 0, len(c.text)+len(c.items)+len(query)+200), `{"query":`...)
	body = strictjson.AppendText(body, query)
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
	fmt.Fprintf(hash, "customer-events send %d\n%d\n", keyFormat, c.items[0].line)
	hash.Write(body[begin:])
	return append(body, `]}}}`...), "send-" + hex.EncodeToString(hash.Sum(nil)), sent
}

// send sends a call until the server responds. The response is final for every event, even for a retryable
// one. An event is retryable after too many wrong credentials, for a quarter of an hour, which is longer
// than any pause of a run. Sending the call again would count its wrong credentials again, and lock out the
// right ones of the same customers. Sending a part of the call would need another key, and might store an
// event under both.
func (r *run) send(ctx context.Context, c *call) error {
	body, key, sent := c.body(r.query.full)
	if len(sent) == 0 {
		return nil
	}
	var got *outcome
	purpose := fmt.Sprintf(r.query.doing+" %d events from line %d on", len(sent), c.items[0].line)
	err := r.retry(ctx, purpose, func(ctx context.Context) (err error) {
		if got, err = r.client.create(ctx, key, body, len(sent)); errors.Is(err, errResponseTooLong) {
			short := bytes.Replace(body, []byte(r.query.full), []byte(r.query.short), 1)
			got, err = r.client.create(ctx, key, short, len(sent))
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

// retry calls try until it succeeds, fails permanently, or RetryTimeout expires. The end of ctx ends a wait
// between two tries. It does not cancel a try, and not the first one: a request that was started may have an
// effect, so retry waits for its response until r.work ends.
func (r *run) retry(ctx context.Context, purpose string, try func(context.Context) error) error {
	const minWait, maxWait, reportInterval = 500 * time.Millisecond, 30 * time.Second, 10 * time.Second
	start := r.Now()
	for wait := minWait; ; wait = min(2*wait, maxWait) {
		err := try(r.work)
		if err != nil && r.work.Err() != nil {
			return errInterrupted
		}
		if err == nil || !retryable(err) {
			return err
		}
		next := backoff.AtLeast(max(wait, retryAfter(err)))
		if r.Now().Add(next).Sub(start) > r.RetryTimeout {
			return fmt.Errorf("%w (given up after %s, see --patience)",
				err, models.FormatDuration(r.RetryTimeout))
		}
		if now := r.Now().UnixNano(); now-r.lastReport.Load() > int64(reportInterval) {
			r.lastReport.Store(now)
			r.report(fmt.Sprintf("%s: %v: trying again, for at most %s",
				purpose, err, models.FormatDuration(r.RetryTimeout)))
		}
		if err := backoff.Sleep(ctx, next); err != nil {
			return err
		}
	}
}
