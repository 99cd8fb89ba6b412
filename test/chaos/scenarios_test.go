package main

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"customer-events/test/program"
)

// TestScenarios makes a few of each fault. make test-chaos makes as many as the README says.
func TestScenarios(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("long: it runs without the race detector")
	}
	path, err := program.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	for _, s := range scenarios {
		if s.short == 0 {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			d, o, found, err := s.runAndVerify(t.Context(), &harness{program: path, dir: t.TempDir(),
				seed: seed}, s.short)
			if d != nil {
				defer func() {
					if err := d.close(); err != nil {
						t.Error(err)
					}
				}()
			}
			if errors.Is(err, errCannotMount) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%+v %s", *found, o.remarks)
			if o.injected < s.short {
				t.Errorf("%d faults were injected, want %d", o.injected, s.short)
			}
			switch {
			case s.detects != nil && !s.detects(found):
				t.Errorf("verify does not detect what a faulty server does: %+v", *found)
			case s.detects == nil && (!found.clean() || len(o.failures) > 0):
				t.Errorf("the fault did harm:\n%s", strings.Join(append(o.failures, found.details...), "\n"))
			case found.acknowledged == 0:
				t.Error("nothing was acknowledged")
			}
		})
	}
}
