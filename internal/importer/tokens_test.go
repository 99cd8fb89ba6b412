package importer_test

import (
	"customer-events/internal/importer"
	"customer-events/models"
	"strings"
	"testing"
	"time"
)

// TestRun_TokensAreFound looks up imported tokens like the server.
func TestRun_TokensAreFound(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 123456789, time.FixedZone("", 7200))
	onEach(t, func(t *testing.T, to database) {
		to.mustLoad(t, accounts, someAccounts)
		to.mustLoad(t, participants, someParticipants)
		load := func(text string) {
			t.Helper()
			options := importer.Options{
				Kind:   tokens,
				Input:  strings.NewReader(text),
				To:     to.store,
				Hasher: secrets,
				Now:    func() time.Time { return now },
			}
			if result, err := importer.Run(t.Context(), options); err != nil || result.Bad > 0 {
				t.Fatal(result, err)
			}
		}
		find := func(by models.Attribute, value string) models.AccessToken {
			t.Helper()
			found, err := to.store.AccessTokens(t.Context(), []models.Reference{{
				Kind:  models.AccessTokens,
				By:    by,
				Value: value,
			}})
			if err != nil || len(found[0]) != 1 {
				t.Fatal(found, err)
			}
			return found[0][0]
		}
		password := func(password string) models.AccessToken {
			t.Helper()
			return find(models.ByOneTimePassword, string(secrets.OneTimePassword(password)))
		}
		load(`{"number":"AT1","participant_number":"RP1","state":"EFFECTIVE","authentication_code":"code",` +
			`"identifier":"maria","pass_code":"4711","one_time_password":"073482"}
			{"number":"AT2","participant_number":"RP2","state":"EFFECTIVE","one_time_password":73483,` +
			`"one_time_password_expires_at":"2026-12-01T00:00:00.500000999"}`) // truncated to microseconds
		if token := find(models.ByAuthenticationCode,
			string(secrets.AuthenticationCode("code"))); token.Number != "AT1" ||
			token.Participant.Number != "RP1" {
			t.Errorf("by authentication code: %+v", token)
		}
		if token := find(models.ByIdentifier, "maria"); !models.EqualHashes(token.PassCodeHash,
			secrets.PassCode("AT1", "4711")) {
			t.Error("the pass code does not match its token")
		}
		if got, want := password("073482").OneTimePasswordExpiresAt,
			now.Add(5*time.Minute).Truncate(time.Microsecond); got == nil || !got.Equal(want) {
			t.Errorf("by default the password expires at %v, not %v", got, want)
		}
		if got, want := password("073483").OneTimePasswordExpiresAt,
			time.Date(2026, 12, 1, 0, 0, 0, 5e8, time.UTC); got == nil || !got.Equal(want) {
			t.Errorf("the password expires at %v, not %v", got, want)
		}
		if _, err := to.db.ExecContext(t.Context(), "UPDATE access_tokens SET one_time_password_spent_at "+
			"= one_time_password_expires_at"); err != nil {
			t.Fatal(err)
		}
		if password("073483").OneTimePasswordSpentAt == nil {
			t.Fatal("the test could not use a password")
		}
		load("number,participant_number,state,one_time_password\nAT1,RP1,EFFECTIVE,\n")
		if got := to.table(t, "SELECT one_time_password_hash, one_time_password_expires_at, "+
			"one_time_password_spent_at FROM access_tokens WHERE number = 'AT1'"); got[0] != "-|-|-" {
			t.Errorf("without a password in the row, the token has %v", got)
		}
	})
}
