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

// options are the flags, each of which is an environment variable too: --future-tolerance is CRM_FUTURE_TOLERANCE. Flags win. All are
// texts here, so that config can tell everything that is wrong with them at once.
type options struct {
	Database        string `placeholder:"URL" help:"The database: sqlite:PATH, mysql://user:password@host:port/name or mysql://user@unix(/path/to.sock)/name. (default: sqlite:customer-events.db, with --demo sqlite:customer-events-demo.db)"`
	SecretKey       string `placeholder:"KEY" help:"The key of the hashes by which secrets of access tokens are kept, at least 16 characters. Every server on one database needs the same. (default with SQLite and with --demo: a random one, kept in a file beside the database)"`
	OldSecretKey    string `placeholder:"KEY" help:"The key before the present one, while secrets that were kept by it are still to be known. (default: none)"`
	Listen          string `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where to listen. (default: 127.0.0.1:8080)"`
	TLSCert         string `name:"tls-cert" placeholder:"FILE" help:"The certificate to speak TLS by, with those between it and the root, in PEM. Read again when it is renewed. (default: none, plain HTTP)"`
	TLSKey          string `name:"tls-key" placeholder:"FILE" help:"The certificate's key, in PEM. (default: none)"`
	TrustedProxies  string `placeholder:"LIST" help:"Addresses and networks, with commas between them, of the proxies whose X-Forwarded-For is believed. (default: none)"`
	CORSOrigins     string `name:"cors-origins" placeholder:"LIST" help:"Origins of web pages, with commas between them, that may call from browsers, such as https://app.example.com. (default: none but the server's own)"`
	RateLimit       string `default:"50000" placeholder:"NUMBER" help:"How many events a second each API user may send to this server and read from it, a minute's worth of them at once; 0 is without limit. (default: 50000)"`
	Demo            bool   `help:"Load demo data and a demo login. Listens on the loopback only."`
	Introspection   string `placeholder:"on|off" help:"Whether callers may ask for the schema, and GraphiQL and /schema.graphql are served. (default: off, with --demo on)"`
	Zone            string `default:"UTC" placeholder:"NAME" help:"The time zone of dates that name none, such as Europe/Nicosia. (default: UTC)"`
	FutureTolerance string `default:"24h" placeholder:"DURATION" help:"How far ahead of now an event may have been performed. (default: 24h)"`
	OTLPEndpoint    string `name:"otlp-endpoint" env:"CRM_OTLP_ENDPOINT" placeholder:"URL" help:"Where traces are sent by OTLP over HTTP, such as http://localhost:4318/v1/traces. (default: nowhere)"`
	CallTimeout     string `default:"30s" placeholder:"DURATION" help:"How long a call goes on trying when the database does not let it through. (default: 30s)"`
	Drain           string `placeholder:"DURATION" help:"How long a server that was told to end still takes calls, so that whoever spreads calls over servers notices by /readyz. (default: 5s, with --demo 0s)"`
}

// config is what the options mean.
type config struct {
	database        string
	secretKey       []byte // nil if it is in the key file
	keyFile         string
	oldSecretKeys   [][]byte
	listen          string
	certificate     *middleware.Certificate // nil if there is none
	trustedProxies  middleware.TrustedProxies
	crossOrigin     *middleware.CrossOrigin
	rateLimit       float64 // 0 is without limit
	demo            bool
	exposed         bool // that it can be reached from beyond the loopback; known once the server listens
	introspection   bool
	zone            *time.Location
	futureTolerance time.Duration
	callTimeout     time.Duration
	otlpEndpoint    string
	drain           time.Duration
}

// config checks all options and tells everything that is wrong with them.
func (o options) config(hashes bool) (config, error) {
	var wrong []error
	note := func(err error) {
		if err != nil {
			wrong = append(wrong, err)
		}
	}
	c := config{database: o.Database, listen: o.Listen, demo: o.Demo, otlpEndpoint: o.OTLPEndpoint}
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
	return c, errors.Join(wrong...)
}

func duration(name, text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%s (%s) is not valid: write a duration such as 90s or 24h", name, text)
	}
	return d, nil
}

// checkRate: a minute's worth must be a call's worth, or else a full call would never be let through.
func checkRate(text string) (float64, error) {
	const most = 1e9
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n != 0 && !(n*60 >= events.MaxEventsPerCall && n <= most) {
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
		return fmt.Errorf("listen (%s) is not valid with --demo: everybody knows the demo login, so it listens on the loopback only, such as 127.0.0.1:8080", listen)
	}
	return nil
}

func checkEndpoint(endpoint string) error {
	if u, err := url.Parse(endpoint); endpoint != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		return fmt.Errorf("otlp-endpoint (%s) is not valid: write a URL such as http://localhost:4318/v1/traces", endpoint)
	}
	return nil
}

const shortestKey = 16

// checkKey returns an error if the key is too short, or if it is missing where a command hashes secrets: several
// servers of one MySQL must share a key, so that there it has to be given.
func checkKey(given, database string, hashes bool) error {
	switch {
	case given != "" && len(given) < shortestKey:
		return fmt.Errorf("secret-key is too short: write at least %d characters, best random ones", shortestKey)
	case given == "" && hashes && strings.HasPrefix(database, "mysql:"):
		return errors.New("secret-key is missing: with MySQL every server needs the same key, " +
			"write CRM_SECRET_KEY=… (for example the output of: openssl rand -hex 32)")
	}
	return nil
}

func checkOldKey(old, given string) error {
	switch {
	case old != "" && len(old) < shortestKey:
		return fmt.Errorf("old-secret-key is too short: it cannot have been a key, those have at least %d characters", shortestKey)
	case old != "" && old == given:
		return errors.New("old-secret-key is the same as secret-key: leave it out, or give secret-key the new one")
	}
	return nil
}

// unknownVariables lists the variables that look like ours and are not. CRM_TEST_… belong to the tests.
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
