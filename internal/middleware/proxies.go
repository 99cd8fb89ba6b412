package middleware

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// TrustedProxies are the addresses whose word is taken for whom they speak for.
type TrustedProxies []netip.Prefix

// ParseTrustedProxies reads a list of addresses and networks, with commas between them.
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
			return nil, fmt.Errorf("trusted-proxies (%s) is not valid: write addresses or networks such as 10.0.0.0/8,2001:db8::1", text)
		}
		proxies = append(proxies, network.Masked())
	}
	return proxies, nil
}

// Contains reports whether the text is the address of a trusted proxy. As the address of a request it means that the
// proxy has not said whose request it is.
func (p TrustedProxies) Contains(text string) bool {
	address, err := netip.ParseAddr(text)
	return err == nil && p.contains(address.Unmap())
}

func (p TrustedProxies) contains(address netip.Addr) bool {
	return slices.ContainsFunc(p, func(network netip.Prefix) bool { return network.Contains(address) })
}

// ClientIP is where the request comes from, without the port. If that is a trusted proxy, it is what the proxy has written at the
// end of X-Forwarded-For, and so on towards its beginning until an address is not a trusted proxy's: what stands before that was
// written by who knows whom. The header Forwarded is not read: a proxy writes one of the two and passes the other on as it came.
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
			break // the last one that is known answers for it
		}
		if address = before; !p.contains(address) {
			break
		}
	}
	return address.String()
}

// parseHop reads an address as proxies write it, some with a port.
func parseHop(text string) (netip.Addr, error) {
	address, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	if err != nil {
		at, withPort := netip.ParseAddrPort(text)
		address, err = at.Addr(), withPort
	}
	return address.Unmap().WithZone(""), err
}
