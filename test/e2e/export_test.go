package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

// TestExport_Command exports imported records, without a secret key.
func TestExport_Command(t *testing.T) {
	t.Parallel()
	for name, database := range apitest.Databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			apitest.MustCommand(t, "number,name,id\nA1,Anna,x\n\"A,2\",Berta,y\n", "import",
				"accounts-receivable", "-", "--database", database, "--secret-key", apitest.SecretKey)
			text := apitest.MustCommand(t, "", "export", "accounts-receivable", "--database", database)
			if want := "id,number,name\nx,A1,Anna\ny,\"A,2\",Berta\n"; text != want {
				t.Errorf("%q, not %q", text, want)
			}
			again := apitest.MustCommand(t, text, "import", "accounts-receivable", "-", "--database",
				database, "--secret-key", apitest.SecretKey)
			if !strings.Contains(again, "2 rows: 0 added, 0 changed, 2 unchanged, 0 rejected") {
				t.Error(again)
			}
			exit, _, stderr := apitest.Command(t, "", "export", "accounts", "--database", database)
			for _, kind := range []string{
				"accounts-receivable", "rewards-participants", "access-tokens", "classifications", "units",
			} {
				if exit == 0 || !strings.Contains(stderr, kind) {
					t.Errorf("exit %d, without %s: %s", exit, kind, stderr)
				}
			}
		})
	}
}

// TestExport_NoDatabase expects an error and no new file.
func TestExport_NoDatabase(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "none.db")
	exit, stdout, stderr := apitest.Command(t, "", "export", "units", "--database", "sqlite:"+path)
	if exit != 1 || stdout != "" || !strings.Contains(stderr, "there is no database at "+path) {
		t.Errorf("exit %d: %s%s", exit, stdout, stderr)
	}
	if made, err := os.ReadDir(folder); err != nil || len(made) > 0 {
		t.Errorf("the command has made %v (%v)", made, err)
	}
	exit, _, stderr = apitest.Command(t, "", "export", "units", "--database", storetest.MySQL(t))
	if exit != 1 || !strings.Contains(stderr, "has no tables of this program") {
		t.Errorf("exit %d: %s", exit, stderr)
	}
}

// TestImport_Command checks the command's output and effects: the first 20 rejected rows on the screen,
// all of them in a file, and nothing in the database after a dry run.
func TestImport_Command(t *testing.T) {
	t.Parallel()
	database := storetest.SQLite(t)
	folder := t.TempDir()
	file := filepath.Join(folder, "units.csv")
	if err := os.WriteFile(file, []byte("name;alternative_code\nA;a\n"+strings.Repeat(";x\n", 50)+"B;b\n"),
		0o600); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		"2 added, 0 changed, 0 unchanged, 50 rejected",
		"2 added, 0 changed, 0 unchanged, 50 rejected",
		"0 added, 0 changed, 2 unchanged, 50 rejected",
	} {
		args := []string{"import", "units", file, "--database", database}
		if i == 0 {
			args = append(args, "--dry-run")
		}
		exit, stdout, stderr := apitest.Command(t, "", args...)
		if exit != 1 || !strings.Contains(stdout, "52 rows: "+want) ||
			i == 0 != strings.Contains(stdout, "nothing was stored") {
			t.Errorf("%d: exit %d: %s", i, exit, stdout)
		}
		n := strings.Count(stderr, "name is missing")
		if n != 20 || !strings.Contains(stderr, "30 more rows were rejected, see "+file+".rejected.csv") {
			t.Errorf("%d: %d rows are listed: %s", i, n, stderr)
		}
		rejected, err := os.ReadFile(file + ".rejected.csv")
		if err != nil || strings.Count(string(rejected), "name is missing") != 50 {
			t.Errorf("%d: %v\n%s", i, err, rejected)
		}
	}
	exit, stdout, stderr := apitest.Command(t, "id,name\n1,A\n", "import", "units", "-", "--database",
		database)
	if exit != 1 || !strings.Contains(stdout, "1 rejected") ||
		!strings.Contains(stderr, "name (A) is taken") {
		t.Errorf("exit %d: %s%s", exit, stdout, stderr)
	}
	if err := os.Remove("units.rejected.csv"); err != nil {
		t.Error(err)
	}
}
