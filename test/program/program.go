// Package program builds the server and runs it as a process, for the tools that measure it and that break
// it.
package program

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Build builds the server into a folder without cgo, as a release does, and returns the path of the binary.
func Build(ctx context.Context, dir string) (string, error) {
	path := filepath.Join(dir, "customer-events")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path,
		"customer-events")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	return path, cmd.Run()
}

// Program is the built server with the folder and the environment that it runs in.
type Program struct {
	Path, Dir string
	Env       []string
}

// Run runs one command of the program to its end. The error carries the command's output.
func (p Program) Run(ctx context.Context, stdin string, args ...string) error {
	cmd := exec.CommandContext(ctx, p.Path, args...)
	cmd.Env, cmd.Dir, cmd.Stdin = p.Env, p.Dir, strings.NewReader(stdin)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w: %s", args, err, out)
	}
	return nil
}

// Prepare imports reference data, given as rows with a header by their kind, and adds a user.
func (p Program) Prepare(ctx context.Context, files map[string][][]string, user, password string) error {
	for kind, rows := range files {
		var text bytes.Buffer
		if err := csv.NewWriter(&text).WriteAll(rows); err != nil {
			return err
		}
		path := filepath.Join(p.Dir, kind+".csv")
		if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
			return err
		}
		if err := p.Run(ctx, "", "import", kind, path); err != nil {
			return err
		}
	}
	return p.Run(ctx, password+"\n", "user", "add", user)
}
