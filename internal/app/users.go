package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"customer-events/internal/auth"
	"customer-events/internal/store"
	"customer-events/models"
)

// minPasswordLength is the shortest password, in characters. Source: NIST SP 800-63B.
const minPasswordLength = 8

func addUser(ctx context.Context, c config, env Env, name string, units []string) (err error) {
	if strings.TrimSpace(name) == "" || len(name) > 255 {
		return errors.New("the user's name must have 1 to 255 characters")
	}
	password, err := newPassword(env)
	if err != nil {
		return err
	}
	db, err := openExisting(ctx, c, env.Log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	user := models.User{Name: name, PasswordHash: auth.HashPassword(password), CreatedAt: time.Now().UTC()}
	if err := db.AddUser(ctx, &user, units); err != nil {
		return fmt.Errorf("adding the user %s: %w", models.Sanitize(name), err)
	}
	fmt.Fprintf(env.Stdout, "User %s can log in.\n", models.Sanitize(name))
	return nil
}

func setPassword(ctx context.Context, c config, env Env, name string) error {
	password, err := newPassword(env)
	if err != nil {
		return err
	}
	return changeUser(ctx, c, env, name, "has a new password and is logged out everywhere", func(db *store.Store) error {
		return db.SetPassword(ctx, name, auth.HashPassword(password))
	})
}

func disableUser(ctx context.Context, c config, env Env, name string) error {
	return changeUser(ctx, c, env, name, "is disabled and logged out everywhere", func(db *store.Store) error {
		return db.DisableUser(ctx, name, time.Now().UTC())
	})
}

func enableUser(ctx context.Context, c config, env Env, name string) error {
	return changeUser(ctx, c, env, name, "can log in again", func(db *store.Store) error {
		return db.EnableUser(ctx, name)
	})
}

// changeUser changes a user and prints the result.
func changeUser(ctx context.Context, c config, env Env, name, result string, apply func(db *store.Store) error) (err error) {
	db, err := openExisting(ctx, c, env.Log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := apply(db); err != nil {
		return fmt.Errorf("the user %s: %w", models.Sanitize(name), err)
	}
	fmt.Fprintf(env.Stdout, "User %s %s.\n", models.Sanitize(name), result)
	return nil
}

func listUsers(ctx context.Context, c config, env Env) (err error) {
	db, err := openExisting(ctx, c, env.Log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	users, err := db.Users(ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tSTATE\tSINCE\tUNITS")
	for _, user := range users {
		state, units := "enabled", "all"
		if user.Disabled {
			state = "disabled"
		}
		if len(user.UnitIDs) > 0 {
			units = models.Sanitize(strings.Join(user.UnitIDs, " "))
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", models.Sanitize(user.Name), state, user.CreatedAt.UTC().Format(time.DateOnly), units)
	}
	return table.Flush()
}

// newPassword reads a password that the program will store.
func newPassword(env Env) (string, error) {
	password, err := readPassword(env)
	if err == nil && len(password) < minPasswordLength {
		err = fmt.Errorf("the password is too short: write at least %d characters", minPasswordLength)
	}
	return password, err
}

// readPassword prompts on a terminal, without echo, and elsewhere reads one line.
func readPassword(env Env) (string, error) {
	if file, ok := env.Stdin.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		fmt.Fprint(env.Stderr, "Password: ")
		password, err := term.ReadPassword(int(file.Fd()))
		fmt.Fprintln(env.Stderr)
		return string(password), err
	}
	line, err := bufio.NewReader(env.Stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("reading the password: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}
