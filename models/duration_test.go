package models

import (
	"testing"
	"time"
)

func TestFormatDuration_Units(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"24h":       "24 h",
		"48h":       "48 h",
		"1h30m":     "1 h 30 min",
		"10m":       "10 min",
		"1h0m5s":    "1 h 5 s",
		"90s":       "1 min 30 s",
		"62.345s":   "1 min 2.345 s",
		"5s":        "5 s",
		"1.5s":      "1.5 s",
		"86ms":      "86 ms",
		"250us":     "250 µs",
		"0s":        "0 s",
		"-30m":      "-30 min",
		"25h1m1.5s": "25 h 1 min 1.5 s",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			d, err := time.ParseDuration(text)
			if err != nil {
				t.Fatal(err)
			}
			if got := FormatDuration(d); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}
