package store

import (
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"customer-events/internal/events"
	"customer-events/internal/events/eventstest"
	"customer-events/internal/strictjson"
	"customer-events/models"
)

// Of `make guesses`: a million takes minutes.
var howMany = flag.Int("guesses", 20_000, "how many guesses TestGuessing makes")

// twoServers are two services on one database, each with connections of its own, as two processes would
// have.
type twoServers struct {
	servers [2]*events.Service
	decoder *events.Decoder
	users   []models.User
	world   world
	person  int64
}

func newTwoServers(t *testing.T, url func(testing.TB) string) *twoServers {
	address := url(t)
	same := func(testing.TB) string { return address }
	secrets := models.NewKeyedHasher([]byte("the tests' own secret key"))
	two := &twoServers{decoder: &events.Decoder{FieldNames: events.CamelCase, Zone: time.UTC, Hasher: secrets}}
	for i := range two.servers {
		db := open(t, same)
		two.servers[i] = &events.Service{References: db, Store: db, Hasher: secrets, Now: time.Now, NewID: func() models.ID { return models.ID(uuid.Must(uuid.NewV7())) },
			FutureTolerance: time.Hour, RetryTimeout: time.Minute, Log: slog.New(slog.DiscardHandler)}
		two.world = world{db}
	}
	data := eventstest.Data{Accounts: []models.Account{{ID: "A", Number: "A", Name: "A"}}, Units: []models.Unit{{ID: "1", Name: "U"}}}
	for i := range 64 {
		data.Users = append(data.Users, models.User{Name: fmt.Sprint("user ", i), PasswordHash: "-", CreatedAt: time.Now().UTC()})
	}
	two.world.Add(t, data)
	people := eventstest.Data{Participants: []models.Participant{{ID: "P", Number: "P", AccountKey: data.Accounts[0].Key}}}
	two.world.Add(t, people)
	two.users, two.person = data.Users, people.Participants[0].Key
	return two
}

// call sends credentials, one event for each, and tells each one's code; "" for those that were accepted.
func (two *twoServers) call(
	t *testing.T, server int, user models.User, credentials []string, check bool,
) []models.Code {
	texts := make([]byte, 0, 256*len(credentials))
	for i, credential := range credentials {
		texts = fmt.Appendf(append(texts, ','), `{"requestUniqueIdentifier":"%d","rewardsParticipantIdentifier":{"accessTokenIdentifier":%s},"performedByUnitIdentifier":{"id":"1"},"performedOn":"2020-01-01T00:00:00Z","website":"www.crm.com"}`, i, credential)
	}
	texts[0] = '['
	set, err := two.decoder.DecodeBatch(strictjson.New(string(texts) + "]"))
	if err != nil {
		t.Error(err)
		return nil
	}
	request := events.Request{Caller: models.Caller{UserKey: user.Key}, Events: set, FieldNames: events.CamelCase}
	var refused []events.UnprocessedCustomerEvent
	if check {
		verdicts, err2 := two.servers[server].CheckWebCustomerEvents(t.Context(), request)
		refused, err = verdicts.UnprocessedCustomerEventsSet, err2
	} else {
		outcome, err2 := two.servers[server].CreateWebCustomerEvents(t.Context(), request)
		refused, err = outcome.UnprocessedCustomerEventsSet, err2
	}
	if err != nil {
		t.Error(err)
		return nil
	}
	codes := make([]models.Code, len(credentials))
	for _, u := range refused {
		codes[u.Index] = u.ErrorCode
	}
	return codes
}

func passCode(identifier, code int) string {
	return fmt.Sprintf(`{"credentials":{"identifier":"who %d","passCode":"%05d"}}`, identifier, code)
}

