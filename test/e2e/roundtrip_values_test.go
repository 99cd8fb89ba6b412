package e2e

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"unicode"
)

// fieldValue is a value of a field as JSON text. want is the value that must be read back, or nil if the
// server must reject it.
type fieldValue struct {
	field, raw string
	want       any
}

// textFields are the text fields with their maximum numbers of characters.
var textFields = map[string]int{
	"description":                   4000,
	"externalSystem":                255,
	"externalSystemReferenceNumber": 255,
	"udfString1":                    255,
	"udfString2":                    255,
	"udfString3":                    255,
	"udfString4":                    255,
	"udfString5":                    255,
	"udfString6":                    255,
	"udfString7":                    255,
	"udfString8":                    255,
}

// quoted returns a text between quotation marks, without escapes.
func quoted(text string) string { return `"` + text + `"` }

// escapedText returns a text with every character as a \u escape.
func escapedText(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r > 0xffff {
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		} else {
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return quoted(b.String())
}

func isStorable(r rune) bool { return !unicode.IsControl(r) || r == '\t' || r == '\n' || r == '\r' }

// invisible are characters that change the direction of the following text, or that have no glyph.
const invisible = "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2028\u2029\u2060" +
	"\u2066\u2067\u2068\u2069\ufeff"

func textValues() (values []fieldValue) {
	// Every Unicode character, 2000 in a text: noncharacters, private use, unassigned, marks, astral
	// ones.
	var all []rune
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if isStorable(r) && (r < 0xd800 || r > 0xdfff) {
			all = append(all, r)
		}
	}
	for ; len(all) > 0; all = all[min(2000, len(all)):] {
		text := string(all[:min(2000, len(all))])
		values = append(values, fieldValue{"description", escapedText(text), text})
		if !strings.ContainsAny(text, "\t\n\r\"\\") {
			values = append(values, fieldValue{"description", quoted(text), text})
		}
	}
	for field, most := range textFields {
		// Control characters, one by one.
		for r := rune(0); r < 0xa0; r++ {
			text := "a" + string(r) + "b"
			if !unicode.IsControl(r) {
				continue
			}
			v := fieldValue{field, escapedText(text), nil}
			if isStorable(r) {
				v.want = text
			}
			values = append(values, v)
		}
		// Directional marks and invisible characters are text.
		for _, r := range invisible + "\ufffe\uffff\ufdd0\U0001ffff\U0010ffff\U000e0001\ufffd" {
			text := "a" + string(r) + "b"
			values = append(values, fieldValue{field, quoted(text), text},
				fieldValue{field, escapedText(text), text})
		}
		// Invalid Unicode: halves of surrogate pairs, and bytes that are not UTF-8.
		for _, bad := range []string{
			`\ud800`, `\udfff`, `\udc00\ud800`, `\ud800\ud800\udc00`, `\ud83dx`, "\xff", "\xc0\x80",
			"\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80", "\xf8\x88\x80\x80\x80",
		} {
			values = append(values, fieldValue{field, quoted("a" + bad + "b"), nil})
		}
		// The maximum length and one more, in characters of one to four bytes and of two code points.
		for _, r := range "xü€𝄞\u0301" {
			full := strings.Repeat(string(r), most)
			values = append(values, fieldValue{field, quoted(full), full},
				fieldValue{field, quoted(full + string(r)),
					nil})
		}
		// Texts that a database, a shell, a spreadsheet or a page might interpret.
		for _, text := range []string{
			" ", "  both ends  ", "null", "NULL", "\\N", "'; DROP TABLE units; --", `\' OR 1=1 -- `, "=1+1",
			"@SUM(A1)", "<script>alert(1)</script>", "%s%n", "${jndi:ldap://x}", "../../etc/passwd",
			"a\r\nSet-Cookie: x", "0x00", "1e1", "true", "e\u0301é", "\"", "\\", "ﬀ", "İıſK",
		} {
			if field == "externalSystem" || field == "externalSystemReferenceNumber" {
				if strings.TrimSpace(text) == "" {
					continue // a blank reference is invalid
				}
			}
			escaped, _ := json.Marshal(text)
			values = append(values, fieldValue{field, string(escaped), text})
		}
	}
	for _, r := range "\u0000\u0009\u000a\u000d\u001b\u007f\u0085\u00a0\u00ad" + invisible {
		for _, text := range []string{
			"www.crm.com/" + string(r),
			string(r) + "www.crm.com",
			"java" + string(r) + "script:alert(1)",
			"http://www." + string(r) + "crm.com",
		} {
			values = append(values, fieldValue{"website", escapedText(text), nil})
		}
	}
	for _, text := range []string{
		"javascript:alert(1)",
		"JAVASCRIPT:alert(1)",
		"javascript://www.crm.com/%0aalert(1)",
		"data:text/html,x",
		"vbscript:x",
		"file:///etc/passwd",
		"//www.crm.com",
		"http:www.crm.com",
		"https://",
		"ftp://www.crm.com",
		"www.crm.com\\@evil",
		"blob:http://www.crm.com",
		"about:blank",
		"http://" + strings.Repeat("a", 2048),
	} {
		escaped, _ := json.Marshal(text)
		values = append(values, fieldValue{"website", string(escaped), nil})
	}
	long := "http://www.crm.com/" + strings.Repeat("𝄞", 2048-19)
	return append(values, fieldValue{"website", quoted(long), long},
		fieldValue{"website", quoted(long + "𝄞"), nil},
		fieldValue{"website", quoted("www.crm.com/ü?ø=€#𝄞"), "www.crm.com/ü?ø=€#𝄞"})
}

