package importer_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"customer-events/internal/importer"
	"customer-events/models"
)

const tokenHeader = "number,participant_number,state,authentication_code,identifier,pass_code," +
	"one_time_password,one_time_password_expires_at\n"

// withParticipants imports the participants of the tests.
func withParticipants(t *testing.T, to database) database {
	t.Helper()
	to.mustLoad(t, accounts, someAccounts)
	to.mustLoad(t, participants, someParticipants)
	return to
}

// importAt imports tokens with the given key and time.
func importAt(t *testing.T, to importer.Target, with *models.KeyedHasher, now time.Time,
	text string) (importer.Result, string) {
	t.Helper()
	var report strings.Builder
	result, err := importer.Run(t.Context(), importer.Options{
		Kind:   tokens,
		Input:  strings.NewReader(text),
		To:     to,
		Hasher: with,
		Report: &report,
		Now:    func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	return result, report.String()
}

// TestOneTimePassword_ImportedAgain imports the same password again, before and after its use: the password
// and its expiry stay, for each key that it may be stored with. A different password is new.
func TestOneTimePassword_ImportedAgain(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	old := models.NewKeyedHasher([]byte("the key before"))
	now := models.NewKeyedHasher([]byte("the current key"), []byte("the key before"))
	const header, short = "number,participant_number,state,one_time_password,one_time_password_expires_at\n",
		"number,participant_number,state,one_time_password\n"
	onEach(t, func(t *testing.T, to database) {
		withParticipants(t, to)
		state := func() string {
			t.Helper()
			return to.exact(t, "SELECT one_time_password_expires_at, one_time_password_spent_at FROM "+
				"access_tokens WHERE number = 'AT1'")[0]
		}
		load := func(secrets *models.KeyedHasher, after time.Duration, text, want string) {
			t.Helper()
			result, report := importAt(t, to.store, secrets, noon.Add(after), text)
			if result.Bad > 0 {
				t.Fatal(report)
			}
			if got := fmt.Sprintf("%d %d", result.Changed, result.Unchanged); got != want {
				t.Errorf("%q: changed and unchanged are %s, not %s", text, got, want)
			}
		}
		load(old, 0, short+"AT1,RP1,EFFECTIVE,073482\n", "0 0")
		first := state()
		load(old, time.Minute, short+"AT1,RP1,EFFECTIVE,073482\n", "0 1")
		load(old, time.Minute, header+"AT1,RP1,EFFECTIVE,073482,\n", "0 1")
		load(old, time.Minute, "number,participant_number,state\nAT1,RP1,EFFECTIVE\n", "0 1")
		load(now, time.Minute, short+"AT1,RP1,EFFECTIVE,073482\n", "1 0") // hashed with the current key
		if state() != first {
			t.Errorf("the expiry was %s and is %s", first, state())
		}
		if _, err := to.db.ExecContext(t.Context(), "UPDATE access_tokens SET one_time_password_spent_at "+
			"= one_time_password_expires_at"); err != nil {
			t.Fatal(err)
		}
		used := state()
		if strings.HasSuffix(used, "|-") {
			t.Fatalf("the test could not use the password: %s", used)
		}
		load(now, time.Minute, short+"AT1,RP1,EFFECTIVE,073482\n", "0 1")
		object := `{"number":"AT1","participant_number":"RP2","state":"EFFECTIVE","one_time_password":73482}`
		load(now, time.Minute, object, "1 0")
		if state() != used {
			t.Errorf("a used password was %s and is %s", used, state())
		}
		load(now, time.Minute, header+"AT1,RP1,EFFECTIVE,073482,2030-01-01T00:00:00\n", "1 0")
		if got := state(); !strings.HasPrefix(got, "2030") && !strings.Contains(got, "18934") ||
			strings.HasSuffix(got, "|-") {
			t.Errorf("with an expiry of the row: %s", got)
		}
		load(now, time.Hour, short+"AT1,RP1,EFFECTIVE,073483\n", "1 0")
		if got := state(); got == used || !strings.HasSuffix(got, "|-") {
			t.Errorf("a different password is not new: %s", got)
		}
		// A change of a token without a password column does not change its password.
		fresh := state()
		load(now, 2*time.Hour, "number,participant_number,state,authentication_code\n"+
			"AT1,RP1,EFFECTIVE,other\n", "1 0")
		if state() != fresh {
			t.Errorf("without a column for it, the password was %s and is %s", fresh, state())
		}
	})
}

// lossy returns models.ErrCommitUnknown for its first successful write, after it has called lost.
type lossy struct {
	importer.Target
	lost func()
}

func (l *lossy) Upsert(ctx context.Context, kind models.Kind, records []models.Upsert,
	trial *models.Trial) ([]models.Upserted, error) {
	results, err := l.Target.Upsert(ctx, kind, records, trial)
	if l.lost != nil && err == nil {
		l.lost()
		l.lost = nil
		return results, models.ErrCommitUnknown
	}
	return results, err
}

// TestOneTimePassword_UnknownOutcome: the import repeats a chunk, and counts the changes of the first try.
func TestOneTimePassword_UnknownOutcome(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, to database) {
		withParticipants(t, to)
		target := &lossy{to.store, func() {
			if _, err := to.db.ExecContext(t.Context(), "UPDATE access_tokens SET "+
				"one_time_password_spent_at = one_time_password_expires_at"); err != nil {
				t.Error(err)
			}
		}}
		result, report := importAt(t, target, secrets, time.Now(),
			"number,participant_number,state,one_time_password\nAT1,RP1,EFFECTIVE,073482\n")
		if result.Added != 1 || report != "" {
			t.Errorf("%s %s", result, report)
		}
		const unused = "SELECT COUNT(*) FROM access_tokens WHERE one_time_password_spent_at IS NULL"
		if got := to.exact(t, unused); got[0] != "0" {
			t.Error("the password that was used between the two tries can be used again")
		}
	})
}

// TestRun_HashesSecrets searches every column of every table for the secrets of imported tokens.
func TestRun_HashesSecrets(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, to database) {
		to.mustLoad(t, accounts, someAccounts)
		to.mustLoad(t, participants, someParticipants)
		to.mustLoad(t, tokens, "number,participant_number,state,authentication_code,identifier,pass_code,"+
			"one_time_password\n"+
			"AT1,RP1,EFFECTIVE,canary-code,canary-identifier,canary-pass,7777777\n")
		query := "SELECT name FROM sqlite_master WHERE type = 'table'"
		if strings.HasPrefix(to.url, "mysql") {
			query = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
		}
		var all []string
		for _, table := range to.table(t, query) {
			all = append(all, to.table(t, "SELECT * FROM "+table)...)
		}
		text := strings.Join(all, "\n")
		if !strings.Contains(text, "canary-identifier") {
			t.Fatal("the test does not search everywhere")
		}
		for _, secret := range []string{"canary-code", "canary-pass", "7777777"} {
			if strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", secret)) {
				t.Errorf("%s is stored in clear text", secret)
			}
		}
	})
}
