package strictjson

import "strings"

// Zero reports whether a JSON number is exactly 0. Parsing also returns 0 for numbers that are too small for
// a float.
func Zero(number string) bool {
	digits := number
	if exponent := strings.IndexAny(number, "eE"); exponent >= 0 {
		digits = number[:exponent]
	}
	return !strings.ContainsAny(digits, "123456789")
}
