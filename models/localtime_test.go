package models_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"customer-events/models"
)

func location(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestParseDateTime_LocalTimes(t *testing.T) {
	t.Parallel()
	const none = "does not exist"
	for _, c := range []struct{ zone, text, want string }{
		{"Europe/Nicosia", "2016-03-27T02:59:59.999999", "2016-03-27T00:59:59.999999Z"},
		{"Europe/Nicosia", "2016-03-27T03:00:00", none},
		{"Europe/Nicosia", "2016-03-27T03:00", none},
		{"Europe/Nicosia", "2016-03-27T03:30:00", none},
		{"Europe/Nicosia", "2016-03-27T03:59:59.9999999", none},
		{"Europe/Nicosia", "2016-03-27T04:00:00", "2016-03-27T01:00:00Z"},
		{"Europe/Nicosia", "2016-10-30T02:59:59", "2016-10-29T23:59:59Z"},
		{"Europe/Nicosia", "2016-10-30T03:00:00", "2016-10-30T00:00:00Z"}, // first of two
		{"Europe/Nicosia", "2016-10-30T03:59:59", "2016-10-30T00:59:59Z"}, // first of two
		{"Europe/Nicosia", "2016-10-30T04:00:00", "2016-10-30T02:00:00Z"},
		{"Europe/Nicosia", "2016-03-27T03:30:00Z", "2016-03-27T03:30:00Z"}, // has a zone of its own
		{"America/New_York", "2016-03-13T02:00:00", none},
		{"America/New_York", "2016-11-06T01:30:00", "2016-11-06T05:30:00Z"},
		{"America/New_York", "2096-03-11T02:30:00", none}, // beyond the table: by rule
		{"America/New_York", "2096-11-04T01:30:00", "2096-11-04T05:30:00Z"},
		{"America/New_York", "2096-12-31T12:00:00", "2096-12-31T17:00:00Z"}, // a leap year's last day
		{"Australia/Lord_Howe", "2016-10-02T02:00:00", none},                // half an hour
		{"Australia/Lord_Howe", "2016-10-02T02:29:59", none},
		{"Australia/Lord_Howe", "2016-10-02T02:30:00", "2016-10-01T15:30:00Z"},
		{"Australia/Lord_Howe", "2016-04-03T01:45:00", "2016-04-02T14:45:00Z"},
		{"Pacific/Apia", "2011-12-29T23:59:59", "2011-12-30T09:59:59Z"},
		{"Pacific/Apia", "2011-12-30T00:00:00", none}, // a whole day
		{"Pacific/Apia", "2011-12-30T12:00:00", none},
		{"Pacific/Apia", "2011-12-30T23:59:59", none},
		{"Pacific/Apia", "2011-12-31T00:00:00", "2011-12-30T10:00:00Z"},
		{"Pacific/Kwajalein", "1993-08-21T12:00:00", none},
		{"America/Juneau", "1867-10-18T15:00:00", "1867-10-17T23:57:41Z"}, // a day twice
		{"America/Sao_Paulo", "2018-11-04T00:30:00", none},                // at midnight
		{"Asia/Beirut", "2022-03-27T00:30:00", none},
		{"Africa/Monrovia", "1972-01-07T00:20:00", none}, // 44 minutes and 30 seconds
		{"Africa/Monrovia", "1972-01-07T00:44:29", none},
		{"Africa/Monrovia", "1972-01-07T00:44:30", "1972-01-07T00:44:30Z"},
		{"Europe/Nicosia", "1000-01-01T12:00:00", "1000-01-01T09:46:32Z"}, // local mean time
		{"Asia/Manila", "1844-12-31T12:00:00", none},
	} {
		at, err := models.ParseDateTime(c.text, location(t, c.zone))
		switch {
		case c.want == none:
			var wrong *models.DateError
			if !errors.As(err, &wrong) ||
				!strings.Contains(err.Error(), "does not exist in the time zone "+c.zone) || !at.IsZero() {
				t.Errorf("%s in %s: %s, %v", c.text, c.zone, at, err)
			}
		case err != nil || models.FormatDateTime(at) != c.want || at.Location() != time.UTC:
			t.Errorf("%s in %s: %s, %v, want %s", c.text, c.zone, models.FormatDateTime(at), err, c.want)
		}
	}
}

// Around every change of a zone's clocks, an accepted time formats as the same local time, and is its first
// occurrence. A rejected local time does not exist.
func TestParseDateTime_EveryChangeOfTheClocks(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(12, 6))
	for _, name := range []string{
		"Europe/Nicosia",
		"Asia/Famagusta",
		"America/New_York",
		"Australia/Lord_Howe",
		"Pacific/Apia",
		"Africa/Casablanca",
		"Africa/Monrovia",
		"America/Caracas",
		"Asia/Pyongyang",
		"Antarctica/Troll",
		"Antarctica/Casey",
		"America/Juneau",
		"Asia/Manila",
		"Europe/Dublin",
		"America/Nuuk",
		"Asia/Gaza",
		"Pacific/Kwajalein",
		"Asia/Kathmandu",
		"Europe/Lisbon",
	} {
		zone := location(t, name)
		const hour = 60 * 60
		offset := func(at int64) int64 { _, o := time.Unix(at, 0).In(zone).Zone(); return int64(o) }
		// The instants at which the zone's offset changes, found without the standard library's own bounds.
		begin, end := time.Date(1830, 1, 1, 0, 0, 0, 0, time.UTC).Unix(),
			time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
		var changes []int64
		for at := begin; at < end; at += 6 * hour {
			if offset(at) == offset(at+6*hour) {
				continue
			}
			low, high := at, at+6*hour
			for high-low > 1 {
				if middle := (low + high) / 2; offset(middle) == offset(low) {
					low = middle
				} else {
					high = middle
				}
			}
			changes = append(changes, high)
		}
		if len(changes) == 0 {
			t.Fatalf("%s never changes", name)
		}
		for _, change := range changes {
			before, after := offset(change-1), offset(change)
			walls := []int64{
				change + before - 1,
				change + before,
				change + after - 1,
				change + after,
				change + (before+after)/2,
			}
			for range 3 {
				walls = append(walls, change+before+random.Int64N(60*hour)-30*hour)
			}
			for _, wall := range walls {
				var want []int64 // the instants that have this local time
				for _, offset := range []int64{
					before,
					after,
					offset(change - 60*hour),
					offset(change + 60*hour),
				} {
					at := wall - offset
					local := time.Unix(at, 0).In(zone).Format(time.DateTime)
					if local == time.Unix(wall, 0).UTC().Format(time.DateTime) {
						want = append(want, at)
					}
				}
				text := time.Unix(wall, 0).UTC().Format("2006-01-02T15:04:05")
				at, err := models.ParseDateTime(text, zone)
				if err != nil {
					if len(want) > 0 {
						t.Errorf("%s in %s: %v, although it is %v", text, name, err, want)
					}
					continue
				}
				if back := at.In(zone).Format("2006-01-02T15:04:05"); back != text {
					t.Errorf("%s in %s is read as %s", text, name, back)
				}
				for _, other := range want {
					if other < at.Unix() {
						t.Errorf("%s in %s: %s is not its first occurrence", text, name, at)
					}
				}
			}
		}
	}
}

