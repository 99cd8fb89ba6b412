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
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"customer-events/test/program"
)

var (
	only  = flag.String("only", "", "the scenarios to run, separated by commas (default: all)")
	count = flag.Int("count", 0, "how often to inject each fault (default: as the README says)")
	short = flag.Bool("short", false, "inject a few of each fault, as make test does")
	seed  = flag.Uint64("seed", 0, "the random seed (default: a new one, which is printed)")
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
				return fmt.Errorf("unknown scenario %q: choose of %s", name, scenarioNames())
			}
			chosen = append(chosen, scenarios[i])
		}
	}
	dir, err := os.MkdirTemp("", "customer-events-faults-")
	if err != nil {
		return err
	}
	h := &harness{dir: dir, seed: *seed, log: out}
	if h.program, err = program.Build(ctx, dir); err != nil {
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
		if n == 0 { // make test omits it
			continue
		}
		if !s.runAndReport(ctx, h, n) {
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d scenarios failed; the logs of the servers are in %s", failed,
			len(chosen), dir)
	}
	return os.RemoveAll(dir)
}

const header = "fault                       injected  acknowledged    lost  duplicated  phantom" +
	"  unknown left  replay differs  visible errors  verdict      took  remarks\n"

// result is a scenario's own report, beside the findings of verify.
type result struct {
	injected int
	remarks  string
	// failures describe what the scenario did not accept.
	failures []string
}

func (o *result) addFailure(format string, args ...any) {
	o.failures = append(o.failures, fmt.Sprintf(format, args...))
}

// runFunc creates a deployment, injects a fault n times and stops the clients, so that verify can compare
// the database with the history.
type runFunc func(ctx context.Context, h *harness, name string, n int) (*deployment, result, error)

// scenario is one kind of fault.
type scenario struct {
	name         string
	count, short int
	run          runFunc
	// detects reports whether the findings show what a faulty server does. It is nil for the program
	// itself, for which there must be no findings.
	detects func(*findings) bool
}

func scenarioNames() string {
	var all []string
	for _, s := range scenarios {
		all = append(all, s.name)
	}
	return strings.Join(all, ", ")
}

// scenarioTimeout limits the duration of a scenario, so that a fault without recovery ends the run with a
// message.
const scenarioTimeout = 10 * time.Minute

// runAndReport runs a scenario, prints its line, and reports whether it passed.
func (s scenario) runAndReport(ctx context.Context, h *harness, n int) bool {
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, scenarioTimeout)
	defer cancel()
	d, o, found, err := s.runAndVerify(ctx, h, n)
	if d != nil {
		err = errors.Join(err, d.close())
	}
	if err != nil {
		fmt.Fprintf(h.log, "%-26s  %v\n", s.name, err)
		return false
	}
	verdict := "ok"
	switch {
	case s.detects != nil && s.detects(found):
		verdict = "found"
	case s.detects != nil:
		verdict = "MISSED"
	case !found.clean() || len(o.failures) > 0:
		verdict = "FAILED"
	}
	fmt.Fprintf(h.log, "%-26s  %8d  %12d  %6d  %10d  %7d  %12d  %14d  %14d  %-7s  %6.1fs  %s\n", s.name,
		o.injected, found.acknowledged, found.lost, found.duplicated,
		found.phantom, found.unknownLeft, found.replayDiffers, found.visibleErrors, verdict,
		time.Since(start).Seconds(), o.remarks)
	if s.detects != nil {
		return verdict == "found"
	}
	for _, text := range append(o.failures, found.details...) {
		fmt.Fprintf(h.log, "    %s\n", text)
	}
	return verdict == "ok"
}

// runAndVerify runs a scenario and verifies its deployment.
func (s scenario) runAndVerify(
	ctx context.Context, h *harness, n int,
) (*deployment, result, *findings, error) {
	d, o, err := s.run(ctx, h, s.name, n)
	if err != nil {
		return d, o, nil, err
	}
	found, err := d.verify(ctx)
	return d, o, found, err
}
