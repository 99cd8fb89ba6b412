package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "customer-events/"

// arrows are who may import whom of ours: they point down, as docs say. A package without a row fails, so the picture cannot go
// stale. Only what is built counts; tests may import what they judge.
var arrows = map[string][]string{
	".":                 {"auth", "door", "events", "gate", "graph", "graph/generated", "heavy", "importer", "models", "playground", "sender", "store", "webapi"},
	"auth":              {"heavy", "models"},
	"bench":             {"store/storetest"},
	"docs/generate":     {"auth", "door", "models", "webapi"},
	"door":              {"auth", "events", "events/strictjson", "heavy", "models"},
	"events":            {"events/strictjson", "models"},
	"events/eventstest": {"events", "models"},
	"events/strictjson": {},
	"faults":            {"store/storetest"},
	"examples/go":       {},
	"gate":              {},
	"graph":             {"auth", "door", "events", "events/strictjson", "graph/generated", "graph/views", "models"},
	"graph/generated":   {"events", "graph/views", "models"},
	"graph/views":       {"events", "events/strictjson", "models"},
	"heavy":             {},
	"importer":          {"models", "rows"},
	"models":            {},
	"playground":        {},
	"rows":              {},
	"sender":            {"events/strictjson", "models", "rows"},
	"store":             {"models"},
	"store/nocgo":       {},
	"store/storetest":   {},
	"webapi":            {"auth", "door", "events", "events/strictjson", "models"},
}

// only says who alone may import what of others: databases are spoken to in one place, and the vocabulary needs nobody.
var only = map[string][]string{
	"gorm.io/":                    {"store"},
	"modernc.org/sqlite":          {"store", "bench", "faults"},
	"github.com/go-sql-driver/":   {"store", "store/storetest", "bench", "faults"},
	"github.com/pressly/goose":    {"store"},
	"github.com/99designs/gqlgen": {"graph", "graph/generated", "graph/views"},
}

func TestArrowsPointDown(t *testing.T) {
	t.Parallel()
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == "tools" || strings.HasPrefix(path, ".git") || entry.Name() == "testdata") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		from := filepath.ToSlash(filepath.Dir(path))
		may, known := arrows[from]
		if !known {
			t.Errorf("%s: the package %s has no row in arrows: say what it may import", path, from)
		}
		for _, spec := range file.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if ours, ok := strings.CutPrefix(name, module); ok && !slices.Contains(may, ours) {
				t.Errorf("%s imports %s: %s may import %v of ours", path, ours, from, may)
			}
			if from == "models" && strings.Contains(strings.Split(name, "/")[0], ".") {
				t.Errorf("%s imports %s: models needs the standard library only", path, name)
			}
			for prefix, allowed := range only {
				if strings.HasPrefix(name, prefix) && !slices.Contains(allowed, from) {
					t.Errorf("%s imports %s: that is for %v only", path, name, allowed)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
