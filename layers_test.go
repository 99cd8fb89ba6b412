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

// allowedImports lists, for each package of this module, the packages of this module that it may import. A
// package without a row fails the test. Only non-test files count.
var allowedImports = map[string][]string{
	".": {"internal/app"},
	"internal/app": {
		"internal/ratelimit", "internal/apierr", "internal/auth", "internal/api", "internal/events",
		"internal/middleware", "graph", "graph/generated", "internal/admission", "internal/importer",
		"models", "internal/playground", "internal/sender", "internal/store", "internal/crmapi",
		"internal/telemetry",
	},
	"internal/telemetry": {
		"internal/api", "internal/apierr", "internal/crmapi", "internal/events", "internal/middleware",
		"internal/store", "models",
	},
	"test/apitest":             {"internal/app", "internal/crmapi", "internal/store/storetest"},
	"internal/auth":            {"internal/admission", "models"},
	"test/bench":               {"internal/store/storetest", "test/program"},
	"internal/tools/errordocs": {"internal/apierr", "models"},
	"internal/apierr":          {},
	"internal/ratelimit":       {},
	"internal/backoff":         {},
	"internal/api": {
		"internal/ratelimit", "internal/apierr", "internal/auth", "internal/events",
		"internal/strictjson", "internal/admission", "models",
	},
	"internal/events":            {"internal/backoff", "internal/strictjson", "models"},
	"internal/events/eventstest": {"internal/events", "models"},
	"internal/strictjson":        {},
	"test/chaos":                 {"internal/store/storetest", "test/program"},
	"test/program":               {},
	"test/testutil":              {},
	"examples/go":                {},
	"examples/go/customerevents": {},
	"internal/middleware":        {"models"},
	"graph": {
		"internal/admission", "internal/apierr", "internal/auth", "internal/api", "internal/events",
		"internal/strictjson", "graph/generated", "graph/model", "models",
	},
	"graph/generated":          {"internal/events", "graph/model", "models"},
	"graph/model":              {"internal/events", "internal/strictjson", "models"},
	"internal/admission":       {"internal/apierr"},
	"internal/importer":        {"internal/backoff", "models", "internal/tabular"},
	"models":                   {},
	"internal/playground":      {},
	"internal/tools/language":  {},
	"internal/tabular":         {},
	"internal/sender":          {"internal/backoff", "internal/strictjson", "models", "internal/tabular"},
	"internal/store":           {"models"},
	"internal/store/nocgo":     {},
	"internal/store/storetest": {},
	"internal/crmapi": {
		"internal/admission", "internal/apierr", "internal/auth", "internal/api", "internal/events",
		"internal/strictjson", "models",
	},
}

// allowedImporters lists, for a prefix of module paths, the only packages that may import it: one package
// knows the databases, and models depends on the standard library alone.
var allowedImporters = map[string][]string{
	"gorm.io/":                    {"internal/store"},
	"modernc.org/sqlite":          {"internal/store", "test/bench", "test/chaos"},
	"github.com/go-sql-driver/":   {"internal/store", "internal/store/storetest", "test/bench", "test/chaos"},
	"github.com/pressly/goose":    {"internal/store"},
	"github.com/99designs/gqlgen": {"graph", "graph/generated", "graph/model"},
}

func TestImports(t *testing.T) {
	t.Parallel()
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == "testdata" ||
			path == "tools" || strings.HasPrefix(path, ".git")) {
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
		allowed, known := allowedImports[from]
		if !known {
			t.Errorf("%s: the package %s has no row in allowedImports: add one", path, from)
		}
		for _, spec := range file.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if own, ok := strings.CutPrefix(name, module); ok && !slices.Contains(allowed, own) {
				t.Errorf("%s imports %s: of this module, %s may import only %v", path, own, from, allowed)
			}
			if from == "models" && strings.Contains(strings.Split(name, "/")[0], ".") {
				t.Errorf("%s imports %s: models may import only the standard library", path, name)
			}
			for prefix, importers := range allowedImporters {
				if strings.HasPrefix(name, prefix) && !slices.Contains(importers, from) {
					t.Errorf("%s imports %s: only %v may import it", path, name, importers)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
