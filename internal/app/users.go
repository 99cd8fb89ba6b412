package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"customer-events/internal/auth"
	"customer-events/internal/store"
	"customer-events/models"
)

// userCommands are the commands of "user".
type userCommands struct {
	Add      userAdd      `cmd:"" help:"Add an API user."`
	Password userPassword `cmd:"" help:"Change the password of a user."`
	Units    userUnits    `cmd:"" help:"Print or change the units that a user may write for and read."`
	Disable  userDisable  `cmd:"" help:"Disable a user. The user is logged out everywhere."`
	Enable   userEnable   `cmd:"" help:"Enable a disabled user."`
	Delete   userDelete   `cmd:"" help:"Delete a user. The events of the user stay."`
	List     struct{}     `cmd:"" help:"List the API users: state, times and units."`
}

type userAdd struct {
	userName
	Unit []string `sep:"none" placeholder:"UNIT" help:"${unit_help} Without it there is no limit."`
}

type userPassword struct{ userName }

type userUnits struct {
	userName
	Unit []string `sep:"none" env:"-" placeholder:"UNIT" help:"${unit_help}"`
	All  bool     `env:"-" help:"Remove the limit: the user may write for and read all units."`
}

type userDisable struct{ userName }

type userEnable struct{ userName }

type userDelete struct{ userName }

// userName is the argument of the commands for one user.
type userName struct {
	Name string `arg:"" help:"The user's name."`
}

// unitHelp is the help of --unit.
const unitHelp = "A unit that the user may write for and read, by id, name or alternative code; repeat " +
	"it for more."

func (u userAdd) run(ctx context.Context, c config, env Env) (err error) {
	if strings.TrimSpace(u.Name) == "" || utf8.RuneCountInString(u.Name) > 255 {
		return errors.New("the user's name must have 1 to 255 characters")
	}
	return u.withStore(ctx, c, env, func(db *store.Store) (string, error) {
		if user, err := db.User(ctx, u.Name); err != nil || user != nil { // before asking for a password
			return "", errors.Join(err, store.ErrUserExists)
		}
		password, err := newPassword(ctx, env)
		if err != nil {
			return "", err
		}
		user := models.User{
			Name: u.Name, PasswordHash: auth.HashPassword(password), CreatedAt: time.Now().UTC(),
		}
		return "can log in", db.AddUser(ctx, &user, u.Unit)
	})
}

func (u userPassword) run(ctx context.Context, c config, env Env) error {
	return u.withStore(ctx, c, env, func(db *store.Store) (string, error) {
		if user, err := db.User(ctx, u.Name); err != nil || user == nil {
			return "", errors.Join(err, store.ErrNoUser)
		}
		password, err := newPassword(ctx, env)
		if err != nil {
			return "", err
		}
		return "has a new password and is logged out everywhere",
			db.SetPassword(ctx, u.Name, auth.HashPassword(password))
	})
}

func (u userDisable) run(ctx context.Context, c config, env Env) error {
	return u.withStore(ctx, c, env, func(db *store.Store) (string, error) {
		return "is disabled and logged out everywhere", db.DisableUser(ctx, u.Name, time.Now().UTC())
	})
}

func (u userEnable) run(ctx context.Context, c config, env Env) error {
	return u.withStore(ctx, c, env, func(db *store.Store) (string, error) {
		return "can log in again", db.EnableUser(ctx, u.Name)
	})
}

func (u userDelete) run(ctx context.Context, c config, env Env) error {
	return u.withStore(ctx, c, env, func(db *store.Store) (string, error) {
		return "is deleted and logged out everywhere", db.DeleteUser(ctx, u.Name, time.Now().UTC())
	})
}

// withStore changes a user of an existing database and prints the result.
func (u userName) withStore(
	ctx context.Context, c config, env Env, change func(db *store.Store) (result string, err error),
) (err error) {
	db, err := openExisting(ctx, c, env.Log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	result, err := change(db)
	if err != nil {
		return fmt.Errorf("the user %s: %w", models.Sanitize(u.Name), err)
	}
	fmt.Fprintf(env.Stdout, "User %s %s.\n", models.Sanitize(u.Name), result)
	return nil
}

// check returns an error if the options contradict each other.
func (u userUnits) check() error {
	if u.All && len(u.Unit) > 0 {
		return errors.New("--unit and --all contradict each other: write one of them")
	}
	return nil
}

func (u userUnits) run(ctx context.Context, c config, env Env) error {
	if u.All || len(u.Unit) > 0 {
		return u.withStore(ctx, c, env, func(db *store.Store) (string, error) {
			result := "may write for and read all units"
			if !u.All {
				result = "may write for and read these units only: " + sanitized(u.Unit)
			}
			return result, db.SetUserUnits(ctx, u.Name, u.Unit)
		})
	}
	users, err := readUsers(ctx, c, env)
	if err != nil {
		return err
	}
	for _, user := range users {
		if user.Name == u.Name {
			return printUnits(env.Stdout, user)
		}
	}
	return fmt.Errorf("the user %s: %w", models.Sanitize(u.Name), store.ErrNoUser)
}

func sanitized(texts []string) string {
	list := make([]string, len(texts))
	for i, text := range texts {
		list[i] = models.Sanitize(text)
	}
	return strings.Join(list, ", ")
}

func printUnits(to io.Writer, user models.User) error {
	if len(user.Units) == 0 {
		_, err := fmt.Fprintf(to, "User %s may write for and read all units.\n", models.Sanitize(user.Name))
		return err
	}
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tNAME\tALTERNATIVE CODE")
	for _, unit := range user.Units {
		code := "-"
		if unit.AlternativeCode != nil {
			code = models.Sanitize(*unit.AlternativeCode)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", models.Sanitize(unit.ID), models.Sanitize(unit.Name), code)
	}
	return table.Flush()
}

// readUsers reads the users of an existing database.
func readUsers(ctx context.Context, c config, env Env) (_ []models.User, err error) {
	db, err := openExisting(ctx, c, env.Log)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return db.Users(ctx)
}

func listUsers(ctx context.Context, c config, env Env) error {
	users, err := readUsers(ctx, c, env)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tSTATE\tCREATED\tUNITS\tDISABLED\tLAST LOGIN")
	for _, user := range users {
		state, units := "enabled", "all"
		if user.Disabled {
			state = "disabled"
		}
		if len(user.Units) > 0 {
			ids := make([]string, len(user.Units))
			for i, unit := range user.Units {
				ids[i] = models.Sanitize(unit.ID)
			}
			units = strings.Join(ids, ",")
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", models.Sanitize(user.Name), state,
			timeOrDash(user.CreatedAt, time.DateOnly), units, timeOrDash(user.DisabledAt, time.DateOnly),
			timeOrDash(user.LastLoginAt, "2006-01-02T15:04Z"))
	}
	return table.Flush()
}

// timeOrDash returns a time in UTC; - if there is none.
func timeOrDash(at time.Time, layout string) string {
	if at.IsZero() {
		return "-"
	}
	return at.UTC().Format(layout)
}
