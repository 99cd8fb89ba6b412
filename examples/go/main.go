// A client of the GraphQL API that needs only the standard library. It logs in and sends the Web API's own
// example: four events, of which two name accounts that do not exist. Then it sends the call again, as
// after a time-out.
//
//	go run . http://127.0.0.1:8080
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

func main() {
	server := "http://127.0.0.1:8080"
	if len(os.Args) > 1 {
		server = os.Args[1]
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := run(ctx, server); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, server string) error {
	c := &client{endpoint: server + "/graphql"}
	if err := c.logIn(ctx, "demo", "demo-password"); err != nil {
		return err
	}
	event := func(request, account, performedOn string) WebCustomerEvent {
		return WebCustomerEvent{
			RequestUniqueIdentifier:      request,
			AccountsReceivableIdentifier: &Identifier{Number: account},
			PerformedByUnitIdentifier:    Identifier{Name: "Admin Unit"},
			PerformedOn:                  performedOn,
			Website:                      "www.crm.com",
		}
	}
	events := []WebCustomerEvent{
		event("06", "ACR0000000020", "2016-06-22T15:00:00"),
		event("07", "ACR0000000077", "2016-06-22T15:05:02"),
		event("08", "ACR00045000", "2016-06-22T15:19:22"),
		event("09", "ACR00670040", "2016-06-22T15:15:42"),
	}
	// With a key the call may be sent again without storing an event twice. In production, store the key
	// with the batch, so that it is the same after a crash.
	key := fmt.Sprint("example-go-", time.Now().UnixNano())
	for range 2 {
		outcome, err := c.create(ctx, key, events)
		if err != nil {
			return err
		}
		for _, e := range outcome.Processed {
			fmt.Printf("%s processed: id %s, number %s, replayed %t\n", e.RequestUniqueIdentifier, e.ID,
				e.Number, e.Replayed)
		}
		for _, e := range outcome.Unprocessed {
			fmt.Printf("%s unprocessed: %s: %s\n", e.RequestUniqueIdentifier, e.ErrorCode,
				e.ErrorDescription)
		}
	}
	return nil
}

// WebCustomerEvent is the input of one event; schema.graphqls has the remaining fields.
type WebCustomerEvent struct {
	RequestUniqueIdentifier      string      `json:"requestUniqueIdentifier"`
	AccountsReceivableIdentifier *Identifier `json:"accountsReceivableIdentifier,omitempty"`
	RewardsParticipantIdentifier *Identifier `json:"rewardsParticipantIdentifier,omitempty"`
	PerformedByUnitIdentifier    Identifier  `json:"performedByUnitIdentifier"`
	PerformedOn                  string      `json:"performedOn"`
	Website                      string      `json:"website"`
	Description                  string      `json:"description,omitempty"`
}

// Identifier is a union: exactly one field is set, and the others are not sent.
type Identifier struct {
	ID     string `json:"id,omitempty"`
	Number string `json:"number,omitempty"`
	Name   string `json:"name,omitempty"`
}

// Outcome is the answer about the events: each is in exactly one of the lists.
type Outcome struct {
	Processed []struct {
		RequestUniqueIdentifier, ID, Number string
		Replayed                            bool
	} `json:"processedCustomerEventsSet"`
	Unprocessed []struct {
		RequestUniqueIdentifier, ErrorCode, ErrorDescription string
	} `json:"unprocessedCustomerEventsSet"`
}

type client struct{ endpoint, token string }

func (c *client) logIn(ctx context.Context, username, password string) error {
	var data struct{ Login struct{ Token string } }
	err := c.post(ctx, "", `mutation ($input: LoginInput!) { login(input: $input) { token } }`,
		map[string]any{"input": map[string]string{"username": username, "password": password}}, &data)
	c.token = data.Login.Token
	return err
}

func (c *client) create(ctx context.Context, key string, events []WebCustomerEvent) (Outcome, error) {
	var data struct{ CreateWebCustomerEvents Outcome }
	err := c.post(ctx, key,
		`mutation ($input: CreateWebCustomerEventsInput!) { createWebCustomerEvents(input: $input) {
		processedCustomerEventsSet { requestUniqueIdentifier id number replayed }
		unprocessedCustomerEventsSet { requestUniqueIdentifier errorCode errorDescription } } }`,
		map[string]any{"input": map[string]any{"webCustomerEventsSet": events}}, &data)
	return data.CreateWebCustomerEvents, err
}

// post sends a query and decodes the response's data. An error that is worth a retry has
// extensions.retryAfter in seconds.
func (c *client) post(ctx context.Context, key, query string, variables, data any) error {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer := struct {
		Data   any
		Errors []struct {
			Message    string
			Extensions struct {
				Code       string
				RetryAfter int
			}
		}
	}{Data: data}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return fmt.Errorf("%s answers %s, and no GraphQL: %w", c.endpoint, response.Status, err)
	}
	var wrong []string
	for _, e := range answer.Errors {
		text := e.Extensions.Code + ": " + e.Message
		if e.Extensions.RetryAfter > 0 {
			text += fmt.Sprintf(" (send the same again after %d s)", e.Extensions.RetryAfter)
		}
		wrong = append(wrong, text)
	}
	if len(wrong) > 0 {
		return errors.New(strings.Join(wrong, "\n"))
	}
	return nil
}
