package events_test

import (
	"strconv"
	"strings"
	"testing"

	"customer-events/internal/events"
	"customer-events/models"
)

// textField is a field with a text.
type textField struct {
	name      string
	maxLength int
	mandatory bool
	get       func(in *events.WebCustomerEventInput) *string
}

var textFields = []textField{
	{
		"requestUniqueIdentifier",
		255,
		true,
		func(in *events.WebCustomerEventInput) *string { return in.RequestUniqueIdentifier },
	},
	{"website", 2048, true, func(in *events.WebCustomerEventInput) *string {
		if in.Details.Website == "" {
			return nil
		}
		return &in.Details.Website
	}},
	{
		"description",
		4000,
		false,
		func(in *events.WebCustomerEventInput) *string { return in.Details.Description },
	},
	{
		"externalSystem",
		255,
		false,
		func(in *events.WebCustomerEventInput) *string { return in.Details.ExternalSystem },
	},
	{
		"externalSystemReferenceNumber",
		255,
		false,
		func(in *events.WebCustomerEventInput) *string { return in.Details.ExternalSystemReferenceNumber },
	},
	{"udfString1", 255, false, func(in *events.WebCustomerEventInput) *string { return in.Details.UDFString1 }},
	{"udfString2", 255, false, func(in *events.WebCustomerEventInput) *string { return in.Details.UDFString2 }},
	{"udfString3", 255, false, func(in *events.WebCustomerEventInput) *string { return in.Details.UDFString3 }},
	{"udfString4", 255, false, func(in *events.WebCustomerEventInput) *string { return in.Details.UDFString4 }},
	{"udfString5", 255, false, func(in *events.WebCustomerEventInput) *string { return in.Details.UDFString5 }},
	{"udfString6", 255, false, func(in *events.WebCustomerEventInput) *string { return in.Details.UDFString6 }},
	{"udfString7", 255, false, func(in *events.WebCustomerEventInput) *string { return in.Details.UDFString7 }},
	{"udfString8", 255, false, func(in *events.WebCustomerEventInput) *string { return in.Details.UDFString8 }},
}

// forEachTextField runs a test for every text field.
func forEachTextField(t *testing.T, test func(t *testing.T, f textField)) {
	t.Parallel()
	for _, f := range textFields {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			test(t, f)
		})
	}
}

// valueOf returns a valid value of n characters.
func (f textField) valueOf(n int, character string) string {
	if f.name == "website" {
		const host = "www.crm.com/"
		return host + strings.Repeat(character, n-len(host))
	}
	return strings.Repeat(character, n)
}

func (f textField) mustDecode(t *testing.T, json, want string) {
	t.Helper()
	in := decode(t, minimalEvent().with(f.name, json).String())
	mustBeValid(t, in)
	if got := f.get(&in); got == nil || *got != want {
		t.Errorf("%.100s: read %.100q, want %.100q", json, textOrNone(got), want)
	}
}

func textOrNone(value *string) string {
	if value == nil {
		return "nothing"
	}
	return *value
}

// notTexts are JSON values of other types than text.
var notTexts = []string{"0", "-1.5e3", "true", "false", "{}", "[]", `{"a":"b"}`, `["x"]`}

func TestDecodeText_Valid(t *testing.T) {
	forEachTextField(t, func(t *testing.T, f textField) {
		f.mustDecode(t, `"www.crm.com"`, "www.crm.com")
		f.mustDecode(t, `"www.crm.com\/\u00e4\ud83d\ude00"`, "www.crm.com/ä😀")
		f.mustDecode(t, ` "www.crm.com" `, "www.crm.com")
	})
}

func TestDecodeText_MaxLength(t *testing.T) {
	forEachTextField(t, func(t *testing.T, f textField) {
		for _, character := range []string{"x", "😀"} {
			f.mustDecode(t, `"`+f.valueOf(f.maxLength, character)+`"`, f.valueOf(f.maxLength, character))
			in := decode(
				t,
				minimalEvent().with(f.name, `"`+f.valueOf(f.maxLength+1, character)+`"`).String(),
			)
			mustHaveProblem(t, in, models.Invalid, f.name)
			if !strings.Contains(in.Problems[0].Detail, strconv.Itoa(f.maxLength)) {
				t.Errorf("%q does not say how many characters are allowed", in.Problems[0].Detail)
			}
		}
	})
}

