package apitest

import (
	"context"
	"os"
	"os/exec"
	"testing"
)

// programVariable makes a test binary run as the program itself.
const programVariable = "CRM_TEST_PROGRAM=yes"

// Process returns the program as a command that runs as a process of its own, in a temporary folder.
func Process(ctx context.Context, t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	return process(t, exec.CommandContext(ctx, self(t), args...))
}

// ShellProcess is Process for a program that a shell script starts as "$0" "$@".
func ShellProcess(ctx context.Context, t *testing.T, script string, args ...string) *exec.Cmd {
	t.Helper()
	return process(t, exec.CommandContext(ctx, "/bin/sh", append([]string{"-c", script, self(t)},
		args...)...))
}

func process(t *testing.T, cmd *exec.Cmd) *exec.Cmd {
	t.Helper()
	cmd.Dir, cmd.Env = t.TempDir(), append(os.Environ(), programVariable)
	return cmd
}

func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
