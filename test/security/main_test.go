package security

import (
	"os"
	"testing"

	"customer-events/test/apitest"
)

// TestMain makes the test binary the attackers' process where the hostile load starts it as one.
func TestMain(m *testing.M) {
	if url := os.Getenv("CRM_TEST_ATTACK"); url != "" {
		attackUntilInterrupted(url)
	}
	apitest.Main(m)
}
