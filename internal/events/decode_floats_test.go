package events_test

import (
	"math"
	"testing"

	"customer-events/internal/events"
	"customer-events/models"
)

var floatFields = map[string]getter[float64]{
	"udfFloat1": func(in *events.WebCustomerEventInput) *float64 { return in.Details.UDFFloat1 },
	"udfFloat2": func(in *events.WebCustomerEventInput) *float64 { return in.Details.UDFFloat2 },
	"udfFloat3": func(in *events.WebCustomerEventInput) *float64 { return in.Details.UDFFloat3 },
	"udfFloat4": func(in *events.WebCustomerEventInput) *float64 { return in.Details.UDFFloat4 },
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
