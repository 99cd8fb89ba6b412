package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"time"
)

const (
	accounts        = 10_000
	units           = 20
	classifications = 10
)

// event is one full event: all 26 fields. It is sent as JSON to the server, and written as a row by the floor.
type event struct {
	RequestUniqueIdentifier       string    `json:"requestUniqueIdentifier"`
	Account                       named     `json:"accountsReceivableIdentifier"`
	Classification                named     `json:"classificationIdentifier"`
	Unit                          named     `json:"performedByUnitIdentifier"`
	PerformedOn                   time.Time `json:"performedOn"`
	Website                       string    `json:"website"`
	Description                   string    `json:"description"`
	ExternalSystem                string    `json:"externalSystem"`
	ExternalSystemReferenceNumber string    `json:"externalSystemReferenceNumber"`
	UDFString1                    string    `json:"udfString1"`
	UDFString2                    string    `json:"udfString2"`
	UDFString3                    string    `json:"udfString3"`
	UDFString4                    string    `json:"udfString4"`
	UDFString5                    string    `json:"udfString5"`
	UDFString6                    string    `json:"udfString6"`
	UDFString7                    string    `json:"udfString7"`
	UDFString8                    string    `json:"udfString8"`
	UDFFloat1                     float64   `json:"udfFloat1"`
	UDFFloat2                     float64   `json:"udfFloat2"`
	UDFFloat3                     float64   `json:"udfFloat3"`
	UDFFloat4                     float64   `json:"udfFloat4"`
	UDFDate1                      time.Time `json:"udfDate1"`
	UDFDate2                      time.Time `json:"udfDate2"`
	UDFDate3                      time.Time `json:"udfDate3"`
	UDFDate4                      time.Time `json:"udfDate4"`
}

type named struct {
	Number          string `json:"number,omitempty"`
	Name            string `json:"name,omitempty"`
	AlternativeCode string `json:"alternativeCode,omitempty"`
}

func accountNumber(i int) string { return fmt.Sprintf("ACR%010d", i) }

func unitName(i int) string { return fmt.Sprintf("Unit %03d", i) }

func classificationCode(i int) string { return fmt.Sprintf("C%03d", i) }

// maker makes events that are never the same.
type maker struct {
	random *rand.Rand
	made   int
}

func (m *maker) batch(n int) []event {
	out := make([]event, n)
	for i := range out {
		m.made++
		at := time.Date(2026, 1, 1, 0, 0, m.made%86400, 0, time.UTC)
		text := func(k int) string { return fmt.Sprintf("user-defined text %d of event %09d", k, m.made) }
		out[i] = event{
			RequestUniqueIdentifier: fmt.Sprintf("request-%06d", i),
			Account:                 named{Number: accountNumber(m.random.IntN(accounts))},
			Classification:          named{AlternativeCode: classificationCode(m.random.IntN(classifications))},
			Unit:                    named{Name: unitName(m.random.IntN(units))},
			PerformedOn:             at, Website: "https://www.example.com/shop/product/12345?campaign=autumn",
			Description:    fmt.Sprintf("A visitor looked at product %09d and put it into the basket.", m.made),
			ExternalSystem: "bench", ExternalSystemReferenceNumber: fmt.Sprintf("REF-%012d", m.made),
			UDFString1: text(1), UDFString2: text(2), UDFString3: text(3), UDFString4: text(4),
			UDFString5: text(5), UDFString6: text(6), UDFString7: text(7), UDFString8: text(8),
			UDFFloat1: float64(m.made) / 7, UDFFloat2: float64(i), UDFFloat3: -0.25, UDFFloat4: 1e9 / float64(i+1),
			UDFDate1: at, UDFDate2: at.AddDate(0, 1, 0), UDFDate3: at.AddDate(1, 0, 0), UDFDate4: at.AddDate(0, 0, 1),
		}
	}
	return out
}

const mutation = `mutation Bench($input: CreateWebCustomerEventsInput!) { createWebCustomerEvents(input: $input) {
 processedCustomerEventsSet { requestUniqueIdentifier id number } unprocessedCustomerEventsSet { requestUniqueIdentifier errorCode errorDescription } } }`

// doors are the server's doors by name: the path of each, and how a call of events is written for it.
var doors = map[string]struct {
	path string
	body func(events []event) []byte
}{
	"graphql": {"/graphql", func(events []event) []byte {
		return text(map[string]any{"query": mutation, "variables": map[string]any{"input": map[string]any{"webCustomerEventsSet": events}}})
	}},
	"web": {"/crmapi/rest/v2/customer_events/bulk/web/create", func(events []event) []byte {
		return wireNames.ReplaceAllFunc(text(map[string]any{"webCustomerEventsSet": events}), func(name []byte) []byte {
			return bytes.ToLower(humps.ReplaceAll(name, []byte("${1}_$2")))
		})
	}},
}

// The Web API's names are GraphQL's in snake case.
var (
	wireNames = regexp.MustCompile(`"[a-zA-Z0-9]+":`)
	humps     = regexp.MustCompile(`([a-z])([A-Z0-9])`)
)

func text(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // structs of texts and numbers
	}
	return text
}
