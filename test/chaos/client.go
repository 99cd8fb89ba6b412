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

const mutation = `mutation Faults($input: CreateWebCustomerEventsInput!) { createWebCustomerEvents(input: $input) {
 processedCustomerEventsSet { requestUniqueIdentifier id number replayed index }
 unprocessedCustomerEventsSet { requestUniqueIdentifier index errorCode errorDescription }
 summary { received processed unprocessed } } }`

// call is one bulk call: sent again as it is, byte for byte, until it is settled.
type call struct {
	key    string
	events []event
	body   []byte
}

func newCall(key string, events []event) *call {
	input := map[string]any{"webCustomerEventsSet": events}
	if key != "" {
		input["idempotencyKey"] = key // not as a header: with one, Go's client would send again by itself, unseen
	}
	body, err := json.Marshal(map[string]any{"query": mutation, "variables": map[string]any{"input": input}})
	if err != nil {
		panic(err) // structs of texts and numbers
	}
	return &call{key, events, body}
}

// answer is what a call was answered.
type answer struct {
	Data struct {
		Login struct{ Token string }
		Made  *struct {
			Processed   []made        `json:"processedCustomerEventsSet"`
			Unprocessed []unprocessed `json:"unprocessedCustomerEventsSet"`
			Summary     struct{ Received, Processed, Unprocessed int }
		} `json:"createWebCustomerEvents"`
	}
	Errors []struct {
		Message    string
		Extensions struct{ Code string }
	}
}

type made struct {
	RequestUniqueIdentifier, ID, Number string
	Replayed                            bool
	Index                               int
}

type unprocessed struct {
	RequestUniqueIdentifier     string
	Index                       int
	ErrorCode, ErrorDescription string
}

// post sends a body once and returns the code of the call's error, if it has one. An err tells that there was no answer.
func post(ctx context.Context, via *http.Client, address, token string, body []byte) (a answer, code string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/graphql", bytes.NewReader(body))
	if err != nil {
		return a, "", err
	}
	request.GetBody = nil // or Go's client would send some failed requests again, unseen
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

// client sends calls one after the other.
type client struct {
	name      string
	ledger    *ledger
	random    *rand.Rand
	http      *http.Client
	token     string
	addresses []string           // of the servers
	pick      func(i int) string // where to send, in turn
	batch     int                // the most events of a call
	text      int                // about how long a description is
	// givesUp is whether the client drops calls now and then about which it was told only that nothing is stored.
	givesUp bool
	keyed   bool

	made    int
	settled atomic.Int64
	kept    []*call // some calls that were settled, to be sent again
}

// next makes a call. Half the clients' calls are known by a key, the others by their events' references.
func (c *client) next() *call {
	c.made++
	keyed := c.keyed || c.made%2 == 0
	events := make([]event, 1+c.random.IntN(c.batch))
	for i := range events {
		events[i] = newEvent(c.random, fmt.Sprintf("%s-%d-%d", c.name, c.made, i), c.text, !keyed)
	}
	if keyed {
		return newCall(fmt.Sprintf("key %s-%d", c.name, c.made), events)
	}
	return newCall("", events)
}

// deliver sends a call until it is settled. It reports false if the context ended before.
func (c *client) deliver(ctx context.Context, call *call) bool {
	c.ledger.write(call.events)
	nothing := true // whether every answer so far has said that nothing is stored
	for tries := 0; ; tries++ {
		c.ledger.sends.Add(1)
		a, code, err := post(ctx, c.http, c.pick(c.made+tries), c.token, call.body)
		switch {
		case ctx.Err() != nil:
			return false
		case err != nil:
			nothing = false
			c.ledger.unanswered(err)
		case code == "UNAVAILABLE":
			c.ledger.saw(code)
			if c.givesUp && nothing && c.random.IntN(4) == 0 {
				for i := range call.events {
					c.ledger.refuse(&call.events[i])
				}
				return true
			}
		case code == "IDEMPOTENCY_KEY_IN_USE":
			c.ledger.saw(code)
		case code == "OUTCOME_UNKNOWN":
			nothing = false
			c.ledger.saw(code)
		case code != "":
			nothing = false
			c.ledger.saw(code)
			c.ledger.complain("a call was answered %s: %s", code, a.Errors[0].Message)
		default:
			c.settle(call, a)
			c.settled.Add(1)
			c.ledger.calls.Add(1)
			if len(c.kept) < 20 {
				c.kept = append(c.kept, call)
			} else {
				c.kept[c.random.IntN(len(c.kept))] = call
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

// settle enters an answer into the ledger.
func (c *client) settle(call *call, a answer) {
	if a.Data.Made == nil {
		c.ledger.complain("a call was answered with neither data nor error")
		return
	}
	seen := make([]int, len(call.events))
	at := func(index int, request string) *event {
		if index < 0 || index >= len(seen) || call.events[index].RequestUniqueIdentifier != request {
			c.ledger.complain("an answer speaks of %q at place %d, which was not sent there", request, index)
			return nil
		}
		seen[index]++
		return &call.events[index]
	}
	for _, p := range a.Data.Made.Processed {
		if e := at(p.Index, p.RequestUniqueIdentifier); e != nil {
			if e.bad() {
				c.ledger.complain("%s was processed though its account does not exist", e.UDFString1)
			}
			c.ledger.acknowledge(e, p.ID, p.Number)
		}
	}
	for _, u := range a.Data.Made.Unprocessed {
		if e := at(u.Index, u.RequestUniqueIdentifier); e != nil {
			if !e.bad() || u.ErrorCode != "NotFoundAPIValueException" {
				c.ledger.complain("%s was refused without a reason: %s %s", e.UDFString1, u.ErrorCode, u.ErrorDescription)
			}
			c.ledger.refuse(e)
		}
	}
	for i, times := range seen {
		if times != 1 {
			c.ledger.complain("%s stands %d times in the answer", call.events[i].UDFString1, times)
		}
	}
	if s := a.Data.Made.Summary; s.Received != len(seen) || s.Processed+s.Unprocessed != s.Received {
		c.ledger.complain("a summary does not add up: %+v", s)
	}
}

// again sends settled calls once more; each must be answered as before, which settle sees to, and as a replay.
func (c *client) again(ctx context.Context) bool {
	for _, call := range c.kept {
		for {
			a, code, err := post(ctx, c.http, c.pick(c.made), c.token, call.body)
			if ctx.Err() != nil {
				return false
			}
			if err == nil && code == "" {
				c.settle(call, a)
				for _, p := range a.Data.Made.Processed {
					if !p.Replayed {
						c.ledger.complain("%s was sent again and is not a replay", strings.TrimPrefix(p.RequestUniqueIdentifier, "request "))
					}
				}
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	return true
}
