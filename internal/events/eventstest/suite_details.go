package eventstest

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"customer-events/models"
)

// detailObligations: ByExternalReference returns all details of an event exactly as Record received them.
var detailObligations = []obligation{
	{"an event with the mandatory fields only", func(f *fixture) {
		f.mustReadBack(f.newReferenced("system", "1"))
	}},
	{"every reference to a record", func(f *fixture) {
		event := f.newReferenced("system", "1")
		event.ParticipantKey, event.ClassificationKey = &f.participant.Key, &f.classification.Key
		event.CreatedByKey = f.otherUser.Key
		f.mustReadBack(event, f.newReferenced("system", "2"))
	}},
	{"the website", func(f *fixture) {
		f.mustReadBackEach(
			[]string{
				"www.crm.com",
				"https://www.crm.com:8080/a?b=c%20d#e",
				"http://müller.example/😀?x='\"\\",
				"x.example/" + strings.Repeat("😀", 2038),
			},
			func(event *models.WebCustomerEvent, text string) { event.Website = text },
		)
	}},
	{"the description", func(f *fixture) {
		f.mustReadBackEach(
			append([]string{strings.Repeat("x", 4000), strings.Repeat("😀", 4000)}, sampleTexts...),
			func(event *models.WebCustomerEvent, text string) { event.Description = &text },
		)
	}},
	{"a text in each user-defined field", func(f *fixture) {
		for at := range udfStrings(&models.EventDetails{}) {
			f.mustReadBackEach(
				append([]string{strings.Repeat("😀", 255)}, sampleTexts...),
				func(event *models.WebCustomerEvent, text string) {
					*udfStrings(&event.EventDetails)[at] = &text
				},
			)
		}
	}},
	{"a number in each user-defined field", func(f *fixture) {
		for at := range udfFloats(&models.EventDetails{}) {
			var list []*models.WebCustomerEvent
			for i, value := range sampleFloats {
				event := f.newReferenced(fmt.Sprint("float", at), fmt.Sprint(i))
				*udfFloats(&event.EventDetails)[at] = &value
				list = append(list, event)
			}
			f.mustReadBack(list...)
		}
	}},
	{"a date in each field", func(f *fixture) {
		for at := range udfDates(&models.EventDetails{}) {
			var list []*models.WebCustomerEvent
			for i, value := range sampleDates {
				event := f.newReferenced(fmt.Sprint("date", at), fmt.Sprint(i))
				*udfDates(&event.EventDetails)[at] = &value
				event.PerformedOn = sampleDates[len(sampleDates)-1-i]
				list = append(list, event)
			}
			f.mustReadBack(list...)
		}
	}},
	{"a different value in each user-defined field", func(f *fixture) {
		before, event := f.newReferenced("system", "0"), f.newReferenced("system", "1")
		for i, at := range udfStrings(&event.EventDetails) {
			*at = new(fmt.Sprint("string", i))
		}
		for i, at := range udfFloats(&event.EventDetails) {
			*at = new(float64(i) + 0.5)
		}
		for i, at := range udfDates(&event.EventDetails) {
			*at = new(now.Add(time.Duration(i) * time.Hour))
		}
		f.mustReadBack(before, event, f.newReferenced("system", "2"))
	}},
	{"an external reference of any length", func(f *fixture) {
		long := strings.Repeat("😀", 255)
		f.mustReadBack(
			f.newReferenced(long, long),
			f.newReferenced("'\"\\", "\t\n"),
			f.newReferenced("%", "_"),
		)
	}},
	{"one half of an external reference", func(f *fixture) {
		// Such an event has no external reference. The test can only see that Record accepts it and that no
		// reference finds it.
		half, other := f.newEvent(), f.newEvent()
		half.ExternalSystem, other.ExternalSystemReferenceNumber = new("system"), new("1")
		f.mustRecord(models.WriteSet{Events: []*models.WebCustomerEvent{half, other}, At: now})
		for _, ref := range [][2]string{{"system", ""}, {"", "1"}, {"system", "1"}} {
			if event, ok := f.recorded(ref[0], ref[1]); ok {
				f.Errorf("%q finds %+v", ref, event)
			}
		}
	}},
}

