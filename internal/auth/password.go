package auth

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// The cost of a password's hash: of those for argon2id that OWASP holds to be equal, the one with the least memory, which a flood of
// logins leaves to the collector; about 45 ms of one core. Source: OWASP Password Storage Cheat Sheet.
const (
	memoryKiB = 7 * 1024
	passes    = 5
	lanes     = 1
	saltSize  = 16
	hashSize  = 32
)

// costPrefix begins every hash of today's cost.
var costPrefix = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, memoryKiB, passes, lanes)

var base64Raw = base64.RawStdEncoding

// HashPassword makes the form in which a password is kept, in the PHC string format, its cost included.
func HashPassword(password string) string {
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // never fails, see crypto/rand
	hash := argon2.IDKey([]byte(password), salt, passes, memoryKiB, lanes, hashSize)
	return costPrefix + base64Raw.EncodeToString(salt) + "$" + base64Raw.EncodeToString(hash)
}

var errPasswordHash = errors.New("a password's hash is not in the argon2id format")

// verifyPassword compares a password with its kept form, at the cost that stands in it.
func verifyPassword(password, kept string) (bool, error) {
	parts := strings.Split(kept, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, errPasswordHash
	}
	var version int
	var memory, time uint32
	var threads uint8
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &time, &threads); err != nil || version != argon2.Version {
		return false, errPasswordHash
	}
	salt, err1 := base64Raw.DecodeString(parts[4])
	want, err2 := base64Raw.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(want) == 0 || time == 0 || threads == 0 {
		return false, errPasswordHash
	}
	got := argon2.IDKey([]byte(password), salt, time, memory, threads, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}