func numberValues() (values []fieldValue) {
	for _, raw := range []string{
		"0",
		"0.0",
		"0e999999999",
		"0.000e-999999999",
		"1",
		"-1",
		"0.1",
		"1e22",
		"9007199254740993",
		"123456789012345678901234567890",
		"1.7976931348623157e308",
		"-1.7976931348623157E+308",
		"5e-324",
		"-5e-324",
		"4.9406564584124654e-324",
		"2.2250738585072014e-308",
		"2.2250738585072011e-308",
		"2.225073858507201e-308",
		"1e-323",
		"3.141592653589793238462643383279502884",
		"0." + strings.Repeat("3", 5000),
		strings.Repeat("9", 300),
	} {
		n, _ := strconv.ParseFloat(raw, 64)
		values = append(values, fieldValue{"udfFloat1", raw, n})
	}
	// the sign of a zero is not stored
	values = append(values, fieldValue{"udfFloat2", "-0", 0.0}, fieldValue{"udfFloat2", "-0.0e5", 0.0})
	for _, raw := range []string{
		"1e400",
		"-1e400",
		"1.7976931348623159e308",
		strings.Repeat("9", 400),
		"1e-400",
		"-1e-400",
		"1e-999999999",
		"2e-324",
		"0." + strings.Repeat("0", 400) + "1",
		`"1.5"`,
		`"NaN"`,
		`"Infinity"`,
		"true",
		"[1]",
		`{"x":1}`,
	} {
		values = append(values, fieldValue{"udfFloat3", raw, nil})
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 1500 {
		if n := math.Float64frombits(random.Uint64()); !math.IsInf(n, 0) && !math.IsNaN(n) {
			values = append(values, fieldValue{"udfFloat4", strconv.FormatFloat(n, 'g', -1, 64), n})
		}
	}
	for range 300 { // subnormal numbers
		n := math.Float64frombits(1 + random.Uint64()&(1<<52-1))
		values = append(values, fieldValue{"udfFloat4", strconv.FormatFloat(n, 'e', -1, 64), n})
	}
	return values
}

func dateValues() (values []fieldValue) {
	for raw, want := range map[string]string{
		"1000-01-01T00:00:00Z":                            "1000-01-01T00:00:00Z",
		"9999-12-31T23:59:59.999999Z":                     "9999-12-31T23:59:59.999999Z",
		"1000-01-01T00:00:00-23:59":                       "1000-01-01T23:59:00Z",
		"1582-10-10T00:00:00Z":                            "1582-10-10T00:00:00Z",
		"1969-12-31T23:59:59.999999Z":                     "1969-12-31T23:59:59.999999Z",
		"2038-01-19T03:14:08Z":                            "2038-01-19T03:14:08Z",
		"2016-02-29T00:00:00.1Z":                          "2016-02-29T00:00:00.1Z",
		"2016-06-22T15:00:00.123456000Z":                  "2016-06-22T15:00:00.123456Z",
		"2016-06-22t15:00:00z":                            "2016-06-22T15:00:00Z",
		"2016-06-22T15:00:00.1234567Z":                    "2016-06-22T15:00:00.123456Z",
		"2016-06-22T15:00:00.9999999999+01:00":            "2016-06-22T14:00:00.999999Z",
		"2016-06-22T15:00Z":                               "2016-06-22T15:00:00Z",
		"2016-06-22T15:00":                                "2016-06-22T15:00:00Z",
		"2016-06-22T15:00:00." + strings.Repeat("1", 400): "2016-06-22T15:00:00.111111Z",
	} {
		values = append(values, fieldValue{"udfDate1", quoted(raw), want})
	}
	for _, raw := range []string{"0999-12-31T23:59:59Z", "0000-00-00T00:00:00Z", "0001-01-01T00:00:00Z",
		"10000-01-01T00:00:00Z", "-1000-01-01T00:00:00Z", "+2016-01-01T00:00:00Z",
		"1000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",
		"2016-02-30T00:00:00Z", "2015-02-29T00:00:00Z", "2016-13-01T00:00:00Z", "2016-00-01T00:00:00Z",
		"2016-06-22T24:00:00Z", "2016-12-31T23:59:60Z", "2016-06-22T15:00:00.Z", "2016-06-22T15:00:00+24:00",
		"2016-06-22",
		"2016-06-22 15:00:00", "٢٠١٦-06-22T15:00:00Z", "2016-06-22T15:00:00Zx", "2016-06-22T15:00.5Z",
		"1466607600", "", "now", "2016-06-22T15:00:00\\u0000"} {
		values = append(values, fieldValue{"udfDate2", quoted(raw), nil})
	}
	return append(values, fieldValue{"udfDate3", "1466607600", nil}, fieldValue{"udfDate3", "1e400", nil},
		fieldValue{"udfDate3", "{}", nil})
}
