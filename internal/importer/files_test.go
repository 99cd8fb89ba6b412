package importer_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"customer-events/internal/importer"
	"customer-events/models"
)

// TestRun_InvalidFiles expects one clear error, and no written record.
func TestRun_InvalidFiles(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const tokenHelp = "number*,participant_number*,state*,authentication_code,identifier,pass_code," +
		"one_time_password,one_time_password_expires_at (in any order, * are mandatory)"
	for name, test := range map[string]struct{ kind, file, want string }{
		"kind": {
			"accounts",
			"x.csv",
			`there is no kind "accounts": write one of accounts-receivable, rewards-participants, ` +
				"access-tokens, classifications, units",
		},
		"no file": {
			accounts,
			filepath.Join(folder, "none.csv"),
			"opening the file to import: open FOLDER/none.csv: no such file or directory",
		},
		"folder": {accounts, folder, "FOLDER is a folder: name a file"},
		"empty": {
			accounts,
			write("empty.csv", "\ufeff"),
			"FOLDER/empty.csv: the header line: it is empty: begin with a line of column names, " +
				accountHelp,
		},
		"columns": {
			accounts,
			write("columns.csv", "id,nmae,id,\nx,y,z,\n"),
			`FOLDER/columns.csv: the header line: there is no column "nmae", id is given twice, ` +
				`there is no column "", number is missing, name is missing: write ` + accountHelp,
		},
		"no header": {
			tokens,
			write("noheader.csv", "number,RP1,EFFECTIVE,SECRET\n"),
			"FOLDER/noheader.csv: the header line: column 2 has an unknown name, column 3 has an unknown " +
				"name, column 4 has an unknown name, participant_number is missing, " +
				"state is missing: write " + tokenHelp,
		},
		"array": {
			accounts,
			write("array.json", " \n[{\"number\":\"A1\"}]"),
			"FOLDER/array.json: it begins with [: write one JSON object a line, without brackets around " +
				"them and commas between them",
		},
		"no key": {
			tokens,
			write("tokens.ndjson", "{}"),
			"importing access-tokens needs the key for hashing their secrets: none is given",
		},
	} {
		to := &target{}
		options := importer.Options{Kind: test.kind, File: test.file, To: to, Hasher: secrets}
		if name == "no key" {
			options.Hasher = nil
		}
		result, err := importer.Run(t.Context(), options)
		if err == nil || strings.ReplaceAll(err.Error(), folder, "FOLDER") != test.want {
			t.Errorf("%s: got\n%v, want\n%s", name, err, test.want)
		}
		if to.calls > 0 || result.Rows > 0 {
			t.Errorf("%s: something was written: %+v", name, result)
		}
	}
}

// TestRun_DetectsFormat detects formats by the extension and by the first character.
func TestRun_DetectsFormat(t *testing.T) {
	t.Parallel()
	const asCSV, asJSON = "\ufeffname,number\r\nx,A1\r\n", "{\"number\":\"A1\",\"name\":\"x\"}\r\n"
	for name, text := range map[string]string{
		"a.csv":    asCSV,
		"a.CSV":    asCSV,
		"a.ndjson": asJSON,
		"a.jsonl":  "\ufeff" + asJSON,
		"a.txt":    asCSV,
		"a":        "\n " + asJSON,
		"a.json":   asJSON,
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, options := range []importer.Options{
			{File: path},
			{File: name, Input: strings.NewReader(text)},
		} {
			to := &target{}
			options.Kind, options.To, options.Report = accounts, to, t.Output()
			if _, err := importer.Run(t.Context(), options); err != nil || len(to.accounts) != 1 ||
				to.accounts[0] != (models.Account{
					Number: "A1",
					Name:   "x",
				}) {
				t.Errorf("%s: %v, %v", name, to.accounts, err)
			}
		}
	}
}
