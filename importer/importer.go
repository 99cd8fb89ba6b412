package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"time"

	"customer-events/models"
	"customer-events/rows"
)

// Target is what records are written to.
type Target interface {
	// Find must return, for each of the references, what it means. No reference is given twice.
	Find(ctx context.Context, refs []models.Reference) ([]models.Match, error)

	// The upserts must write the records in their order, each as given, over the one that has its natural key or as a new one;
	// a record without an ID must keep the one it has or get a new one. They must return, by index, why single records are
	// refused, in words that hold no more of a record than its id, number, name and alternative code. After an error (see
	// models.ErrRerun and its neighbours) the same again must be safe.
	UpsertAccounts(ctx context.Context, records []models.Account) (refused map[int]error, err error)
	UpsertParticipants(ctx context.Context, records []models.Participant) (refused map[int]error, err error)
	UpsertAccessTokens(ctx context.Context, records []models.AccessToken) (refused map[int]error, err error)
	UpsertClassifications(ctx context.Context, records []models.Classification) (refused map[int]error, err error)
	UpsertUnits(ctx context.Context, records []models.Unit) (refused map[int]error, err error)
}

// Options say what to import.
type Options struct {
	Kind string // one of Kinds
	File string // a path; its ending, .csv, .ndjson or .jsonl, tells the format, any other leaves it to the first character
	// Input is read instead of the file if it is there. Size is its length, for the progress; 0 if it is not known.
	Input io.Reader
	Size  int64
	To    Target
	// Secrets hash the secrets of access tokens.
	Secrets *models.Secrets
	// Now is the clock for one-time passwords without an expiry; nil means time.Now.
	Now func() time.Time
	// Report gets a line for each bad row; nil means nobody wants to know.
	Report io.Writer
	// Progress gets a progress bar; nil means none. It is for terminals.
	Progress io.Writer
}

// Result counts the rows of a file. Rows = Good + Bad.
type Result struct {
	Rows, Good, Bad int
	Took            time.Duration
}

// chunkRows is how many rows are written at once: chunks of 100 cost a fifth more, larger ones gain nothing and hold locks longer.
const chunkRows = 1000

// chunk is what the reading side hands to the writing side.
type chunk struct {
	rows []*row
	end  int64 // how far the file has been read
	err  error // why there is no further chunk: io.EOF at the file's end
}

// Run imports a file. Bad rows are counted and reported, they are no error. An error means that the rest of the file was not
// read or not written; the result then counts what was.
func Run(ctx context.Context, options Options) (result Result, err error) {
	start := time.Now()
	defer func() { result.Took = time.Since(start) }()
	kind, err := kindOf(options.Kind)
	if err != nil {
		return result, err
	}
	if kind.secrets && options.Secrets == nil {
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
	bar := rows.NewProgress(options.Progress, kind.name, source.Size, rows.Bytes)
	defer bar.End()

	ctx, cancel := context.WithCancel(ctx)
	chunks := make(chan chunk)
	go readChunks(ctx, kind, source, chunks)
	defer func() {
		// The reading side ends before the caller gets his Input back. Closing wakes it if it waits for a pipe.
		cancel()
		err = errors.Join(err, source.Close())
		for range chunks {
		}
	}()
	for {
		var chunk chunk
		select {
		case chunk = <-chunks:
		case <-ctx.Done():
			return result, ctx.Err()
		}
		if err := write(ctx, kind, &options, chunk.rows); err != nil {
			return result, fmt.Errorf("%s: writing the rows from line %d on: %w: what was written stays, import the file again", source.Name, chunk.rows[0].line, err)
		}
		for _, row := range chunk.rows {
			result.Rows++
			if row.err == nil {
				result.Good++
				continue
			}
			result.Bad++
			bar.Clear()
			if _, err := fmt.Fprintf(options.Report, "line %d: %v\n", row.line, row.err); err != nil {
				return result, fmt.Errorf("reporting a bad row: %w", err)
			}
		}
		bar.Set(chunk.end)
		switch {
		case chunk.err == io.EOF:
			bar.Full()
			return result, nil
		case chunk.err != nil:
			return result, fmt.Errorf("%s: %w", source.Name, chunk.err)
		}
	}
}

// readChunks reads and checks rows until the file ends, or nobody wants them any more. All reading is done here, so that an
// import can be cancelled that waits for the first byte of a pipe.
func readChunks(ctx context.Context, kind *kind, source *rows.Source, to chan<- chunk) {
	defer close(to)
	reader, err := readRows(source, kind)
	for {
		next := chunk{rows: make([]*row, 0, chunkRows), err: err}
		for len(next.rows) < chunkRows && next.err == nil {
			row := new(row)
			if next.err = reader.read(row); next.err == nil {
				if row.err == nil {
					row.err = kind.checkRow(row)
				}
				next.rows = append(next.rows, row)
			}
		}
		next.end = source.Position()
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

// write writes the good rows of a chunk, and writes them again if the database was away or somebody else was in the way.
func write(ctx context.Context, kind *kind, options *Options, rows []*row) error {
	good := slices.DeleteFunc(slices.Clone(rows), func(r *row) bool { return r.err != nil })
	if len(good) == 0 {
		return nil
	}
	const shortest, longest, tries = 20 * time.Millisecond, 4 * time.Second, 12 // about 20 seconds
	wait := shortest
	for try := 1; ; try++ {
		for _, row := range good {
			row.err = nil
		}
		err := kind.write(ctx, options, good)
		again := errors.Is(err, models.ErrRerun) || errors.Is(err, models.ErrAway) || errors.Is(err, models.ErrUnknown)
		if !again || try == tries {
			return err
		}
		select {
		case <-time.After(wait/2 + rand.N(wait/2)):
		case <-ctx.Done():
			return ctx.Err()
		}
		wait = min(2*wait, longest)
	}
}
