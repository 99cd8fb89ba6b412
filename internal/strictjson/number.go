package strictjson

import "strings"

// Zero reports whether a number's text means 0. Others may be so small that the nearest float is 0 all the same.
func Zero(number string) bool {
	digits := number
	if exponent := strings.IndexAny(number, "eE"); exponent >= 0 {
		digits = number[:exponent]
	}
	return !strings.ContainsAny(digits, "123456789")
}
