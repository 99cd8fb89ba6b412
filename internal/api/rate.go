package api

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"customer-events/internal/apierr"
	"customer-events/models"
)

// Limiter bounds how many events each API user sends or reads, whatever becomes of them. Every user has a bucket of a minute's worth, which
// fills up steadily: an hourly batch may come at once. It holds for this server; several give several times as much.
type Limiter struct {
	perSecond float64
	burst     int
	now       func() time.Time

	mu sync.Mutex
	// users are the buckets by the users' keys. Only users who have logged in get one, so that strangers cannot make them many.
	users map[int64]*rate.Limiter
}

// rateWindow is how long an empty bucket takes to fill up.
const rateWindow = time.Minute

// NewLimiter makes a rate of so many events a second; of 0 it bounds nothing.
func NewLimiter(perSecond float64) *Limiter {
	if perSecond == 0 {
		return nil
	}
	burst := int(math.Ceil(perSecond * rateWindow.Seconds()))
	return &Limiter{perSecond: perSecond, burst: burst, now: time.Now, users: make(map[int64]*rate.Limiter)}
}

// rateState is what is left to a user, for the headers of the answer.
type rateState struct {
	quota, remaining int
	resetIn          time.Duration // until the bucket is full again
}

// Take takes so many events, or a call of none as one, out of the caller's bucket. If they are not in it, none is taken.
func Take(ctx context.Context, caller models.Caller, events int) error {
	return RequestOf(ctx).spend(caller, max(1, events), true)
}

// SpendUpTo takes so many events out of the caller's bucket, or what is left in it. Only if not even one is left,
// the call is rejected. It is for what is not sent to be stored: pages of events, and calls that are rejected because
// they have too many.
func SpendUpTo(ctx context.Context, caller models.Caller, events int) error {
	if err := Allow(ctx, caller); err != nil {
		return err
	}
	request := RequestOf(ctx)
	if request.Limiter == nil {
		return nil
	}
	left := request.Limiter.bucket(caller.UserKey).TokensAt(request.Limiter.now())
	return request.spend(caller, max(1, min(events, int(left))), true)
}

// Allow is Spend that takes nothing. It refuses a call whose events are not yet decoded when not even one is left.
func Allow(ctx context.Context, caller models.Caller) error {
	return RequestOf(ctx).spend(caller, 1, false)
}

func (r *Request) spend(caller models.Caller, events int, take bool) error {
	if r.Limiter == nil {
		return nil
	}
	bucket, now := r.Limiter.bucket(caller.UserKey), r.Limiter.now()
	good := false
	if take {
		good = bucket.AllowN(now, events)
	} else {
		good = bucket.TokensAt(now) >= float64(events)
	}
	left := max(0, bucket.TokensAt(now))
	wait := func(tokens float64) time.Duration {
		return time.Duration(max(0, tokens) / r.Limiter.perSecond * float64(time.Second))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.budget = &rateState{quota: r.Limiter.burst, remaining: int(left), resetIn: wait(float64(r.Limiter.burst) - left)}
	if good {
		return nil
	}
	refusal := apierr.New(apierr.RateLimited, "%d events are more than are left to this user now, who may send and read %g a second: "+
		"send or read them later", events, r.Limiter.perSecond)
	refusal.RetryAfter = max(1, seconds(wait(float64(events)-left)))
	return refusal
}

func (r *Limiter) bucket(user int64) *rate.Limiter {
	r.mu.Lock()
	defer r.mu.Unlock()
	bucket := r.users[user]
	if bucket == nil {
		bucket = rate.NewLimiter(rate.Limit(r.perSecond), r.burst)
		r.users[user] = bucket
	}
	return bucket
}

// WriteRateHeaders writes what is left to the caller into the headers of his answer, once it is known: the fields of
// draft-ietf-httpapi-ratelimit-headers-10. The quota is a whole bucket, and t the seconds until it is full again.
func (r *Request) WriteRateHeaders(header http.Header) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.budget != nil {
		header.Set("RateLimit-Policy", fmt.Sprintf(`"events";q=%d;w=%d`, r.budget.quota, int(rateWindow.Seconds())))
		header.Set("RateLimit", fmt.Sprintf(`"events";r=%d;t=%d`, r.budget.remaining, seconds(r.budget.resetIn)))
	}
}

// seconds rounds up: whoever waits so long has waited long enough.
func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }
