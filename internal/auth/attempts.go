package auth

import (
	"context"
	"crypto/sha256"
	"net/netip"
	"strconv"
	"time"

	"customer-events/models"
)

// How many failed logins are evaluated within models.AttemptWindow. What is beyond is refused, with the
// right password as well. See docs/decisions/0007-guessing.md.
const (
	// MaxFailedPerNameAndAddress is for one user name from one address that nobody has logged in from lately.
	MaxFailedPerNameAndAddress = 10
	// MaxFailedPerName is for one user name from all such addresses together. From then on each address has
	// one try, so that a user at a new address can log in beside an attack.
	MaxFailedPerName = 50
	// MaxFailedEverywhere is for one user name from all such addresses together. From then on they have none.
	MaxFailedEverywhere = 1000
	// MaxFailedPerAddress is for one such address, whatever names it tries.
	MaxFailedPerAddress = 100

	// MaxFailedHereShared and MaxFailedPerAddressShared are for an address that somebody has logged in from
	// lately, or that many clients share: one of them must not lock out the others. Beyond MaxFailedHere only
	// the right password is answered otherwise than a refusal.
	MaxFailedHereShared       = 100
	MaxFailedPerAddressShared = 1000
	// MaxFailedHereSlowly and MaxFailedPerAddressSlowly are for such an address and one slowly, when those are
	// used up.
	MaxFailedHereSlowly       = 5
	MaxFailedPerAddressSlowly = 60
)

const (
	// slowly is the time in which a shared address has the slow limits.
	slowly = time.Minute
	// NetworkLife is how long an address counts as one that somebody has logged in from.
	NetworkLife = 30 * 24 * time.Hour
	// networkRefresh is how old the time of the last login gets before it is written anew.
	networkRefresh = 24 * time.Hour
)

// maxWaitingPerCPU is how many logins may wait for each that is hashing: more would wait for longer than
// their callers do.
const maxWaitingPerCPU = 100

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

// client is where a login comes from.
type client struct {
	// address is the client's address; of IPv6 its /64, since whoever has one address there has 2^64.
	address string
	// site is the same, but of IPv6 the /48, since whoever has one /64 there often has 65,536.
	site string
	// exact is the very address.
	exact string
	// loopback says that it comes from this machine, where either a proxy or a program of the machine runs.
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
		c.address, c.site = prefix(address, 64), prefix(address, 48)
	}
	return c
}

func prefix(address netip.Addr, bits int) string {
	network, _ := address.Prefix(bits) // fails for IPv4 only
	return network.String()
}

// network is the hash by which an address is remembered that somebody has logged in from.
func (c client) network() []byte { return []byte(subject("network", c.address)) }

// limits returns the budgets of a login from an address that nobody has logged in from lately. While the
// name is under attack, each site has one try.
func limits(username string, c client, attacked bool) []models.Limit {
	here := MaxFailedPerNameAndAddress
	if attacked {
		here = 1
	}
	budgets := []models.Limit{
		{CounterKey: subject("address", c.address), Max: MaxFailedPerAddress},
		{CounterKey: subject("name", username), Max: MaxFailedEverywhere},
		{CounterKey: subject("name at address", username, c.address), Max: here},
	}
	if c.site != c.address {
		budgets = append(budgets, models.Limit{CounterKey: subject("name at site", username, c.site), Max: 2*here - 1})
	}
	return budgets
}

// sharedLimits returns the budgets of a login from an address that somebody has logged in from lately, or
// that clients share. They are apart from those of all other addresses, so that no attack from elsewhere
// uses them up.
func sharedLimits(username string, c client) []models.Limit {
	return []models.Limit{
		{CounterKey: subject("shared address", c.address), Max: MaxFailedPerAddressShared},
		{CounterKey: subject("name at shared address", username, c.address), Max: MaxFailedHereShared},
	}
}

// slowLimits returns the budgets of such an address when the others are used up. Each minute has budgets of
// its own.
func slowLimits(username string, c client, at time.Time) []models.Limit {
	minute := strconv.FormatInt(at.Unix()/int64(slowly/time.Second), 10)
	return []models.Limit{
		{CounterKey: subject("shared address, slowly", c.address, minute), Max: MaxFailedPerAddressSlowly},
		{CounterKey: subject("name at shared address, slowly", username, c.address, minute), Max: MaxFailedHereSlowly},
	}
}

// limited is what limits a login.
type limited struct {
	budgets []models.Limit
	// many is when the failures of the name at this address are no longer too many to be told apart from a
	// refusal. Until then a wrong password is answered as a refusal is. It is the zero time if there are few.
	many time.Time
}

// limitsOf chooses the budgets of a login, or refuses it. It is asked before the password is hashed, since
// a flood of logins that are refused must cost nothing.
func (s *Service) limitsOf(ctx context.Context, username string, c client, at time.Time) (limited, error) {
	familiar := s.isShared(c)
	if !familiar {
		last, err := s.sessions.LastLogin(ctx, c.network())
		if err != nil {
			return limited{}, err
		}
		familiar = last.After(at.Add(-NetworkLife))
	}
	if !familiar {
		attack := []models.Limit{{CounterKey: subject("name", username), Max: MaxFailedPerName}}
		until, err := s.closed(ctx, at, attack)
		if err != nil {
			return limited{}, err
		}
		budgets := limits(username, c, !until[0].IsZero())
		if until, err = s.closed(ctx, at, budgets); err != nil {
			return limited{}, err
		}
		return limited{budgets: budgets}, refused(at, until)
	}
	usual, slow := sharedLimits(username, c), slowLimits(username, c, at)
	few := []models.Limit{{CounterKey: usual[1].CounterKey, Max: MaxFailedPerNameAndAddress}}
	until, err := s.closed(ctx, at, usual, slow, few)
	switch {
	case err != nil:
		return limited{}, err
	case until[0].IsZero():
		return limited{usual, until[2]}, nil
	case until[1].IsZero():
		return limited{slow, until[2]}, nil
	}
	return limited{}, ErrTooManyLogins{RetryAfter: at.Truncate(slowly).Add(slowly).Sub(at)}
}

func (s *Service) isShared(c client) bool {
	return c.loopback || s.Shared != nil && s.Shared(c.exact)
}

// keepLogin remembers where somebody has logged in from. A login every two hours need not write it each
// time. An error is no reason to refuse the login: the next one tries again.
func (s *Service) keepLogin(ctx context.Context, c client, at time.Time) {
	if s.isShared(c) {
		return
	}
	if last, err := s.sessions.LastLogin(ctx, c.network()); err == nil && !last.After(at.Add(-networkRefresh)) {
		_ = s.sessions.KeepLogin(ctx, c.network(), at, at.Add(-NetworkLife))
	}
}

// closed returns for each list of budgets when it is open again, and the zero time if it is open.
func (s *Service) closed(ctx context.Context, at time.Time, lists ...[]models.Limit) ([]time.Time, error) {
	guesses := models.Attempts{At: at}
	for _, budgets := range lists {
		guesses.List = append(guesses.List, models.Attempt{Limits: budgets})
	}
	return s.sessions.LockedUntil(ctx, guesses)
}

func refused(at time.Time, until []time.Time) error {
	if until[0].IsZero() {
		return nil
	}
	return ErrTooManyLogins{RetryAfter: until[0].Sub(at)}
}

func subject(parts ...string) string {
	hash := sha256.New()
	for _, part := range append([]string{"login"}, parts...) {
		sum := sha256.Sum256([]byte(part)) // of a fixed length, so that no two lists of parts give the same bytes
		hash.Write(sum[:])
	}
	return string(hash.Sum(nil))
}
