package models

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"unicode"
)

// ErrWebsite describes the accepted format of a website.
var ErrWebsite = errors.New("write an http or https address, or a host such as www.crm.com, " +
	"without blanks or control characters")

// CheckWebsite accepts an http or https URL as a browser's location.href returns it, or a host without a
// scheme, as in the CRM's own example (www.crm.com, www.crm.com:8080/page?x=1). It rejects every other
// scheme, such as javascript: and data:, and characters that could hide one: blanks, control and invisible
// characters, and backslashes before the query.
//
// It does not use net/url, which rejects what browsers produce, such as a lone % in a path.
func CheckWebsite(text string) error {
	rest, hasScheme := cutScheme(text)
	authority, path := rest, ""
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		authority, path = rest[:end], rest[end:]
	}
	if !validCharacters(path) || !validAuthority(authority, hasScheme) {
		return ErrWebsite
	}
	return nil
}

// cutScheme removes http:// or https:// from the beginning of a text.
func cutScheme(text string) (rest string, found bool) {
	for _, scheme := range []string{"http://", "https://"} {
		if len(text) >= len(scheme) && strings.EqualFold(text[:len(scheme)], scheme) {
			return text[len(scheme):], true
		}
	}
	return text, false
}

// The joiners are invisible, but part of words in Persian and in Indian languages, and of emoji.
const zeroWidthNonJoiner, zeroWidthJoiner = '\u200c', '\u200d'

func isJoiner(r rune) bool { return r == zeroWidthNonJoiner || r == zeroWidthJoiner }

// validCharacters checks the path, query and fragment of a website. Browsers keep a backslash in a query or
// a fragment; in a path they would read it as a slash.
func validCharacters(path string) bool {
	inPath := true
	for _, r := range path {
		switch {
		case r == '?' || r == '#':
			inPath = false
		case r == '\\':
			if inPath {
				return false
			}
		case r > ' ' && r < 0x7f || isJoiner(r): // the common case
		case unicode.IsSpace(r), unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == unicode.ReplacementChar:
			return false
		}
	}
	return true
}

// validAuthority checks the host and the port of a website, and that a host without a scheme is not itself
// the scheme of something else: javascript:1 looks like a host with a port.
func validAuthority(authority string, hasScheme bool) bool {
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		if !hasScheme || !validUser(authority[:at]) {
			return false
		}
		authority = authority[at+1:]
	}
	if strings.HasPrefix(authority, "[") {
		end := strings.IndexByte(authority, ']')
		if end < 0 {
			return false
		}
		address, err := netip.ParseAddr(authority[1:end])
		return err == nil && address.Is6() && address.Zone() == "" && validPort(authority[end+1:])
	}
	host, port := authority, ""
	if colon := strings.IndexByte(authority, ':'); colon >= 0 {
		host, port = authority[:colon], authority[colon:]
	}
	if !validHost(host) || !validPort(port) {
		return false
	}
	return hasScheme || port == "" || validHostBeforePort(host, port)
}

// validUser checks the user and the password of a URL. They have visible characters of ASCII only: browsers
// encode all others.
func validUser(user string) bool {
	for i := range len(user) {
		if b := user[i]; b <= ' ' || b >= 0x7f || b == '\\' || b == '@' {
			return false
		}
	}
	return true
}

// validHostBeforePort reports whether a host with a port, without a scheme before it, is a host in fact. A
// name without a dot looks like a scheme. It is a host if it is in ASCII, has a number behind the colon, and
// is no scheme that is known.
func validHostBeforePort(host, port string) bool {
	lower := strings.ToLower(host)
	if isScheme(lower) {
		return false
	}
	if strings.Contains(host, ".") || lower == "localhost" {
		return true
	}
	for i := range len(host) {
		if host[i] >= 0x80 {
			return false
		}
	}
	return port != ":"
}

// validHost checks a name or an IPv4 address.
func validHost(host string) bool {
	if host == "" || len(host) > 253 || strings.HasPrefix(host, ".") || strings.HasPrefix(host, "-") ||
		strings.Contains(host, "..") {
		return false
	}
	previous := '.'
	for _, r := range host {
		switch {
		case isJoiner(r):
			// A joiner is between two letters, or behind the mark of the first.
			if !unicode.IsLetter(previous) && !unicode.IsMark(previous) {
				return false
			}
		case isJoiner(previous) && !unicode.IsLetter(r):
			return false
		case r != '.' && r != '-' && r != '_' &&
			!unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r):
			return false
		}
		previous = r
	}
	return !isJoiner(previous)
}

// validPort checks a port with its colon. It may be absent, or empty behind the colon.
func validPort(port string) bool {
	digits, hasColon := strings.CutPrefix(port, ":")
	if !hasColon || digits == "" {
		return port == "" || hasColon
	}
	number, err := strconv.ParseUint(digits, 10, 16)
	return err == nil && number > 0 && len(digits) <= len("65535")
}
