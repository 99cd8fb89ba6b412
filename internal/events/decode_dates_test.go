package events_test

import (
	"testing"
	"time"

	"customer-events/internal/events"
	"customer-events/models"
)

var dateFields = map[string]getter[time.Time]{
	"performedOn": func(in *events.WebCustomerEventInput) *time.Time {
		if in.Details.PerformedOn.IsZero() {
			return nil
		}
		return &in.Details.PerformedOn
	},
	"udfDate1": func(in *events.WebCustomerEventInput) *time.Time { return in.Details.UDFDate1 },
	"udfDate2": func(in *events.WebCustomerEventInput) *time.Time { return in.Details.UDFDate2 },
	"udfDate3": func(in *events.WebCustomerEventInput) *time.Time { return in.Details.UDFDate3 },
	"udfDate4": func(in *events.WebCustomerEventInput) *time.Time { return in.Details.UDFDate4 },
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
