package api

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"customer-events/internal/admission"
)

// FuzzMembers compares Members with encoding/json: both accept the same bodies as JSON, and both read the
// same values.
func FuzzMembers(f *testing.F) {
	for _, seed := range []string{
		`{"token":"a","set":[1],"x":{}}`,
		`{"token":"\ud800"}`,
		"{\"token\":\"\xff\"}",
		`{"token":1}`,
		`{"token":[1}`,
		`{"token":null,"token":"a"}`,
		`{"set":{}}`,
		`{"set":[1}`,
		`[]`,
		``,
		` `,
		`{}{}`,
		`{"x":1,"x":1}`,
	} {
		f.Add(seed)
	}
	controller := admission.NewController(func(context.Context) bool { return true })
	f.Fuzz(func(t *testing.T, body string) {
		if strings.Count(body, "[")+strings.Count(body, "{") > 1000 {
			return // encoding/json limits the depth, Members does not
		}
		var token *string
		var set string
		err := Members{"token": Text(&token), "set": List(&set)}.Read(t.Context(), controller, body)
		if strings.TrimSpace(body) == "" {
			return
		}
		valid := json.Valid([]byte(body))
		rejected := err != nil &&
			(strings.Contains(err.Error(), "valid JSON") || strings.Contains(err.Error(), "one JSON object"))
		if !valid && !rejected {
			t.Fatalf("%q is not JSON: %v", body, err)
		}
		if valid && err != nil && strings.Contains(err.Error(), "valid JSON") {
			t.Fatalf("%q is JSON: %v", body, err)
		}
		if err != nil {
			return
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal([]byte(body), &want); err != nil {
			t.Fatalf("%q: %v", body, err)
		}
		if raw := string(want["set"]); raw != set && (set != "" || raw != "null") {
			t.Errorf("%q: set %q, want %q", body, set, raw)
		}
		var other *string
		if raw := want["token"]; raw != nil {
			_ = json.Unmarshal(raw, &other)
		}
		if diff := cmp.Diff(other, token); diff != "" {
			t.Errorf("%q: %s", body, diff)
		}
	})
}
