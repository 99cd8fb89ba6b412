package events_test

import (
	"math"
	"testing"
	"time"

	"customer-events/internal/events"
	"customer-events/internal/strictjson"
	"customer-events/models"
)

var floatFields = map[string]getter[float64]{
	"udfFloat1": func(in *events.WebCustomerEventInput) *float64 { return in.Row.UDFFloat1 },
	"udfFloat2": func(in *events.WebCustomerEventInput) *float64 { return in.Row.UDFFloat2 },
	"udfFloat3": func(in *events.WebCustomerEventInput) *float64 { return in.Row.UDFFloat3 },
	"udfFloat4": func(in *events.WebCustomerEventInput) *float64 { return in.Row.UDFFloat4 },
}

var dateFields = map[string]getter[time.Time]{
	"performedOn": func(in *events.WebCustomerEventInput) *time.Time {
		if in.Row.PerformedOn.IsZero() {
			return nil
		}
		return &in.Row.PerformedOn
	},
	"udfDate1": func(in *events.WebCustomerEventInput) *time.Time { return in.Row.UDFDate1 },
	"udfDate2": func(in *events.WebCustomerEventInput) *time.Time { return in.Row.UDFDate2 },
	"udfDate3": func(in *events.WebCustomerEventInput) *time.Time { return in.Row.UDFDate3 },
	"udfDate4": func(in *events.WebCustomerEventInput) *time.Time { return in.Row.UDFDate4 },
}

// getter returns a field of a decoded event, or nil.
type getter[V any] func(in *events.WebCustomerEventInput) *V

func forEachField[V any](t *testing.T, fields map[string]V, test func(t *testing.T, field string, get V)) {
	t.Parallel()
	for field, get := range fields {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			test(t, field, get)
		})
	}
}

func TestDecodeFloat_Valid(t *testing.T) {
	forEachField(t, floatFields, func(t *testing.T, field string, get getter[float64]) {
		for json, want := range map[string]float64{
			"0":                              0,
			"-0":                             0,
			"-0.0e5":                         0,
			"1":                              1,
			"-1.5":                           -1.5,
			"0.1":                            0.1,
			"1e15":                           1e15,
			"1.7976931348623157e308":         math.MaxFloat64,
			"5e-324":                         math.SmallestNonzeroFloat64,
			"9007199254740993":               9007199254740992,
			"1E+2":                           100,
			"123456789012345678901234567890": 123456789012345678901234567890,
		} {
			in := decode(t, minimalEvent().with(field, json).String())
			mustBeValid(t, in)
			// Compares bits: -0 equals 0, but some databases do not store the sign.
			if got := get(&in); got == nil || math.Float64bits(*got) != math.Float64bits(want) {
				t.Errorf("%s: read %v, want %v", json, got, want)
			}
		}
	})
}

func TestDecodeFloat_Invalid(t *testing.T) {
	forEachField(t, floatFields, func(t *testing.T, field string, get getter[float64]) {
		for _, json := range []string{
			"1e999",
			"-1e999",
			"1e-999",
			"-1e-999",
			"2e-324",
			"1.8e308",
			`"1"`,
			`"NaN"`,
			`"nan"`,
			`"Infinity"`,
			`"-Infinity"`,
			`"+Infinity"`,
			`"inf"`,
			`"-inf"`,
			`"∞"`,
			`""`,
			"true",
			"false",
			"{}",
			"[]",
			"[1]",
			`{"a":1}`,
			"\"\xff\"",
			`"\ud800"`,
			`"a\u0000"`,
		} {
			in := decode(t, minimalEvent().with(field, json).String())
			mustHaveProblem(t, in, models.Invalid, field)
			if get(&in) != nil {
				t.Errorf("%s: read %v", json, *get(&in))
			}
		}
	})
}

func TestDecodeFloat_NotJSON(t *testing.T) {
	forEachField(t, floatFields, func(t *testing.T, field string, _ getter[float64]) {
		for _, json := range []string{
			"NaN",
			"nan",
			"-NaN",
			"Infinity",
			"-Infinity",
			"+Infinity",
			"inf",
			"-inf",
			"+1",
			"01",
			"1.",
			".5",
			"1e",
			"1e+",
			"0x10",
			"1_000",
			"--1",
			"1,5",
			"",
		} {
			mustBeSyntaxError(t, minimalEvent().with(field, json).String())
		}
	})
}

func TestDecodeFloat_Null(t *testing.T) {
	forEachField(t, floatFields, func(t *testing.T, field string, get getter[float64]) {
		in := decode(t, minimalEvent().with(field, "null").String())
		mustBeValid(t, in)
		if get(&in) != nil {
			t.Errorf("read %v", *get(&in))
		}
	})
}

