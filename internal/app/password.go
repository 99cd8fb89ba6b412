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
	fd, onTerminal := terminalOf(env.Stdin)
	var before *term.State
	if onTerminal {
		before, _ = term.GetState(fd)
	}
	type read struct {
		password string
		err      error
	}
	done := make(chan read, 1)
	go func() {
		password, err := promptOrRead(env, fd, onTerminal)
		if err == nil && utf8.RuneCountInString(password) < minPasswordLength {
			err = fmt.Errorf("the password is too short: write at least %d characters", minPasswordLength)
		}
		if err == nil && onTerminal {
			var again string
			if again, err = promptPassword(fd, env.Stderr, "Password again: "); again != password {
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
			_ = term.Restore(fd, before)
		}
		return "", errors.New("interrupted before the password was given: nothing was changed")
	}
}

// terminalOf returns the file descriptor of a terminal, and whether the input is one.
func terminalOf(stdin io.Reader) (fd int, onTerminal bool) {
	file, ok := stdin.(*os.File)
	if !ok {
		return 0, false
	}
	fd = int(file.Fd())
	return fd, term.IsTerminal(fd)
}

// readPassword prompts on a terminal, without echo, and elsewhere reads one line.
func readPassword(env Env) (string, error) {
	fd, onTerminal := terminalOf(env.Stdin)
	return promptOrRead(env, fd, onTerminal)
}

func promptOrRead(env Env, fd int, onTerminal bool) (string, error) {
	if onTerminal {
		return promptPassword(fd, env.Stderr, "Password: ")
	}
	line, err := bufio.NewReader(env.Stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("reading the password: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}

func promptPassword(fd int, to io.Writer, prompt string) (string, error) {
	fmt.Fprint(to, prompt)
	password, err := term.ReadPassword(fd)
	fmt.Fprintln(to)
	if err != nil {
		err = fmt.Errorf("reading the password: %w", err)
	}
	return string(password), err
}
