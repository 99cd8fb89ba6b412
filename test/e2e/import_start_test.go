package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

// TestImport_MissingFile expects an error and no new database.
func TestImport_MissingFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	exit, _, stderr := apitest.Command(t, "", "import", "units", filepath.Join(folder, "units.csv"),
		"--database", "sqlite:"+filepath.Join(folder, "x.db"))
	if exit != 1 || !strings.Contains(stderr, "units.csv: no such file") {
		t.Errorf("exit %d: %s", exit, stderr)
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) > 0 {
		t.Errorf("%v, %v", files, err)
	}
}

// TestImport_DryRunCreatesNothing checks that a dry run leaves no database, no key file and no tables, and
// that it neither claims a secret key nor migrates.
func TestImport_DryRunCreatesNothing(t *testing.T) {
	t.Parallel()
	const accounts = "number,name\nA1,Anna\n,Berta\n"
	dryRun := func(t *testing.T, args ...string) {
		t.Helper()
		exit, stdout, stderr := apitest.Command(t, accounts, append([]string{
			"import", "accounts-receivable", "-", "--dry-run",
		}, args...)...)
		if exit != 1 || !strings.Contains(stdout, "2 rows: 1 added, 0 changed, 0 unchanged, 1 rejected") {
			t.Errorf("exit %d: %s%s", exit, stdout, stderr)
		}
		_ = os.Remove("accounts-receivable.rejected.csv")
	}
	t.Run("no SQLite file", func(t *testing.T) {
		folder := t.TempDir()
		dryRun(t, "--database", "sqlite:"+filepath.Join(folder, "x.db"))
		if files, err := os.ReadDir(folder); err != nil || len(files) > 0 {
			t.Errorf("%v, %v", files, err)
		}
	})
	t.Run("database without a key", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "x.db")
		apitest.MustCommand(t, "", "migrate", "--database", "sqlite:"+path)
		dryRun(t, "--database", "sqlite:"+path)
		mustNotExist(t, path+".key")
		dryRun(t, "--database", "sqlite:"+path, "--secret-key", "one of two secret keys")
		dryRun(t, "--database", "sqlite:"+path, "--secret-key", "another of two secret keys")
	})
	t.Run("MySQL without tables", func(t *testing.T) {
		database := storetest.MySQL(t)
		dryRun(t, "--database", database, "--secret-key", apitest.SecretKey)
		exit, _, stderr := apitest.Command(t, "", "user", "list", "--database", database)
		if exit != 1 || !strings.Contains(stderr, "has no tables of this program") {
			t.Errorf("exit %d: %s", exit, stderr)
		}
	})
	t.Run("another key", func(t *testing.T) {
		database := "sqlite:" + filepath.Join(t.TempDir(), "x.db")
		apitest.MustCommand(t, "number,name\n", "import", "accounts-receivable", "-", "--database", database)
		exit, _, stderr := apitest.Command(t, accounts, "import", "accounts-receivable", "-", "--dry-run",
			"--database", database, "--secret-key", "a key that is not the database's")
		if exit != 1 || !strings.Contains(stderr, "secret-key is not the key of this database") {
			t.Errorf("exit %d: %s", exit, stderr)
		}
	})
}
