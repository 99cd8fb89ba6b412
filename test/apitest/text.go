package apitest

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
)

var upper = regexp.MustCompile(`[A-Z]|[0-9]+`)

// WireName returns a field's name in the Web API.
func WireName(field string) string {
	return upper.ReplaceAllStringFunc(field, func(s string) string { return "_" + strings.ToLower(s) })
}

// MustBePrintable checks that no text of a response has characters that control a terminal or a page.
func MustBePrintable(t *testing.T, text string) {
	t.Helper()
	var answer any
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatalf("%v: %.300s", err, text)
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			at := strings.IndexFunc(v, func(r rune) bool {
				return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == 0x2028 || r == 0x2029
			})
			if at >= 0 {
				t.Errorf("a response contains %q", v)
			}
		case []any:
			for _, item := range v {
				walk(item)
			}
		case map[string]any:
			for _, item := range v {
				walk(item)
			}
		}
	}
	walk(answer)
}

// MaxLatency limits the time of a request during an attack.
const MaxLatency = 5 * time.Second
