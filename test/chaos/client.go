package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

const mutation = `mutation Faults($input: CreateWebCustomerEventsInput!) {
 createWebCustomerEvents(input: $input) {
 processedCustomerEventsSet { requestUniqueIdentifier id number replayed index }
 unprocessedCustomerEventsSet { requestUniqueIdentifier index errorCode errorDescription }
 summary { received processed unprocessed } } }`

// bulkCall is one call of the bulk mutation. Its body is sent again, byte for byte, until it is answered.
type bulkCall struct {
	key    string
	events []event
	body   []byte
}

func newCall(key string, events []event) *bulkCall {
	input := map[string]any{"webCustomerEventsSet": events}
	if key != "" {
		// not as a header, since Go's client repeats requests that have one by itself
		input["idempotencyKey"] = key
	}
	body, err := json.Marshal(map[string]any{"query": mutation, "variables": map[string]any{"input": input}})
	if err != nil {
		panic(err) // the values are structs of texts and numbers
	}
	return &bulkCall{key, events, body}
}

// response is the server's answer to a login or a bulk call.
type response struct {
	Data struct {
		Login struct{ Token string }
		Made  *struct {
			Processed   []processedEvent   `json:"processedCustomerEventsSet"`
			Unprocessed []unprocessedEvent `json:"unprocessedCustomerEventsSet"`
			Summary     struct{ Received, Processed, Unprocessed int }
		} `json:"createWebCustomerEvents"`
	}
	Errors []struct {
		Message    string
		Extensions struct{ Code string }
	}
}

type processedEvent struct {
	RequestUniqueIdentifier, ID, Number string
	Replayed                            bool
	Index                               int
}

type unprocessedEvent struct {
	RequestUniqueIdentifier     string
	Index                       int
	ErrorCode, ErrorDescription string
}

// post sends a body once and returns the code of the call's error, if there is one. With an err there was
// no response.
func post(
	ctx context.Context, via *http.Client, address, token string, body []byte,
) (a response, code string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/graphql",
		bytes.NewReader(body))
	if err != nil {
		return a, "", err
	}
	request.GetBody = nil // or Go's client would repeat some failed requests by itself
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := via.Do(request)
	if err != nil {
		return a, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return a, "", err
	}
	if err := json.Unmarshal(text, &a); err != nil {
		return a, "", fmt.Errorf("%s: %w: %.200s", response.Status, err, text)
	}
	if len(a.Errors) > 0 {
		return a, a.Errors[0].Extensions.Code, nil
	}
	return a, "", nil
}

// client sends one call after the other.
type client struct {
	name              string
	history           *history
	random            *rand.Rand
	http              *http.Client
	token             string
	addresses         []string           // of the servers
	address           func(i int) string // the server for the i-th request
	maxBatch          int                // the maximum number of events in a call
	descriptionLength int                // the approximate length of a description
	// abandonsCalls makes the client drop some calls whose responses all said that nothing is stored.
	abandonsCalls bool
	keyed         bool

	callCount      int
	completed      atomic.Int64
	completedCalls []*bulkCall // a sample of answered calls, to be replayed
}

// nextCall makes a call. Half of the calls carry an idempotency key; the events of the others carry
// references.
func (c *client) nextCall() *bulkCall {
	c.callCount++
	keyed := c.keyed || c.callCount%2 == 0
	events := make([]event, 1+c.random.IntN(c.maxBatch))
	for i := range events {
		events[i] = newEvent(c.random, fmt.Sprintf("%s-%d-%d", c.name, c.callCount, i), c.descriptionLength,
			!keyed)
	}
	if keyed {
		return newCall(fmt.Sprintf("key %s-%d", c.name, c.callCount), events)
	}
	return newCall("", events)
}

// sendUntilAnswered sends a call until it is answered. It returns false if the context ends before that.
func (c *client) sendUntilAnswered(ctx context.Context, call *bulkCall) bool {
	c.history.addSent(call.events)
	nothing := true // whether every response so far said that nothing is stored
	for tries := 0; ; tries++ {
		c.history.sends.Add(1)
		a, code, err := post(ctx, c.http, c.address(c.callCount+tries), c.token, call.body)
		switch {
		case ctx.Err() != nil:
			return false
		case err != nil:
			nothing = false
			c.history.addNoResponse(err)
		case code == "UNAVAILABLE":
			c.history.addError(code)
			if c.abandonsCalls && nothing && c.random.IntN(4) == 0 {
				for i := range call.events {
					c.history.addRejected(&call.events[i])
				}
				return true
			}
		case code == "IDEMPOTENCY_KEY_IN_USE":
			c.history.addError(code)
		case code == "OUTCOME_UNKNOWN":
			nothing = false
			c.history.addError(code)
		case code != "":
			nothing = false
			c.history.addError(code)
			c.history.addViolation("the response to a call was %s: %s", code, a.Errors[0].Message)
		default:
			c.recordResponse(call, a)
			c.completed.Add(1)
			c.history.calls.Add(1)
			if len(c.completedCalls) < 20 {
				c.completedCalls = append(c.completedCalls, call)
			} else {
				c.completedCalls[c.random.IntN(len(c.completedCalls))] = call
			}
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(time.Duration(5+c.random.IntN(20)) * time.Millisecond):
		}
	}
}

// recordResponse checks the response to a call and adds it to the history.
func (c *client) recordResponse(call *bulkCall, a response) {
	if a.Data.Made == nil {
		c.history.addViolation("the response to a call has neither data nor errors")
		return
	}
	seen := make([]int, len(call.events))
	at := func(index int, request string) *event {
		if index < 0 || index >= len(seen) || call.events[index].RequestUniqueIdentifier != request {
			c.history.addViolation("a response names %q at index %d, where it was not sent", request, index)
			return nil
		}
		seen[index]++
		return &call.events[index]
	}
	for _, p := range a.Data.Made.Processed {
		if e := at(p.Index, p.RequestUniqueIdentifier); e != nil {
			if mustBeRejected(e) {
				c.history.addViolation("%s was processed although its account does not exist", e.UDFString1)
			}
			c.history.addProcessed(e, p.ID, p.Number)
		}
	}
	for _, u := range a.Data.Made.Unprocessed {
		if e := at(u.Index, u.RequestUniqueIdentifier); e != nil {
			if !mustBeRejected(e) || u.ErrorCode != "NotFoundAPIValueException" {
				c.history.addViolation("%s was rejected without a reason: %s %s", e.UDFString1, u.ErrorCode,
					u.ErrorDescription)
			}
			c.history.addRejected(e)
		}
	}
	for i, times := range seen {
		if times != 1 {
			c.history.addViolation("%s is %d times in the response", call.events[i].UDFString1, times)
		}
	}
	if s := a.Data.Made.Summary; s.Received != len(seen) || s.Processed+s.Unprocessed != s.Received {
		c.history.addViolation("the numbers of a summary contradict each other: %+v", s)
	}
}

// replayCompleted sends answered calls once more. The responses must be the same as before, and replays.
func (c *client) replayCompleted(ctx context.Context) bool {
	for _, call := range c.completedCalls {
		for {
			a, code, err := post(ctx, c.http, c.address(c.callCount), c.token, call.body)
			if ctx.Err() != nil {
				return false
			}
			if err == nil && code == "" {
				c.recordResponse(call, a)
				for _, p := range a.Data.Made.Processed {
					if !p.Replayed {
						c.history.addViolation("%s was sent again and is no replay",
							strings.TrimPrefix(p.RequestUniqueIdentifier, "request "))
					}
				}
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	return true
}
