package eventstest_test

import (
	"testing"

	"customer-events/events/eventstest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	eventstest.Conform(t, func(*testing.T) eventstest.World { return eventstest.NewMemory() })
}
