package graph_test

import "strings"

// invalidEvent is one kind of invalid event.
type invalidEvent struct {
	name string
	// event is the JSON text of the event. request is its expected request identifier, if any.
	event func(request string) string
	code  string
	path  string
	// least is the number of such events from which the kind is invalid. most is the number that fits into
	// one body, 0 for any number.
	least, most int
}

const (
	invalid   = "InvalidAPIValueException"
	mandatory = "MandatoryAPIValueException"
	notFound  = "NotFoundAPIValueException"
	ambiguous = "AmbiguousAPIValueException"
	duplicate = "DuplicateAPIValueException"
)

// invalidEvents returns every kind.
func invalidEvents() (list []invalidEvent) {
	add := func(name string, event func(string) string, code, path string) {
		list = append(list, invalidEvent{name: name, event: event, code: code, path: path, least: 1})
	}
	texts := []string{
		"requestUniqueIdentifier",
		"website",
		"description",
		"externalSystem",
		"externalSystemReferenceNumber",
		"udfString1",
		"udfString2",
		"udfString3",
		"udfString4",
		"udfString5",
		"udfString6",
		"udfString7",
		"udfString8",
	}
	dates := []string{"performedOn", "udfDate1", "udfDate2", "udfDate3", "udfDate4"}
	floats := []string{"udfFloat1", "udfFloat2", "udfFloat3", "udfFloat4"}
	identifiers := []string{
		"accountsReceivableIdentifier",
		"performedByUnitIdentifier",
		"classificationIdentifier",
	}
	wrong := map[string]string{
		"a number":  `5`,
		"true":      `true`,
		"an object": `{"a":[1]}`,
		"a list":    `["x"]`,
		"a text":    `"x"`,
	}
	for _, kind := range []struct {
		fields []string
		right  string
	}{{texts, "a text"}, {dates, ""}, {floats, "a number"}, {identifiers, ""}} {
		for _, field := range kind.fields {
			for name, value := range wrong {
				path := field
				if field == "accountsReceivableIdentifier" || field == "performedByUnitIdentifier" ||
					field == "classificationIdentifier" {
					if name == "an object" {
						path += ".a"
					}
				}
				if name != kind.right {
					add(name+" for "+field, with(field, value), invalid, path)
				}
			}
		}
	}
	for _, field := range []string{
		"requestUniqueIdentifier",
		"performedByUnitIdentifier",
		"performedOn",
		"website",
		"accountsReceivableIdentifier",
	} {
		add("no "+field, without(field), mandatory, field)
		add("null for "+field, with(field, "null"), mandatory, field)
		if field == "performedByUnitIdentifier" || field == "accountsReceivableIdentifier" {
			add("empty "+field, with(field, "{}"), mandatory, field)
			add("null in "+field, with(field, `{"id":null}`), mandatory, field+".id")
			add("blank in "+field, with(field, `{"id":" "}`), mandatory, field+".id")
			add("number in "+field, with(field, `{"id":1}`), invalid, field+".id")
			add("two in "+field, with(field, `{"id":"1","name":"Admin Unit"}`), invalid, field)
			add("unknown in "+field, with(field, `{"code":"1"}`), invalid, field+".code")
			add("nothing found by "+field, with(field, `{"id":"nothing"}`), notFound, field+".id")
			continue
		}
		add("blank "+field, with(field, `" \t"`), mandatory, field)
	}
	for _, date := range []string{
		"2023-02-29T00:00:00Z",
		"2023-02-30T00:00:00",
		"2023-13-01T00:00:00Z",
		"2023-00-01T00:00:00Z",
		"2023-01-00T00:00:00Z",
		"2023-01-01T24:00:00Z",
		"2023-01-01T23:59:60Z",
		"2023-01-01",
		"2023-01-01 00:00:00",
		"01/02/2023",
		"2023-01-01T00:00:00+24:00",
		"2023-01-01T00:00:00.Z",
		"0999-12-31T23:59:59Z",
		"10000-01-01T00:00:00Z",
		"-2023-01-01T00:00:00Z",
		"now",
		"0000-00-00T00:00:00",
	} {
		add("performedOn "+date, with("performedOn", `"`+date+`"`), invalid, "performedOn")
		add("udfDate3 "+date, with("udfDate3", `"`+date+`"`), invalid, "udfDate3")
	}
	add("far ahead", with("performedOn", `"2026-03-03T12:00:01Z"`), invalid, "performedOn")
	for _, number := range []string{
		`"NaN"`,
		`"Inf"`,
		`"+Inf"`,
		`"-Infinity"`,
		`"nan"`,
		`1e309`,
		`-1e309`,
		`1e99999999999`,
		strings.Repeat("9", 400),
		`"1.5"`,
		`""`,
	} {
		add("udfFloat2 "+number[:min(len(number), 12)], with("udfFloat2", number), invalid, "udfFloat2")
	}
	for field, most := range map[string]int{
		"requestUniqueIdentifier":       255,
		"externalSystem":                255,
		"externalSystemReferenceNumber": 255,
		"udfString8":                    255,
		"description":                   4000,
		"website":                       2048,
	} {
		add(field+" too long", with(field, `"`+strings.Repeat("ä", most+1)+`"`), invalid, field)
	}
	for _, field := range []string{
		"requestUniqueIdentifier",
		"website",
		"description",
		"externalSystem",
		"udfString5",
	} {
		for name, value := range map[string]string{
			"NUL":                  `a\u0000b`,
			"a control character":  `a\u0007b`,
			"a C1 control":         "a\u0085b",
			"half a pair":          `a\ud83d`,
			"the other half":       `\ude00a`,
			"a pair turned round":  `\ude00\ud83d`,
			"a byte of no UTF-8":   "a\xffb",
			"a cut sequence":       "a\xe2\x82",
			"an overlong sequence": "\xc0\xaf",
			"a surrogate in UTF-8": "\xed\xa0\x80",
			"beyond Unicode":       "\xf4\x90\x80\x80",
		} {
			add(name+" in "+field, with(field, `"`+value+`"`), invalid, field)
		}
	}
	for _, website := range []string{
		"javascript:alert(1)",
		"JaVaScRiPt:alert(1)",
		"data:text/html,x",
		"ftp://example.com",
		"http://",
		"//example.com",
		"a b.com",
		"mailto:a@b.c",
		`http://a\\b`,
	} {
		add("website "+website, with("website", `"`+website+`"`), invalid, "website")
	}
	add("an unknown field", with("nothing", `1`), invalid, "nothing")
	add("an unknown field of the other spelling", with("udf_string_1", `"x"`), invalid, "udf_string_1")
	add("__proto__", with("__proto__", `{"a":1}`), invalid, "__proto__")
	add("a field of no UTF-8", with("a\xff", `1`), invalid, "a\ufffd")
	add("a field twice", func(r string) string { return good(r) + `,"website":"www.crm.com"}` }, invalid,
		"website")
	add("the request identifier twice", func(r string) string {
		return good(r) + `,"requestUniqueIdentifier":"another"}`
	}, invalid, "requestUniqueIdentifier")
	add("both customers", with("rewardsParticipantIdentifier", `{"number":"RP0000000019"}`), invalid,
		"rewardsParticipantIdentifier")
	add("a name of two accounts", with("accountsReceivableIdentifier", `{"name":"Alex Twin"}`), ambiguous,
		"accountsReceivableIdentifier.name")
	add("a classification of another type", with("classificationIdentifier", `{"name":"Till"}`), notFound,
		"classificationIdentifier.name")
	const participant = "rewardsParticipantIdentifier"
	const token = participant + ".accessTokenIdentifier"
	for _, c := range []struct{ value, code, path string }{
		{`{"number":"unknown"}`, notFound, participant + ".number"},
		{`{"accessTokenIdentifier":{}}`, mandatory, token},
		{`{"accessTokenIdentifier":null}`, mandatory, token},
		{`{"accessTokenIdentifier":{"authenticationCode":"x","oneTimePassword":"1"}}`, invalid, token},
		{`{"accessTokenIdentifier":{"x":1}}`, invalid, token},
		{`{"accessTokenIdentifier":7}`, invalid, token},
		{`{"accessTokenIdentifier":{"authenticationCode":7}}`, invalid, token + ".authenticationCode"},
		{`{"accessTokenIdentifier":{"authenticationCode":"spent-authentication-code"}}`, notFound,
			token + ".authenticationCode"},
		{`{"accessTokenIdentifier":{"credentials":{"identifier":"maria@example.com"}}}`, mandatory,
			token + ".credentials.passCode"},
		{`{"accessTokenIdentifier":{"oneTimePassword":1.5}}`, invalid, token + ".oneTimePassword"},
		{`{"accessTokenIdentifier":{"oneTimePassword":-1}}`, invalid, token + ".oneTimePassword"},
		{`{"accessTokenIdentifier":{"oneTimePassword":"12a"}}`, invalid, token + ".oneTimePassword"},
		{`{"accessTokenIdentifier":{"oneTimePassword":"999999"}}`, notFound, token + ".oneTimePassword"},
	} {
		add("participant "+c.value, instead(participant, c.value), c.code, c.path)
	}
	for _, value := range []string{"5", "true", `"text"`, "[]", `[{}]`} {
		add(value+" for an event", fixed(value), invalid, "")
	}
	add("null for an event", fixed("null"), mandatory, "")
	add("an empty event", fixed("{}"), mandatory, "requestUniqueIdentifier")
	add("a taken reference", func(r string) string {
		return good(r) + `,"externalSystem":"shop","externalSystemReferenceNumber":"taken",` +
			`"description":"other"}`
	}, duplicate, "description")
	list = append(list, invalidEvent{
		name: "one request identifier", event: func(string) string { return good("the same") + "}" },
		code: duplicate, path: "requestUniqueIdentifier", least: 2,
	})
	for name, value := range map[string]string{
		"lists":   strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000),
		"objects": strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000),
	} {
		for _, field := range []string{
			"nothing",
			"description",
			"performedOn",
			"udfFloat1",
			"accountsReceivableIdentifier",
		} {
			path := field
			if field == "accountsReceivableIdentifier" && name == "objects" {
				path += ".a"
			}
			list = append(list, invalidEvent{
				name: "100,000 " + name + " deep in " + field, event: with(field, value),
				code: invalid, path: path, least: 1, most: 3,
			})
		}
		list = append(list, invalidEvent{
			name: "100,000 " + name + " deep for an event", event: fixed(value),
			code: invalid, path: map[string]string{"objects": "a"}[name], least: 1, most: 3,
		})
	}
	return list
}
