package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"customer-events/internal/importer"
	"customer-events/models"
)

// errBadRows is the error of an import that rejected rows.
var errBadRows = errors.New("some rows were rejected: correct them and import them, or the whole file, again")

// maxReported is how many rejected rows are listed on the screen.
const maxReported = 20

// checkKind returns an error unless there is such a kind of reference data.
func checkKind(kind string) error {
	if slices.Contains(importer.Kinds(), kind) {
		return nil
	}
	return fmt.Errorf("kind (%s) is not valid: write one of %s", models.Sanitize(kind),
		strings.Join(importer.Kinds(), ", "))
}

func (i importCommand) run(ctx context.Context, c config, env Env) (err error) {
	if i.File != "-" { // before a database is created for nothing
		if _, err := os.Stat(i.File); err != nil {
			return fmt.Errorf("opening the file to import: %w", err)
		}
	}
	opened := openForImport
	if i.DryRun {
		opened = openForDryRun
	}
	target, err := opened(ctx, c, env)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.close()) }()
	options := importer.Options{
		Kind: i.Kind, File: i.File, To: target.db, Hasher: target.hasher, DryRun: i.DryRun,
		Report: env.Stderr, Progress: terminalOrNil(env.Stderr), MostReported: maxReported, Rejected: i.File,
	}
	if i.File == "-" {
		options.File, options.Input, options.Rejected = "standard input", env.Stdin, i.Kind
	}
	result, err := importer.Run(ctx, options)
	if result.Bad > maxReported && result.RejectedFile != "" {
		fmt.Fprintf(env.Stderr, "%d more rows were rejected, see %s\n", result.Bad-maxReported,
			result.RejectedFile)
	}
	if result.Kept != "" {
		fmt.Fprintf(env.Stderr, "The rejected rows of an earlier import are kept in %s\n", result.Kept)
	}
	if i.DryRun {
		fmt.Fprintln(env.Stdout, "This is a dry run: nothing was stored.")
	}
	fmt.Fprintf(env.Stdout, "%s, in %s\n", result, models.FormatDuration(result.Took.Round(time.Millisecond)))
	if err == nil && result.Bad > 0 {
		err = errBadRows
		if result.RejectedFile != "" {
			err = fmt.Errorf("%w (see %s)", errBadRows, result.RejectedFile)
		}
	}
	return err
}

func (e exportCommand) run(ctx context.Context, c config, env Env) (err error) {
	db, err := openExisting(ctx, c, env.Log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return importer.Export(ctx, e.Kind, db, env.Stdout)
}
