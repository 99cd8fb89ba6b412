package models

import (
	"errors"
	"time"
)

// ErrDate says what a date must look like. It names the remedy, not the value: whoever answers adds the value.
var ErrDate = errors.New("write a date that exists as 2016-06-22T15:00:00, with Z or an offset such as +03:00 if it has a zone, years 1000 to 9999, at most 6 decimals of a second")

// ParseDateTime reads an RFC 3339 date and time, or the CRM's own form without a zone, which is read in the given zone. A
// local time that a change of the clocks skips or repeats is read as time.Date does. The result is in UTC. More than
// microseconds, a leap second, and years that no database keeps (before 1000 or after 9999, in UTC too) are refused,
// rather than changed.
func ParseDateTime(text string, zone *time.Location) (time.Time, error) {
	const local = "2006-01-02T15:04:05"
	if len(text) < len(local) {
		return time.Time{}, ErrDate
	}
	year, ok1 := digits(text[0:4])
	month, ok2 := digits(text[5:7])
	day, ok3 := digits(text[8:10])
	hour, ok4 := digits(text[11:13])
	minute, ok5 := digits(text[14:16])
	second, ok6 := digits(text[17:19])
	if !(ok1 && ok2 && ok3 && ok4 && ok5 && ok6) ||
		text[4] != '-' || text[7] != '-' || text[10] != 'T' && text[10] != 't' || text[13] != ':' || text[16] != ':' ||
		year < 1000 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, ErrDate
	}
	micros, rest, ok := fraction(text[len(local):])
	if !ok {
		return time.Time{}, ErrDate
	}
	offset := 0
	switch {
	case rest == "":
	case rest == "Z" || rest == "z":
		zone = time.UTC
	case len(rest) == len("+03:00") && (rest[0] == '+' || rest[0] == '-') && rest[3] == ':':
		hours, ok1 := digits(rest[1:3])
		minutes, ok2 := digits(rest[4:6])
		if !ok1 || !ok2 || hours > 23 || minutes > 59 {
			return time.Time{}, ErrDate
		}
		offset = hours*60 + minutes
		if rest[0] == '-' {
			offset = -offset
		}
		zone = time.UTC
	default:
		return time.Time{}, ErrDate
	}
	at := time.Date(year, time.Month(month), day, hour, minute-offset, second, micros*1000, zone).UTC()
	if at.Year() < 1000 || at.Year() > 9999 {
		return time.Time{}, ErrDate
	}
	return at, nil
}

// FormatDateTime writes a date as it is answered: RFC 3339 in UTC, decimals only where there are some.
func FormatDateTime(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }

// digits reads a short number of decimal digits only.
func digits(text string) (n int, ok bool) {
	for i := 0; i < len(text); i++ {
		if text[i] < '0' || text[i] > '9' {
			return 0, false
		}
		n = n*10 + int(text[i]-'0')
	}
	return n, true
}

// fraction reads ".5" and the like as microseconds. Zeros beyond the sixth decimal change nothing and are accepted.
func fraction(text string) (micros int, rest string, ok bool) {
	if text == "" || text[0] != '.' {
		return 0, text, true
	}
	i, scale := 1, 100_000
	for ; i < len(text) && text[i] >= '0' && text[i] <= '9'; i++ {
		digit := int(text[i] - '0')
		if scale == 0 && digit != 0 {
			return 0, "", false
		}
		micros += digit * scale
		scale /= 10
	}
	return micros, text[i:], i > 1
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
