package importer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"customer-events/internal/importer"
	"customer-events/models"
)

// target accepts accounts; upsert may return an error for a call.
type target struct {
	importer.Target
	calls    int
	accounts []models.Account
	upsert   func(call int) error
}

func (*target) UpsertPace(context.Context) (int, float64) { return 1000, 0 }

func (t *target) Upsert(_ context.Context, kind models.Kind, records []models.Upsert,
	_ *models.Trial) ([]models.Upserted, error) {
	t.calls++
	if t.upsert != nil {
		if err := t.upsert(t.calls); err != nil {
			return nil, err
		}
	}
	results := make([]models.Upserted, len(records))
	for i, record := range records {
		id, _ := record.Values[0].(string)
		t.accounts = append(t.accounts, models.Account{
			ID:     id,
			Number: record.Values[1].(string),
			Name:   record.Values[2].(string),
		})
		results[i].Change = models.Added
	}
	if kind != models.Accounts {
		return nil, errors.New("these are no accounts")
	}
	return results, nil
}

// many returns a CSV of accounts in which every nth row is invalid.
func many(rows, n int) string {
	var b strings.Builder
	b.WriteString("number,name\n")
	for i := range rows {
		if i%n == n-1 {
			fmt.Fprintf(&b, "A%d,\n", i)
		} else {
			fmt.Fprintf(&b, "A%d,x\n", i)
		}
	}
	return b.String()
}

func TestRun_Chunks(t *testing.T) {
	t.Parallel()
	for _, rows := range []int{0, 1, 999, 1000, 1001, 2000, 2500} {
		to, report := &target{}, &strings.Builder{}
		result, err := importer.Run(t.Context(), importer.Options{
			Kind:   accounts,
			Input:  iotest.OneByteReader(strings.NewReader(many(rows, 500))),
			To:     to,
			Report: report,
		})
		if err != nil || result.Rows != rows || result.Bad != rows/500 || result.Good != rows-rows/500 ||
			len(to.accounts) != result.Good || to.calls != (rows+999)/1000 {
			t.Errorf("%d rows: %+v, %d written in %d chunks, %v", rows, result, len(to.accounts), to.calls,
				err)
		}
		for i, line := range strings.Split(strings.TrimSuffix(report.String(), "\n"), "\n") {
			if line != "" && line != fmt.Sprintf("line %d: name is missing or blank: it is mandatory",
				501+500*i) {
				t.Errorf("%d rows: %s", rows, line)
			}
		}
	}
}

// TestRun_DatabaseErrors makes writes fail, for a while or permanently.
func TestRun_DatabaseErrors(t *testing.T) {
	t.Parallel()
	fault := errors.New("a defect of the program")
	for name, test := range map[string]struct {
		failing int
		with    error
		good    int
		ends    error
		within  time.Duration
	}{
		"away":        {8, models.ErrUnavailable, 2500, nil, 20 * time.Second},
		"unknown":     {1, models.ErrCommitUnknown, 2500, nil, time.Second},
		"deadlock":    {3, models.ErrAborted, 2500, nil, time.Second},
		"away always": {99, models.ErrUnavailable, 1000, models.ErrUnavailable, time.Minute},
		"fault":       {1, fault, 1000, fault, time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			to := &target{upsert: func(call int) error {
				if call >= 2 && call < 2+test.failing {
					return fmt.Errorf("%w: once more", test.with)
				}
				return nil
			}}
			start := time.Now()
			result, err := importer.Run(t.Context(), importer.Options{
				Kind:  accounts,
				Input: strings.NewReader(many(2500, 9999)),
				To:    to,
			})
			if !errors.Is(err, test.ends) || result.Good != test.good || len(to.accounts) != test.good {
				t.Errorf("%s: %+v, %v", name, result, err)
			}
			if took := time.Since(start); took > test.within {
				t.Errorf("%s took %s", name, took)
			}
			if err != nil && !strings.Contains(err.Error(), "the rows from line 1002 on") {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

func TestRun_ReadError(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is broken")
	for name, test := range map[string]struct {
		input io.Reader
		want  string
	}{
		"x.csv": {
			io.MultiReader(strings.NewReader("number,name\nA1,x\n"), iotest.ErrReader(broken)),
			"the disk is broken",
		},
		"x.ndjson": {
			io.MultiReader(strings.NewReader(`{"number":"A1","name":"x"}`+"\n"), iotest.ErrReader(broken)),
			"the disk is broken",
		},
	} {
		to := &target{}
		result, err := importer.Run(t.Context(), importer.Options{
			Kind:  accounts,
			File:  name,
			Input: test.input,
			To:    to,
		})
		if err == nil || err.Error() != name+": "+test.want || result.Good == 0 ||
			result.Good != len(to.accounts) {
			t.Errorf("%s: %+v, %v", name, result, err)
		}
	}
}

// TestRun_Cancelled cancels an import that is writing, one before it starts, and one that waits for a pipe.
func TestRun_Cancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	result, err := importer.Run(ctx, importer.Options{
		Kind:  accounts,
		Input: strings.NewReader(many(5000, 9999)),
		To: &target{upsert: func(call int) error {
			if call == 2 {
				cancel()
				return ctx.Err()
			}
			return nil
		}},
	})
	if !errors.Is(err, context.Canceled) || result.Good != 1000 {
		t.Errorf("cancelled while writing: %+v, %v", result, err)
	}
	result, err = importer.Run(ctx, importer.Options{
		Kind:  accounts,
		Input: strings.NewReader(many(5000, 9999)),
		To:    &target{},
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: %+v, %v", result, err)
	}

	for _, text := range []string{"", "number,name\nA1,x\n"} {
		cancelPipe(t, text)
	}
}

// cancelPipe cancels an import that has read the text and waits for more.
func cancelPipe(t *testing.T, text string) {
	path := filepath.Join(t.TempDir(), "pipe.csv")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	written := make(chan error)
	go func() {
		pipe, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err == nil {
			defer pipe.Close() // after the import has ended
			_, err = io.WriteString(pipe, text)
		}
		written <- err
		cancel()
		written <- nil
	}()
	ended := make(chan error)
	go func() {
		_, err := importer.Run(ctx, importer.Options{Kind: accounts, File: path, To: &target{}})
		ended <- err
	}()
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled while reading: %v", err)
	}
	<-written
}

func TestRun_Progress(t *testing.T) {
	t.Parallel()
	text := many(3000, 100)
	for _, size := range []int64{int64(len(text)), 0} {
		var screen bytes.Buffer // the report is on the same terminal
		result, err := importer.Run(t.Context(), importer.Options{
			Kind:     accounts,
			Input:    strings.NewReader(text),
			Size:     size,
			To:       &target{},
			Report:   &screen,
			Progress: &screen,
		})
		if err != nil || result.Bad != 30 {
			t.Fatal(result, err)
		}
		if size > 0 && !strings.Contains(screen.String(), "100%") {
			t.Errorf("the bar does not end at 100%%:\n%q", &screen)
		}
		line := regexp.MustCompile(`(?m)(?:^|\r)line \d+: name is missing or blank: it is mandatory$`)
		lines := line.FindAllString(screen.String(), -1)
		if len(lines) != 30 || !strings.Contains(screen.String(), accounts) {
			t.Errorf("%d lines of their own beside the bar:\n%q", len(lines), &screen)
		}
	}
}
