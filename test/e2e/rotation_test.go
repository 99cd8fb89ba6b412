package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"customer-events/internal/app"
	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

// TestSecretKey_Rotation rotates the key in all steps: the new key with the old one beside it, a new
// import of the tokens, the new key alone.
func TestSecretKey_Rotation(t *testing.T) {
	t.Parallel()
	const newKey, otherKey = "the tests' next secret key", "some other secret key"
	units := filepath.Join(t.TempDir(), "units.csv")
	if err := os.WriteFile(units, []byte("id,name\nn,New Unit\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, database := range apitest.Databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			on := func(args ...string) []string { return append(args, "--database", database) }
			apitest.ServeDemo(t, database).Stop(t) // loads the demo data with the old key
			processed := func(s *apitest.Server) int {
				s.Token = s.Login(t, app.DemoUser, app.DemoPassword)
				credentials := apitest.Object{"identifier": "maria@example.com", "passCode": "4711"}
				out := s.Create(t, []apitest.Object{
					apitest.Event("a", apitest.ByToken("authenticationCode", "demo-authentication-code")),
					apitest.Event("b", apitest.ByToken("credentials", credentials)),
				})
				return out.Summary.Processed
			}
			for _, step := range []struct {
				name string
				args []string
				want int // -1 if the program must not start
			}{
				{"the old key", []string{"--secret-key", apitest.SecretKey}, 2},
				{"the new key alone, too early", []string{"--secret-key", newKey}, -1},
				{
					"a key that is none of the two", []string{"--secret-key", otherKey, "--old-secret-key",
						newKey}, -1,
				},
				{
					"the old key, and the new one to be read", []string{"--secret-key", apitest.SecretKey,
						"--old-secret-key", newKey}, 2,
				},
				{"the new key alone, still too early", []string{"--secret-key", newKey}, -1},
				{
					"the new key, and the old one to be read", []string{"--secret-key", newKey,
						"--old-secret-key", apitest.SecretKey}, 2,
				},
				{
					"a server that has not changed yet", []string{"--secret-key", apitest.SecretKey,
						"--old-secret-key", newKey}, 2,
				},
				{
					"the new key, and the old one to be read, again", []string{"--secret-key", newKey,
						"--old-secret-key", apitest.SecretKey}, 2,
				},
				{"the old key alone, too late", []string{"--secret-key", apitest.SecretKey}, -1},
			} {
				if step.want < 0 {
					for _, command := range [][]string{
						{"serve", "--listen", "127.0.0.1:0"},
						{"import", "units", units},
					} {
						exit, stdout, stderr := apitest.Command(t, "", on(append(command, step.args...)...)...)
						if exit != 1 || !strings.Contains(stderr, "key file") ||
							!strings.Contains(stderr, "CRM_SECRET_KEY") ||
							!strings.Contains(stderr, "--old-secret-key") {
							t.Errorf("%s: %v: exit %d: %s", step.name, command, exit, stderr)
						}
						for _, key := range []string{apitest.SecretKey, newKey, otherKey} {
							if strings.Contains(stdout+stderr, key) {
								t.Errorf("%s: a key is shown: %s", step.name, stderr)
							}
						}
					}
					continue
				}
				s := apitest.Serve(t, on(step.args...)...)
				if got := processed(s); got != step.want {
					t.Errorf("%s: %d of 2 are processed, want %d", step.name, got, step.want)
				}
				s.Stop(t)
			}
			file := filepath.Join(t.TempDir(), "tokens.csv")
			data, err := app.DemoData.ReadFile("demo/access-tokens.csv")
			if err == nil {
				err = os.WriteFile(file, data, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			apitest.MustCommand(t, "", on("import", "access-tokens", file, "--secret-key", newKey)...)
			if got := processed(apitest.Serve(t, on("--secret-key", newKey)...)); got != 2 {
				t.Errorf("the new key alone: %d of 2 are processed", got)
			}
		})
	}
	for want, args := range map[string][]string{
		"old-secret-key is too short": {"--old-secret-key", "short"},
		"old-secret-key is the same":  {"--old-secret-key", newKey, "--secret-key", newKey},
	} {
		exit, _, stderr := apitest.Command(t, "", append([]string{"--database", storetest.SQLite(t)},
			args...)...)
		if exit != 2 || !strings.Contains(stderr, want) || strings.Contains(stderr, newKey) {
			t.Errorf("%v: exit %d: %s", args, exit, stderr)
		}
	}
}
