package events_test

import (
	"slices"
	"strings"
	"testing"

	"customer-events/internal/events"
	"customer-events/models"
)

// identifierField is an identifier whose alternatives are texts that the CRM stores as they are.
type identifierField struct {
	name         string
	kind         models.Kind
	alternatives map[string]models.Attribute
	reference    func(in *events.WebCustomerEventInput) *events.Reference
}

var identifierFields = []identifierField{
	{
		"accountsReceivableIdentifier",
		models.Accounts,
		map[string]models.Attribute{"id": models.ByID, "number": models.ByNumber, "name": models.ByName},
		func(in *events.WebCustomerEventInput) *events.Reference { return &in.Customer },
	},
	{
		"rewardsParticipantIdentifier",
		models.Participants,
		map[string]models.Attribute{"id": models.ByID, "number": models.ByNumber},
		func(in *events.WebCustomerEventInput) *events.Reference { return &in.Customer },
	},
	{
		"classificationIdentifier",
		models.Classifications,
		map[string]models.Attribute{
			"id":              models.ByID,
			"name":            models.ByName,
			"alternativeCode": models.ByAlternativeCode,
		},
		func(in *events.WebCustomerEventInput) *events.Reference { return &in.Classification },
	},
	{
		"performedByUnitIdentifier",
		models.Units,
		map[string]models.Attribute{
			"id":              models.ByID,
			"name":            models.ByName,
			"alternativeCode": models.ByAlternativeCode,
		},
		func(in *events.WebCustomerEventInput) *events.Reference { return &in.Unit },
	},
}

func forEachIdentifier(t *testing.T, test func(t *testing.T, f identifierField)) {
	t.Parallel()
	for _, f := range identifierFields {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			test(t, f)
		})
	}
}

// event returns an event with this identifier. If it identifies the customer, the event has no other one.
func (f identifierField) event(json string) eventJSON {
	event := minimalEvent()
	if f.kind == models.Participants {
		event = event.without("accountsReceivableIdentifier")
	}
	return event.with(f.name, json)
}

func (f identifierField) mustHaveProblem(t *testing.T, json string, code models.Code, path ...string) {
	t.Helper()
	in := decode(t, f.event(json).String())
	mustHaveProblem(t, in, code, append([]string{f.name}, path...)...)
	if ref := f.reference(&in); ref.Given || ref.Target != (models.Reference{}) || ref.PassCode != "" {
		t.Errorf("%s: read %+v", json, ref)
	}
}

func TestDecodeIdentifier_Valid(t *testing.T) {
	forEachIdentifier(t, func(t *testing.T, f identifierField) {
		for choice, by := range f.alternatives {
			for json, want := range map[string]string{
				`"1"`:                    "1",
				`" ACR1 "`:               " ACR1 ",
				`"\u00c0CR\ud83d\ude00"`: "ÀCR😀",
				`"NULL"`:                 "NULL",
				`"tab\tend"`:             "tab\tend",
			} {
				in := decode(t, f.event(`{"`+choice+`":`+json+`}`).String())
				mustBeValid(t, in)
				ref := f.reference(&in)
				if !ref.Given || ref.Target != (models.Reference{Kind: f.kind, By: by, Value: want}) ||
					!slices.Equal(ref.Path, []string{f.name, choice}) {
					t.Errorf("%s %s: read %+v", choice, json, ref)
				}
			}
		}
	})
}

func TestDecodeIdentifier_NotAText(t *testing.T) {
	forEachIdentifier(t, func(t *testing.T, f identifierField) {
		for choice := range f.alternatives {
			for _, value := range notTexts {
				f.mustHaveProblem(t, `{"`+choice+`":`+value+`}`, models.Invalid, choice)
			}
			for _, value := range []string{"null", `""`, `" "`, `"\n"`, "\"\u00a0\""} {
				f.mustHaveProblem(t, `{"`+choice+`":`+value+`}`, models.Mandatory, choice)
			}
			for _, value := range []string{
				`"a\u0000"`,
				`"a\u001b"`,
				"\"a\u0085\"",
				"\"a\xff\"",
				`"\ud800"`,
			} {
				f.mustHaveProblem(t, `{"`+choice+`":`+value+`}`, models.Invalid, choice)
			}
		}
	})
}

func TestDecodeIdentifier_MaxLength(t *testing.T) {
	forEachIdentifier(t, func(t *testing.T, f identifierField) {
		for choice := range f.alternatives {
			for _, character := range []string{"x", "😀"} {
				in := decode(t, f.event(`{"`+choice+`":"`+strings.Repeat(character, 255)+`"}`).String())
				mustBeValid(t, in)
				f.mustHaveProblem(t, `{"`+choice+`":"`+strings.Repeat(character, 256)+`"}`, models.Invalid, choice)
			}
		}
	})
}

func TestDecodeIdentifier_NotAnObject(t *testing.T) {
	forEachIdentifier(t, func(t *testing.T, f identifierField) {
		for _, value := range []string{"1", `"ACR0000000020"`, "true", "[]", `[{"id":"1"}]`} {
			f.mustHaveProblem(t, value, models.Invalid)
		}
	})
}

