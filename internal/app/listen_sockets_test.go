package app

import (
	"strings"
	"testing"
)

func TestSocketDescriptors_Invalid(t *testing.T) {
	t.Parallel()
	for _, fds := range []string{"0", "-1", "many", "99999999"} {
		t.Run(fds, func(t *testing.T) {
			_, err := socketDescriptors(fds, "")
			if err == nil || !strings.Contains(err.Error(), "LISTEN_FDS ("+fds+")") {
				t.Errorf("%v", err)
			}
		})
	}
}
