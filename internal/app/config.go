package app

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // the zone may be named on a machine that has no list of them

	"github.com/alecthomas/kong"

	"customer-events/internal/events"
	"customer-events/internal/middleware"
	"customer-events/internal/store"
)

// options are the flags. Each is an environment variable too: --future-tolerance is CRM_FUTURE_TOLERANCE. Flags take
// precedence. All are texts, so that config can report every mistake at once.
type options struct {
	Database        string `placeholder:"URL" help:"The database: sqlite:PATH, mysql://user:password@host:port/name or mysql://user@unix(/path/to.sock)/name. (default: sqlite:customer-events.db, with --demo sqlite:customer-events-demo.db)"`
	SecretKey       string `placeholder:"KEY" help:"Key for hashing access-token secrets, at least 16 characters. Use the same key on every server of a database, and back it up: without it no access token works. (default with SQLite and with --demo: a random key in a file beside the database)"`
	OldSecretKey    string `placeholder:"KEY" help:"The previous secret key, during a key change; secrets hashed with it still match. (default: none)"`
	Listen          string `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"The address to listen on. (default: 127.0.0.1:8080)"`
	MetricsListen   string `placeholder:"HOST:PORT" help:"Serve /metrics on this address instead, and nothing else, over plain HTTP. (default: none, /metrics is at the address of --listen)"`
	TLSCert         string `name:"tls-cert" placeholder:"FILE" help:"TLS certificate with its intermediate certificates, in PEM. It is read again when it changes. (default: none, plain HTTP)"`
	TLSKey          string `name:"tls-key" placeholder:"FILE" help:"Private key of the certificate, in PEM. (default: none)"`
	TrustedProxies  string `placeholder:"LIST" help:"Comma-separated addresses and networks of the proxies whose X-Forwarded-For header is honoured. (default: none)"`
	CORSOrigins     string `name:"cors-origins" placeholder:"LIST" help:"Comma-separated origins of web pages that may call from a browser, such as https://app.example.com. (default: only the server's own)"`
	RateLimit       string `default:"50000" placeholder:"NUMBER" help:"Events per second that each API user may send to and read from this server; up to a minute's worth at once. 0: no limit. (default: 50000)"`
	Demo            bool   `help:"Load demo data and a demo login. The server then listens on the loopback only."`
	Introspection   string `placeholder:"on|off" help:"Whether clients may read the schema; also serves GraphiQL and /schema.graphql. (default: off, with --demo on)"`
	Zone            string `default:"UTC" placeholder:"NAME" help:"Time zone of dates without a zone, such as Europe/Nicosia. (default: UTC)"`
	FutureTolerance string `default:"24h" placeholder:"DURATION" help:"How far in the future the date of an event may be. (default: 24h)"`
	OTLPEndpoint    string `name:"otlp-endpoint" env:"CRM_OTLP_ENDPOINT" placeholder:"URL" help:"URL of an OpenTelemetry collector (OTLP over HTTP), such as http://localhost:4318/v1/traces. (default: no traces)"`
	CallTimeout     string `default:"30s" placeholder:"DURATION" help:"How long a call retries while the database is busy or unreachable. (default: 30s)"`
	Drain           string `placeholder:"DURATION" help:"How long to keep serving after SIGTERM, so that load balancers see /readyz fail first. (default: 5s, with --demo 0s)"`
}

// config holds the values of the options.
type config struct {
	database        string
	secretKey       []byte // nil if it is in the key file
	keyFile         string
	oldSecretKeys   [][]byte
	listen          string
	metricsListen   string                  // "": /metrics is served at listen
	certificate     *middleware.Certificate // nil if there is none
	trustedProxies  middleware.TrustedProxies
	crossOrigin     *middleware.CrossOrigin
	rateLimit       float64 // 0: no limit
	demo            bool
	exposed         bool // whether clients beyond the loopback can reach it; known once the server listens
	introspection   bool
	zone            *time.Location
	futureTolerance time.Duration
	callTimeout     time.Duration
	otlpEndpoint    string
	drain           time.Duration
}

