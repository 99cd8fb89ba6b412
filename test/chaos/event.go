package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"customer-events/test/program"
)

// Every database is prepared with this reference data.
const (
	accounts        = 50
	units           = 5
	classifications = 3
)

// event is what a client sends and what verify expects to find. UDFString1 names the event over all calls:
// an event may be sent in several, under another requestUniqueIdentifier.
type event = program.Event

// named is an input union.
type named = program.Identifier

// unknownAccount begins the account numbers that do not exist.
const unknownAccount = "NONE"

// mustBeRejected reports whether the event's account does not exist.
func mustBeRejected(e *event) bool { return strings.HasPrefix(e.Account.Number, unknownAccount) }

func accountNumber(i int) string { return fmt.Sprintf("ACR%04d", i) }

func unitCode(i int) string { return fmt.Sprintf("U%d", i) }

func classificationCode(i int) string { return fmt.Sprintf("C%d", i) }

// awkwardTexts show when a text was cut, escaped twice or read in another character set.
var awkwardTexts = []string{
	"plain",
	`it's "quoted" \ and \' more`,
	"ÀÉ漢字 🎁",
	"tab\tline\nend",
	"100 % _ ? ; -- x",
	"trailing space ",
}

// newEvent makes an event, of which one in twenty must be rejected. With referenced it gets an external
// reference, which identifies it in calls without an idempotency key.
func newEvent(random *rand.Rand, name string, descriptionLength int, referenced bool) event {
	at := time.Date(2026, 1, 1, 0, 0, 0, random.IntN(1_000_000)*1000, time.UTC)
	at = at.Add(time.Duration(random.IntN(20_000_000)) * time.Second)
	e := event{
		RequestUniqueIdentifier: "request " + name,
		Account:                 named{Number: accountNumber(random.IntN(accounts))},
		Classification:          named{AlternativeCode: classificationCode(random.IntN(classifications))},
		Unit:                    named{AlternativeCode: unitCode(random.IntN(units))},
		PerformedOn:             at,
		Website:                 "https://www.example.com/" + name,
		Description:             strings.Repeat("visited ", descriptionLength/8+1),
		UDFString1:              name,
		UDFString2:              awkwardTexts[random.IntN(len(awkwardTexts))],
		UDFFloat1:               random.NormFloat64(),
		UDFDate1:                at.AddDate(1, 0, 0),
	}
	if random.IntN(20) == 0 {
		e.Account.Number = unknownAccount + name
	}
	if referenced {
		e.ExternalSystem, e.ExternalSystemReferenceNumber = "faults", name
	}
	return e
}
