package models

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"sync"
)

// KeyedHasher turns secrets into keyed hashes (HMAC-SHA-256). Access-token secrets come by the thousand in one call, so a slow
// password hash is out of the question; the key, kept outside the database, is what makes a stolen table useless.
// It is safe for concurrent use.
type KeyedHasher struct {
	macs     sync.Pool
	previous []*KeyedHasher
}

// NewKeyedHasher makes hashes with the key. What was kept under older keys is still known by them.
func NewKeyedHasher(key []byte, older ...[]byte) *KeyedHasher {
	key = append([]byte(nil), key...)
	s := &KeyedHasher{macs: sync.Pool{New: func() any { return hmac.New(sha256.New, key) }}}
	for _, key := range older {
		s.previous = append(s.previous, NewKeyedHasher(key))
	}
	return s
}

// Previous are the hashes by the older keys. A hash cannot be made into one by another key, only looked for by each.
func (s *KeyedHasher) Previous() []*KeyedHasher { return s.previous }

// CheckValue is the hash of a constant. A database holds it, to know its key again.
func (s *KeyedHasher) CheckValue() []byte { return s.hash("secret-key-check") }

// AuthenticationCode is the hash by which an access token's authentication code is kept and looked up.
func (s *KeyedHasher) AuthenticationCode(code string) []byte {
	return s.hash("authentication-code", code)
}

// OneTimePassword is the hash by which an access token's one-time password is kept and looked up.
func (s *KeyedHasher) OneTimePassword(password string) []byte {
	return s.hash("one-time-password", password)
}

// PassCode is the hash of the pass code of one access token. The token's number goes into it: equal pass codes of two
// tokens must not look equal in the table.
func (s *KeyedHasher) PassCode(tokenNumber, passCode string) []byte {
	return s.hash("pass-code", tokenNumber, passCode)
}

// VerifyPassCode reports whether a token's pass code is kept as the hash, by whichever key.
func (s *KeyedHasher) VerifyPassCode(hash []byte, tokenNumber, passCode string) bool {
	same := EqualHashes(hash, s.PassCode(tokenNumber, passCode))
	for _, older := range s.previous {
		same = EqualHashes(hash, older.PassCode(tokenNumber, passCode)) || same
	}
	return same
}

// RequestIdentifier is the hash by which a call's ledger remembers an event's requestUniqueIdentifier, which is itself
// never stored.
func (s *KeyedHasher) RequestIdentifier(identifier string) []byte {
	return s.hash("request-identifier", identifier)
}

// IdempotencyKey is the hash by which a call is remembered.
func (s *KeyedHasher) IdempotencyKey(key string) []byte { return s.hash("idempotency-key", key) }

// Fingerprint is the hash of the canonical form of a call's events.
func (s *KeyedHasher) Fingerprint(canonical []byte) []byte {
	return s.hash("fingerprint", string(canonical))
}

// Identifier is the hash of an identifier that an event with an external reference was sent with: the
// reference's kind and attribute and its value. A secret comes with more parts: its pass code, and the
// event's external reference, so that the same secret does not look the same in the rows of two events.
func (s *KeyedHasher) Identifier(ref Reference, more ...string) []byte {
	parts := []string{"sent-identifier", string([]byte{byte(ref.Kind), byte(ref.By)}), ref.Value}
	return s.hash(append(parts, more...)...)[:IdentifierHashLength]
}

// CounterKey is the hash under which failed guesses are counted (see Budget): of an identifier, say, that was typed wrong, and may
// be a secret itself.
func (s *KeyedHasher) CounterKey(parts ...string) string {
	return string(s.hash(append([]string{"failed-attempts"}, parts...)...))
}

// hash separates its parts by their lengths, so that no two lists of parts give the same bytes.
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

// EqualHashes compares two hashes in constant time.
func EqualHashes(a, b []byte) bool { return len(a) > 0 && hmac.Equal(a, b) }
