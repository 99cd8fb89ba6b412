package app

// optionTexts are the help texts of the options at the root of the command line, by name.
var optionTexts = map[string]string{
	"help": "Print this help.",
	"database": "The database: sqlite:PATH, mysql://user:password@host:port/name or " +
		"mysql://user@unix(/path/to.sock)/name. (default: sqlite:customer-events.db, with --demo " +
		"sqlite:customer-events-demo.db)",
	"demo": "Use the database of the demo. serve also loads demo data, adds a demo login and listens " +
		"on the loopback only.",
	"secret-key": "Key for hashing access-token secrets, at least 16 characters. Use the same key on " +
		"every server of a database, and back it up: without it no access token works. (default with " +
		"SQLite and with --demo: a random key in a file beside the database)",
	"old-secret-key": "The previous secret key, during a key change; secrets hashed with it still match. " +
		"(default: none)",
	"listen": "The address to listen on. (default: 127.0.0.1:8080)",
	"metrics-listen": "Serve /metrics on this address instead, and nothing else, over plain HTTP. (default: " +
		"none, /metrics is at the address of --listen)",
	"tls-cert": "TLS certificate with its intermediate certificates, in PEM. It is read again when it " +
		"changes. (default: none, plain HTTP)",
	"tls-key": "Private key of the certificate, in PEM. (default: none)",
	"trusted-proxies": "Comma-separated addresses and networks of the proxies whose X-Forwarded-For " +
		"header is honoured. (default: none)",
	"drain": "How long to keep serving after SIGTERM, so that load balancers see /readyz fail first. " +
		"(default: 5s, with --demo 0s)",
	"cors-origins": "Comma-separated origins of web pages that may call from a browser, such as " +
		"https://app.example.com. (default: only the server's own)",
	"rate-limit": "Events per second that each API user may send to and read from this server; up to a " +
		"minute's worth at once. 0: no limit. (default: 50000)",
	"introspection": "Whether clients may read the schema; also serves GraphiQL and /schema.graphql. " +
		"(default: off, with --demo on)",
	"zone":             "Time zone of dates without a zone, such as Europe/Nicosia. (default: UTC)",
	"future-tolerance": "How far in the future the date of an event may be. (default: 24h)",
	"call-timeout": "How long a call retries while the database is busy or unreachable. (default: " +
		"30s)",
	"otlp-endpoint": "URL of an OpenTelemetry collector (OTLP over HTTP), such as " +
		"http://localhost:4318/v1/traces. (default: no traces)",
}

// details are the texts of the commands that need more than a sentence.
var details = map[string]string{
	"user add": "The password is read from a prompt, twice, or from standard input.",
	"user password": "The password is read from a prompt, twice, or from standard input. The user is " +
		"logged out everywhere.",
	"user units": "Without an option it prints the units that the user may write for and read. With " +
		"--unit these units replace the present ones. It takes effect at once, without a new login.",
	"user delete": "The user is logged out everywhere. The events of the user stay, and keep the name. " +
		"A new user may have it.",
	"user list": "A last login that is not on record is shown as -.",
	"import": "A CSV file has a header line and is separated by commas, semicolons or tabs. Other " +
		"files are NDJSON. The encoding is UTF-8 or UTF-16. A missing id is generated, an absent " +
		"column keeps the stored value, and an empty cell clears it.\n\nInvalid rows are listed (all " +
		"of them in FILE.rejected.csv or FILE.rejected.ndjson); the other rows are imported. Exit " +
		"status: 0 all rows are imported, 1 some were rejected or it failed, 2 the command line is " +
		"wrong.",
	"export": "The file can be imported, which changes nothing. It has ids and no secrets.",
	"send": "Continues where it was interrupted. Rejected events go to a file beside it, to be " +
		"corrected and sent. Exit status: 0 all events are processed, 1 some were rejected, 2 the " +
		"command line is wrong, 3 it failed or was interrupted (run the same command to continue).",
}

// commandExamples are the examples of each command, without the name of the program.
var commandExamples = map[string][]string{
	"":              {"--demo", "user add shop --database sqlite:/var/lib/crm/crm.db"},
	"serve":         {"--demo", "serve --database sqlite:/var/lib/crm/crm.db --listen 127.0.0.1:8080"},
	"migrate":       {"migrate", "migrate --database mysql://crm:password@db.example.com:3306/crm"},
	"user":          {"user add shop --unit webshop", "user list"},
	"user add":      {"user add shop", `user add shop --unit webshop --unit "Admin Unit"`},
	"user password": {"user password shop", "user password shop < password.txt"},
	"user units":    {"user units shop --unit webshop", "user units shop --all"},
	"user disable":  {"user disable shop", "user disable shop --database sqlite:/var/lib/crm/crm.db"},
	"user enable":   {"user enable shop", "user enable shop --database sqlite:/var/lib/crm/crm.db"},
	"user delete":   {"user delete shop", "user delete shop --database sqlite:/var/lib/crm/crm.db"},
	"user list":     {"user list", "user list --database sqlite:/var/lib/crm/crm.db"},
	"import":        {"import units units.csv --dry-run", "import access-tokens - < tokens.ndjson"},
	"export":        {"export units > units.csv", "export accounts-receivable | wc -l"},
	"send": {
		"send events.csv --username shop",
		"send events.ndjson --server https://crm.example.com/graphql --username shop < password.txt",
	},
	"licenses": {"licenses", "licenses > licenses.md"},
	"version":  {"version", "--version"},
	"help":     {"help import", "help user add"},
}
