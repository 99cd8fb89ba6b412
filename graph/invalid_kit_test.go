package graph_test

import "strings"

// with returns a valid event in which one field has another value.
func with(field, value string) func(string) string {
	return func(request string) string {
		e := good(request)
		if at := strings.Index(e, `"`+field+`":`); at >= 0 {
			rest := e[at+len(field)+3:]
			end := strings.Index(rest, `,"`)
			if strings.HasPrefix(rest, "{") {
				end = strings.Index(rest, "}") + 1
			}
			if end < 0 {
				end = len(rest)
			}
			return e[:at] + `"` + field + `":` + value + rest[end:] + "}"
		}
		return e + `,"` + field + `":` + value + "}"
	}
}

// without returns a valid event that lacks a field.
func without(field string) func(string) string {
	return func(request string) string {
		e := with(field, `@`)(request)
		e = strings.Replace(e, `,"`+field+`":@`, "", 1)
		return strings.Replace(e, `"`+field+`":@,`, "", 1)
	}
}

func fixed(event string) func(string) string { return func(string) string { return event } }

// instead returns a valid event with another field in place of the account.
func instead(field, value string) func(string) string {
	return func(request string) string {
		return strings.Replace(with(field, value)(request),
			`"accountsReceivableIdentifier":{"number":"ACR0000000020"},`, "", 1)
	}
}
