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

// Target is what records are written to.
type Target interface {
	// Find must return, for each of the references, what it means. No reference is given twice.
	Find(ctx context.Context, refs []models.Reference) ([]models.Match, error)

	// Upsert must write the records in one transaction, each over the one that has its natural key or as a
	// new one, and return what became of each (see models.Upsert and models.Upserted), in words that hold
	// no secret. They must be judged by the state that they lead to together. After an error (see
	// models.ErrRerun and its neighbours) the same again must be safe. With a trial nothing may be written.
	Upsert(ctx context.Context, kind models.Kind, records []models.Upsert, trial *models.Trial) ([]models.Upserted, error)

	// UpsertPace returns how many rows should be written in one transaction, and how long to pause after
	// the last one, as a multiple of the time that it took.
	UpsertPace(ctx context.Context) (rows int, pause float64)
}

// Options say what to import.
type Options struct {
	Kind string // one of Kinds
	File string // a path; its ending, .csv, .ndjson or .jsonl, tells the format, any other leaves it to the first character
	// Input is read instead of the file if it is there. Size is its length, for the progress; 0 if it is
	// not known.
	Input io.Reader
	Size  int64
	To    Target
	// Hasher hash the secrets of access tokens.
	Hasher *models.KeyedHasher
	// Now is the clock for one-time passwords without an expiry; nil means time.Now.
	Now func() time.Time
	// DryRun stores nothing, and counts what would be stored.
	DryRun bool
	// Report gets a line for each rejected row; nil means none. MostReported bounds these lines; 0 means
	// all.
	Report       io.Writer
	MostReported int
	// Rejected is the path, without its ending, of a file that gets all rejected rows, if there are any; ""
	// means none. It holds the rows as they are in the imported file, secrets too.
	Rejected string
	// Progress gets a progress bar; nil means none. It is for terminals.
	Progress io.Writer
}

// Result counts the rows of a file. Rows = Good + Bad, and Good = Added + Changed + Unchanged.
type Result struct {
	Rows, Good, Bad           int
	Added, Changed, Unchanged int
	// RejectedFile is the file that has the bad rows; "" if there is none. Kept is what an earlier one has
	// been renamed to.
	RejectedFile, Kept string
	Took               time.Duration
}

// String is the counts as a person reads them.
func (r Result) String() string {
	return fmt.Sprintf("%d rows: %d added, %d changed, %d unchanged, %d rejected", r.Rows, r.Added, r.Changed, r.Unchanged, r.Bad)
}

// importing is an import under way.
type importing struct {
	options  Options
	kind     *kind
	source   *tabular.Source
	chunk    int
	trial    *models.Trial
	later    []postponed
	result   *Result
	bar      *tabular.Progress
	rejected *rejectedFile
}

// chunk is what the reading side hands to the writing side.
type chunk struct {
	rows []*row
	end  int64 // how far the file has been read
	err  error // why there is no further chunk: io.EOF at the file's end
}

// Run imports a file. Bad rows are counted and reported, they are no error. An error means that the rest of
// the file was not read or not written; the result then counts what was.
func Run(ctx context.Context, options Options) (result Result, err error) {
	start := time.Now()
	defer func() { result.Took = time.Since(start) }()
	kind, err := kindOf(options.Kind)
	if err != nil {
		return result, err
	}
	if kind.secrets && options.Hasher == nil {
		return result, fmt.Errorf("importing %s takes the key that their secrets are hashed with: none is given", kind.name)
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
	im := &importing{options: options, kind: kind, source: source, result: &result}
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
		// The reading side ends before the caller gets their Input back. Closing wakes it if it waits for a
		// pipe.
		cancel()
		err = errors.Join(err, source.Close(), im.rejected.close())
		for range chunks {
		}
	}()
	return result, im.writeAll(ctx, chunks)
}

// writeAll writes the chunks as they come, and then the rows that had to wait for the end of the file.
// These are written too if the rest of the file cannot be read: they would have been written already if
// nothing had been in their way.
func (im *importing) writeAll(ctx context.Context, chunks <-chan chunk) error {
	for {
		var chunk chunk
		select {
		case chunk = <-chunks:
		case <-ctx.Done():
			return ctx.Err()
		}
		// Of a file that is a single chunk no row can wait for a later one.
		atEnd := chunk.err != nil && len(im.later) == 0
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

// writeRows writes rows, counts them, and pauses. At the end of the file no row can wait any longer.
func (im *importing) writeRows(ctx context.Context, rows []*row, atEnd bool) error {
	start := time.Now()
	if err := im.write(ctx, rows, atEnd); err != nil {
		return fmt.Errorf("%s: writing the rows from line %d on: %w: what was written stays, import the file again",
			im.source.Name, rows[0].line, err)
	}
	for _, row := range rows {
		if row.later {
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
func (im *importing) count(row *row) error {
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
	if most := im.options.MostReported; most == 0 || im.result.Bad <= most {
		im.bar.Clear()
		if _, err := fmt.Fprintf(im.options.Report, "line %d: %v\n", row.line, row.err); err != nil {
			return fmt.Errorf("reporting a bad row: %w", err)
		}
	}
	return nil
}

// readChunks reads and checks rows until the file ends, or nobody wants them any more. All reading is done
// here, so that an import can be cancelled that waits for the first byte of a pipe.
func (im *importing) readChunks(ctx context.Context, to chan<- chunk) {
	defer close(to)
	claims, now := newClaims(), im.options.Now()
	reader, err := readRows(im.source, im.kind)
	for {
		next := chunk{rows: make([]*row, 0, im.chunk), err: err}
		for len(next.rows) < im.chunk && next.err == nil {
			row := new(row)
			if next.err = reader.read(row); next.err == nil {
				if row.err == nil {
					row.err = im.kind.checkRow(row)
				}
				if row.err == nil {
					row.err = claims.add(im.kind, row, now)
				}
				next.rows = append(next.rows, row)
			}
		}
		next.end = im.source.Position()
		select {
		case to <- next:
		case <-ctx.Done():
			return
		}
		if next.err != nil {
			return
		}
	}
}
