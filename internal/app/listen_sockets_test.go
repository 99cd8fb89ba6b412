package app

import (
	"strings"
	"testing"
)

func TestSocketDescriptors_Wrong(t *testing.T) {
	t.Parallel()
	for _, fds := range []string{"0", "-1", "many", "99999999"} {
		if _, err := socketDescriptors(fds, ""); err == nil || !strings.Contains(err.Error(), "LISTEN_FDS ("+fds+")") {
			t.Errorf("%s: %v", fds, err)
		}
	}
}
