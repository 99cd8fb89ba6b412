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
	".":                          {"internal/app"},
	"internal/app":               {"internal/auth", "internal/api", "internal/events", "internal/middleware", "graph", "graph/generated", "internal/admission", "internal/importer", "models", "internal/playground", "internal/sender", "internal/store", "internal/crmapi"},
	"test/apitest":               {"internal/app", "internal/crmapi", "internal/store/storetest"},
	"internal/auth":              {"internal/admission", "models"},
	"test/bench":                 {"internal/store/storetest", "test/program"},
	"internal/tools/errordocs":   {"internal/auth", "internal/api", "models", "internal/crmapi"},
	"internal/api":               {"internal/auth", "internal/events", "internal/strictjson", "internal/admission", "models"},
	"internal/events":            {"internal/strictjson", "models"},
	"internal/events/eventstest": {"internal/events", "models"},
	"internal/strictjson":        {},
	"test/chaos":                 {"internal/store/storetest", "test/program"},
	"test/program":               {},
	"test/testutil":              {},
	"examples/go":                {},
	"internal/middleware":        {},
	"graph":                      {"internal/auth", "internal/api", "internal/events", "internal/strictjson", "graph/generated", "graph/model", "models"},
	"graph/generated":            {"internal/events", "graph/model", "models"},
	"graph/model":                {"internal/events", "internal/strictjson", "models"},
	"internal/admission":         {},
	"internal/importer":          {"models", "internal/tabular"},
	"models":                     {},
	"internal/playground":        {},
	"internal/tabular":           {},
	"internal/sender":            {"internal/strictjson", "models", "internal/tabular"},
	"internal/store":             {"models"},
	"internal/store/nocgo":       {},
	"internal/store/storetest":   {},
	"internal/crmapi":            {"internal/auth", "internal/api", "internal/events", "internal/strictjson", "models"},
}

// only says who alone may import what of others: databases are spoken to in one place, and the vocabulary needs nobody.
var only = map[string][]string{
	"gorm.io/":                    {"internal/store"},
	"modernc.org/sqlite":          {"internal/store", "test/bench", "test/chaos"},
	"github.com/go-sql-driver/":   {"internal/store", "internal/store/storetest", "test/bench", "test/chaos"},
	"github.com/pressly/goose":    {"internal/store"},
	"github.com/99designs/gqlgen": {"graph", "graph/generated", "graph/model"},
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
