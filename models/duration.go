package models

import (
	"strconv"
	"strings"
	"time"
)

// FormatDuration returns a duration for a reader, without the units that are zero: 24 h, 1 h 30 min, 1.5 s,
// 86 ms. The format of package time would be 24h0m0s.
func FormatDuration(d time.Duration) string {
	if d < 0 {
		return "-" + FormatDuration(-d)
	}
	if d < time.Second && d > 0 {
		if d < time.Millisecond {
			return formatUnits(d, time.Microsecond) + " µs"
		}
		return formatUnits(d, time.Millisecond) + " ms"
	}
	var parts []string
	if hours := d / time.Hour; hours > 0 {
		parts = append(parts, strconv.Itoa(int(hours))+" h")
	}
	if minutes := d % time.Hour / time.Minute; minutes > 0 {
		parts = append(parts, strconv.Itoa(int(minutes))+" min")
	}
	if rest := d % time.Minute; rest > 0 || parts == nil {
		parts = append(parts, formatUnits(rest, time.Second)+" s")
	}
	return strings.Join(parts, " ")
}

func formatUnits(d, unit time.Duration) string {
	return strconv.FormatFloat(float64(d)/float64(unit), 'f', -1, 64)
}