func TestParseDateTime_LeapSecond(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"2016-12-31T23:59:60Z",
		"2016-12-31T23:59:60",
		"2016-12-31t23:59:60.5+00:00",
		"2017-01-01T01:59:60.123456789+02:00",
		"2016-06-22T15:00:60",
	} {
		at, err := models.ParseDateTime(text, time.UTC)
		if err != models.ErrLeapSecond || !strings.Contains(err.Error(), "leap seconds are not kept") ||
			!at.IsZero() {
			t.Errorf("%s: %s, %v", text, at, err)
		}
	}
}

func TestParseDateTime_AnyNumberOfDecimals(t *testing.T) {
	t.Parallel()
	want := time.Date(2016, 6, 22, 15, 0, 0, 123456000, time.UTC)
	for _, digits := range []string{"", "0", "7", "789", "999999", strings.Repeat("9", 10_000)} {
		at, err := models.ParseDateTime("2016-06-22T15:00:00.123456"+digits+"Z", time.UTC)
		if err != nil || at != want {
			t.Errorf("%d digits more: %s, %v", len(digits), at, err)
		}
	}
}

func BenchmarkParseDateTime_Local(b *testing.B) {
	zone, err := time.LoadLocation("Europe/Nicosia")
	if err != nil {
		b.Fatal(err)
	}
	for name, text := range map[string]string{
		"ordinary":      "2016-06-22T15:00:00",
		"near a change": "2016-03-27T05:00:00",
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := models.ParseDateTime(text, zone); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
