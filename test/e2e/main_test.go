package e2e

import (
	"testing"

	"customer-events/test/apitest"
)

func TestMain(m *testing.M) { apitest.Main(m) }
