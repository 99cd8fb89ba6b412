package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"customer-events/internal/tabular"
	"customer-events/models"
)

// Target stores the imported records.
type Target interface {
	// Find looks up references. No reference is given twice. The matches are in the order of the references.
	Find(ctx context.Context, refs []models.Reference) ([]models.Match, error)

	// Upsert writes the records in one transaction, and returns a result for each (see models.Upserted) that
	// contains no secret. A record replaces the one with the same natural key, or is new. Upsert checks the
	// records against the state after all of them are written. After a storage error of package models, the
	// same call can safely be repeated. With a trial, Upsert writes nothing.
	Upsert(
		ctx context.Context, kind models.Kind, records []models.Upsert, trial *models.Trial,
	) ([]models.Upserted, error)

	// UpsertPace returns the number of rows for one transaction, and the length of the pause after it, as a
	// multiple of its duration.
	UpsertPace(ctx context.Context) (rows int, pause float64)
}

// Options configure an import.
type Options struct {
	Kind string // one of Kinds
	// File is the path. The format follows from its extension, .csv, .ndjson or .jsonl, or else from the
	// first character of the file.
	File string
	// Input is read instead of the file, if it is not nil. Size is its length for the progress bar, or 0 if
	// it is not known.
	Input io.Reader
	Size  int64
	To    Target
	// Hasher hashes the secrets of access tokens.
	Hasher *models.KeyedHasher
	// Now is the clock for one-time passwords without an expiry; nil means time.Now.
	Now func() time.Time
	// DryRun stores nothing, and counts what would be stored.
	DryRun bool
	// Report gets a line for each rejected row; nil means none. MostReported bounds the number of lines; 0
	// means all.
	Report       io.Writer
	MostReported int
	// Rejected is the path, without extension, of a file for all rejected rows; "" means none. The file
	// contains the rows in their original form, including secrets.
	Rejected string
	// Progress is a terminal for a progress bar; nil means none.
	Progress io.Writer
}

// Result counts the rows of a file. Rows = Good + Bad, and Good = Added + Changed + Unchanged.
type Result struct {
	Rows, Good, Bad           int
	Added, Changed, Unchanged int
	// RejectedFile is the file with the rejected rows, or "". Kept is the new name of an earlier such file.
	RejectedFile, Kept string
	Took               time.Duration
}

// String returns the counts in a sentence.
func (r Result) String() string {
	return fmt.Sprintf("%d rows: %d added, %d changed, %d unchanged, %d rejected",
		r.Rows, r.Added, r.Changed, r.Unchanged, r.Bad)
}

// importRun is the state of one import.
type importRun struct {
	options   Options
	kind      *kind
	source    *tabular.Source
	chunk     int
	trial     *models.Trial
	postponed []postponed
	result    *Result
	bar       *tabular.Progress
	rejected  *rejectedFile
}

// Run imports a file. It counts and reports rejected rows, and returns no error for them. After an error,
// the rest of the file was not read or not written; the result then counts the rows before it.
func Run(ctx context.Context, options Options) (result Result, err error) {
	start := time.Now()
	defer func() { result.Took = time.Since(start) }()
	kind, err := kindOf(options.Kind)
	if err != nil {
		return result, err
	}
	if kind.secrets && options.Hasher == nil {
		return result, fmt.Errorf("importing %s needs the key for hashing their secrets: none is given",
			kind.name)
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Report == nil {
		options.Report = io.Discard
	}
	source, err := openSource(&options)
	if err != nil {
		return result, err
	}
	im := &importRun{options: options, kind: kind, source: source, result: &result}
	if options.DryRun {
		im.trial = models.NewTrial()
	}
	im.chunk, _ = options.To.UpsertPace(ctx)
	im.bar = tabular.NewProgress(options.Progress, kind.name, source.Size, tabular.Bytes)
	defer im.bar.End()

	ctx, cancel := context.WithCancel(ctx)
	chunks := make(chan chunk)
	go im.readChunks(ctx, chunks)
	defer func() {
		// The reading goroutine ends before Run returns, because the caller may use Input again. Closing the
		// source ends a read that waits for a pipe.
		cancel()
		err = errors.Join(err, source.Close(), im.rejected.close())
		for range chunks {
		}
	}()
	return result, im.writeAll(ctx, chunks)
}

// writeAll writes the chunks, and then the postponed rows. It writes the postponed rows even if the rest of
// the file cannot be read, because without a conflict they would have been written already.
func (im *importRun) writeAll(ctx context.Context, chunks <-chan chunk) error {
	for {
		var chunk chunk
		select {
		case chunk = <-chunks:
		case <-ctx.Done():
			return ctx.Err()
		}
		// If the file is a single chunk, no row can depend on a later one.
		atEnd := chunk.err != nil && len(im.postponed) == 0
		if err := im.writeRows(ctx, chunk.rows, atEnd); err != nil {
			return err
		}
		im.bar.Set(chunk.end)
		if chunk.err == nil {
			continue
		}
		for _, rows := range im.groups() {
			if err := im.writeRows(ctx, rows, true); err != nil {
				return err
			}
		}
		if chunk.err != io.EOF {
			return fmt.Errorf("%s: %w", im.source.Name, chunk.err)
		}
		im.bar.Full()
		return nil
	}
}

// writeRows writes rows, counts them, and pauses. At the end of the file, it postpones no row.
func (im *importRun) writeRows(ctx context.Context, rows []*row, atEnd bool) error {
	start := time.Now()
	if err := im.upsertWithRetry(ctx, rows, atEnd); err != nil {
		return fmt.Errorf("%s: writing the rows from line %d on: %w: the rows before are stored, "+
			"import the file again", im.source.Name, rows[0].line, err)
	}
	for _, row := range rows {
		if row.postponed {
			continue
		}
		if err := im.count(row); err != nil {
			return err
		}
	}
	took := time.Since(start)
	_, pauses := im.options.To.UpsertPace(ctx)
	if pause := time.Duration(pauses * float64(took)); pause > 0 && len(rows) > 0 {
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// count counts a row, and reports it if it is rejected.
func (im *importRun) count(row *row) error {
	im.result.Rows++
	switch {
	case row.err != nil:
		im.result.Bad++
	case row.change == models.Added:
		im.result.Added++
	case row.change == models.Changed:
		im.result.Changed++
	default:
		im.result.Unchanged++
	}
	if row.err == nil {
		im.result.Good++
		return nil
	}
	if err := im.reject(row); err != nil {
		return err
	}
	if limit := im.options.MostReported; limit == 0 || im.result.Bad <= limit {
		im.bar.Clear()
		if _, err := fmt.Fprintf(im.options.Report, "line %d: %v\n", row.line, row.err); err != nil {
			return fmt.Errorf("reporting a rejected row: %w", err)
		}
	}
	return nil
}
