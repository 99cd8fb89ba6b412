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

// codes are the codes and sentences that the contract fixes.
var codes = map[models.Code][2]string{
	models.NotFound:  {"NotFoundAPIValueException", "The specified API value was not found."},
	models.Mandatory: {"MandatoryAPIValueException", "A mandatory API value was not specified."},
	models.Invalid:   {"InvalidAPIValueException", "The specified API value is not valid."},
	models.Ambiguous: {
		"AmbiguousAPIValueException",
		"The specified API value matches more than one record.",
	},
	models.Duplicate: {"DuplicateAPIValueException", "The specified API value is already used."},
	models.Forbidden: {
		"ForbiddenAPIValueException",
		"The specified API value is not permitted for this user.",
	},
	models.TooManyAttempts: {"TooManyAttemptsAPIException", "Too many failed attempts, try again later."},
}

func TestCodes(t *testing.T) {
	t.Parallel()
	for code, want := range codes {
		if string(code) != want[0] || code.Description() != want[1] ||
			code.Retryable() != (code == models.TooManyAttempts) {
			t.Errorf("%s, %q, retryable %v", code, code.Description(), code.Retryable())
		}
		problem := models.Problem{Code: code, Detail: "Account (ACR00045000) Not Found."}
		got := problem.Description()
		if got != "Error:Account (ACR00045000) Not Found. - Description:"+want[1] {
			t.Errorf("%q", got)
		}
	}
}

func TestSanitize(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"":                       "",
		"ACR00045000":            "ACR00045000",
		" a b ":                  " a b ",
		"é😀":                     "é😀",
		strings.Repeat("x", 100): strings.Repeat("x", 100),
		strings.Repeat("x", 101): strings.Repeat("x", 100) + "…",
		strings.Repeat("😀", 100): strings.Repeat("😀", 100),
		strings.Repeat("😀", 101): strings.Repeat("😀", 100) + "…",
		"a\nb":                   "a\ufffdb",
		"a\x00b":                 "a\ufffdb",
		"\x1b[31m":               "\ufffd[31m",
		"\u202e":                 "\ufffd",
		"\u200b":                 "\ufffd",
		"می\u200cخواهم":          "می\u200cخواهم",
		"👩\u200d👧":               "👩\u200d👧",
		"\u2028\u2029":           "\ufffd\ufffd",
		"\u0085":                 "\ufffd",
		"\x7f":                   "\ufffd",
		"\xff":                   "\ufffd",
	} {
		if got := models.Sanitize(value); got != want {
			t.Errorf("Sanitize(%q) is %q, want %q", value, got, want)
		}
	}
}

func FuzzSanitize(f *testing.F) {
	for _, seed := range []string{"", "ACR1", "a\x00b", "\xff", "\u202e", strings.Repeat("😀", 101)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		sanitized := models.Sanitize(value)
		unsafe := func(r rune) bool {
			return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && r != '\u200c' && r != '\u200d'
		}
		if !utf8.ValidString(sanitized) || utf8.RuneCountInString(sanitized) > 101 ||
			strings.ContainsFunc(sanitized, unsafe) {
			t.Errorf("Sanitize(%q) is %q", value, sanitized)
		}
		if models.Sanitize(strings.TrimSuffix(sanitized, "…")) != strings.TrimSuffix(sanitized, "…") {
			t.Errorf("Sanitize(%q) is %q, and changes when sanitized again", value, sanitized)
		}
	})
}

func TestKeyedHasher_DistinctHashes(t *testing.T) {
	t.Parallel()
	a, b := models.NewKeyedHasher([]byte("key")), models.NewKeyedHasher([]byte("another key"))
	seen := make(map[string]string)
	add := func(what string, hash []byte) {
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
			add(fmt.Sprintf("%s code %q", name, value), s.AuthenticationCode(value))
			add(fmt.Sprintf("%s password %q", name, value), s.OneTimePassword(value))
			add(fmt.Sprintf("%s request %q", name, value), s.RequestIdentifier(value))
			add(fmt.Sprintf("%s key %q", name, value), s.IdempotencyKey(value))
			add(fmt.Sprintf("%s fingerprint %q", name, value), s.Fingerprint([]byte(value)))
		}
		// No way of dividing a text between two parts gives the hash of another.
		for _, parts := range [][2]string{
			{"AT1", "23"},
			{"AT12", "3"},
			{"AT123", ""},
			{"", "AT123"},
			{"AT1", "24"},
			{"AT2", "23"},
			{"AT1\x00", "23"},
			{"AT1", "\x0023"},
			{"AT1\x00\x00\x00\x0223", ""},
		} {
			add(fmt.Sprintf("%s pass code %q", name, parts), s.PassCode(parts[0], parts[1]))
		}
	}
}

func TestKeyedHasher_Repeatable(t *testing.T) {
	t.Parallel()
	key := []byte("key")
	s := models.NewKeyedHasher(key)
	want := s.PassCode("AT1", "4711")
	key[0] = 'x' // the hasher has its own copy
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

func TestEqualHashes(t *testing.T) {
	t.Parallel()
	hash := models.NewKeyedHasher([]byte("key")).OneTimePassword("1")
	if !models.EqualHashes(hash, bytes.Clone(hash)) || models.EqualHashes(hash, hash[:31]) ||
		models.EqualHashes(hash, nil) || models.EqualHashes(nil, nil) || models.EqualHashes([]byte{}, nil) {
		t.Error("EqualHashes is wrong; two missing hashes are not equal")
	}
}