// config checks all options and reports every mistake. hashes says that the command hashes secrets of access tokens.
func (o options) config(hashes bool) (config, error) {
	var mistakes []error
	note := func(err error) {
		if err != nil {
			mistakes = append(mistakes, err)
		}
	}
	c := config{database: o.Database, listen: o.Listen, metricsListen: o.MetricsListen, demo: o.Demo, otlpEndpoint: o.OTLPEndpoint}
	if c.database == "" {
		c.database = "sqlite:customer-events.db"
		if o.Demo {
			c.database = "sqlite:customer-events-demo.db"
		}
	}
	note(store.CheckURL(c.database))
	note(checkKey(o.SecretKey, c.database, hashes && !o.Demo))
	note(checkOldKey(o.OldSecretKey, o.SecretKey))
	note(checkListen(c.listen, o.Demo))
	note(checkMetricsListen(c.metricsListen, c.listen, o.Demo))
	switch o.Introspection {
	case "on", "off":
		c.introspection = o.Introspection == "on"
	case "":
		c.introspection = o.Demo
	default:
		note(fmt.Errorf("introspection (%s) is not valid: write on or off", o.Introspection))
	}
	note(checkEndpoint(o.OTLPEndpoint))
	var err error
	c.certificate, err = middleware.LoadCertificate(o.TLSCert, o.TLSKey)
	note(err)
	c.trustedProxies, err = middleware.ParseTrustedProxies(o.TrustedProxies)
	note(err)
	c.crossOrigin, err = middleware.ParseCrossOrigin(o.CORSOrigins)
	note(err)
	c.rateLimit, err = checkRate(o.RateLimit)
	note(err)
	if c.zone, err = time.LoadLocation(o.Zone); err != nil {
		note(fmt.Errorf("zone (%s) is not valid: write a name such as UTC or Europe/Nicosia", o.Zone))
	}
	c.futureTolerance, err = duration("future-tolerance", o.FutureTolerance)
	note(err)
	c.callTimeout, err = duration("call-timeout", o.CallTimeout)
	note(err)
	switch {
	case o.Drain == "" && !o.Demo:
		c.drain = 5 * time.Second
	case o.Drain != "" && o.Drain != "0s":
		c.drain, err = duration("drain", o.Drain)
		note(err)
	}
	c.keyFile = keyFile(c.database)
	if o.SecretKey != "" {
		c.secretKey = []byte(o.SecretKey)
	}
	if o.OldSecretKey != "" {
		c.oldSecretKeys = [][]byte{[]byte(o.OldSecretKey)}
	}
	return c, errors.Join(mistakes...)
}

func duration(name, text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%s (%s) is not valid: write a duration such as 90s or 24h", name, text)
	}
	return d, nil
}

// checkRate parses a rate limit. A minute's worth must allow a full call, which would otherwise always be rejected.
func checkRate(text string) (float64, error) {
	const maxRate = 1e9
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n != 0 && !(n*60 >= events.MaxEventsPerCall && n <= maxRate) {
		return 0, fmt.Errorf("rate-limit (%s) is not valid: write a number of events a second from 17 to 1000000000, or 0 for no limit", text)
	}
	return n, nil
}

func checkListen(listen string, demo bool) error {
	host, port, err := net.SplitHostPort(listen)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil {
		return fmt.Errorf("listen (%s) is not valid: write host:port with a port from 0 to 65535, such as 127.0.0.1:8080", listen)
	}
	if ip := net.ParseIP(host); demo && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("listen (%s) is not valid with --demo: the demo login is public, so that the server listens on the loopback only, such as 127.0.0.1:8080", listen)
	}
	return nil
}

func checkEndpoint(endpoint string) error {
	if u, err := url.Parse(endpoint); endpoint != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		return fmt.Errorf("otlp-endpoint (%s) is not valid: write a URL such as http://localhost:4318/v1/traces", endpoint)
	}
	return nil
}

// minKeyLength is the shortest secret key.
const minKeyLength = 16

// checkKey returns an error if the key is too short, or if it is missing where a command hashes secrets: several
// servers of one MySQL must share a key, so that there it has to be given.
func checkKey(given, database string, hashes bool) error {
	switch {
	case given != "" && len(given) < minKeyLength:
		return fmt.Errorf("secret-key is too short: write at least %d random characters", minKeyLength)
	case given == "" && hashes && strings.HasPrefix(database, "mysql:"):
		return errors.New("secret-key is missing: with MySQL every server needs the same key, " +
			"write CRM_SECRET_KEY=… (for example the output of: openssl rand -hex 32)")
	}
	return nil
}

func checkOldKey(old, given string) error {
	switch {
	case old != "" && len(old) < minKeyLength:
		return fmt.Errorf("old-secret-key is too short: a secret key has at least %d characters", minKeyLength)
	case old != "" && old == given:
		return errors.New("old-secret-key is the same as secret-key: leave it out, or give secret-key the new one")
	}
	return nil
}

// unknownVariables reports variables with the prefix CRM_ that are no option. CRM_TEST_… are for tests.
func unknownVariables(environment []string, model *kong.Application) error {
	known := []string{}
	var collect func(node *kong.Node)
	collect = func(node *kong.Node) {
		for _, flag := range node.Flags {
			known = append(known, flag.Envs...)
		}
		for _, child := range node.Children {
			collect(child)
		}
	}
	collect(model.Node)
	var wrong []error
	for _, variable := range environment {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "CRM_") && !strings.HasPrefix(name, "CRM_TEST_") && !slices.Contains(known, name) {
			wrong = append(wrong, fmt.Errorf("there is no option %s: --help lists them all", name))
		}
	}
	return errors.Join(wrong...)
}
