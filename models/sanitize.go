package models

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sanitize returns a caller's value in a form that is safe in an error text: at most 100 characters, and
// without characters that control a terminal, a log or a page. It keeps joiners: words and emoji have them.
func Sanitize(value string) string {
	const maxLength = 100
	clean := true
	for i := 0; i < len(value) && clean; i++ {
		clean = value[i] >= ' ' && value[i] < 0x7f
	}
	if clean && len(value) <= maxLength {
		return value
	}
	var b strings.Builder
	n := 0
	for _, r := range value {
		if n == maxLength {
			b.WriteString("…")
			break
		}
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && !isJoiner(r) || r == '\u2028' || r == '\u2029' {
			r = utf8.RuneError
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}
