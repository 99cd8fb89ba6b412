package models

import "time"

// DateError reports that a date is not valid. Its text says what to write instead, and does not contain the
// value.
type DateError struct{ remedy string }

func (e *DateError) Error() string { return e.remedy }

var (
	// ErrDate describes the accepted format of a date.
	ErrDate error = &DateError{"write a date that exists as 2016-06-22T15:00:00, " +
		"with Z or an offset such as +03:00 if it has a zone, years 1000 to 9999"}
	// ErrLeapSecond reports second 60. Neither Go nor the databases can store it.
	ErrLeapSecond error = &DateError{"leap seconds are not kept: " +
		"write second 59, or second 00 of the next minute"}
)

// ParseDateTime parses an RFC 3339 date and time, or the CRM's own form without a zone, which it reads in
// the given zone. Seconds may be omitted. A local time that occurs twice means the first occurrence.
// ParseDateTime rejects a local time that the zone skips, and a year before 1000 or after 9999 (also in
// UTC), which the databases cannot store. The result is in UTC and truncated to microseconds, as the
// databases store it.
func ParseDateTime(text string, zone *time.Location) (time.Time, error) {
	const minutes = "2006-01-02T15:04"
	if len(text) < len(minutes) {
		return time.Time{}, ErrDate
	}
	year, ok1 := parseDigits(text[0:4])
	month, ok2 := parseDigits(text[5:7])
	day, ok3 := parseDigits(text[8:10])
	hour, ok4 := parseDigits(text[11:13])
	minute, ok5 := parseDigits(text[14:16])
	if !(ok1 && ok2 && ok3 && ok4 && ok5) ||
		text[4] != '-' || text[7] != '-' || text[10] != 'T' && text[10] != 't' || text[13] != ':' ||
		year < 1000 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 ||
		minute > 59 {
		return time.Time{}, ErrDate
	}
	second, micros, rest, ok := parseSeconds(text[len(minutes):])
	if !ok {
		return time.Time{}, ErrDate
	}
	offset, local, ok := parseOffset(rest)
	switch {
	case !ok:
		return time.Time{}, ErrDate
	case second == 60:
		return time.Time{}, ErrLeapSecond
	}
	at := time.Date(year, time.Month(month), day, hour, minute-offset, second, micros*1000, time.UTC)
	if local && zone != time.UTC {
		var exists bool
		if at, exists = firstOccurrence(at, zone); !exists {
			return time.Time{}, &DateError{"this local time does not exist in the time zone " +
				zone.String() +
				", whose clocks skip it: write one that exists, or add Z or an offset such as +03:00"}
		}
	}
	if at.Year() < 1000 || at.Year() > 9999 {
		return time.Time{}, ErrDate
	}
	return at, nil
}

// FormatDateTime formats a date for responses: RFC 3339 in UTC, with decimals only if they are not zero.
func FormatDateTime(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }

// parseDigits parses a short number that consists of decimal digits.
func parseDigits(text string) (n int, ok bool) {
	for i := 0; i < len(text); i++ {
		if text[i] < '0' || text[i] > '9' {
			return 0, false
		}
		n = n*10 + int(text[i]-'0')
	}
	return n, true
}

// parseSeconds parses optional seconds such as ":05.25", and drops the digits after the sixth decimal. It
// accepts second 60, which the caller reports.
func parseSeconds(text string) (second, micros int, rest string, ok bool) {
	if text == "" || text[0] != ':' {
		return 0, 0, text, true
	}
	if len(text) < len(":05") {
		return 0, 0, "", false
	}
	if second, ok = parseDigits(text[1:3]); !ok || second > 60 {
		return 0, 0, "", false
	}
	if rest = text[3:]; rest == "" || rest[0] != '.' {
		return second, 0, rest, true
	}
	i, scale := 1, 100_000
	for ; i < len(rest) && rest[i] >= '0' && rest[i] <= '9'; i++ {
		micros += int(rest[i]-'0') * scale
		scale /= 10
	}
	return second, micros, rest[i:], i > 1
}

// parseOffset parses "Z" or "+03:00" as minutes east of UTC; local reports that there is neither.
func parseOffset(text string) (offset int, local, ok bool) {
	switch {
	case text == "":
		return 0, true, true
	case text == "Z" || text == "z":
		return 0, false, true
	case len(text) != len("+03:00") || text[0] != '+' && text[0] != '-' || text[3] != ':':
		return 0, false, false
	}
	hours, ok1 := parseDigits(text[1:3])
	minutes, ok2 := parseDigits(text[4:6])
	if !ok1 || !ok2 || hours > 23 || minutes > 59 {
		return 0, false, false
	}
	if offset = hours*60 + minutes; text[0] == '-' {
		offset = -offset
	}
	return offset, false, true
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}
