package auth

import (
	"context"
	"crypto/sha256"
	"net/netip"
	"time"

	"customer-events/models"
)

// How many failed logins are borne within models.AttemptWindow. What is beyond is refused, with the right password as well.
const (
	// MaxFailedHere is for one user name from one address: whoever tries a name out does not lock its owner out elsewhere.
	MaxFailedHere = 10
	// MaxFailedPerName is for one user name from wherever, known or not.
	MaxFailedPerName = 50
	// MaxFailedPerAddress is for one address, whatever names it tries.
	MaxFailedPerAddress = 100
)

// waitingForEach is how many logins may wait for each that is hashing: more would wait for longer than their callers do.
const waitingForEach = 100

// ErrTooManyLogins refuses a login before the password is looked at.
type ErrTooManyLogins struct{ RetryAfter time.Duration }

func (ErrTooManyLogins) Error() string {
	return "too many logins have failed, or are waiting: try again later"
}

type addressKey struct{}

// WithAddress gives a context the network address of the client, for counting failed logins.
func WithAddress(ctx context.Context, address string) context.Context {
	return context.WithValue(ctx, addressKey{}, address)
}

// addressOf is the client's address; of IPv6 its network, since whoever has one address there has 2^64.
func addressOf(ctx context.Context) string {
	text, _ := ctx.Value(addressKey{}).(string)
	address, err := netip.ParseAddr(text)
	if err != nil {
		return text
	}
	if address = address.Unmap().WithZone(""); address.Is6() {
		if network, err := address.Prefix(64); err == nil {
			return network.String()
		}
	}
	return address.String()
}

func budgets(username, address string) []models.Budget {
	return []models.Budget{
		{Subject: subject("address", address), Most: MaxFailedPerAddress},
		{Subject: subject("name", username), Most: MaxFailedPerName},
		{Subject: subject("name at address", username, address), Most: MaxFailedHere},
	}
}

func subject(parts ...string) string {
	hash := sha256.New()
	for _, part := range append([]string{"login"}, parts...) {
		sum := sha256.Sum256([]byte(part)) // of a fixed length, so that no two lists of parts give the same bytes
		hash.Write(sum[:])
	}
	return string(hash.Sum(nil))
}

func refused(at time.Time, until []time.Time) error {
	if until[0].IsZero() {
		return nil
	}
	return ErrTooManyLogins{RetryAfter: until[0].Sub(at)}
}