var sampleTexts = []string{
	"",
	" ",
	"trailing ",
	" leading",
	"tab\tnew\nline\r\nend\n",
	"😀",
	"a\u0300",
	"à",
	"'\"`\\",
	"%_",
	"\u200f\u202e",
	"NULL",
	"\\N",
	"\\0",
	"0",
}

var sampleFloats = []float64{
	0,
	0.1,
	-0.1,
	1e15 + 0.3,
	math.MaxFloat64,
	-math.MaxFloat64,
	math.SmallestNonzeroFloat64,
	-math.SmallestNonzeroFloat64,
	0x1p-1022,
	math.Nextafter(0x1p-1022, 0),
	1 + 0x1p-52,
	math.Pi,
	1.0 / 3,
	math.MaxInt64,
	9007199254740993,
	123456789.123456789,
	1e22,
	1e23,
	5e-5,
}

// sampleDates include the limits of the stored range, leap days, and times that do not exist in local time.
var sampleDates = []time.Time{
	time.Date(1000, 1, 1, 0, 0, 0, 0, time.UTC),
	time.Date(1000, 1, 1, 0, 0, 0, 1000, time.UTC),
	time.Date(1582, 10, 10, 12, 0, 0, 0, time.UTC),
	time.Date(1969, 12, 31, 23, 59, 59, 999999000, time.UTC),
	time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC),
	time.Date(1999, 12, 31, 23, 59, 59, 500000000, time.UTC),
	time.Date(2016, 2, 29, 23, 59, 59, 1000, time.UTC),
	time.Date(2038, 1, 19, 3, 14, 8, 0, time.UTC),
	time.Date(2026, 3, 29, 2, 30, 0, 10000, time.UTC),
	time.Date(2026, 10, 25, 1, 30, 0, 123456000, time.UTC),
	time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC),
}

func udfStrings(d *models.EventDetails) []**string {
	return []**string{
		&d.UDFString1,
		&d.UDFString2,
		&d.UDFString3,
		&d.UDFString4,
		&d.UDFString5,
		&d.UDFString6,
		&d.UDFString7,
		&d.UDFString8,
	}
}

func udfFloats(d *models.EventDetails) []**float64 {
	return []**float64{&d.UDFFloat1, &d.UDFFloat2, &d.UDFFloat3, &d.UDFFloat4}
}

func udfDates(d *models.EventDetails) []**time.Time {
	return []**time.Time{&d.UDFDate1, &d.UDFDate2, &d.UDFDate3, &d.UDFDate4}
}

// mustReadBackEach records one event for each text, in one set.
func (f *fixture) mustReadBackEach(values []string, set func(event *models.WebCustomerEvent, text string)) {
	f.Helper()
	system := fmt.Sprint("system", f.ids.Load())
	var list []*models.WebCustomerEvent
	for i, value := range values {
		event := f.newReferenced(system, fmt.Sprint(i))
		set(event, value)
		list = append(list, event)
	}
	f.mustReadBack(list...)
}

// mustReadBack records events with external references and compares them with the result of
// ByExternalReference.
func (f *fixture) mustReadBack(list ...*models.WebCustomerEvent) {
	f.Helper()
	f.mustRecord(models.WriteSet{Events: list, At: now})
	var refs []models.ExternalReference
	for _, event := range list {
		ref, _ := event.ExternalReference()
		refs = append(refs, ref)
	}
	found, err := f.ByExternalReference(f.Context(), refs)
	if err != nil || len(found) != len(list) {
		f.Fatalf("ByExternalReference: %d events, %v, want %d", len(found), err, len(list))
	}
	for i, event := range list {
		got := found[refs[i]]
		if diff := cmp.Diff(*event, got); diff != "" {
			f.Errorf("event %d: %s", i, diff)
		}
		for _, at := range append(udfDates(&got.EventDetails), new(&got.PerformedOn), new(&got.CreatedAt)) {
			if *at != nil && (*at).Location().String() != "UTC" {
				f.Errorf("event %d: %s is not in UTC", i, **at)
			}
		}
	}
}
