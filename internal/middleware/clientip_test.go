package middleware

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

func TestClientIP(t *testing.T) {
	t.Parallel()
	proxies, err := ParseTrustedProxies(" 10.0.0.0/8, 192.0.2.7 ,2001:db8::/32,")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name      string
		remote    string
		forwarded []string
		want      string
	}{
		{"no proxy", "198.51.100.1:4711", nil, "198.51.100.1"},
		{"a client's own header", "198.51.100.1:4711", []string{"203.0.113.9"}, "198.51.100.1"},
		{"another address beside the proxy's", "192.0.2.8:1", []string{"203.0.113.9"}, "192.0.2.8"},
		{"a proxy without the header", "10.1.2.3:1", nil, "10.1.2.3"},
		{"a proxy", "10.1.2.3:1", []string{"203.0.113.9"}, "203.0.113.9"},
		{"IPv4 in IPv6", "[::ffff:10.1.2.3]:1", []string{"::ffff:203.0.113.9"}, "203.0.113.9"},
		{"IPv6", "[2001:db8::1]:1", []string{"2001:db9::5"}, "2001:db9::5"},
		{"a zone", "[fe80::1%eth0]:1", []string{"203.0.113.9"}, "fe80::1%eth0"},
		{"a forged address", "10.1.2.3:1", []string{"1.1.1.1, 203.0.113.9"}, "203.0.113.9"},
		{"a forged header line", "10.1.2.3:1", []string{"1.1.1.1", "203.0.113.9"}, "203.0.113.9"},
		{"two proxies", "10.1.2.3:1", []string{"1.1.1.1, 203.0.113.9, 192.0.2.7"}, "203.0.113.9"},
		{"a client in the proxies' network", "10.1.2.3:1", []string{"10.9.9.9, 10.8.8.8"}, "10.9.9.9"},
		{"a port", "10.1.2.3:1", []string{"203.0.113.9:5555"}, "203.0.113.9"},
		{"IPv6 with a port", "10.1.2.3:1", []string{"[2001:db9::5]:5555"}, "2001:db9::5"},
		{"IPv6 in brackets", "10.1.2.3:1", []string{"[2001:db9::5]"}, "2001:db9::5"},
		{"no address at the end", "10.1.2.3:1", []string{"203.0.113.9, nonsense"}, "10.1.2.3"},
		{"and before a proxy", "10.1.2.3:1", []string{"203.0.113.9, nonsense, 192.0.2.7"}, "192.0.2.7"},
		{"an empty end", "10.1.2.3:1", []string{"203.0.113.9,"}, "10.1.2.3"},
		{"a forged log line", "10.1.2.3:1", []string{"203.0.113.9\", \"msg\":\"forged"}, "10.1.2.3"},
		{"a forged zone", "10.1.2.3:1", []string{"fe80::1%\u202eforged"}, "fe80::1"},
		{"many hops", "10.1.2.3:1", []string{strings.Repeat("10.0.0.1,", 5000) + "10.0.0.1"}, "10.0.0.1"},
		{"a Unix socket", "@", []string{"203.0.113.9"}, "@"},
	} {
		t.Run(c.name, func(t *testing.T) {
			header := http.Header{"X-Forwarded-For": c.forwarded, "Forwarded": {"for=1.2.3.4"}}
			if got := proxies.ClientIP(&http.Request{RemoteAddr: c.remote, Header: header}); got != c.want {
				t.Errorf("%s, %.80q: %s, want %s", c.remote, c.forwarded, got, c.want)
			}
		})
	}
	for _, bad := range []string{
		"10.0.0.0/33",
		"proxy.example.com",
		"10.0.0.1:80",
		"*",
		"10.0.0.0/8;192.0.2.7",
	} {
		if _, err := ParseTrustedProxies(bad); err == nil || !strings.Contains(err.Error(), bad) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// ClientIP returns an address for every header, and never one that no trusted proxy has written.
func FuzzClientIP(f *testing.F) {
	f.Add("203.0.113.9, 10.0.0.1")
	f.Add("[::1]:80,,\x00%")
	proxies, err := ParseTrustedProxies("10.0.0.0/8")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, forwarded string) {
		header := http.Header{"X-Forwarded-For": {forwarded, "203.0.113.9"}}
		r := &http.Request{RemoteAddr: "10.1.2.3:1", Header: header}
		if got := proxies.ClientIP(r); got != "203.0.113.9" {
			t.Errorf("%q: %s", forwarded, got)
		}
		r.Header.Set("X-Forwarded-For", forwarded)
		if _, err := netip.ParseAddr(proxies.ClientIP(r)); err != nil {
			t.Errorf("%q: %v", forwarded, err)
		}
	})
}
