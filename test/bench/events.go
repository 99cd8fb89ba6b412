package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"time"

	"customer-events/test/program"
)

const (
	accounts        = 10_000
	units           = 20
	classifications = 10
)

func accountNumber(i int) string { return fmt.Sprintf("ACR%010d", i) }

func unitName(i int) string { return fmt.Sprintf("Unit %03d", i) }

func classificationCode(i int) string { return fmt.Sprintf("C%03d", i) }

// generator makes events with all their fields, each different from the others.
type generator struct {
	random *rand.Rand
	made   int
}

func (g *generator) batch(n int) []program.Event {
	out := make([]program.Event, n)
	for i := range out {
		out[i] = g.event(i)
	}
	return out
}

func (g *generator) event(i int) program.Event {
	g.made++
	at := time.Date(2026, 1, 1, 0, 0, g.made%86400, 0, time.UTC)
	text := func(k int) string { return fmt.Sprintf("user-defined text %d of event %09d", k, g.made) }
	return program.Event{
		RequestUniqueIdentifier: fmt.Sprintf("request-%06d", i),
		Account:                 program.Identifier{Number: accountNumber(g.random.IntN(accounts))},
		Classification: program.Identifier{AlternativeCode: classificationCode(
			g.random.IntN(classifications))},
		Unit:        program.Identifier{Name: unitName(g.random.IntN(units))},
		PerformedOn: at,
		Website:     "https://www.example.com/shop/product/12345?campaign=autumn",
		Description: fmt.Sprintf(
			"A visitor looked at product %09d and put it into the basket.", g.made),
		ExternalSystem:                "bench",
		ExternalSystemReferenceNumber: fmt.Sprintf("REF-%012d", g.made),

		UDFString1: text(1), UDFString2: text(2), UDFString3: text(3), UDFString4: text(4),
		UDFString5: text(5), UDFString6: text(6), UDFString7: text(7), UDFString8: text(8),
		UDFFloat1: float64(g.made) / 7, UDFFloat2: float64(i + 1), UDFFloat3: -0.25,
		UDFFloat4: 1e9 / float64(i+1),
		UDFDate1:  at, UDFDate2: at.AddDate(0, 1, 0), UDFDate3: at.AddDate(1, 0, 0), UDFDate4: at.AddDate(0,
			0, 1),
	}
}

const mutation = `mutation Bench($input: CreateWebCustomerEventsInput!) {
 createWebCustomerEvents(input: $input) {
  processedCustomerEventsSet { requestUniqueIdentifier id number }
  unprocessedCustomerEventsSet { requestUniqueIdentifier errorCode errorDescription } } }`

// endpoint is one protocol of the server: its path, and how a call is encoded.
type endpoint struct {
	path   string
	encode func(events []program.Event) []byte
}

// protocols are the endpoints by the names that -door takes.
var protocols = map[string]endpoint{
	"graphql": {"/graphql", encodeGraphQL},
	"web":     {"/crmapi/rest/v2/customer_events/bulk/web/create", encodeWebAPI},
}

func encodeGraphQL(events []program.Event) []byte {
	input := map[string]any{"webCustomerEventsSet": events}
	return marshal(map[string]any{"query": mutation, "variables": map[string]any{"input": input}})
}

// The Web API's names are GraphQL's in snake case.
var (
	memberNames = regexp.MustCompile(`"[a-zA-Z0-9]+":`)
	wordStarts  = regexp.MustCompile(`([a-z])([A-Z0-9])`)
)

func encodeWebAPI(events []program.Event) []byte {
	body := marshal(map[string]any{"webCustomerEventsSet": events})
	return memberNames.ReplaceAllFunc(body, func(name []byte) []byte {
		return bytes.ToLower(wordStarts.ReplaceAll(name, []byte("${1}_$2")))
	})
}

func marshal(value any) []byte {
	body, err := json.Marshal(value)
	if err != nil {
		panic(err) // the values are structs of texts and numbers
	}
	return body
}
