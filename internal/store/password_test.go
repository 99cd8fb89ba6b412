package store

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"customer-events/internal/events/eventstest"
	"customer-events/models"
)

// TestRecord_OneTimePasswordIsUsedOnce makes eight concurrent calls with one password, on two servers.
// One of them must record all its events, and the others none.
func TestRecord_OneTimePasswordIsUsedOnce(t *testing.T) {
	t.Parallel()
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			two := newTwoServers(t, url)
			const rounds, callers, each = 60, 8, 3
			// The other calls have failed attempts. Each round has a window of its own.
			var clock atomic.Int64
			start := time.Now()
			for _, server := range two.servers {
				server.Now = func() time.Time {
					return start.Add(time.Duration(clock.Load()) * models.LockoutWindow)
				}
			}
			processed := 0
			for round := range rounds {
				clock.Store(int64(round))
				password := fmt.Sprintf("%06d", round)
				two.world.Add(t, eventstest.Data{AccessTokens: []models.AccessToken{{
					Number:              fmt.Sprint("T", round),
					ParticipantKey:      two.participant,
					State:               models.Effective,
					OneTimePasswordHash: two.servers[0].Hasher.OneTimePassword(password),
				}}})
				answers := make([][]models.Code, callers)
				begin := make(chan struct{})
				var all sync.WaitGroup
				for caller := range callers {
					all.Go(func() {
						<-begin
						credentials := make([]string, each)
						for i := range credentials {
							credentials[i] = `{"oneTimePassword":"` + password + `"}`
						}
						answers[caller] = two.call(t, caller%2, two.users[caller], credentials, false)
					})
				}
				close(begin)
				all.Wait()
				counts := make(map[models.Code]int)
				for caller, answer := range answers {
					for _, code := range answer {
						if code != answer[0] {
							t.Errorf("round %d: call %d: %v", round, caller, answer)
						}
						counts[code]++
					}
				}
				if counts[""] != each || counts[models.NotFound] != (callers-1)*each {
					t.Fatalf("round %d: %v", round, counts)
				}
				processed += counts[""]
			}
			var recorded int64
			err := two.world.read.Table("web_customer_events").Count(&recorded).Error
			if err != nil || recorded != int64(processed) {
				t.Errorf("%d events are recorded and %d were acknowledged, %v", recorded, processed, err)
			}
			t.Logf("%d passwords, %d calls: %d succeeded", rounds, rounds*callers, processed/each)
		})
	}
}

// TestPurge_ExpiredWindows purges windows that have ended and no others. A lockout must survive the purge.
func TestPurge_ExpiredWindows(t *testing.T) {
	t.Parallel()
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, now := open(t, url), time.Now().UTC().Truncate(time.Microsecond)
			fail := func(at time.Time, subjects ...string) {
				attempts := models.Attempts{At: at}
				for _, subject := range subjects {
					limits := []models.Limit{{CounterKey: subject, Max: 1}}
					attempts.List = append(attempts.List, models.Attempt{Failed: true, Limits: limits})
				}
				if _, err := db.CountAttempts(t.Context(), attempts); err != nil {
					t.Fatal(err)
				}
			}
			subject := func(i int) string { return fmt.Sprintf("%032d", i) }
			var many []string
			for i := range 500 {
				many = append(many, subject(i))
			}
			past := now.Add(-models.LockoutWindow - clockMargin)
			fail(past.Add(-time.Second), many...)
			fail(past.Add(time.Minute), subject(1000))
			if err := db.PurgeExpired(t.Context(), time.Hour); err != nil {
				t.Fatal(err)
			}
			var left int64
			if err := db.read.Table("failed_attempts").Count(&left).Error; err != nil || left != 1 {
				t.Errorf("%d windows are left, %v", left, err)
			}
			attempt := models.Attempt{Limits: []models.Limit{{CounterKey: subject(1000), Max: 1}}}
			until, err := db.LockedUntil(t.Context(),
				models.Attempts{At: past.Add(models.LockoutWindow), List: []models.Attempt{attempt}})
			if err != nil || !until[0].Equal(past.Add(time.Minute+models.LockoutWindow)) {
				t.Errorf("%v, %v", until, err)
			}
		})
	}
}
