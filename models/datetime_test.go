package models_test

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // makes the test independent of the zones that the machine has installed

	"customer-events/models"
)

func TestParseDateTime_Accepts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2016-06-22T15:00:00":               "2016-06-22T15:00:00Z", // the CRM's own form
		"2016-06-22T15:00:00.5":             "2016-06-22T15:00:00.5Z",
		"2016-06-22T15:00:00Z":              "2016-06-22T15:00:00Z",
		"2016-06-22t15:00:00z":              "2016-06-22T15:00:00Z",
		"2016-06-22T15:00:00+03:00":         "2016-06-22T12:00:00Z",
		"2016-06-22T15:00:00-00:00":         "2016-06-22T15:00:00Z",
		"2016-06-22T23:30:00-23:59":         "2016-06-23T23:29:00Z",
		"2016-06-22T15:00:00.123456+00:30":  "2016-06-22T14:30:00.123456Z",
		"2016-06-22T15:00:00.000001Z":       "2016-06-22T15:00:00.000001Z",
		"2016-06-22T15:00:00.10Z":           "2016-06-22T15:00:00.1Z",
		"2016-06-22T15:00:00.1234560000000": "2016-06-22T15:00:00.123456Z", // zeros do not matter
		"2016-06-22T15:00:00.1234567Z":      "2016-06-22T15:00:00.123456Z", // .NET's format
		"2016-06-22T15:00:00.999999999":     "2016-06-22T15:00:00.999999Z", // Java's: truncated
		"1969-12-31T23:59:59.9999999Z":      "1969-12-31T23:59:59.999999Z",
		"2016-06-22T15:00:00.0000001+03:00": "2016-06-22T12:00:00Z",
		"2016-06-22T15:00":                  "2016-06-22T15:00:00Z",
		"2016-06-22T15:00Z":                 "2016-06-22T15:00:00Z",
		"2016-06-22t15:00z":                 "2016-06-22T15:00:00Z",
		"2016-06-22T15:00+03:00":            "2016-06-22T12:00:00Z",
		"2000-02-29T00:00:00Z":              "2000-02-29T00:00:00Z",
		"2016-02-29T23:59:59Z":              "2016-02-29T23:59:59Z",
		"1000-01-01T00:00:00Z":              "1000-01-01T00:00:00Z",
		"1000-01-01T01:00:00+01:00":         "1000-01-01T00:00:00Z",
		"9999-12-31T23:59:59.999999Z":       "9999-12-31T23:59:59.999999Z",
		"9999-12-31T22:59:59-01:00":         "9999-12-31T23:59:59Z",
	} {
		at, err := models.ParseDateTime(text, time.UTC)
		if err != nil || models.FormatDateTime(at) != want {
			t.Errorf("%s: %s, %v, want %s", text, models.FormatDateTime(at), err, want)
		}
	}
}

func TestParseDateTime_Rejects(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"",
		"2016",
		"2016-06-22",
		"2016-06-22T",
		"2016-06-22T15",
		"2016-06-22T15Z",
		"2016-06-22T15:00.5",
		"2016-06-22T15:00.5Z",
		"2016-06-22T15:00:",
		"2016-06-22T15:00:Z",
		"2016-06-22T15:00:5Z",
		"2016-06-22T15:00:61Z",
		"2016-06-22T15:60:60Z",
		"2016-06-22T15:00+3",
		"2016-06-22T15:0:00",
		"20160622T150000Z",
		"2016-06-22 15:00:00",
		"2016-06-22_15:00:00",
		"2016/06/22T15:00:00",
		"2016-6-22T15:00:00Z",
		"2016-06-22T5:00:00Z",
		"2016-00-22T15:00:00",
		"2016-13-22T15:00:00",
		"2016-06-00T15:00:00",
		"2016-06-31T15:00:00",
		"2016-02-30T15:00:00",
		"2015-02-29T15:00:00",
		"1900-02-29T15:00:00",
		"2100-02-29T15:00:00",
		"2016-04-31T15:00:00",
		"2016-09-31T15:00:00",
		"2016-11-31T15:00:00",
		"2016-12-32T15:00:00",
		"2016-06-22T24:00:00",
		"2016-06-22T15:60:00",
		"2016-06-22T15:00:00.",
		"2016-06-22T15:00:00.Z",
		"2016-06-22T15:00:00,5Z",
		"2016-06-22T15:00:00.1234567z0",
		"2016-06-22T15:00:60+3",
		"2016-06-22T15:00:00+",
		"2016-06-22T15:00:00+3",
		"2016-06-22T15:00:00+03",
		"2016-06-22T15:00:00+0300",
		"2016-06-22T15:00:00+03:0",
		"2016-06-22T15:00:00+24:00",
		"2016-06-22T15:00:00+03:60",
		"2016-06-22T15:00:00+-3:00",
		"2016-06-22T15:00:00ZZ",
		"2016-06-22T15:00:00Z ",
		" 2016-06-22T15:00:00Z",
		"2016-06-22T15:00:00 Z",
		"2016-06-22T15:00:00 EET",
		"0999-12-31T23:59:59Z",
		"0999-12-31T23:59:59-01:00",
		"1000-01-01T00:00:00+00:01",
		"9999-12-31T23:59:59-00:01",
		"0000-01-01T00:00:00Z",
		"-016-06-22T15:00:00Z",
		"+2016-06-22T15:00:00Z",
		"10000-01-01T00:00:00Z",
		"2016-06-22T15:00:00.+1Z",
		"２０１６-06-22T15:00:00Z",
		"2016-06-22T15:00:00\x00",
		"2016-06-22T15:00:00.١Z",
		"2016-W25-3T15:00:00",
		"1466607600",
		"now",
		"\xff\xff\xff\xff-06-22T15:00:00",
	} {
		if at, err := models.ParseDateTime(text, time.UTC); err != models.ErrDate || !at.IsZero() {
			t.Errorf("%q: %s, %v", text, at, err)
		}
	}
}

