package models

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

// ErrWebsite describes the accepted format of a website.
var ErrWebsite = errors.New("write an http or https address, or a host such as www.crm.com, " +
	"without blanks or control characters")

// CheckWebsite accepts an http or https URL, or a host without a scheme, as in the CRM's own example
// (www.crm.com, www.crm.com:8080/page?x=1). It rejects every other scheme, such as javascript: and data:,
// and characters that could hide one: blanks, control and invisible characters, backslashes.
func CheckWebsite(text string) error {
	for _, r := range text {
		if r > ' ' && r < 0x7f && r != '\\' {
			continue // the common case
		}
		if unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) ||
			r == '\\' || r == unicode.ReplacementChar {
			return ErrWebsite
		}
	}
	lower := strings.ToLower(text)
	if !strings.HasPrefix(lower, "http://") && !strings.HasPrefix(lower, "https://") {
		if !hostWithoutScheme(text) {
			return ErrWebsite
		}
		text = "http://" + text
	}
	parsed, err := url.Parse(text)
	if err != nil || !validHost(parsed.Hostname()) || !validPort(parsed.Host) {
		return ErrWebsite
	}
	return nil
}

// hostWithoutScheme reports whether text may be a host without a scheme. "javascript:1//…" looks like a host
// with a port, so it accepts a port only after a name with a dot, an address in brackets, or localhost.
func hostWithoutScheme(text string) bool {
	authority := text
	if end := strings.IndexAny(text, "/?#"); end >= 0 {
		authority = text[:end]
	}
	if strings.Contains(authority, "@") {
		return false
	}
	host, _, hasPort := strings.Cut(authority, ":")
	return !hasPort || strings.Contains(host, ".") || strings.HasPrefix(host, "[") ||
		strings.EqualFold(host, "localhost")
}

func validHost(host string) bool {
	if host == "" || len(host) > 253 || strings.HasPrefix(host, ".") || strings.HasPrefix(host, "-") ||
		strings.Contains(host, "..") {
		return false
	}
	for _, r := range host {
		if r != '.' && r != '-' && r != '_' && r != ':' &&
			!unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			return false
		}
	}
	return true
}

func validPort(authority string) bool {
	end := strings.LastIndexByte(authority, ':')
	if end < 0 || strings.HasSuffix(authority, "]") {
		return true
	}
	digits := authority[end+1:]
	port, err := strconv.ParseUint(digits, 10, 16)
	return err == nil && port > 0 && len(digits) <= len("65535")
}
