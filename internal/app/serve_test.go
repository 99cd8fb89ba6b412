package app

import (
	"net"
	"strings"
	"testing"
)

// TestPrintDemo checks that a demo prints its addresses, its login and the next command.
func TestPrintDemo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		tls  bool
		url  string
	}{
		{"HTTP", false, "http://127.0.0.1:8080"},
		{"HTTPS", true, "https://127.0.0.1:8080"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			printDemo(&out, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}, c.tls)
			for _, want := range []string{
				c.url + "/\n", c.url + "/graphql\n", c.url + "/crmapi/rest/v2/", "username demo",
				"password demo-password", "customer-events help import",
			} {
				if !strings.Contains(out.String(), want) {
					t.Errorf("%q is not printed:\n%s", want, out.String())
				}
			}
		})
	}
}