func TestParseDateTime_WithoutZone(t *testing.T) {
	t.Parallel()
	athens, err := time.LoadLocation("Europe/Athens")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"2016-06-22T15:00:00":       "2016-06-22T12:00:00Z",
		"2016-12-22T15:00:00":       "2016-12-22T13:00:00Z",
		"2016-06-22T15:00:00Z":      "2016-06-22T15:00:00Z",
		"2016-06-22T15:00:00+01:00": "2016-06-22T14:00:00Z",
		"2016-06-22T15:00":          "2016-06-22T12:00:00Z",
	} {
		if at, err := models.ParseDateTime(text, athens); err != nil || models.FormatDateTime(at) != want ||
			at.Location() != time.UTC {
			t.Errorf("%s: %s, %v, want %s", text, at, err, want)
		}
	}
	// The offset may move a date out of the accepted years.
	for _, text := range []string{"1000-01-01T00:00:00", "9999-12-31T23:59:59"} {
		_, east := models.ParseDateTime(text, time.FixedZone("", 60))
		_, west := models.ParseDateTime(text, time.FixedZone("", -60))
		if (east == nil) == (west == nil) {
			t.Errorf("%s: %v to the east, %v to the west", text, east, west)
		}
	}
}

// FuzzParseDateTime compares with the standard library. It accepts every date that ParseDateTime accepts, as
// the same time; ParseDateTime rejects further dates only for the reasons in mayReject.
func FuzzParseDateTime(f *testing.F) {
	for _, seed := range []string{
		"2016-06-22T15:00:00",
		"2016-06-22T15:00:00Z",
		"2016-06-22t15:00:00z",
		"2016-06-22T15:00:00.123456+03:00",
		"1000-01-01T00:00:00+00:01",
		"9999-12-31T23:59:59.999999-23:59",
		"2016-02-30T00:00:00Z",
		"2016-06-22T15:00:00,5Z",
		"2016-06-22T15:00:00.1234567Z",
		"2016-06-22T15:00:60Z",
		"2016-06-22T5:00:00Z",
		"2016-06-22T15:00:00+24:00",
		"ᲀΣχƏɲՃχƏɲ",
		"",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, err := models.ParseDateTime(text, time.UTC)
		standard := strings.ToUpper(text)
		if len(standard) == 16 || len(standard) > 16 && strings.ContainsRune("Z+-", rune(standard[16])) {
			standard = standard[:16] + ":00" + standard[16:] // without seconds
		}
		if len(standard) >= 19 && !strings.ContainsAny(standard[19:], "Z+-") {
			standard += "Z"
		}
		want, wantErr := time.Parse(time.RFC3339, standard)
		if err == nil {
			if wantErr != nil || !at.Equal(want.Truncate(time.Microsecond)) {
				t.Errorf("%q: %s, the standard library returns %s, %v", text, at, want, wantErr)
			}
			if at.Year() < 1000 || at.Year() > 9999 || at.Nanosecond()%1000 != 0 ||
				at.Location() != time.UTC {
				t.Errorf("%q: %s cannot be stored", text, at)
			}
			if again, err := models.ParseDateTime(models.FormatDateTime(at), nil); err != nil ||
				!again.Equal(at) {
				t.Errorf("%q: %s is read back as %s, %v", text, models.FormatDateTime(at), again, err)
			}
			return
		}
		if err != models.ErrDate && err != models.ErrLeapSecond || !at.IsZero() {
			t.Errorf("%q: %s, %v", text, at, err)
		}
		if wantErr == nil && !mayReject(standard, want.UTC()) {
			t.Errorf("%q is rejected, the standard library returns %s", text, want)
		}
	})
}

// mayReject reports whether ParseDateTime may reject a date that the standard library accepts.
func mayReject(text string, at time.Time) bool {
	if strings.Contains(text, ",") || text[10] != 'T' || len(text) < 20 || text[19] >= '0' &&
		text[19] <= '9' || text[13] != ':' {
		return true // not RFC 3339: a comma, an hour of one digit
	}
	local, _, _ := strings.Cut(text, "T")
	if at.Year() < 1000 || at.Year() > 9999 || local < "1000" {
		return true
	}
	// offsets that only the standard library accepts
	return strings.Contains(text, "+24:") || strings.Contains(text, "-24:") || strings.HasSuffix(text, ":60")
}