func TestDecodeDate_Valid(t *testing.T) {
	forEachField(t, dateFields, func(t *testing.T, field string, get getter[time.Time]) {
		for json, want := range map[string]time.Time{
			`"2016-06-22T15:00:00"`:              time.Date(2016, 6, 22, 15, 0, 0, 0, time.UTC),
			`"2016-06-22T15:00:00Z"`:             time.Date(2016, 6, 22, 15, 0, 0, 0, time.UTC),
			`"2016-06-22T15:00:00+03:00"`:        time.Date(2016, 6, 22, 12, 0, 0, 0, time.UTC),
			`"2016-06-22T15:00:00.123456-01:30"`: time.Date(2016, 6, 22, 16, 30, 0, 123456000, time.UTC),
			`"2016-02-29T00:00:00"`:              time.Date(2016, 2, 29, 0, 0, 0, 0, time.UTC),
			`"1000-01-01T00:00:00Z"`:             time.Date(1000, 1, 1, 0, 0, 0, 0, time.UTC),
			`"9999-12-31T23:59:59.999999Z"`:      time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC),
		} {
			in := decode(t, minimalEvent().with(field, json).String())
			mustBeValid(t, in)
			if got := get(&in); got == nil || !got.Equal(want) || got.Location() != time.UTC {
				t.Errorf("%s: read %v, want %v", json, got, want)
			}
		}
	})
}

func TestDecodeDate_WithoutZone(t *testing.T) {
	forEachField(t, dateFields, func(t *testing.T, field string, get getter[time.Time]) {
		d := newDecoder()
		d.Zone = time.FixedZone("EEST", 3*60*60)
		in, err := decodeWith(d, minimalEvent().with(field, `"2016-06-22T15:00:00"`).String())
		if want := time.Date(2016, 6, 22, 12, 0, 0, 0, time.UTC); err != nil || get(&in) == nil ||
			!get(&in).Equal(want) {
			t.Errorf("read %v, %v, want %v", get(&in), err, want)
		}
	})
}

func TestDecodeDate_Invalid(t *testing.T) {
	forEachField(t, dateFields, func(t *testing.T, field string, get getter[time.Time]) {
		for _, json := range []string{
			`"2016-02-30T15:00:00"`,
			`"2015-02-29T15:00:00"`,
			`"1900-02-29T00:00:00Z"`,
			`"2016-13-01T00:00:00"`,
			`"2016-00-10T00:00:00"`,
			`"2016-06-31T00:00:00"`,
			`"2016-06-22T24:00:00"`,
			`"2016-06-22T15:60:00"`,
			`"2016-06-22T15:00:60Z"`,
			`"2016-06-22T15:00:00+24:00"`,
			`"2016-06-22"`,
			`"2016-06-22 15:00:00"`,
			`"22.06.2016"`,
			`"yesterday"`,
			`"0999-12-31T23:59:59Z"`,
			`"0000-00-00T00:00:00"`,
			`"10000-01-01T00:00:00Z"`,
			`"9999-12-31T23:59:59-01:00"`,
			`"2016-06-22T15:00.5Z"`,
			`"2016-06-22T15:00:00Z "`,
			`" 2016-06-22T15:00:00Z"`,
			`"2016-06-22T15:00:00Zulu"`,
			`"2016-06-22T15:00:00.Z"`,
			"1466607600",
			"1466607600.5",
			"true",
			"{}",
			"[]",
			`["2016-06-22T15:00:00Z"]`,
			"\"2016-06-22T15:00:00\xff\"",
			`"2016-06-22T15:00:00\ud800"`,
			`"2016-06-22T15:00:00\u0000"`,
		} {
			in := decode(t, minimalEvent().with(field, json).String())
			mustHaveProblem(t, in, models.Invalid, field)
			if get(&in) != nil {
				t.Errorf("%s: read %v", json, *get(&in))
			}
		}
	})
}

func TestDecodeDate_NullAndBlank(t *testing.T) {
	forEachField(t, dateFields, func(t *testing.T, field string, get getter[time.Time]) {
		null := decode(t, minimalEvent().with(field, "null").String())
		blank := decode(t, minimalEvent().with(field, `" "`).String())
		if field == "performedOn" {
			mustHaveProblem(t, null, models.Mandatory, field)
			mustHaveProblem(t, blank, models.Mandatory, field)
			return
		}
		mustBeValid(t, null)
		mustHaveProblem(t, blank, models.Invalid, field)
	})
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

func TestDecodeBatch_Shapes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct{ sent, invalid int }{
		`[]`:                                  {0, 0},
		`null`:                                {0, 0}, // an empty list, as in GraphQL
		`[null]`:                              {1, 1},
		minimalEvent().String():               {1, 0}, // a list of one, as in GraphQL
		`7`:                                   {1, 1},
		`[` + minimalEvent().String() + `,7]`: {2, 1},
		`[[` + minimalEvent().String() + `]]`: {1, 1},
		` [ null , null , {} , "x" ]  `:       {4, 4},
	} {
		set, err := newDecoder().DecodeBatch(strictjson.New(text))
		invalid := 0
		for _, in := range set.Events {
			if len(in.Problems) > 0 {
				invalid++
			}
		}
		if err != nil || set.Received != want.sent || len(set.Events) != want.sent ||
			invalid != want.invalid {
			t.Errorf(
				"%s: %d sent, %d events, %d invalid, %v, want %+v",
				text,
				set.Received,
				len(set.Events),
				invalid,
				err,
				want,
			)
		}
	}
}

func TestDecodeBatch_TooManyEvents(t *testing.T) {
	t.Parallel()
	texts := make([]string, 1500)
	for i := range texts {
		texts[i] = minimalEvent().String()
	}
	if set := decodeTexts(t, texts...); set.Received != 1500 || len(set.Events) != events.MaxEventsPerCall {
		t.Errorf("%d sent, %d read", set.Received, len(set.Events))
	}
}
