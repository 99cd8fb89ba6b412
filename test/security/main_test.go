package security

import (
	"os"
	"testing"

	"customer-events/test/apitest"
)

// TestMain lets the test binary run as the attackers' process of TestLoad_Hostile.
func TestMain(m *testing.M) {
	if url := os.Getenv("CRM_TEST_ATTACK"); url != "" {
		attackUntilInterrupted(url)
	}
	apitest.Main(m)
}
