// Command customer-events-client sends a batch of 1007 events to a server with demo data, and sends it
// again, as after a crash. Copy the package customerevents from it; this file shows how to use it.
//
//	go run . [server [seconds of a request [seconds of a call with its retries]]]
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"time"

	"customer-events-client/customerevents"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	server := "http://127.0.0.1:8080"
	if len(args) > 0 {
		server = args[0]
	}
	client := customerevents.New(server, "demo", "demo-password")
	for i, limit := range []*time.Duration{&client.RequestTimeout, &client.RetryTimeout} {
		if len(args) > i+1 {
			seconds, err := strconv.ParseFloat(args[i+1], 64)
			if err != nil {
				return err
			}
			*limit = time.Duration(seconds * float64(time.Second))
		}
	}

	// In a product, the key is stored with the batch before the first attempt. The reference is the number of
	// the order in the shop.
	key := fmt.Sprint("example-go-", time.Now().UnixNano())
	batch := exampleEvents(key)
	for range 2 {
		for outcome, err := range client.Create(ctx, key, batch) {
			if err != nil {
				return err
			}
			printOutcome(outcome)
		}
	}
	return nil
}

// exampleEvents returns the four events of the Web API's documentation, an event with an access token, one
// with an external reference, one with two problems, and 1000 page views.
func exampleEvents(reference string) []customerevents.WebCustomerEvent {
	event := func(request, account, performedOn string) customerevents.WebCustomerEvent {
		return customerevents.WebCustomerEvent{
			RequestUniqueIdentifier:      request,
			AccountsReceivableIdentifier: &customerevents.AccountsReceivableIdentifier{Number: account},
			PerformedByUnitIdentifier:    customerevents.UnitIdentifier{Name: "Admin Unit"},
			PerformedOn:                  performedOn,
			Website:                      "www.crm.com",
		}
	}
	batch := []customerevents.WebCustomerEvent{
		event("06", "ACR0000000020", "2016-06-22T15:00:00"),
		event("07", "ACR0000000077", "2016-06-22T15:05:02"),
		event("08", "ACR00045000", "2016-06-22T15:19:22"),
		event("09", "ACR00670040", "2016-06-22T15:15:42"),
		{
			RequestUniqueIdentifier: "token",
			RewardsParticipantIdentifier: &customerevents.RewardsParticipantIdentifier{
				AccessTokenIdentifier: &customerevents.AccessTokenIdentifier{
					AuthenticationCode: "demo-authentication-code",
				},
			},
			ClassificationIdentifier:  &customerevents.ClassificationIdentifier{Name: "Newsletter"},
			PerformedByUnitIdentifier: customerevents.UnitIdentifier{AlternativeCode: "webshop"},
			PerformedOn:               time.Now().UTC().Format(time.RFC3339),
			Website:                   "https://shop.example.com/newsletter",
		},
		event("reference", "ACR0000000020", "2016-06-22T17:15:42+02:00"),
		event("problems", "ACR00045000", "2016-06-22T15:15:42Z"),
	}
	batch[5].ExternalSystem, batch[5].ExternalSystemReferenceNumber = "shop", reference
	batch[6].Website = "ftp://www.crm.com"
	for i := range 1000 {
		page := event(fmt.Sprint("page ", i+1), "ACR0000000077", "2016-06-22T15:00:00Z")
		page.Website = fmt.Sprint("https://shop.example.com/page/", i+1)
		batch = append(batch, page)
	}
	return batch
}

// printOutcome prints the events of a call other than the page views, and a summary.
func printOutcome(outcome *customerevents.Outcome) {
	for _, e := range outcome.Processed {
		if !strings.HasPrefix(e.RequestUniqueIdentifier, "page ") {
			fmt.Printf("%d %s processed: id %s, number %s, replayed %t\n", e.Index+1, e.RequestUniqueIdentifier,
				e.ID, e.Number, e.Replayed)
		}
	}
	later := 0
	for _, e := range outcome.Unprocessed {
		request, state := "?", "unprocessed"
		if e.RequestUniqueIdentifier != nil {
			request = *e.RequestUniqueIdentifier
		}
		if e.Retryable {
			state = "unprocessed, send it again later"
			later++
		}
		for _, p := range e.Problems {
			fmt.Printf("%d %s %s: %s: %s: %s\n", e.Index+1, request, state, strings.Join(p.Path, "."),
				p.ErrorCode, p.ErrorDescription)
		}
	}
	fmt.Printf("events %d to %d: %d processed, %d replayed, %d unprocessed, %d to send again later\n",
		outcome.First+1, outcome.First+outcome.Count, outcome.Summary.Processed, outcome.Summary.Replayed,
		outcome.Summary.Unprocessed, later)
}