func TestDecodeIdentifier_None(t *testing.T) {
	forEachIdentifier(t, func(t *testing.T, f identifierField) {
		f.mustHaveProblem(t, `{}`, models.Mandatory)
		switch in := decode(t, f.event(`null`).String()); f.name {
		case "classificationIdentifier":
			mustBeValid(t, in)
		case "performedByUnitIdentifier":
			mustHaveProblem(t, in, models.Mandatory, f.name)
		default: // one of two fields is mandatory: the problem names the first
			mustHaveProblem(t, in, models.Mandatory, "accountsReceivableIdentifier")
		}
	})
}

func TestDecodeIdentifier_Several(t *testing.T) {
	forEachIdentifier(t, func(t *testing.T, f identifierField) {
		for _, json := range []string{
			`{"id":"1","X":"2"}`,
			`{"X":"2","id":"1"}`,
			`{"id":"1","id":"1"}`,
			`{"id":null,"id":"1"}`,
			`{"id":"1","id":null}`,
			`{"id":null,"id":null}`,
			`{"id":"1","X":7}`,
			`{"X":null,"id":"1","id":"2"}`,
		} {
			for choice := range f.alternatives {
				if choice != "id" {
					f.mustHaveProblem(t, strings.ReplaceAll(json, "X", choice), models.Invalid)
				}
			}
		}
	})
}

// A null alternative counts as not given: the clients of many typed languages write every member.
func TestDecodeIdentifier_NullAlternatives(t *testing.T) {
	forEachIdentifier(t, func(t *testing.T, f identifierField) {
		for choice, by := range f.alternatives {
			others := ""
			for other := range f.alternatives {
				if other != choice {
					others += `"` + other + `":null,`
				}
			}
			if f.kind == models.Participants {
				others += `"accessTokenIdentifier":null,`
			}
			value := `"` + choice + `":"1"`
			for _, json := range []string{
				`{` + others + value + `}`,
				`{` + value + `,` + strings.Trim(others, ",") + `}`,
			} {
				in := decode(t, f.event(json).String())
				mustBeValid(t, in)
				want := models.Reference{Kind: f.kind, By: by, Value: "1"}
				if ref := f.reference(&in); !ref.Given || ref.Target != want ||
					!slices.Equal(ref.Path, []string{f.name, choice}) {
					t.Errorf("%s: read %+v", json, ref)
				}
			}
			f.mustHaveProblem(t, `{`+others+`"`+choice+`":null}`, models.Mandatory)
			f.mustHaveProblem(t, `{`+others+`"`+choice+`":7}`, models.Invalid, choice)
			f.mustHaveProblem(t, `{`+others+`"`+choice+`":""}`, models.Mandatory, choice)
			f.mustHaveProblem(t, `{`+others+value+`,"colour":null}`, models.Invalid, "colour")
		}
	})
}

// JSON objects have no order, so the code must not depend on the order of the members.
func TestDecodeIdentifier_SeveralAndAnotherProblem(t *testing.T) {
	forEachIdentifier(t, func(t *testing.T, f identifierField) {
		for _, first := range []string{`""`, `7`, `" "`} {
			in := decode(t, f.event(`{"id":`+first+`,"id":"1"}`).String())
			if len(in.Problems) == 0 || in.Problems[0].Code != models.Invalid ||
				!slices.Equal(in.Problems[0].Path, []string{f.name}) {
				t.Errorf("%s: %+v", first, in.Problems)
			}
		}
	})
}

func TestDecodeIdentifier_UnknownMember(t *testing.T) {
	forEachIdentifier(t, func(t *testing.T, f identifierField) {
		for _, member := range []string{"ID", "Id", "colour", "alternative_code", " id", ""} {
			f.mustHaveProblem(t, `{"`+member+`":"1"}`, models.Invalid, member)
			f.mustHaveProblem(t, `{"id":"1","`+member+`":"1"}`, models.Invalid, member)
		}
	})
}

func TestDecodeCustomer_OneOfTwo(t *testing.T) {
	t.Parallel()
	const account, participant = "accountsReceivableIdentifier", "rewardsParticipantIdentifier"
	t.Run("neither", func(t *testing.T) {
		t.Parallel()
		for _, event := range []eventJSON{
			minimalEvent().without(account),
			minimalEvent().with(account, "null"),
			minimalEvent().with(account, "null").with(participant, "null"),
		} {
			mustHaveProblem(t, decode(t, event.String()), models.Mandatory, account)
		}
	})
	t.Run("both", func(t *testing.T) {
		t.Parallel()
		in := decode(t, minimalEvent().with(participant, `{"number":"RP0000000019"}`).String())
		mustHaveProblem(t, in, models.Invalid, participant)
		if !strings.Contains(in.Problems[0].Detail, account) {
			t.Errorf("%q does not name the other", in.Problems[0].Detail)
		}
		mustHaveProblem(
			t,
			decode(t, `{"rewardsParticipantIdentifier":{"number":"1"},`+minimalEvent().String()[1:]),
			models.Invalid,
			account,
		)
	})
	t.Run("one beside a null", func(t *testing.T) {
		t.Parallel()
		mustBeValid(t, decode(t, minimalEvent().with(participant, "null").String()))
		mustBeValid(
			t,
			decode(t, minimalEvent().forParticipant(`{"number":"1"}`).with(account, "null").String()),
		)
	})
}
