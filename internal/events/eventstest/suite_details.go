package eventstest

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"customer-events/models"
)

// What an event says comes back from Taken exactly as it went into Record.
var detailPromises = []obligation{
	{"an event that says nothing more says nothing more", func(s *scene) {
		s.mustReturn(s.referred("system", "1"))
	}},
	{"every reference to a record", func(s *scene) {
		event := s.referred("system", "1")
		event.ParticipantKey, event.ClassificationKey = &s.participant.Key, &s.classification.Key
		event.CreatedByKey = s.otherUser.Key
		s.mustReturn(event, s.referred("system", "2"))
	}},
	{"the website", func(s *scene) {
		s.mustReturnEach([]string{"www.crm.com", "https://www.crm.com:8080/a?b=c%20d#e", "http://müller.example/😀?x='\"\\", "x.example/" + strings.Repeat("😀", 2038)},
			func(event *models.WebCustomerEvent, text string) { event.Website = text })
	}},
	{"the description", func(s *scene) {
		s.mustReturnEach(append([]string{strings.Repeat("x", 4000), strings.Repeat("😀", 4000)}, texts...),
			func(event *models.WebCustomerEvent, text string) { event.Description = &text })
	}},
	{"a text in each user-defined field", func(s *scene) {
		for at := range udfStrings(&models.EventDetails{}) {
			s.mustReturnEach(append([]string{strings.Repeat("😀", 255)}, texts...), func(event *models.WebCustomerEvent, text string) {
				*udfStrings(&event.EventDetails)[at] = &text
			})
		}
	}},
	{"a number in each user-defined field", func(s *scene) {
		for at := range udfFloats(&models.EventDetails{}) {
			var list []*models.WebCustomerEvent
			for i, value := range floats {
				event := s.referred(fmt.Sprint("float", at), fmt.Sprint(i))
				*udfFloats(&event.EventDetails)[at] = &value
				list = append(list, event)
			}
			s.mustReturn(list...)
		}
	}},
	{"a date in each place", func(s *scene) {
		for at := range udfDates(&models.EventDetails{}) {
			var list []*models.WebCustomerEvent
			for i, value := range dates {
				event := s.referred(fmt.Sprint("date", at), fmt.Sprint(i))
				*udfDates(&event.EventDetails)[at] = &value
				event.PerformedOn = dates[len(dates)-1-i]
				list = append(list, event)
			}
			s.mustReturn(list...)
		}
	}},
	{"no two user-defined fields change places", func(s *scene) {
		before, event := s.referred("system", "0"), s.referred("system", "1")
		for i, at := range udfStrings(&event.EventDetails) {
			*at = ptr(fmt.Sprint("string", i))
		}
		for i, at := range udfFloats(&event.EventDetails) {
			*at = ptr(float64(i) + 0.5)
		}
		for i, at := range udfDates(&event.EventDetails) {
			*at = ptr(now.Add(time.Duration(i) * time.Hour))
		}
		s.mustReturn(before, event, s.referred("system", "2"))
	}},
	{"the external reference, however long", func(s *scene) {
		long := strings.Repeat("😀", 255)
		s.mustReturn(s.referred(long, long), s.referred("'\"\\", "\t\n"), s.referred("%", "_"))
	}},
	{"one half of an external reference", func(s *scene) {
		// Such an event cannot be asked for by its reference; that Record takes it, and half of it names nothing, is all
		// that can be seen from here.
		half, other := s.event(), s.event()
		half.ExternalSystem, other.ExternalSystemReferenceNumber = ptr("system"), ptr("1")
		s.mustRecord(models.WriteSet{Events: []*models.WebCustomerEvent{half, other}, At: now})
		for _, ref := range [][2]string{{"system", ""}, {"", "1"}, {"system", "1"}} {
			if event, ok := s.taken(ref[0], ref[1]); ok {
				s.Errorf("%q names %+v", ref, event)
			}
		}
	}},
}

var texts = []string{"", " ", "trailing ", " leading", "tab\tnew\nline\r\nend\n", "😀", "a\u0300", "à", "'\"`\\", "%_", "\u200f\u202e", "NULL", "\\N", "\\0", "0"}

var floats = []float64{0, 0.1, -0.1, 1e15 + 0.3, math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64,
	0x1p-1022, math.Nextafter(0x1p-1022, 0), 1 + 0x1p-52, math.Pi, 1.0 / 3, math.MaxInt64, 9007199254740993, 123456789.123456789, 1e22, 1e23, 5e-5}

// dates end with what local time does not know (the hour that Europe skips), leap days, and the ends of what is kept.
var dates = []time.Time{
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
	return []**string{&d.UDFString1, &d.UDFString2, &d.UDFString3, &d.UDFString4, &d.UDFString5, &d.UDFString6, &d.UDFString7, &d.UDFString8}
}

func udfFloats(d *models.EventDetails) []**float64 {
	return []**float64{&d.UDFFloat1, &d.UDFFloat2, &d.UDFFloat3, &d.UDFFloat4}
}

func udfDates(d *models.EventDetails) []**time.Time {
	return []**time.Time{&d.UDFDate1, &d.UDFDate2, &d.UDFDate3, &d.UDFDate4}
}

// mustReturnEach records one event for each text, all at once.
func (s *scene) mustReturnEach(values []string, set func(event *models.WebCustomerEvent, text string)) {
	s.Helper()
	system := fmt.Sprint("system", s.ids.Load())
	var list []*models.WebCustomerEvent
	for i, value := range values {
		event := s.referred(system, fmt.Sprint(i))
		set(event, value)
		list = append(list, event)
	}
	s.mustReturn(list...)
}

// mustReturn records events with references and holds what Taken makes of them against what went in.
func (s *scene) mustReturn(list ...*models.WebCustomerEvent) {
	s.Helper()
	s.mustRecord(models.WriteSet{Events: list, At: now})
	var refs []models.ExternalReference
	for _, event := range list {
		ref, _ := event.ExternalReference()
		refs = append(refs, ref)
	}
	found, err := s.ByExternalReference(s.Context(), refs)
	if err != nil || len(found) != len(list) {
		s.Fatalf("Taken: %d events, %v, want %d", len(found), err, len(list))
	}
	for i, event := range list {
		got := found[refs[i]]
		if diff := cmp.Diff(*event, got); diff != "" {
			s.Errorf("event %d: %s", i, diff)
		}
		for _, at := range append(udfDates(&got.EventDetails), ptr(&got.PerformedOn), ptr(&got.CreatedAt)) {
			if *at != nil && (*at).Location().String() != "UTC" {
				s.Errorf("event %d: %s is not in UTC", i, **at)
			}
		}
	}
}
