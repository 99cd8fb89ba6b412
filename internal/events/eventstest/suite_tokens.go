package eventstest

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"customer-events/models"
)

var tokenPromises = []obligation{
	{"are found by each attribute, with all that they have", func(s *scene) {
		token := s.token(models.AccessToken{
			Number: "AT1", State: models.Effective,
			AuthenticationCodeHash: hashed("code"), Identifier: ptr("maria@example.com"), PassCodeHash: hashed("pass"),
			OneTimePasswordHash: hashed("otp"), OneTimePasswordExpiresAt: ptr(now.Add(5 * time.Minute)), OneTimePasswordSpentAt: ptr(now.Add(-time.Microsecond)),
		})
		s.token(models.AccessToken{Number: "AT2", State: models.Effective, Identifier: ptr("code"), AuthenticationCodeHash: hashed("otp"), OneTimePasswordHash: hashed("code")})
		s.mustHold(byIdentifier("maria@example.com"), token)
		s.mustHold(byCode("code"), token)
		s.mustHold(byPassword("otp"), token)
	}},
	{"may have next to nothing", func(s *scene) {
		token := s.token(models.AccessToken{Number: "AT1", State: models.PendingVerification, Identifier: ptr("alone")})
		s.mustHold(byIdentifier("alone"), token)
		s.mustHold(models.Reference{Kind: models.AccessTokens, By: models.ByAuthenticationCode})
		s.mustHold(models.Reference{Kind: models.AccessTokens, By: models.ByOneTimePassword})
	}},
	{"come with their own participant and his account", func(s *scene) {
		var data, people, held Data
		for i := range 5 {
			data.Accounts = append(data.Accounts, models.Account{ID: fmt.Sprint("A", i), Number: fmt.Sprint("A", i), Name: "A"})
		}
		s.Add(s.T, data)
		for i := range 5 { // in another order, so that no key of the one is by chance the key of the other
			people.Participants = append(people.Participants, models.Participant{ID: fmt.Sprint("P", i), Number: fmt.Sprint("P", i), AccountKey: data.Accounts[(i+2)%5].Key})
		}
		s.Add(s.T, people)
		for i := range 5 {
			held.AccessTokens = append(held.AccessTokens, models.AccessToken{Number: fmt.Sprint("AT", i), State: models.Effective, Identifier: ptr(fmt.Sprint("who", i)),
				AuthenticationCodeHash: hashed(fmt.Sprint(i)), OneTimePasswordHash: hashed(fmt.Sprint(i)), ParticipantKey: people.Participants[(i+3)%5].Key})
		}
		s.Add(s.T, held)
		for i, token := range held.AccessTokens {
			token.Participant = people.Participants[(i+3)%5]
			s.mustHold(byIdentifier(fmt.Sprint("who", i)), token)
			s.mustHold(byCode(fmt.Sprint(i)), token)
			s.mustHold(byPassword(fmt.Sprint(i)), token)
		}
	}},
	{"are found in whatever state", func(s *scene) {
		for i, state := range []string{models.Effective, models.NotEffective, models.PendingVerification} {
			token := s.token(models.AccessToken{Number: fmt.Sprint("AT", i), State: state, Identifier: &state, AuthenticationCodeHash: hashed(state), OneTimePasswordHash: hashed(state)})
			s.mustHold(byIdentifier(state), token)
			s.mustHold(byCode(state), token)
			s.mustHold(byPassword(state), token)
		}
	}},
	{"are all found where several match", func(s *scene) {
		var tokens []models.AccessToken
		for i := range 3 {
			tokens = append(tokens, s.token(models.AccessToken{Number: fmt.Sprint("AT", i), State: models.Effective, Identifier: ptr("shared"),
				PassCodeHash: hashed(fmt.Sprint(i)), AuthenticationCodeHash: hashed("shared"), OneTimePasswordHash: hashed("shared")}))
		}
		s.mustHold(byIdentifier("shared"), tokens...)
		s.mustHold(byCode("shared"), tokens...)
		s.mustHold(byPassword("shared"), tokens...)
	}},
	{"are told apart though their identifiers look alike", func(s *scene) {
		identifiers := slices.Concat(alike, awkward)
		for i, identifier := range identifiers {
			token := s.token(models.AccessToken{Number: fmt.Sprint("AT", i), State: models.Effective, Identifier: &identifier})
			s.mustHold(byIdentifier(identifier), token)
			for _, later := range identifiers[i+1:] {
				s.mustHold(byIdentifier(later))
			}
		}
	}},
	{"are told apart by any one bit of a hash", func(s *scene) {
		hash := hashed("code")
		token := s.token(models.AccessToken{Number: "AT1", State: models.Effective, AuthenticationCodeHash: hash, OneTimePasswordHash: hash})
		for at := range hash {
			for _, bit := range []byte{0x01, 0x20, 0x80} {
				other := slices.Clone(hash)
				other[at] ^= bit
				s.mustHold(models.Reference{Kind: models.AccessTokens, By: models.ByAuthenticationCode, Value: string(other)})
				s.mustHold(models.Reference{Kind: models.AccessTokens, By: models.ByOneTimePassword, Value: string(other)})
			}
		}
		s.mustHold(byCode("code"), token)
	}},
	{"keep the order of a thousand references, known and unknown", func(s *scene) {
		var tokens []models.AccessToken
		for i := range 300 {
			tokens = append(tokens, models.AccessToken{Number: fmt.Sprintf("AT%03d", i*7%300), ParticipantKey: s.participant.Key, State: models.Effective,
				Identifier: ptr(fmt.Sprint("who", i)), AuthenticationCodeHash: hashed("code", fmt.Sprint(i)), OneTimePasswordHash: hashed("otp", fmt.Sprint(i))})
		}
		s.Add(s.T, Data{AccessTokens: tokens})
		var refs []models.Reference
		var want []int64
		for i := range 334 { // the last 34 of each attribute are nobody's
			n := fmt.Sprint(i * 5 % 334)
			refs = append(refs, byIdentifier("who"+n), byCode("code", n), byPassword("otp", n))
			for range 3 {
				if i*5%334 < len(tokens) {
					want = append(want, tokens[i*5%334].Key)
				} else {
					want = append(want, 0)
				}
			}
		}
		found, err := s.AccessTokens(s.Context(), refs)
		if err != nil || len(found) != len(refs) {
			s.Fatalf("%d answers to %d references, %v", len(found), len(refs), err)
		}
		got := make([]int64, len(found))
		for i, list := range found {
			if len(list) == 1 {
				got[i] = list[0].Key
			} else if len(list) > 1 {
				s.Errorf("%d tokens for one reference", len(list))
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			s.Error(diff)
		}
	}},
}

// token adds an access token of the scene's participant, and is what it must be found as.
func (s *scene) token(token models.AccessToken) models.AccessToken {
	token.ParticipantKey = s.participant.Key
	data := Data{AccessTokens: []models.AccessToken{token}}
	s.Add(s.T, data)
	token.Key, token.Participant = data.AccessTokens[0].Key, s.participant
	return token
}

func byIdentifier(identifier string) models.Reference {
	return models.Reference{Kind: models.AccessTokens, By: models.ByIdentifier, Value: identifier}
}

func byCode(parts ...string) models.Reference {
	return models.Reference{Kind: models.AccessTokens, By: models.ByAuthenticationCode, Value: string(hashed(parts...))}
}

func byPassword(parts ...string) models.Reference {
	return models.Reference{Kind: models.AccessTokens, By: models.ByOneTimePassword, Value: string(hashed(parts...))}
}

// mustHold checks which tokens match a reference, in whatever order.
func (s *scene) mustHold(ref models.Reference, want ...models.AccessToken) {
	s.Helper()
	found, err := s.AccessTokens(s.Context(), []models.Reference{ref})
	if err != nil || len(found) != 1 {
		s.Fatalf("AccessTokens: %d answers, %v", len(found), err)
	}
	byKey := cmpopts.SortSlices(func(a, b models.AccessToken) bool { return a.Key < b.Key })
	if diff := cmp.Diff(want, found[0], byKey, cmpopts.EquateEmpty()); diff != "" {
		s.Errorf("AccessTokens(%q): %s", ref.Value, diff)
	}
}

// spentAt is when the scene's world says that a token's one-time password was used up.
func (s *scene) spentAt(token models.AccessToken) *time.Time {
	s.Helper()
	ref := models.Reference{Kind: models.AccessTokens, By: models.ByOneTimePassword, Value: string(token.OneTimePasswordHash)}
	found, err := s.AccessTokens(s.Context(), []models.Reference{ref})
	if err != nil {
		s.Fatalf("AccessTokens: %v", err)
	}
	for _, candidate := range found[0] {
		if candidate.Key == token.Key {
			return candidate.OneTimePasswordSpentAt
		}
	}
	s.Fatal("the access token is gone")
	return nil
}
