package middleware

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// TrustedProxies are the networks whose X-Forwarded-For header is honoured.
type TrustedProxies []netip.Prefix

// ParseTrustedProxies parses a comma-separated list of addresses and networks.
func ParseTrustedProxies(list string) (TrustedProxies, error) {
	var proxies TrustedProxies
	for text := range strings.SplitSeq(list, ",") {
		text = strings.TrimSpace(text)
		if text == "" {
			continue
		}
		network, err := netip.ParsePrefix(text)
		if address, single := netip.ParseAddr(text); single == nil {
			network, err = netip.PrefixFrom(address.Unmap(), address.Unmap().BitLen()), nil
		}
		if err != nil {
			return nil, fmt.Errorf("trusted-proxies (%s) is not valid: "+
				"write addresses or networks such as 10.0.0.0/8,2001:db8::1", text)
		}
		proxies = append(proxies, network.Masked())
	}
	return proxies, nil
}

// Contains reports whether the text is the address of a trusted proxy. If ClientIP returns such an
// address, the proxy has not sent the client's address.
func (p TrustedProxies) Contains(text string) bool {
	address, err := netip.ParseAddr(text)
	return err == nil && p.contains(address.Unmap())
}

func (p TrustedProxies) contains(address netip.Addr) bool {
	return slices.ContainsFunc(p, func(network netip.Prefix) bool { return network.Contains(address) })
}

// ClientIP returns the address of the client without its port. If the peer is a trusted proxy, ClientIP
// walks X-Forwarded-For from right to left and skips trusted proxies. Anything left of the first other
// address can be forged and is ignored. ClientIP does not read the header Forwarded: a proxy writes one
// of the two headers and forwards the other one unchanged.
func (p TrustedProxies) ClientIP(r *http.Request) string {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	address := at.Addr().Unmap()
	if !p.contains(address) {
		return address.String()
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		before, err := parseHop(strings.TrimSpace(hop))
		if err != nil {
			break // the last valid address is the best that is known
		}
		if address = before; !p.contains(address) {
			break
		}
	}
	return address.String()
}

// parseHop parses an address of X-Forwarded-For. Some proxies add a port.
func parseHop(text string) (netip.Addr, error) {
	address, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	if err != nil {
		at, withPort := netip.ParseAddrPort(text)
		address, err = at.Addr(), withPort
	}
	return address.Unmap().WithZone(""), err
}
