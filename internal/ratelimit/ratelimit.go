// Package ratelimit limits how many events per second each user may send and read. It knows neither
// requests nor contexts: internal/api asks it for a Decision and makes an error of a refusal.
package ratelimit

import (
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// window is how long an empty bucket takes to fill up.
const window = time.Minute

// Limiter limits the events of each user. Every user has a bucket that holds the events of one minute and
// fills up steadily, so that an hourly batch may come at once. Each server has its own buckets: n servers
// together allow n times as much. A nil Limiter allows everything.
type Limiter struct {
	perSecond float64
	burst     int
	now       func() time.Time

	mu sync.Mutex
	// users are the buckets by user key. Only authenticated users get one, so their number is bounded.
	users map[int64]*rate.Limiter
}

// New returns a limiter of perSecond events per user; nil, which allows everything, if perSecond is 0.
func New(perSecond float64) *Limiter {
	if perSecond == 0 {
		return nil
	}
	burst := int(math.Ceil(perSecond * window.Seconds()))
	return &Limiter{perSecond: perSecond, burst: burst, now: time.Now, users: make(map[int64]*rate.Limiter)}
}

// Decision says whether a user's events are allowed, and describes the user's bucket afterwards.
type Decision struct {
	Allowed bool
	// Events is the number of events that the decision is about.
	Events int
	// PerSecond is the limiter's rate, Quota the size of the bucket; 0 without a limiter.
	PerSecond float64
	Quota     int
	// Remaining is the number of events left in the bucket, which is full again after ResetIn.
	Remaining int
	ResetIn   time.Duration
	// RetryAfter is the time until the bucket holds Events; 0 if they are allowed.
	RetryAfter time.Duration
}

// Take takes events from the user's bucket. If the bucket has fewer, it takes none and refuses them. A call
// without events counts as one event.
func (l *Limiter) Take(user int64, events int) Decision {
	return l.decide(user, max(1, events), true)
}

// TakeUpTo takes events from the user's bucket, or as many as are left. It refuses only if none is left.
func (l *Limiter) TakeUpTo(user int64, events int) Decision {
	d := l.Allow(user)
	if !d.Allowed || l == nil {
		return d
	}
	return l.Take(user, min(events, d.Remaining))
}

// Allow reports whether the user's bucket has an event left. It takes none.
func (l *Limiter) Allow(user int64) Decision {
	return l.decide(user, 1, false)
}

func (l *Limiter) decide(user int64, events int, take bool) Decision {
	if l == nil {
		return Decision{Allowed: true, Events: events}
	}
	bucket, now := l.bucket(user), l.now()
	allowed := false
	if take {
		allowed = bucket.AllowN(now, events)
	} else {
		allowed = bucket.TokensAt(now) >= float64(events)
	}
	left := max(0, bucket.TokensAt(now))
	d := Decision{
		Allowed: allowed, Events: events, PerSecond: l.perSecond, Quota: l.burst,
		Remaining: int(left), ResetIn: l.fillTime(float64(l.burst) - left),
	}
	if !allowed {
		d.RetryAfter = l.fillTime(float64(events) - left)
	}
	return d
}

// fillTime returns how long a bucket takes to gain so many events.
func (l *Limiter) fillTime(events float64) time.Duration {
	return time.Duration(max(0, events) / l.perSecond * float64(time.Second))
}

func (l *Limiter) bucket(user int64) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	bucket := l.users[user]
	if bucket == nil {
		bucket = rate.NewLimiter(rate.Limit(l.perSecond), l.burst)
		l.users[user] = bucket
	}
	return bucket
}

// WriteHeaders sets the headers of draft-ietf-httpapi-ratelimit-headers-10. The quota q is a full bucket,
// and t is the number of seconds until the bucket is full again. Without a limiter it sets nothing.
func (d Decision) WriteHeaders(header http.Header) {
	if d.Quota == 0 {
		return
	}
	header.Set("RateLimit-Policy", fmt.Sprintf(`"events";q=%d;w=%d`, d.Quota, Seconds(window)))
	header.Set("RateLimit", fmt.Sprintf(`"events";r=%d;t=%d`, d.Remaining, Seconds(d.ResetIn)))
}

// Seconds rounds a duration up to whole seconds, so that a client that waits for them has waited long
// enough.
func Seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }
