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
// error cannot be seen there.
func newPassword(ctx context.Context, env Env) (string, error) {
	return readPassword(ctx, env, "nothing was changed", func(password string, ask askPassword) error {
		if utf8.RuneCountInString(password) < minPasswordLength {
			return fmt.Errorf("the password is too short: write at least %d characters", minPasswordLength)
		}
		if ask == nil {
			return nil
		}
		again, err := ask("Password again: ")
		if again != password {
			err = errors.Join(err, errors.New("the two passwords differ, nothing was changed: try again"))
		}
		return err
	})
}

// askPassword prompts for a password on the terminal.
type askPassword func(prompt string) (string, error)

// readPassword prompts on a terminal, without echo, and elsewhere reads one line. It stops waiting when the
// context ends; consequence then ends its error. check, unless it is nil, accepts or rejects the password;
// its ask is nil if there is no terminal.
func readPassword(
	ctx context.Context, env Env, consequence string, check func(password string, ask askPassword) error,
) (string, error) {
	// The goroutine may outlive this call, and so must not use the file itself.
	var ask askPassword
	var before *term.State
	fd, onTerminal := terminalOf(env.Stdin)
	if onTerminal {
		before, _ = term.GetState(fd)
		ask = func(prompt string) (string, error) { return promptPassword(fd, env.Stderr, prompt) }
	}
	type read struct {
		password string
		err      error
	}
	done := make(chan read, 1)
	go func() {
		var r read
		if onTerminal {
			r.password, r.err = ask("Password: ")
		} else {
			r.password, r.err = readLine(env.Stdin)
		}
		if r.err == nil && check != nil {
			r.err = check(r.password, ask)
		}
		done <- r
	}()
	select {
	case r := <-done:
		return r.password, r.err
	case <-ctx.Done():
		if before != nil { // turn the echo on again
			_ = term.Restore(fd, before)
		}
		return "", errors.New("interrupted before the password was given: " + consequence)
	}
}

// terminalOf returns the file descriptor of a stream, and whether it is a terminal.
func terminalOf(stream any) (fd int, isTerminal bool) {
	file, ok := stream.(*os.File)
	if !ok {
		return 0, false
	}
	fd = int(file.Fd())
	return fd, term.IsTerminal(fd)
}

// terminalOrNil returns the stream if it is a terminal, for a progress bar; else nil.
func terminalOrNil(stream io.Writer) io.Writer {
	if _, isTerminal := terminalOf(stream); isTerminal {
		return stream
	}
	return nil
}

func readLine(from io.Reader) (string, error) {
	line, err := bufio.NewReader(from).ReadString('\n')
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
