package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

var (
	only  = flag.String("only", "", "the faults to try, separated by commas (default: all)")
	count = flag.Int("count", 0, "how often each fault is made (default: as the README says)")
	short = flag.Bool("short", false, "a few of each fault, as make test does")
	seed  = flag.Uint64("seed", 0, "what chance begins with (default: a new one, which is printed)")
)

func main() {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer) error {
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	chosen := scenarios
	if *only != "" {
		chosen = nil
		for _, name := range strings.Split(*only, ",") {
			i := slices.IndexFunc(scenarios, func(s scenario) bool { return s.name == name })
			if i < 0 {
				return fmt.Errorf("there is no fault %q: %s", name, names())
			}
			chosen = append(chosen, scenarios[i])
		}
	}
	dir, err := os.MkdirTemp("", "customer-events-faults-")
	if err != nil {
		return err
	}
	r := &rig{dir: dir, seed: *seed, log: out}
	if r.program, err = build(ctx, dir); err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	fmt.Fprintf(out, "seed %d\n%s", *seed, header)
	failed := 0
	for _, s := range chosen {
		n := s.count
		if *short {
			n = s.short
		}
		if *count > 0 {
			n = *count
		}
		if n == 0 { // make test leaves it out
			continue
		}
		if !s.try(ctx, r, n) {
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d faults did harm; what the servers said is in %s", failed, len(chosen), dir)
	}
	return os.RemoveAll(dir)
}

// build makes the program as a release is made.
func build(ctx context.Context, dir string) (string, error) {
	path := filepath.Join(dir, "customer-events")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", path, "customer-events")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	return path, cmd.Run()
}

const header = "fault                       injected  acknowledged    lost  duplicated  phantom  unknown left  replay differs  visible errors  verdict      took  remarks\n"

// outcome is what a scenario says of itself, beside what the audit finds.
type outcome struct {
	injected int
	remarks  string
	// failed are what was not as it must be.
	failed []string
}

func (o *outcome) fail(format string, args ...any) {
	o.failed = append(o.failed, fmt.Sprintf(format, args...))
}

// scenario is one kind of fault. Its run makes the world, breaks it so many times, and leaves it at rest for the audit.
type scenario struct {
	name         string
	count, short int
	run          func(ctx context.Context, r *rig, name string, n int) (*world, outcome, error)
	// finds tells whether the audit has found what a wrong server does; nil for the right one, with which it must find nothing.
	finds func(*report) bool
}

func names() string {
	var all []string
	for _, s := range scenarios {
		all = append(all, s.name)
	}
	return strings.Join(all, ", ")
}

// longest is how long one scenario may take, so that a fault that nothing recovers from ends the run with a message.
const longest = 10 * time.Minute

// try runs a scenario, prints its line, and reports whether all was as it must be.
func (s scenario) try(ctx context.Context, r *rig, n int) bool {
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	w, o, found, err := s.judged(ctx, r, n)
	if w != nil {
		err = errors.Join(err, w.close())
	}
	if err != nil {
		fmt.Fprintf(r.log, "%-26s  %v\n", s.name, err)
		return false
	}
	verdict := "ok"
	switch {
	case s.finds != nil && s.finds(found):
		verdict = "found"
	case s.finds != nil:
		verdict = "MISSED"
	case !found.clean() || len(o.failed) > 0:
		verdict = "FAILED"
	}
	fmt.Fprintf(r.log, "%-26s  %8d  %12d  %6d  %10d  %7d  %12d  %14d  %14d  %-7s  %6.1fs  %s\n", s.name, o.injected, found.acknowledged, found.lost, found.duplicated,
		found.phantom, found.unknownLeft, found.differs, found.visible, verdict, time.Since(start).Seconds(), o.remarks)
	if s.finds != nil {
		return verdict == "found"
	}
	for _, text := range append(o.failed, found.details...) {
		fmt.Fprintf(r.log, "    %s\n", text)
	}
	return verdict == "ok"
}

// judged runs a scenario and audits the world it leaves.
func (s scenario) judged(ctx context.Context, r *rig, n int) (*world, outcome, *report, error) {
	w, o, err := s.run(ctx, r, s.name, n)
	if err != nil {
		return w, o, nil, err
	}
	found, err := w.audit(ctx)
	return w, o, found, err
}
