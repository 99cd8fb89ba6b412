package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// minPasswordLength is the shortest password, in characters. Source: NIST SP 800-63B.
const minPasswordLength = 8

// newPassword reads a password that the program will store. On a terminal it asks twice, because a typing
// error cannot be seen there. It stops waiting when the context ends.
func newPassword(ctx context.Context, env Env) (string, error) {
	terminal, onTerminal := terminalOf(env.Stdin)
	var before *term.State
	if onTerminal {
		before, _ = term.GetState(int(terminal.Fd()))
	}
	type read struct {
		password string
		err      error
	}
	done := make(chan read, 1)
	go func() {
		password, err := readPassword(env)
		if err == nil && utf8.RuneCountInString(password) < minPasswordLength {
			err = fmt.Errorf("the password is too short: write at least %d characters", minPasswordLength)
		}
		if err == nil && onTerminal {
			var again string
			if again, err = promptPassword(terminal, env.Stderr, "Password again: "); again != password {
				err = errors.Join(err, errors.New("the two passwords differ, nothing was changed: try again"))
			}
		}
		done <- read{password, err}
	}()
	select {
	case r := <-done:
		return r.password, r.err
	case <-ctx.Done():
		if before != nil { // turn the echo on again
			_ = term.Restore(int(terminal.Fd()), before)
		}
		return "", errors.New("interrupted before the password was given: nothing was changed")
	}
}

func terminalOf(stdin io.Reader) (*os.File, bool) {
	file, ok := stdin.(*os.File)
	return file, ok && term.IsTerminal(int(file.Fd()))
}

// readPassword prompts on a terminal, without echo, and elsewhere reads one line.
func readPassword(env Env) (string, error) {
	if terminal, ok := terminalOf(env.Stdin); ok {
		return promptPassword(terminal, env.Stderr, "Password: ")
	}
	line, err := bufio.NewReader(env.Stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("reading the password: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}

func promptPassword(terminal *os.File, to io.Writer, prompt string) (string, error) {
	fmt.Fprint(to, prompt)
	password, err := term.ReadPassword(int(terminal.Fd()))
	fmt.Fprintln(to)
	if err != nil {
		err = fmt.Errorf("reading the password: %w", err)
	}
	return string(password), err
}