func TestDecodeText_OtherType(t *testing.T) {
	forEachTextField(t, func(t *testing.T, f textField) {
		for _, value := range notTexts {
			in := decode(t, minimalEvent().with(f.name, value).String())
			mustHaveProblem(t, in, models.Invalid, f.name)
			if got := f.get(&in); got != nil {
				t.Errorf("%s: read %q", value, *got)
			}
		}
	})
}

func TestDecodeText_Null(t *testing.T) {
	forEachTextField(t, func(t *testing.T, f textField) {
		for _, event := range []eventJSON{
			minimalEvent().with(f.name, "null"),
			minimalEvent().without(f.name),
		} {
			in := decode(t, event.String())
			if f.mandatory {
				mustHaveProblem(t, in, models.Mandatory, f.name)
			} else {
				mustBeValid(t, in)
			}
			if got := f.get(&in); got != nil {
				t.Errorf("%s: read %q", event, *got)
			}
		}
	})
}

func TestDecodeText_Blank(t *testing.T) {
	forEachTextField(t, func(t *testing.T, f textField) {
		for json, blank := range map[string]string{`""`: "", `" "`: " ", `"\t\r\n"`: "\t\r\n"} {
			in := decode(t, minimalEvent().with(f.name, json).String())
			switch {
			case f.mandatory:
				mustHaveProblem(t, in, models.Mandatory, f.name)
			case strings.HasPrefix(f.name, "external"): // a blank name counts as none
				mustBeValid(t, in)
				if got := f.get(&in); got != nil {
					t.Errorf("%s: read %q", json, *got)
				}
			default: // an empty text is a value
				f.mustDecode(t, json, blank)
			}
		}
	})
}

func TestDecodeText_ControlCharacters(t *testing.T) {
	forEachTextField(t, func(t *testing.T, f textField) {
		for _, character := range []string{
			`\u0000`,
			`\u0001`,
			`\b`,
			`\f`,
			`\u001b`,
			`\u001f`,
			"\u007f",
			"\u0080",
			`\u0085`,
			"\u009f",
		} {
			for _, value := range []string{
				`"www.crm.com` + character + `"`,
				`"www` + character + `.crm.com"`,
				`"` + character + `"`,
			} {
				mustHaveProblem(
					t,
					decode(t, minimalEvent().with(f.name, value).String()),
					models.Invalid,
					f.name,
				)
			}
		}
	})
}

func TestDecodeText_TabsAndLineEnds(t *testing.T) {
	forEachTextField(t, func(t *testing.T, f textField) {
		const json, value = `"www\t.crm\r\n.com\n"`, "www\t.crm\r\n.com\n"
		if f.name == "website" {
			mustHaveProblem(t, decode(t, minimalEvent().with(f.name, json).String()), models.Invalid, f.name)
			return
		}
		f.mustDecode(t, json, value)
	})
}

func TestDecodeText_InvalidUnicode(t *testing.T) {
	forEachTextField(t, func(t *testing.T, f textField) {
		for _, value := range []string{
			"\"www.crm.com\xff\"",
			"\"\xc3\"",
			"\"\xed\xa0\x80\"",
			"\"\xf4\x90\x80\x80\"",
			"\"\\n\xff\"",
			`"www.crm.com\ud800"`,
			`"\udc00www"`,
			`"\ud800A"`,
			`"\ud800\ud800"`,
		} {
			in := decode(t, minimalEvent().with(f.name, value).String())
			mustHaveProblem(t, in, models.Invalid, f.name)
			if got := f.get(&in); got != nil {
				t.Errorf("%q: read %q", value, *got)
			}
		}
	})
}
