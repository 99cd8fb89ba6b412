package auth

import (
	"context"
	"crypto/sha256"
	"net/netip"
	"strconv"
	"time"

	"customer-events/models"
)

// The limits of failed logins within models.LockoutWindow. Above a limit a login is refused, even with the
// right password. See docs/decisions/0007-guessing.md.
const (
	// MaxFailedPerNameAndAddress is for one user name from one unfamiliar address: an address without a
	// recent login.
	MaxFailedPerNameAndAddress = 10
	// MaxFailedPerName is for one user name from all unfamiliar addresses together. Above it, each address
	// has one attempt, so that a user at a new address can log in during an attack.
	MaxFailedPerName = 50
	// MaxFailedEverywhere is for one user name from all unfamiliar addresses together. Above it, they have
	// no attempt.
	MaxFailedEverywhere = 1000
	// MaxFailedPerAddress is for one unfamiliar address and all names.
	MaxFailedPerAddress = 100

	// MaxFailedPerNameAndSharedAddress and MaxFailedPerSharedAddress are for a familiar address, and for an
	// address that many clients share: one client must not lock out the others. Above
	// MaxFailedPerNameAndAddress, a wrong password gets the same response as a refused login.
	MaxFailedPerNameAndSharedAddress = 100
	MaxFailedPerSharedAddress        = 1000
	// MaxFailedPerNameAndSharedAddressSlow and MaxFailedPerSharedAddressSlow are for such an address within
	// slowWindow, once it has reached the limits above.
	MaxFailedPerNameAndSharedAddressSlow = 5
	MaxFailedPerSharedAddressSlow        = 60
)

const (
	// slowWindow is the period of the slow limits.
	slowWindow = time.Minute
	// NetworkTTL is how long an address stays familiar after a login from it.
	NetworkTTL = 30 * 24 * time.Hour
	// networkRefresh is the age from which the stored time of the last login is written again.
	networkRefresh = 24 * time.Hour
)

// maxWaitingPerCPU is how many logins may wait for each login that is hashing a password. More would wait
// longer than clients do.
const maxWaitingPerCPU = 100

// ErrTooManyLogins refuses a login without checking its password.
type ErrTooManyLogins struct{ RetryAfter time.Duration }

// Error implements error.
func (ErrTooManyLogins) Error() string {
	return "too many logins have failed, or are waiting: try again later"
}

type addressKey struct{}

// WithAddress returns a context with the network address of the client, for which failed logins are counted.
func WithAddress(ctx context.Context, address string) context.Context {
	return context.WithValue(ctx, addressKey{}, address)
}

// client is the origin of a login.
type client struct {
	// address is the client's address. Of an IPv6 address it is the /64, because a client usually has all of
	// its 2^64 addresses.
	address string
	// site is the same, but of an IPv6 address the /48, because a client with one /64 often has all of its
	// 65,536.
	site string
	// exact is the address itself.
	exact string
	// loopback reports that the login comes from this machine: from a proxy or a local program.
	loopback bool
}

func clientOf(ctx context.Context) client {
	text, _ := ctx.Value(addressKey{}).(string)
	address, err := netip.ParseAddr(text)
	if err != nil {
		return client{address: text, site: text, exact: text}
	}
	address = address.Unmap().WithZone("")
	c := client{address.String(), address.String(), address.String(), address.IsLoopback()}
	if address.Is6() && !c.loopback {
		c.address, c.site = networkPrefix(address, 64), networkPrefix(address, 48)
	}
	return c
}

func networkPrefix(address netip.Addr, bits int) string {
	network, _ := address.Prefix(bits) // fails only for IPv4
	return network.String()
}

// networkHash returns the hash under which the address is stored after a login.
func (c client) networkHash() []byte { return []byte(counterKey("network", c.address)) }

// defaultLimits returns the limits of a login from an unfamiliar address. While the name is under attack,
// each site has one attempt.
func defaultLimits(username string, c client, underAttack bool) []models.Limit {
	perAddress := MaxFailedPerNameAndAddress
	if underAttack {
		perAddress = 1
	}
	limits := []models.Limit{
		{CounterKey: counterKey("address", c.address), Max: MaxFailedPerAddress},
		{CounterKey: counterKey("name", username), Max: MaxFailedEverywhere},
		{CounterKey: counterKey("name at address", username, c.address), Max: perAddress},
	}
	if c.site != c.address {
		site := counterKey("name at site", username, c.site)
		limits = append(limits, models.Limit{CounterKey: site, Max: 2*perAddress - 1})
	}
	return limits
}

