package eventstest_test

import (
	"testing"

	"customer-events/internal/events/eventstest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	eventstest.Conform(t, func(*testing.T) eventstest.World { return eventstest.NewMemory() })
}
