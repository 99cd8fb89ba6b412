package eventstest

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"

	"customer-events/models"
)

var tokenObligations = []obligation{
	{"are found by each attribute, with all fields", func(f *fixture) {
		token := f.newToken(models.AccessToken{
			Number:                   "AT1",
			State:                    models.Effective,
			AuthenticationCodeHash:   testHash("code"),
			Identifier:               new("maria@example.com"),
			PassCodeHash:             testHash("pass"),
			OneTimePasswordHash:      testHash("otp"),
			OneTimePasswordExpiresAt: new(now.Add(5 * time.Minute)),
			OneTimePasswordSpentAt:   new(now.Add(-time.Microsecond)),
		})
		f.newToken(
			models.AccessToken{
				Number:                 "AT2",
				State:                  models.Effective,
				Identifier:             new("code"),
				AuthenticationCodeHash: testHash("otp"),
				OneTimePasswordHash:    testHash("code"),
			},
		)
		f.mustMatchTokens(byIdentifier("maria@example.com"), token)
		f.mustMatchTokens(byCode("code"), token)
		f.mustMatchTokens(byPassword("otp"), token)
	}},
	{"may have only an identifier", func(f *fixture) {
		token := f.newToken(
			models.AccessToken{Number: "AT1", State: models.PendingVerification, Identifier: new("alone")},
		)
		f.mustMatchTokens(byIdentifier("alone"), token)
		f.mustMatchTokens(models.Reference{Kind: models.AccessTokens, By: models.ByAuthenticationCode})
		f.mustMatchTokens(models.Reference{Kind: models.AccessTokens, By: models.ByOneTimePassword})
	}},
	{"have their own participant and its account", func(f *fixture) {
		var data, people, held Data
		for i := range 5 {
			data.Accounts = append(
				data.Accounts,
				models.Account{ID: fmt.Sprint("A", i), Number: fmt.Sprint("A", i), Name: "A"},
			)
		}
		f.Add(f.T, data)
		for i := range 5 { // in another order, so that keys of tokens, participants and accounts differ
			people.Participants = append(
				people.Participants,
				models.Participant{
					ID:         fmt.Sprint("P", i),
					Number:     fmt.Sprint("P", i),
					AccountKey: data.Accounts[(i+2)%5].Key,
				},
			)
		}
		f.Add(f.T, people)
		for i := range 5 {
			held.AccessTokens = append(
				held.AccessTokens,
				models.AccessToken{
					Number:                 fmt.Sprint("AT", i),
					State:                  models.Effective,
					Identifier:             new(fmt.Sprint("who", i)),
					AuthenticationCodeHash: testHash(fmt.Sprint(i)),
					OneTimePasswordHash:    testHash(fmt.Sprint(i)),
					ParticipantKey:         people.Participants[(i+3)%5].Key,
				},
			)
		}
		f.Add(f.T, held)
		for i, token := range held.AccessTokens {
			token.Participant = people.Participants[(i+3)%5]
			f.mustMatchTokens(byIdentifier(fmt.Sprint("who", i)), token)
			f.mustMatchTokens(byCode(fmt.Sprint(i)), token)
			f.mustMatchTokens(byPassword(fmt.Sprint(i)), token)
		}
	}},
	{"are found in any state", func(f *fixture) {
		for i, state := range []string{models.Effective, models.NotEffective, models.PendingVerification} {
			token := f.newToken(
				models.AccessToken{
					Number:                 fmt.Sprint("AT", i),
					State:                  state,
					Identifier:             &state,
					AuthenticationCodeHash: testHash(state),
					OneTimePasswordHash:    testHash(state),
				},
			)
			f.mustMatchTokens(byIdentifier(state), token)
			f.mustMatchTokens(byCode(state), token)
			f.mustMatchTokens(byPassword(state), token)
		}
	}},
	{"are all found if several match", func(f *fixture) {
		var tokens []models.AccessToken
		for i := range 3 {
			tokens = append(
				tokens,
				f.newToken(
					models.AccessToken{
						Number:                 fmt.Sprint("AT", i),
						State:                  models.Effective,
						Identifier:             new("shared"),
						PassCodeHash:           testHash(fmt.Sprint(i)),
						AuthenticationCodeHash: testHash("shared"),
						OneTimePasswordHash:    testHash("shared"),
					},
				),
			)
		}
		f.mustMatchTokens(byIdentifier("shared"), tokens...)
		f.mustMatchTokens(byCode("shared"), tokens...)
		f.mustMatchTokens(byPassword("shared"), tokens...)
	}},
	{"are distinct although their identifiers are similar", func(f *fixture) {
		identifiers := slices.Concat(similarTexts, specialTexts)
		for i, identifier := range identifiers {
			token := f.newToken(
				models.AccessToken{
					Number:     fmt.Sprint("AT", i),
					State:      models.Effective,
					Identifier: &identifier,
				},
			)
			f.mustMatchTokens(byIdentifier(identifier), token)
			for _, later := range identifiers[i+1:] {
				f.mustMatchTokens(byIdentifier(later))
			}
		}
	}},
	{"are distinct if one bit of a hash differs", func(f *fixture) {
		hash := testHash("code")
		token := f.newToken(
			models.AccessToken{
				Number:                 "AT1",
				State:                  models.Effective,
				AuthenticationCodeHash: hash,
				OneTimePasswordHash:    hash,
			},
		)
		for at := range hash {
			for _, bit := range []byte{0x01, 0x20, 0x80} {
				other := slices.Clone(hash)
				other[at] ^= bit
				f.mustMatchTokens(
					models.Reference{
						Kind:  models.AccessTokens,
						By:    models.ByAuthenticationCode,
						Value: string(other),
					},
				)
				f.mustMatchTokens(
					models.Reference{
						Kind:  models.AccessTokens,
						By:    models.ByOneTimePassword,
						Value: string(other),
					},
				)
			}
		}
		f.mustMatchTokens(byCode("code"), token)
	}},
	{"keep the order of a thousand references, with and without matches", func(f *fixture) {
		var tokens []models.AccessToken
		for i := range 300 {
			tokens = append(
				tokens,
				models.AccessToken{
					Number:                 fmt.Sprintf("AT%03d", i*7%300),
					ParticipantKey:         f.participant.Key,
					State:                  models.Effective,
					Identifier:             new(fmt.Sprint("who", i)),
					AuthenticationCodeHash: testHash("code", fmt.Sprint(i)),
					OneTimePasswordHash:    testHash("otp", fmt.Sprint(i)),
				},
			)
		}
		f.Add(f.T, Data{AccessTokens: tokens})
		var refs []models.Reference
		var want []int64
		for i := range 334 { // the last 34 of each attribute do not exist
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
		found, err := f.AccessTokens(f.Context(), refs)
		if err != nil || len(found) != len(refs) {
			f.Fatalf("%d results for %d references, %v", len(found), len(refs), err)
		}
		got := make([]int64, len(found))
		for i, list := range found {
			if len(list) == 1 {
				got[i] = list[0].Key
			} else if len(list) > 1 {
				f.Errorf("%d tokens for one reference", len(list))
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			f.Error(diff)
		}
	}},
}
