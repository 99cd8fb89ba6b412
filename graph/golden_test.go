package graph_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden responses")

// TestGolden sends the request of each folder of testdata and compares the answer. before.json, if present,
// holds lists of variables that the test sends first, with the same query. A folder with the file anonymous
// sends no token.
func TestGolden(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob("testdata/*/request.graphql")
	if err != nil || len(folders) < 30 {
		t.Fatal(len(folders), err)
	}
	for _, request := range folders {
		folder := filepath.Dir(request)
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			a := newAPI(t, nil)
			if _, err := os.Stat(filepath.Join(folder, "anonymous")); err == nil {
				a.token = ""
			}
			query, err := os.ReadFile(request)
			if err != nil {
				t.Fatal(err)
			}
			var before []json.RawMessage
			if text := optional(t, filepath.Join(folder, "before.json")); text != nil {
				if err := json.Unmarshal(text, &before); err != nil {
					t.Fatal(err)
				}
			}
			for _, variables := range before {
				if r := a.post(t, string(query), string(variables)); len(r.Errors) > 0 {
					t.Fatalf("before: %s", r.text)
				}
			}
			r := a.post(t, string(query), string(optional(t, filepath.Join(folder, "variables.json"))))
			got := normalised(t, r.text)
			golden := filepath.Join(folder, "response.json")
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("(-want +got; go test ./graph -run TestGolden -update rewrites it):\n%s", diff)
			}
		})
	}
}

func optional(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return text
}

var (
	// Ids, tokens and cursors get names by order of appearance. Numbers and dates stay as they are: the
	// database is new, and the clock is fixed.
	madeUp = regexp.MustCompile(`\b[0-9A-F]{32}\b|"token": "[\w-]{43}"|bnVtYmVyO[\w-]+`)
)

func normalised(t *testing.T, text string) []byte {
	t.Helper()
	var indented bytes.Buffer
	if err := json.Indent(&indented, []byte(text), "", "  "); err != nil {
		t.Fatal(err)
	}
	names := make(map[string]string)
	clean := madeUp.ReplaceAllStringFunc(indented.String(), func(found string) string {
		if strings.HasPrefix(found, `"token"`) {
			return `"token": "TOKEN"`
		}
		if names[found] == "" {
			names[found] = fmt.Sprintf("ID-%d", len(names)+1)
		}
		return names[found]
	})
	return append([]byte(clean), '\n')
}
