package models_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"unicode"
	"unicode/utf8"

	"customer-events/models"
)

// codes are the contract's, to the letter.
var codes = map[models.Code][2]string{
	models.NotFound:        {"NotFoundAPIValueException", "The specified API value was not found."},
	models.Mandatory:       {"MandatoryAPIValueException", "A mandatory API value was not specified."},
	models.Invalid:         {"InvalidAPIValueException", "The specified API value is not valid."},
	models.Ambiguous:       {"AmbiguousAPIValueException", "The specified API value matches more than one record."},
	models.Duplicate:       {"DuplicateAPIValueException", "The specified API value is already used."},
	models.Forbidden:       {"ForbiddenAPIValueException", "The specified API value is not permitted for this user."},
	models.TooManyAttempts: {"TooManyAttemptsAPIException", "Too many failed attempts, try again later."},
}

func TestCodes(t *testing.T) {
	t.Parallel()
	for code, want := range codes {
		if string(code) != want[0] || code.Description() != want[1] || code.Retryable() != (code == models.TooManyAttempts) {
			t.Errorf("%s, %q, retryable %v", code, code.Description(), code.Retryable())
		}
		if got := (models.Problem{Code: code, Detail: "Account (ACR00045000) Not Found."}).Description(); got != "Error:Account (ACR00045000) Not Found. - Description:"+want[1] {
			t.Errorf("%q", got)
		}
	}
}

func TestShown(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"": "", "ACR00045000": "ACR00045000", " a b ": " a b ", "é😀": "é😀", strings.Repeat("x", 100): strings.Repeat("x", 100), strings.Repeat("x", 101): strings.Repeat("x", 100) + "…",
		strings.Repeat("😀", 100): strings.Repeat("😀", 100), strings.Repeat("😀", 101): strings.Repeat("😀", 100) + "…",
		"a\nb": "a\ufffdb", "a\x00b": "a\ufffdb", "\x1b[31m": "\ufffd[31m", "\u202e": "\ufffd", "\u200b": "\ufffd", "\u2028\u2029": "\ufffd\ufffd", "\u0085": "\ufffd", "\x7f": "\ufffd", "\xff": "\ufffd",
	} {
		if got := models.Sanitize(value); got != want {
			t.Errorf("%q is shown as %q, want %q", value, got, want)
		}
	}
}

func FuzzShown(f *testing.F) {
	for _, seed := range []string{"", "ACR1", "a\x00b", "\xff", "\u202e", strings.Repeat("😀", 101)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		shown := models.Sanitize(value)
		if !utf8.ValidString(shown) || utf8.RuneCountInString(shown) > 101 || strings.ContainsFunc(shown, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
			t.Errorf("%q is shown as %q", value, shown)
		}
		if models.Sanitize(strings.TrimSuffix(shown, "…")) != strings.TrimSuffix(shown, "…") {
			t.Errorf("%q is shown as %q, and that as something else", value, shown)
		}
	})
}

func TestSecretsAreToldApart(t *testing.T) {
	t.Parallel()
	a, b := models.NewKeyedHasher([]byte("key")), models.NewKeyedHasher([]byte("another key"))
	seen := make(map[string]string)
	keep := func(what string, hash []byte) {
		if len(hash) != 32 {
			t.Errorf("%s has %d bytes", what, len(hash))
		}
		if other, known := seen[string(hash)]; known {
			t.Errorf("%s and %s have one hash", what, other)
		}
		seen[string(hash)] = what
	}
	for name, s := range map[string]*models.KeyedHasher{"a": a, "b": b} {
		for _, value := range []string{"", "1", "12", "pass-code", "\x00", "\x00\x00\x00\x01", "4711"} {
			keep(fmt.Sprintf("%s code %q", name, value), s.AuthenticationCode(value))
			keep(fmt.Sprintf("%s password %q", name, value), s.OneTimePassword(value))
			keep(fmt.Sprintf("%s request %q", name, value), s.RequestIdentifier(value))
			keep(fmt.Sprintf("%s key %q", name, value), s.IdempotencyKey(value))
			keep(fmt.Sprintf("%s fingerprint %q", name, value), s.Fingerprint([]byte(value)))
		}
		// No way of dividing a text between two parts gives the hash of another.
		for _, parts := range [][2]string{{"AT1", "23"}, {"AT12", "3"}, {"AT123", ""}, {"", "AT123"}, {"AT1", "24"}, {"AT2", "23"}, {"AT1\x00", "23"}, {"AT1", "\x0023"}, {"AT1\x00\x00\x00\x0223", ""}} {
			keep(fmt.Sprintf("%s pass code %q", name, parts), s.PassCode(parts[0], parts[1]))
		}
	}
}

func TestSecretsAreTheSameEachTime(t *testing.T) {
	t.Parallel()
	key := []byte("key")
	s := models.NewKeyedHasher(key)
	want := s.PassCode("AT1", "4711")
	key[0] = 'x' // the caller's memory is the caller's
	running := sync.WaitGroup{}
	for range 8 {
		running.Go(func() {
			for range 200 {
				s.OneTimePassword("other")
				if !bytes.Equal(s.PassCode("AT1", "4711"), want) {
					t.Error("another hash")
					return
				}
			}
		})
	}
	running.Wait()
	if !bytes.Equal(models.NewKeyedHasher([]byte("key")).PassCode("AT1", "4711"), want) {
		t.Error("another hash with the same key")
	}
}

func TestSameHash(t *testing.T) {
	t.Parallel()
	hash := models.NewKeyedHasher([]byte("key")).OneTimePassword("1")
	if !models.EqualHashes(hash, bytes.Clone(hash)) || models.EqualHashes(hash, hash[:31]) || models.EqualHashes(hash, nil) || models.EqualHashes(nil, nil) || models.EqualHashes([]byte{}, nil) {
		t.Error("hashes are not compared well; two that are missing are not the same")
	}
}
