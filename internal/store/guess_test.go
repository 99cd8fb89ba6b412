package store

import (
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
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

// howMany is raised to a million by make, which takes minutes.
var howMany = flag.Int("guesses", 20_000, "how many guesses TestGuessing makes")

// twoServers are two services on one database, each with its own connections, as in two processes.
type twoServers struct {
	servers     [2]*events.Service
	decoder     *events.Decoder
	users       []models.User
	world       world
	participant int64
}

func newTwoServers(t *testing.T, url func(testing.TB) string) *twoServers {
	address := url(t)
	same := func(testing.TB) string { return address }
	secrets := models.NewKeyedHasher([]byte("the tests' own secret key"))
	two := &twoServers{decoder: &events.Decoder{FieldNames: events.CamelCase, Zone: time.UTC, Hasher: secrets}}
	for i := range two.servers {
		db := open(t, same)
		two.servers[i] = &events.Service{
			References:      db,
			Store:           db,
			Hasher:          secrets,
			Now:             time.Now,
			NewID:           func() models.ID { return models.ID(uuid.Must(uuid.NewV7())) },
			FutureTolerance: time.Hour,
			RetryTimeout:    time.Minute,
			Log:             slog.New(slog.DiscardHandler),
		}
		two.world = world{db}
	}
	data := eventstest.Data{
		Accounts: []models.Account{{ID: "A", Number: "A", Name: "A"}},
		Units:    []models.Unit{{ID: "1", Name: "U"}},
	}
	for i := range 64 {
		user := models.User{Name: fmt.Sprint("user ", i), PasswordHash: "-", CreatedAt: time.Now().UTC()}
		data.Users = append(data.Users, user)
	}
	two.world.Add(t, data)
	participants := eventstest.Data{
		Participants: []models.Participant{{ID: "P", Number: "P", AccountKey: data.Accounts[0].Key}},
	}
	two.world.Add(t, participants)
	two.users, two.participant = data.Users, participants.Participants[0].Key
	return two
}

// call sends one event for each credential and returns their error codes, "" for accepted events. check
// only checks them.
func (two *twoServers) call(
	t *testing.T, server int, user models.User, credentials []string, check bool,
) []models.Code {
	texts := make([]string, len(credentials))
	for i, credential := range credentials {
		texts[i] = eventOf(i, credential)
	}
	batch, err := two.decoder.DecodeBatch(strictjson.New("[" + strings.Join(texts, ",") + "]"))
	if err != nil {
		t.Error(err)
		return nil
	}
	caller := models.Caller{UserKey: user.Key}
	request := events.Request{Caller: caller, Events: batch, FieldNames: events.CamelCase}
	var unprocessed []events.UnprocessedCustomerEvent
	if check {
		verdicts, err2 := two.servers[server].CheckWebCustomerEvents(t.Context(), request)
		unprocessed, err = verdicts.UnprocessedCustomerEventsSet, err2
	} else {
		outcome, err2 := two.servers[server].CreateWebCustomerEvents(t.Context(), request)
		unprocessed, err = outcome.UnprocessedCustomerEventsSet, err2
	}
	if err != nil {
		t.Error(err)
		return nil
	}
	codes := make([]models.Code, len(credentials))
	for _, u := range unprocessed {
		codes[u.Index] = u.ErrorCode
	}
	return codes
}

// eventOf returns an event of the participant with the credential.
func eventOf(request int, credential string) string {
	return fmt.Sprintf(`{"requestUniqueIdentifier":"%d",`+
		`"rewardsParticipantIdentifier":{"accessTokenIdentifier":%s},"performedByUnitIdentifier":{"id":"1"},`+
		`"performedOn":"2020-01-01T00:00:00Z","website":"www.crm.com"}`, request, credential)
}

func passCode(identifier, code int) string {
	return fmt.Sprintf(`{"credentials":{"identifier":"who %d","passCode":"%05d"}}`, identifier, code)
}

// TestGuessing makes guesses in calls of 1000, on two servers, as 64 users. No more than five wrong
// guesses at a secret may be evaluated, and no later correct guess may be accepted.
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
				data.AccessTokens = append(data.AccessTokens, models.AccessToken{
					Number:              fmt.Sprint("T", i),
					ParticipantKey:      two.participant,
					State:               models.Effective,
					Identifier:          ptr(fmt.Sprint("who ", i)),
					PassCodeHash:        secrets.PassCode(fmt.Sprint("T", i), fmt.Sprintf("%05d", rightCode)),
					OneTimePasswordHash: secrets.OneTimePassword(fmt.Sprint(rightPassword + i)),
				})
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
						// Each call guesses at two identifiers, and every fourth call at one-time
						// passwords. The correct guesses come when the limits are reached.
						var credentials []string
						var whose []int
						for i := range 1000 {
							identifier := (2*call + i%2) % identifiers
							switch {
							case call%4 == 3 && i > 500 && i%100 == 0:
								password := rightPassword + i%identifiers
								credentials = append(credentials, fmt.Sprintf(`{"oneTimePassword":"%d"}`, password))
								identifier = -1
							case call%4 == 3:
								password := random.IntN(rightPassword)
								credentials = append(credentials, fmt.Sprintf(`{"oneTimePassword":"%06d"}`, password))
								identifier = -1
							case i > 100 && i%50 < 2:
								credentials = append(credentials, passCode(identifier, rightCode))
							default:
								credentials = append(credentials, passCode(identifier, random.IntN(rightCode)))
							}
							whose = append(whose, identifier)
						}
						seen := make(map[string]bool)
						user := two.users[call%len(two.users)]
						for i, code := range two.call(t, call%2, user, credentials, call%5 == 0) {
							sent.Add(1)
							if seen[credentials[i]] {
								continue // equal guesses of one call count once
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
			result := fmt.Sprintf("evaluated: at most %d guesses at one pass code, %d at one-time passwords; "+
				"accepted: %d", most, passwords.Load(), accepted.Load())
			t.Logf("%d guesses in %s; %s", sent.Load(), took.Round(time.Millisecond), result)
			// Each window that began while the test ran has limits of its own.
			windows := int64(1 + took/models.LockoutWindow)
			maxPasswords := 2 * events.MaxFailedPasswordsInAll * windows
			if int64(most) > events.MaxFailedPerSecret*windows || passwords.Load() > maxPasswords ||
				accepted.Load() != 0 {
				t.Error(result)
			}
			if most == 0 || passwords.Load() == 0 {
				t.Error("no guess was evaluated, so the test shows nothing")
			}
		})
	}
}

