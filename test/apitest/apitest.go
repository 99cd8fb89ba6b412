// Package apitest runs the whole program in tests and is the client of its API.
package apitest

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"customer-events/internal/app"
	"customer-events/internal/store/storetest"
)

// Main runs the tests of a package. With CRM_TEST_PROGRAM set, the test binary runs as the program itself:
// tests start it as a process of its own.
func Main(m *testing.M) {
	if os.Getenv("CRM_TEST_PROGRAM") != "" {
		app.Main(build())
	}
	storetest.Run(m)
}

// File returns the path of a file of the repository, wherever the test runs.
func File(name string) string {
	_, self, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(self), "..", "..", filepath.FromSlash(name))
}

// build returns what package main passes to the program.
func build() app.Build {
	schema, err := os.ReadFile(File("schema.graphqls"))
	if err != nil {
		panic(err)
	}
	licenses, err := os.ReadFile(File("THIRD_PARTY_LICENSES.md"))
	if err != nil {
		panic(err)
	}
	return app.Build{Version: "development", Schema: string(schema), Licenses: string(licenses)}
}

// SecretKey is the secret key of the demo servers.
const SecretKey = "the tests' own secret key"

// Buffer collects the program's output from several goroutines.
type Buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write appends to the buffer.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// String returns everything that was written.
func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// Command runs a command line to its end.
func Command(t *testing.T, stdin string, args ...string) (exit int, stdout, stderr string) {
	t.Helper()
	var out, errs Buffer
	exit = app.Run(t.Context(), args, app.Env{
		Build: build(), Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &errs,
		Log: app.NewLogger(&errs),
	})
	return exit, out.String(), errs.String()
}

// MustCommand is Command for commands that must succeed.
func MustCommand(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	exit, stdout, stderr := Command(t, stdin, args...)
	if exit != 0 {
		t.Fatalf("%v exits with %d: %s", args, exit, stderr)
	}
	return stdout
}
