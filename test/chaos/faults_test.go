package main

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
)

// A few of each fault. make faults does as many as the README says.
func TestFaults(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("long: it runs without the race detector")
	}
	program, err := build(t.Context(), t.TempDir())
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
			w, o, found, err := s.judged(t.Context(), &rig{program: program, dir: t.TempDir(), seed: seed}, s.short)
			if w != nil {
				defer func() {
					if err := w.close(); err != nil {
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
				t.Errorf("%d faults were made, %d were asked for", o.injected, s.short)
			}
			switch {
			case s.finds != nil && !s.finds(found):
				t.Errorf("the rig does not find what a wrong server does: %+v", *found)
			case s.finds == nil && (!found.clean() || len(o.failed) > 0):
				t.Errorf("it did harm:\n%s", strings.Join(append(o.failed, found.details...), "\n"))
			case found.acknowledged == 0:
				t.Error("nothing was acknowledged")
			}
		})
	}
}
