package storetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// helperEnv makes the test binary a program that starts a server and waits to
// be killed.
const helperEnv = "STORETEST_HELPER"

func TestMain(m *testing.M) {
	if os.Getenv(helperEnv) != "" {
		helper()
	}
	Run(m)
}

func helper() {
	s, err := Start(context.Background(), Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(s.PID(), s.dir)
	_, _ = io.Copy(io.Discard, os.Stdin) // ends with the test, should it not kill
	os.Exit(0)
}

// TestServerDiesWithProcess also checks that the next start removes what a
// killed process left.
func TestServerDiesWithProcess(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has a parent death signal")
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), helperEnv+"=1")
	cmd.Stderr = os.Stderr
	in, errIn := cmd.StdinPipe()
	out, errOut := cmd.StdoutPipe()
	if err := errors.Join(errIn, errOut, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var pid int
	var dir string
	_, err := fmt.Fscan(out, &pid, &dir)
	if err != nil || syscall.Kill(pid, 0) != nil || !exists(dir) {
		t.Fatalf("the helper's server: pid %d, folder %q, %v", pid, dir, err)
	}

	start(t, Options{})
	if !exists(dir) {
		t.Error("the folder of a living process was removed")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	for deadline := time.Now().Add(10 * time.Second); syscall.Kill(pid, 0) == nil; {
		if time.Now().After(deadline) {
			t.Fatalf("the server %d outlives its process", pid)
		}
		time.Sleep(10 * time.Millisecond)
	}
	start(t, Options{})
	if exists(dir) {
		t.Errorf("%s is still there", dir)
	}
}
