package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"customer-events/internal/app"
	"customer-events/test/apitest"
)

// openTerminal returns the two ends of a pseudo-terminal. Source: pty(7), ioctl_tty(2).
func openTerminal(t *testing.T) (master, terminal *os.File) {
	t.Helper()
	const unlock, number = 0x40045431, 0x80045430 // TIOCSPTLCK, TIOCGPTN
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("this machine has no pseudo-terminals:", err)
	}
	t.Cleanup(func() { _ = master.Close() })
	var zero, n int32
	for request, value := range map[uintptr]*int32{unlock: &zero, number: &n} {
		_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, master.Fd(), request,
			uintptr(unsafe.Pointer(value)))
		if errno != 0 {
			t.Fatal(errno)
		}
	}
	terminal, err = os.OpenFile(fmt.Sprint("/dev/pts/", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = terminal.Close() })
	return master, terminal
}

// TestPassword_OnTerminal checks that a new password is asked for twice on a terminal, and that nothing is
// changed unless both are the same.
func TestPassword_OnTerminal(t *testing.T) {
	t.Parallel()
	database := "sqlite:" + filepath.Join(t.TempDir(), "x.db")
	apitest.MustCommand(t, "", "migrate", "--database", database)
	for _, c := range []struct {
		name  string
		typed []string
		exit  int
		want  string
	}{
		{"different", []string{"a good password", "a god password"}, 1, "the two passwords differ"},
		{"too short", []string{"short"}, 1, "too short"},
		{"equal", []string{"a good password", "a good password"}, 0, "Password again: "},
		{"interrupted", nil, 1, "interrupted before the password was given"},
	} {
		t.Run(c.name, func(t *testing.T) {
			master, terminal := openTerminal(t)
			var out apitest.Buffer
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			command := "add"
			if c.typed == nil { // the user exists by now
				command = "password"
			}
			exit := make(chan int)
			go func() {
				exit <- app.Run(ctx, []string{"user", command, "anna", "--database", database}, app.Env{
					Stdin: terminal, Stdout: &out, Stderr: &out, Log: app.NewLogger(&out),
				})
			}()
			waitFor(t, func() bool { return strings.Contains(out.String(), "Password: ") })
			for i, password := range c.typed {
				waitFor(t, func() bool { return strings.Count(out.String(), "Password") == i+1 })
				if _, err := master.WriteString(password + "\n"); err != nil {
					t.Fatal(err)
				}
			}
			if c.typed == nil {
				cancel()
			}
			if got := <-exit; got != c.exit || !strings.Contains(out.String(), c.want) {
				t.Errorf("exit %d: %s", got, out.String())
			}
		})
	}
	list := apitest.MustCommand(t, "", "user", "list", "--database", database)
	if strings.Count(list, "anna") != 1 {
		t.Errorf("%s", list)
	}
}

func waitFor(t *testing.T, condition func() bool) {
	t.Helper()
	for range 500 {
		if condition() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("waited for 5 seconds without success")
}
