package app

import (
	"bytes"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// testParser returns the parser of the program.
func testParser(t *testing.T) *kong.Kong {
	t.Helper()
	parser, err := newParser(new(cli), Env{Stdout: io.Discard, Stderr: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	return parser
}

// runWords runs a command line that opens no database. A word with blanks is in quotes.
func runWords(t *testing.T, line string) (exit int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	exit = Run(t.Context(), splitWords(line), Env{
		Build: Build{Version: "1.2.3", Commit: "abc"}, Stdin: strings.NewReader(""), Stdout: &out,
		Stderr: &errs, Log: slog.New(slog.DiscardHandler),
	})
	return exit, out.String(), errs.String()
}

// splitWords splits a command line as a shell does, as far as the examples need it.
func splitWords(line string) (words []string) {
	for i, part := range strings.Split(line, `"`) {
		if i%2 == 1 {
			words = append(words, part)
			continue
		}
		words = append(words, strings.Fields(part)...)
	}
	return words
}

// TestOptions_HaveGroupAndText checks every option at the root, so that a new one is not forgotten.
func TestOptions_HaveGroupAndText(t *testing.T) {
	t.Parallel()
	for _, flag := range testParser(t).Model.Flags {
		if flag.Help == "" || flag.Group == nil && flag.Name != "help" && flag.Name != "version" {
			t.Errorf("--%s: help %q, group %+v", flag.Name, flag.Help, flag.Group)
		}
	}
}

// TestExamples_AreValid checks that each command has two examples in its help, without mistakes.
func TestExamples_AreValid(t *testing.T) {
	t.Parallel()
	parser := testParser(t)
	for _, node := range allNodes(parser.Model.Node) {
		command := commandPath(node)
		t.Run("command "+command, func(t *testing.T) {
			t.Parallel()
			_, help, _ := runWords(t, command+" --help")
			if n := strings.Count(help, "\n    customer-events "); n != 2 {
				t.Errorf("%d examples: %s", n, help)
			}
			for _, example := range commandExamples[command] {
				shell, _, _ := strings.Cut(strings.NewReplacer("|", ">", "<", ">").Replace(example), ">")
				line := readArguments(parser, splitWords(shell))
				if len(line.mistakes) > 0 || command != "" && !strings.HasPrefix(line.command, command) &&
					!line.help && !line.version && line.command != "serve" {
					t.Errorf("%s: %+v", example, line)
				}
			}
		})
	}
}

// TestHelp_OwnOptionsOnly checks which options the help of each command shows.
func TestHelp_OwnOptionsOnly(t *testing.T) {
	t.Parallel()
	all := []string{
		"--database", "--demo", "--secret-key", "--old-secret-key", "--listen", "--tls-cert", "--tls-key",
		"--trusted-proxies", "--drain", "--cors-origins", "--rate-limit", "--introspection", "--zone",
		"--future-tolerance", "--call-timeout", "--otlp-endpoint", "--dry-run", "--unit", "--all", "--server",
		"--username", "--patience",
	}
	database, key := " --database --demo", " --secret-key --old-secret-key"
	serve := strings.Join(all[:16], " ")
	for _, c := range []struct{ command, options, title string }{
		{"", serve, "Observability:"},
		{"serve", serve, "Network:"},
		{"migrate", database, "Database:"},
		{"user", database, "Database:"},
		{"user add", database + " --unit", "Database:"},
		{"user password", database, "Database:"},
		{"user units", database + " --unit --all", "Database:"},
		{"user disable", database, "Database:"},
		{"user enable", database, "Database:"},
		{"user delete", database, "Database:"},
		{"user list", database, "Database:"},
		{"import", database + key + " --dry-run", "Secret key:"},
		{"export", database, "Database:"},
		{"send", "--server --username --patience", "Flags:"},
		{"licenses", "", "Flags:"},
		{"version", "", "Flags:"},
	} {
		t.Run("command "+c.command, func(t *testing.T) {
			t.Parallel()
			exit, help, stderr := runWords(t, c.command+" --help")
			if exit != 0 || stderr != "" || !strings.Contains(help, "\n"+c.title+"\n") {
				t.Errorf("exit %d, without %q: %s%s", exit, c.title, help, stderr)
			}
			for _, other := range []string{"help " + c.command, c.command + " -h"} {
				if _, same, _ := runWords(t, other); same != help {
					t.Errorf("%s prints something else:\n%s", other, same)
				}
			}
			_, shown, _ := strings.Cut(help, "\nFlags:")
			for _, option := range all {
				want := strings.Contains(" "+c.options+" ", " "+option+" ")
				got := strings.Contains(shown, " "+option+"=") || strings.Contains(shown, " "+option+" ")
				if got != want {
					t.Errorf("%s is shown: %t", option, got)
				}
			}
		})
	}
}

// TestHelp_ImportColumns checks that the help lists the kinds in the order of importing, with their columns.
func TestHelp_ImportColumns(t *testing.T) {
	t.Parallel()
	_, help, _ := runWords(t, "help import")
	at := 0
	for _, want := range []string{
		"accounts-receivable", "id, number*, name*",
		"rewards-participants", "id, number*, account_number*",
		"access-tokens", "number*, participant_number*, state*", "authentication_code", "identifier",
		"pass_code", "one_time_password", "one_time_password_expires_at",
		"classifications", "id, name*, alternative_code, type*",
		"units", "id, name*, alternative_code",
	} {
		i := strings.Index(help[at:], want)
		if i < 0 {
			t.Fatalf("%s is not shown after %q: %s", want, help[:at], help)
		}
		at += i
	}
}

func TestVersion_Forms(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"version", "--version", "-v", "user list -v", "--version --listen :x"} {
		exit, stdout, stderr := runWords(t, line)
		if exit != 0 || stderr != "" || !strings.HasPrefix(stdout, "customer-events 1.2.3\ncommit abc\ngo") {
			t.Errorf("%s: exit %d: %s%s", line, exit, stdout, stderr)
		}
	}
}

// TestCommandLine_Mistakes checks that one message names every mistake and what to write, and never a value
// that may be a secret.
func TestCommandLine_Mistakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, line, want string }{
		{"unknown command", "serv", `no command "serv"|serve, migrate, user|customer-events --help`},
		{"unknown command with an option", "--demo serv", `no command "serv"`},
		{"help of an unknown command", "help serv", `no command "serv"`},
		{"unknown command with --help", "serv --help", `no command "serv"`},
		{"unknown second word", "user lst", `no user command "lst"|add, password|events user --help`},
		{"no second word", "user", "user needs a command|add, password"},
		{"no value at the end", "--listen", "--listen has no value: write --listen=HOST:PORT"},
		{"no value before an option", "--listen --zone UTC", "--listen has no value"},
		{"value with a dash", "--call-timeout -1s", "call-timeout (-1s) is not valid"},
		{"no file", "import units", "import needs KIND and FILE|customer-events import --help"},
		{"no kind and file", "import", "import needs KIND and FILE"},
		{"no kind to export", "export", "export needs KIND"},
		{"no file to send", "send", "send needs FILE"},
		{"no name", "user add", "user add needs NAME"},
		{"unknown kind", "import accounts f", "kind (accounts) is not valid|accounts-receivable, rewards"},
		{"unknown kind to export", "export accounts", "kind (accounts) is not valid|units"},
		{"too many arguments", "import units a b", "takes KIND and FILE|3 arguments"},
		{"argument of a command without any", "version x", "version takes no arguments"},
		{"misspelt option", "--listn :8080", `no option --listn|did you mean "--listen"`},
		{"unknown short option", "-x", "no option -x"},
		{"option of the server", "user list --listen :8080", "user list has no option --listen|serve"},
		{"option before the command", "--listen :8080 user list", "user list has no option --listen"},
		{"key of the server", "send f --secret-key CANARY", "send has no option --secret-key|import"},
		{"option of import", "user list --dry-run", "user list has no option --dry-run|import"},
		{"option of user add", "import units f --unit x", "import has no option --unit|user add"},
		{"option of the database", "version --database sqlite:x", "version has no option --database"},
		{"units and all units", "user units a --unit x --all", "--unit and --all"},
		{"port", "--listen 127.0.0.1:99999", "listen (127.0.0.1:99999) is not valid"},
		{"negative port", "--listen 127.0.0.1:-1", "listen (127.0.0.1:-1) is not valid"},
		{"empty port", "--listen 127.0.0.1:", "listen (127.0.0.1:) is not valid"},
		{"host only", "--listen localhost", "listen (localhost) is not valid"},
		{"switch", "--demo=perhaps", "demo (perhaps) is not valid: write true or false"},
		{"several", "--nonsense --listen :x --zone Nowhere --drain",
			"no option --nonsense|listen (:x)|zone (Nowhere)|--drain has no value"},
		{"several of another command", "user list x --listen :y --nonsense=1",
			"takes no arguments|no option --listen|no option --nonsense"},
		{"several of send", "send --tls-cert /nope --rate-limit abc f --patience 100h",
			"no option --tls-cert|no option --rate-limit|username is missing|patience (100h)"},
		{"name that is not UTF-8", "user add a\xff", "argument 3 is not UTF-8"},
		{"file that is not UTF-8", "import units \xff.csv", "argument 3 is not UTF-8"},
		{"password as an argument", "user add anna CANARY", "user add takes NAME"},
		{"password as an option", "user add anna --pasword=CANARY", "no option --pasword"},
		{"password as a short option", "user add anna -pCANARY", "no option -p"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			exit, stdout, stderr := runWords(t, c.line)
			if exit != 2 || stdout != "" || strings.Contains(stderr, "CANARY") {
				t.Errorf("exit %d: %s%s", exit, stdout, stderr)
			}
			for _, want := range strings.Split(c.want, "|") {
				if !strings.Contains(stderr, want) {
					t.Errorf("%q is not mentioned: %s", want, stderr)
				}
			}
		})
	}
}
