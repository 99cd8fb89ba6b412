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

// The cost of a password hash: about 45 ms of one core. Of the argon2id costs that OWASP considers equal, it
// is the one with the least memory, because a flood of logins leaves that memory to the garbage collector.
// Source: OWASP Password Storage Cheat Sheet.
const (
	memoryKiB   = 7 * 1024
	passes      = 5
	parallelism = 1
	saltSize    = 16
	hashSize    = 32
)

// costPrefix is the beginning of every hash with the current cost.
var costPrefix = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, memoryKiB, passes,
	parallelism)

var base64Raw = base64.RawStdEncoding

// HashPassword returns a salted hash of the password in the PHC string format, which includes the cost.
func HashPassword(password string) string {
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // never fails, see crypto/rand
	hash := argon2.IDKey([]byte(password), salt, passes, memoryKiB, parallelism, hashSize)
	return costPrefix + base64Raw.EncodeToString(salt) + "$" + base64Raw.EncodeToString(hash)
}

var errPasswordHash = errors.New("a password's hash is not in the argon2id format")

// verifyPassword compares a password with a stored hash, at the hash's own cost.
func verifyPassword(password, stored string) (bool, error) {
	parts := strings.Split(stored, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, errPasswordHash
	}
	var version int
	var memory, time uint32
	var threads uint8
	_, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &time, &threads)
	if err != nil || version != argon2.Version {
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