// TestLockout_CorrectGuessDoesNotOvertake makes 32 concurrent guesses at a new secret, one of them
// correct. The correct one must have no better position in the order than the others. With a fair order
// it is accepted in about a sixth of the rounds. If failures
// were read before the guesses are evaluated, it would be accepted in all rounds.
func TestLockout_CorrectGuessDoesNotOvertake(t *testing.T) {
	t.Parallel()
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			two := newTwoServers(t, url)
			const rounds, atOnce = 25, 32
			accepted := 0
			for round := range rounds {
				number := fmt.Sprint("T", round)
				two.world.Add(t, eventstest.Data{AccessTokens: []models.AccessToken{{
					Number:         number,
					ParticipantKey: two.participant,
					State:          models.Effective,
					Identifier:     ptr(fmt.Sprint("who ", round)),
					PassCodeHash:   two.servers[0].Hasher.PassCode(number, "00007"),
				}}})
				var mu sync.Mutex
				codes := make(map[models.Code]int)
				var all sync.WaitGroup
				begin := make(chan struct{})
				for i, code := range rand.Perm(atOnce) {
					all.Go(func() {
						<-begin
						user := two.users[(round*7+i)%len(two.users)]
						answer := two.call(t, i%2, user, []string{passCode(round, code)}, i%4 == 0)
						mu.Lock()
						defer mu.Unlock()
						for _, c := range answer {
							codes[c]++
						}
					})
				}
				close(begin)
				all.Wait()
				sum := codes[""] + codes[models.NotFound] + codes[models.TooManyAttempts]
				if codes[models.NotFound] != events.MaxFailedPerSecret || codes[""] > 1 || sum != atOnce {
					t.Fatalf("round %d: %v", round, codes)
				}
				accepted += codes[""]
			}
			t.Logf("the correct guess of %d was accepted in %d of %d rounds", atOnce, accepted, rounds)
			if accepted > rounds*6/10 {
				t.Errorf("the correct guess was accepted in %d of %d rounds", accepted, rounds)
			}
		})
	}
}

func ptr[T any](value T) *T { return &value }
