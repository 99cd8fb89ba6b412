package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// Reference data of the rig; every world is prepared with it.
const (
	accounts        = 50
	units           = 5
	classifications = 3
)

// event is what the rig sends, and what it expects to find. UDFString1 is the event's name: what it is by, and not what it is called in
// one call, since an event may be sent in several.
type event struct {
	RequestUniqueIdentifier       string    `json:"requestUniqueIdentifier"`
	Account                       named     `json:"accountsReceivableIdentifier"`
	Classification                named     `json:"classificationIdentifier"`
	Unit                          named     `json:"performedByUnitIdentifier"`
	PerformedOn                   time.Time `json:"performedOn"`
	Website                       string    `json:"website"`
	Description                   string    `json:"description"`
	ExternalSystem                string    `json:"externalSystem,omitempty"`
	ExternalSystemReferenceNumber string    `json:"externalSystemReferenceNumber,omitempty"`
	UDFString1                    string    `json:"udfString1"`
	UDFString2                    string    `json:"udfString2"`
	UDFFloat1                     float64   `json:"udfFloat1"`
	UDFDate1                      time.Time `json:"udfDate1"`
}

// named is an identifier union.
type named struct {
	Number          string `json:"number,omitempty"`
	AlternativeCode string `json:"alternativeCode,omitempty"`
}

// bad tells the events that must be refused: their account does not exist.
func (e *event) bad() bool { return strings.HasPrefix(e.Account.Number, "NONE") }

func accountNumber(i int) string { return fmt.Sprintf("ACR%04d", i) }

func unitCode(i int) string { return fmt.Sprintf("U%d", i) }

func classificationCode(i int) string { return fmt.Sprintf("C%d", i) }

// awkward are texts that show when something was cut, escaped twice or read in another character set.
var awkward = []string{"plain", `it's "quoted" \ and \' more`, "ÀÉ漢字 🎁", "tab\tline\nend", "100 % _ ? ; -- x", "trailing space "}

// newEvent makes an event. One in twenty is to be refused. With referenced it has an external reference, by which alone it is known.
func newEvent(random *rand.Rand, name string, text int, referenced bool) event {
	at := time.Date(2026, 1, 1, 0, 0, 0, random.IntN(1_000_000)*1000, time.UTC).Add(time.Duration(random.IntN(20_000_000)) * time.Second)
	e := event{
		RequestUniqueIdentifier: "request " + name,
		Account:                 named{Number: accountNumber(random.IntN(accounts))},
		Classification:          named{AlternativeCode: classificationCode(random.IntN(classifications))},
		Unit:                    named{AlternativeCode: unitCode(random.IntN(units))},
		PerformedOn:             at, Website: "https://www.example.com/" + name,
		Description: strings.Repeat("visited ", text/8+1),
		UDFString1:  name, UDFString2: awkward[random.IntN(len(awkward))], UDFFloat1: random.NormFloat64(), UDFDate1: at.AddDate(1, 0, 0),
	}
	if random.IntN(20) == 0 {
		e.Account.Number = "NONE" + name
	}
	if referenced {
		e.ExternalSystem, e.ExternalSystemReferenceNumber = "faults", name
	}
	return e
}
