package events_test

import (
	"strings"
	"testing"

	"customer-events/models"
)

func TestDecode_UnknownFields(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"hue",
		"Website",
		"web_site",
		"udfString9",
		"udfString0",
		"udf_string_1",
		"id",
		"",
		" website",
		"token",
		"😀",
	} {
		for _, value := range []string{`null`, `"x"`, `7`, `{"a":[1,{"b":null}]}`} {
			mustHaveProblem(t, decode(t, minimalEvent().with(name, value).String()), models.Invalid, name)
		}
	}
	for json, shown := range map[string]string{
		`a\u0000b`: "a\ufffdb",
		`a\nb`:     "a\ufffdb",
		`a\u202eb`: "a\ufffdb",
		"a\xffb":   "a\ufffdb",
	} {
		mustHaveProblem(t, decode(t, minimalEvent().with(json, `1`).String()), models.Invalid, shown)
	}
}

func TestDecode_RepeatedFields(t *testing.T) {
	t.Parallel()
	full := minimalEvent().withReference("shop", "1").with("description", `"a"`).with(
		"classificationIdentifier",
		`{"name":"a"}`,
	)
	for _, f := range textFields[5:] {
		full = full.with(f.name, `"a"`)
	}
	for name := range floatFields {
		full = full.with(name, `1`)
	}
	for name := range dateFields {
		full = full.with(name, `"2016-06-22T15:00:00"`)
	}
	mustBeValid(t, decode(t, full.String()))
	for name, value := range full {
		for _, second := range []string{value, "null"} {
			others := full.without(name).String()
			text := `{"` + name + `":` + second + `,` + others[1:len(others)-1] + `,"` + name + `":` + value + `}`
			mustHaveProblem(t, decode(t, text), models.Invalid, name)
		}
	}
}

func TestDecode_AtMostHundredProblems(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("{")
	for i := range 5000 {
		b.WriteString(`"x` + strings.Repeat("y", i%7) + `":0,`)
	}
	many := b.String()
	for _, rest := range []string{
		`"website":"www.crm.com"}`,
		`"accountsReceivableIdentifier":{}}`,
		`"performedByUnitIdentifier":{"id":"1","name":"2"}}`,
		`"rewardsParticipantIdentifier":{"accessTokenIdentifier":{"credentials":{}}}}`,
		`"rewardsParticipantIdentifier":` +
			`{"accessTokenIdentifier":{"credentials":{"identifier":7,"passCode":"x"}}}}`,
		`"rewardsParticipantIdentifier":{"accessTokenIdentifier":{"oneTimePassword":null}}}`,
	} {
		if in := decode(t, many+rest); len(in.Problems) != 100 {
			t.Errorf("%s: %d problems", rest, len(in.Problems))
		}
	}
}

func TestDecode_NotJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		``,
		`{`,
		`{"website"`,
		`{"website":`,
		`{"website":"a"`,
		`{"website":"a",}`,
		`{"website":"a"}}`,
		`{website:"a"}`,
		`{'website':'a'}`,
		`{"website":"a" "b"}`,
		"{\"website\":\"a\nb\"}",
		`{"website":"\x"}`,
		`nul`,
		`nulll`,
		`[`,
		`undefined`,
		`{"udfDate1":new Date()}`,
		"\ufeff{}",
		`{}x`,
		`{"a":1;}`,
	} {
		mustBeSyntaxError(t, text)
	}
}

func TestDecode_NotAnObject(t *testing.T) {
	t.Parallel()
	mustHaveProblem(t, decode(t, `null`), models.Mandatory)
	for _, text := range []string{`0`, `"06"`, `true`, `false`, `[]`, `[{"website":"www.crm.com"}]`} {
		mustHaveProblem(t, decode(t, text), models.Invalid)
	}
}

func TestDecode_EchoesRejectedRequestIdentifier(t *testing.T) {
	t.Parallel()
	for json, want := range map[string]string{
		`"` + strings.Repeat("x", 256) + `"`: strings.Repeat("x", 256),
		`"a\u0000b"`:                         "a\x00b",
		`""`:                                 "",
	} {
		in := decode(t, minimalEvent().with("requestUniqueIdentifier", json).String())
		if len(in.Problems) != 1 || in.RequestUniqueIdentifier == nil ||
			*in.RequestUniqueIdentifier != want {
			t.Errorf("%s: read %q, %+v", json, textOrNone(in.RequestUniqueIdentifier), in.Problems)
		}
	}
}

// The other tests check that an invalid mandatory field is not reported as missing too. This one has all
// problems at once.
func TestDecode_AllProblems(t *testing.T) {
	t.Parallel()
	in := decode(
		t,
		`{"website":"javascript:alert(1)","performedOn":"yesterday","udfFloat3":"x","udfDate2":1,`+
			`"description":{},"hue":"red","rewardsParticipantIdentifier":{}}`,
	)
	want := map[string]models.Code{
		"website":                      models.Invalid,
		"performedOn":                  models.Invalid,
		"udfFloat3":                    models.Invalid,
		"udfDate2":                     models.Invalid,
		"description":                  models.Invalid,
		"hue":                          models.Invalid,
		"rewardsParticipantIdentifier": models.Mandatory,
		"requestUniqueIdentifier":      models.Mandatory,
		"performedByUnitIdentifier":    models.Mandatory,
	}
	for _, problem := range in.Problems {
		mustBePrintable(t, problem)
		if want[problem.Path[0]] != problem.Code {
			t.Errorf("%+v, want %q", problem, want[problem.Path[0]])
		}
		delete(want, problem.Path[0])
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}
