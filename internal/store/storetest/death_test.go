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

// helperEnv is the variable that makes the test binary start a server and wait until it is killed.
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
	_, _ = io.Copy(io.Discard, os.Stdin) // returns when the test exits without killing this process
	os.Exit(0)
}

// TestStart_ServerDiesWithProcess also checks that the next start removes the folder of a killed process.
func TestStart_ServerDiesWithProcess(t *testing.T) {
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
		t.Error("the folder of a running process was removed")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	for deadline := time.Now().Add(10 * time.Second); syscall.Kill(pid, 0) == nil; {
		if time.Now().After(deadline) {
			t.Fatalf("the server %d is still running after its process was killed", pid)
		}
		time.Sleep(10 * time.Millisecond)
	}
	start(t, Options{})
	if exists(dir) {
		t.Errorf("%s still exists", dir)
	}
}