// A million guesses in calls of 1000, on two servers, by 64 users: no secret has more than five of its
// wrong guesses looked at, and the right ones among them open nothing.
func TestGuessing(t *testing.T) {
	t.Parallel()
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			two := newTwoServers(t, url)
			secrets := two.servers[0].Hasher
			const identifiers, rightCode, rightPassword = 40, 77_777, 730_000
			var data eventstest.Data
			for i := range identifiers {
				data.AccessTokens = append(data.AccessTokens, models.AccessToken{Number: fmt.Sprint("T", i), ParticipantKey: two.person, State: models.Effective, Identifier: ptr(fmt.Sprint("who ", i)),
					PassCodeHash:        secrets.PassCode(fmt.Sprint("T", i), fmt.Sprintf("%05d", rightCode)),
					OneTimePasswordHash: secrets.OneTimePassword(fmt.Sprint(rightPassword + i))})
			}
			two.world.Add(t, data)
			var sent, next, accepted, passwords atomic.Int64
			var mu sync.Mutex
			evaluated := make(map[int]int)
			start := time.Now()
			var all sync.WaitGroup
			for client := range 8 {
				all.Go(func() {
					random := rand.New(rand.NewPCG(uint64(client), 1))
					for !t.Failed() {
						call := int(next.Add(1)) - 1
						if call >= *howMany/1000 {
							return
						}
						// Each call tries two identifiers, or, every fourth, one-time passwords; what is
						// right comes when the budgets are used up.
						var credentials []string
						var whose []int
						for i := range 1000 {
							identifier := (2*call + i%2) % identifiers
							switch {
							case call%4 == 3 && i > 500 && i%100 == 0:
								credentials = append(credentials, fmt.Sprintf(`{"oneTimePassword":"%d"}`, rightPassword+i%identifiers))
								identifier = -1
							case call%4 == 3:
								credentials = append(credentials, fmt.Sprintf(`{"oneTimePassword":"%06d"}`, random.IntN(rightPassword)))
								identifier = -1
							case i > 100 && i%50 < 2:
								credentials = append(credentials, passCode(identifier, rightCode))
							default:
								credentials = append(credentials, passCode(identifier, random.IntN(rightCode)))
							}
							whose = append(whose, identifier)
						}
						seen := make(map[string]bool)
						for i, code := range two.call(t, call%2, two.users[call%len(two.users)], credentials, call%5 == 0) {
							sent.Add(1)
							if seen[credentials[i]] {
								continue // an equal guess of the same call is the same guess
							}
							seen[credentials[i]] = true
							switch {
							case code == "":
								accepted.Add(1)
							case code == models.NotFound && whose[i] < 0:
								passwords.Add(1)
							case code == models.NotFound:
								mu.Lock()
								evaluated[whose[i]]++
								mu.Unlock()
							}
						}
					}
				})
			}
			all.Wait()
			took := time.Since(start)
			most := 0
			for _, n := range evaluated {
				most = max(most, n)
			}
			t.Logf("%d guesses in %s: at most %d evaluated of one pass code, %d one-time passwords in all, %d accepted", sent.Load(), took.Round(time.Millisecond), most, passwords.Load(), accepted.Load())
			// Windows that ended while the test ran give a budget each anew.
			windows := int64(1 + took/models.LockoutWindow)
			if int64(most) > events.MaxFailedPerSecret*windows || passwords.Load() > 2*events.MaxFailedPasswordsInAll*windows || accepted.Load() != 0 {
				t.Errorf("at most %d evaluated of one pass code, %d one-time passwords in all, %d accepted", most, passwords.Load(), accepted.Load())
			}
			if most == 0 || passwords.Load() == 0 {
				t.Error("nothing was evaluated: the test tests nothing")
			}
		})
	}
}

// Thirty-two guesses at once, one of them right, on a fresh secret: the right one must have no better
// place in the queue than the others. Fairly, it gets through in a sixth of the rounds (five wrong ones
// may come before it, or none); were the failures looked up before the guesses are made, in all of them.
func TestTheRightGuessDoesNotPassByTheWrongOnes(t *testing.T) {
	t.Parallel()
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			two := newTwoServers(t, url)
			const rounds, atOnce = 25, 32
			accepted := 0
			for round := range rounds {
				number := fmt.Sprint("T", round)
				two.world.Add(t, eventstest.Data{AccessTokens: []models.AccessToken{{Number: number, ParticipantKey: two.person, State: models.Effective, Identifier: ptr(fmt.Sprint("who ", round)),
					PassCodeHash: two.servers[0].Hasher.PassCode(number, "00007")}}})
				var mu sync.Mutex
				codes := make(map[models.Code]int)
				var all sync.WaitGroup
				begin := make(chan struct{})
				for i, code := range rand.Perm(atOnce) {
					all.Go(func() {
						<-begin
						answer := two.call(t, i%2, two.users[(round*7+i)%len(two.users)], []string{passCode(round, code)}, i%4 == 0)
						mu.Lock()
						defer mu.Unlock()
						for _, c := range answer {
							codes[c]++
						}
					})
				}
				close(begin)
				all.Wait()
				if codes[models.NotFound] != events.MaxFailedPerSecret || codes[""] > 1 || codes[""]+codes[models.NotFound]+codes[models.TooManyAttempts] != atOnce {
					t.Fatalf("round %d: %v", round, codes)
				}
				accepted += codes[""]
			}
			t.Logf("the right guess of %d got through in %d of %d rounds", atOnce, accepted, rounds)
			if accepted > rounds*6/10 {
				t.Errorf("the right guess got through in %d of %d rounds", accepted, rounds)
			}
		})
	}
}

func ptr[T any](value T) *T { return &value }