// sharedLimits returns the limits of a login from a familiar address, or from one that clients share. Their
// counters are separate from those of all other addresses, so that an attack from elsewhere does not use
// them.
func sharedLimits(username string, c client) []models.Limit {
	return []models.Limit{
		{CounterKey: counterKey("shared address", c.address), Max: MaxFailedPerSharedAddress},
		{
			CounterKey: counterKey("name at shared address", username, c.address),
			Max:        MaxFailedPerNameAndSharedAddress,
		},
	}
}

// slowLimits returns the limits of a shared address that has reached its sharedLimits. Each minute has its
// own counters.
func slowLimits(username string, c client, at time.Time) []models.Limit {
	minute := strconv.FormatInt(at.Unix()/int64(slowWindow/time.Second), 10)
	return []models.Limit{
		{
			CounterKey: counterKey("shared address, slowly", c.address, minute),
			Max:        MaxFailedPerSharedAddressSlow,
		},
		{
			CounterKey: counterKey("name at shared address, slowly", username, c.address, minute),
			Max:        MaxFailedPerNameAndSharedAddressSlow,
		},
	}
}

// loginLimits are the limits of one login.
type loginLimits struct {
	limits []models.Limit
	// hideFailureUntil is the time until which a wrong password gets the same response as a refused login,
	// because the name has many failures at this address. It is the zero time if there are few.
	hideFailureUntil time.Time
}

// limitsFor chooses the limits of a login, or refuses the login. LogIn calls it before it hashes the
// password, because a flood of refused logins must cost nothing.
func (s *Service) limitsFor(ctx context.Context, username string, c client, at time.Time) (loginLimits,
	error) {
	familiar := s.isShared(c)
	if !familiar {
		last, err := s.sessions.LastLogin(ctx, c.networkHash())
		if err != nil {
			return loginLimits{}, err
		}
		familiar = last.After(at.Add(-NetworkTTL))
	}
	if !familiar {
		attack := []models.Limit{{CounterKey: counterKey("name", username), Max: MaxFailedPerName}}
		until, err := s.lockedUntil(ctx, at, attack)
		if err != nil {
			return loginLimits{}, err
		}
		limits := defaultLimits(username, c, !until[0].IsZero())
		if until, err = s.lockedUntil(ctx, at, limits); err != nil {
			return loginLimits{}, err
		}
		return loginLimits{limits: limits}, lockoutError(at, until)
	}
	usual, slow := sharedLimits(username, c), slowLimits(username, c, at)
	few := []models.Limit{{CounterKey: usual[1].CounterKey, Max: MaxFailedPerNameAndAddress}}
	until, err := s.lockedUntil(ctx, at, usual, slow, few)
	switch {
	case err != nil:
		return loginLimits{}, err
	case until[0].IsZero():
		return loginLimits{usual, until[2]}, nil
	case until[1].IsZero():
		return loginLimits{slow, until[2]}, nil
	}
	return loginLimits{}, ErrTooManyLogins{RetryAfter: at.Truncate(slowWindow).Add(slowWindow).Sub(at)}
}

func (s *Service) isShared(c client) bool {
	return c.loopback || s.Shared != nil && s.Shared(c.exact)
}

// rememberNetwork stores the time of a login from an address, but not again within networkRefresh. It
// ignores errors: the login has succeeded, and the next one tries again.
func (s *Service) rememberNetwork(ctx context.Context, c client, at time.Time) {
	if s.isShared(c) {
		return
	}
	last, err := s.sessions.LastLogin(ctx, c.networkHash())
	if err == nil && !last.After(at.Add(-networkRefresh)) {
		_ = s.sessions.KeepLogin(ctx, c.networkHash(), at, at.Add(-NetworkTTL))
	}
}

// lockedUntil returns, for each list of limits, when all of them allow a login again, and the zero time if
// they allow it now.
func (s *Service) lockedUntil(ctx context.Context, at time.Time, lists ...[]models.Limit) ([]time.Time,
	error) {
	attempts := models.Attempts{At: at}
	for _, limits := range lists {
		attempts.List = append(attempts.List, models.Attempt{Limits: limits})
	}
	return s.sessions.LockedUntil(ctx, attempts)
}

// lockoutError returns ErrTooManyLogins if the login is locked out until a later time.
func lockoutError(at time.Time, until []time.Time) error {
	if until[0].IsZero() {
		return nil
	}
	return ErrTooManyLogins{RetryAfter: until[0].Sub(at)}
}

// counterKey returns the hash that names a counter of failed logins.
func counterKey(parts ...string) string {
	hash := sha256.New()
	for _, part := range append([]string{"login"}, parts...) {
		// The sums have a fixed length, so that no two lists of parts give the same bytes.
		sum := sha256.Sum256([]byte(part))
		hash.Write(sum[:])
	}
	return string(hash.Sum(nil))
}
