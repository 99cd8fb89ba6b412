package models

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"sync"
)

// KeyedHasher hashes secrets with a key (HMAC-SHA-256). One call may contain thousands of access-token
// secrets, so a slow password hash is not possible. The key is stored outside the database, so that a stolen
// table alone is useless. A KeyedHasher is safe for concurrent use.
type KeyedHasher struct {
	macs     sync.Pool
	previous []*KeyedHasher
}

// NewKeyedHasher returns a hasher for the key. Hashes made with the previous keys still match.
func NewKeyedHasher(key []byte, previous ...[]byte) *KeyedHasher {
	key = append([]byte(nil), key...)
	s := &KeyedHasher{macs: sync.Pool{New: func() any { return hmac.New(sha256.New, key) }}}
	for _, key := range previous {
		s.previous = append(s.previous, NewKeyedHasher(key))
	}
	return s
}

// Previous returns the hashers for the previous keys. A stored hash cannot be converted to another key, so a
// look-up has to try each of them.
func (s *KeyedHasher) Previous() []*KeyedHasher { return s.previous }

// CheckValue returns the hash of a constant. The database stores it, so that the program notices a wrong
// key.
func (s *KeyedHasher) CheckValue() []byte { return s.hash("secret-key-check") }

// AuthenticationCode returns the hash that stores and finds an access token's authentication code.
func (s *KeyedHasher) AuthenticationCode(code string) []byte {
	return s.hash("authentication-code", code)
}

// OneTimePassword returns the hash that stores and finds an access token's one-time password.
func (s *KeyedHasher) OneTimePassword(password string) []byte {
	return s.hash("one-time-password", password)
}

// PassCode returns the hash of an access token's pass code. The hash includes the token's number, so that
// equal pass codes of two tokens have different hashes.
func (s *KeyedHasher) PassCode(tokenNumber, passCode string) []byte {
	return s.hash("pass-code", tokenNumber, passCode)
}

// VerifyPassCode reports whether the hash is that of the token's pass code, with the current or a previous
// key.
func (s *KeyedHasher) VerifyPassCode(hash []byte, tokenNumber, passCode string) bool {
	same := EqualHashes(hash, s.PassCode(tokenNumber, passCode))
	for _, previous := range s.previous {
		same = EqualHashes(hash, previous.PassCode(tokenNumber, passCode)) || same
	}
	return same
}

// RequestIdentifier returns the hash of an event's requestUniqueIdentifier, for the idempotency record. The
// identifier itself is never stored.
func (s *KeyedHasher) RequestIdentifier(identifier string) []byte {
	return s.hash("request-identifier", identifier)
}

// IdempotencyKey returns the hash that stores and finds a call's idempotency key.
func (s *KeyedHasher) IdempotencyKey(key string) []byte { return s.hash("idempotency-key", key) }

// Fingerprint returns the hash of the canonical form of a call's events.
func (s *KeyedHasher) Fingerprint(canonical []byte) []byte {
	return s.hash("fingerprint", string(canonical))
}

// Identifier returns the hash of an identifier in the request, for an event with an external reference: of
// the reference's kind, attribute and value. For a secret, more holds its pass code and the event's external
// reference, so that the same secret has different hashes in the rows of two events.
func (s *KeyedHasher) Identifier(ref Reference, more ...string) []byte {
	parts := []string{"sent-identifier", string([]byte{byte(ref.Kind), byte(ref.By)}), ref.Value}
	return s.hash(append(parts, more...)...)[:IdentifierHashLength]
}

// CounterKey returns the hash that names a counter of failed attempts (see Limit). It hides the parts,
// because a mistyped identifier may itself be a secret.
func (s *KeyedHasher) CounterKey(parts ...string) string {
	return string(s.hash(append([]string{"failed-attempts"}, parts...)...))
}

// hash writes each part with its length, so that no two lists of parts produce the same bytes.
func (s *KeyedHasher) hash(parts ...string) []byte {
	mac := s.macs.Get().(hash.Hash)
	defer s.macs.Put(mac)
	mac.Reset()
	for _, part := range parts {
		n := len(part)
		mac.Write([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
		mac.Write([]byte(part))
	}
	return mac.Sum(nil)
}

// EqualHashes compares two hashes in constant time. Empty hashes are never equal.
func EqualHashes(a, b []byte) bool { return len(a) > 0 && hmac.Equal(a, b) }
