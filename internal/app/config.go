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
	"customer-events/models"
)

// options are the options at the root of the command line. Each is an environment variable too:
// --future-tolerance is CRM_FUTURE_TOLERANCE. All are texts, so that config can report every mistake at once.
// The group
// of an option decides which commands have it, see optionGroups. Its help is in optionTexts.
type options struct {
	Database        string `group:"database" placeholder:"URL"`
	Demo            onOff  `group:"database"`
	SecretKey       string `group:"key" placeholder:"KEY"`
	OldSecretKey    string `group:"key" placeholder:"KEY"`
	Listen          string `group:"network" default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	TLSCert         string `group:"network" name:"tls-cert" placeholder:"FILE"`
	TLSKey          string `group:"network" name:"tls-key" placeholder:"FILE"`
	TrustedProxies  string `group:"network" placeholder:"LIST"`
	Drain           string `group:"network" placeholder:"DURATION"`
	CORSOrigins     string `group:"access" name:"cors-origins" placeholder:"LIST"`
	RateLimit       string `group:"access" default:"50000" placeholder:"NUMBER"`
	Introspection   string `group:"access" placeholder:"on|off"`
	Zone            string `group:"events" default:"UTC" placeholder:"NAME"`
	FutureTolerance string `group:"events" default:"24h" placeholder:"DURATION"`
	CallTimeout     string `group:"events" default:"30s" placeholder:"DURATION"`
	OTLPEndpoint    string `group:"observability" name:"otlp-endpoint" env:"CRM_OTLP_ENDPOINT" placeholder:"URL"`
}

// config holds the values of the options.
type config struct {
	database        string
	secretKey       []byte // nil if it is in the key file
	keyFile         string
	oldSecretKeys   [][]byte
	listen          string
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

// config checks all options and reports every mistake. It checks the values of environment variables for
// every command, although most of them are options of serve only.
func (o options) config(command string) (config, error) {
	var mistakes []error
	note := func(err error) {
		if err != nil {
			mistakes = append(mistakes, err)
		}
	}
	// Only these commands hash secrets of access tokens and need the key.
	hashes := command == "serve" || command == "import"
	demo, err := o.Demo.value()
	if err != nil {
		note(fmt.Errorf("demo (%s) is not valid: %w", models.Sanitize(o.Demo.text), err))
	}
	c := config{database: o.Database, listen: o.Listen, demo: demo, otlpEndpoint: o.OTLPEndpoint}
	if c.database == "" {
		c.database = "sqlite:customer-events.db"
		if demo {
			c.database = "sqlite:customer-events-demo.db"
		}
	}
	note(store.CheckURL(c.database))
	note(checkKey(o.SecretKey, c.database, hashes && !demo))
	note(checkOldKey(o.OldSecretKey, o.SecretKey))
	note(checkListen(c.listen, demo && command == "serve"))
	switch o.Introspection {
	case "on", "off":
		c.introspection = o.Introspection == "on"
	case "":
		c.introspection = demo
	default:
		note(fmt.Errorf("introspection (%s) is not valid: write on or off", o.Introspection))
	}
	note(checkEndpoint(o.OTLPEndpoint))
	if command == "serve" { // others need not be able to read the files
		c.certificate, err = middleware.LoadCertificate(o.TLSCert, o.TLSKey)
		note(err)
	}
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
	case o.Drain == "" && !demo:
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

// checkRate parses a rate limit. A minute's worth must allow a full call, which would otherwise always be
// rejected.
func checkRate(text string) (float64, error) {
	const maxRate = 1e9
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n != 0 && !(n*60 >= events.MaxEventsPerCall && n <= maxRate) {
		return 0, fmt.Errorf("rate-limit (%s) is not valid: write a number of events a second from 17 to "+
			"1000000000, or 0 for no limit", text)
	}
	return n, nil
}

func checkListen(listen string, demo bool) error {
	host, port, err := net.SplitHostPort(listen)
	if err == nil && port != "" {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil || port == "" {
		return fmt.Errorf("listen (%s) is not valid: write host:port with a port from 0 to 65535, such as "+
			"127.0.0.1:8080", models.Sanitize(listen))
	}
	if ip := net.ParseIP(host); demo && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("listen (%s) is not valid with --demo: the demo login is public, so that the server "+
			"listens on the loopback only, such as 127.0.0.1:8080", models.Sanitize(listen))
	}
	return nil
}

func checkEndpoint(endpoint string) error {
	if endpoint == "" {
		return nil
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("otlp-endpoint (%s) is not valid: write a URL such as "+
			"http://localhost:4318/v1/traces", endpoint)
	}
	return nil
}

// minKeyLength is the shortest secret key.
const minKeyLength = 16

// checkKey returns an error if the key is too short, or if it is missing where a command hashes secrets:
// several servers of one MySQL must share a key, so that there it has to be given.
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
		return fmt.Errorf("old-secret-key is too short: a secret key has at least %d characters",
			minKeyLength)
	case old != "" && old == given:
		return errors.New("old-secret-key is the same as secret-key: leave it out, or give secret-key the " +
			"new one")
	}
	return nil
}

// unknownVariables reports variables with the prefix CRM_ that are no option. CRM_TEST_… are for tests.
func unknownVariables(environment []string, model *kong.Application) error {
	var known []string
	for _, node := range allNodes(model.Node) {
		for _, flag := range node.Flags {
			known = append(known, flag.Envs...)
		}
	}
	var wrong []error
	for _, variable := range environment {
		name, _, _ := strings.Cut(variable, "=")
		isOption := !strings.HasPrefix(name, "CRM_") || strings.HasPrefix(name, "CRM_TEST_")
		if !isOption && !slices.Contains(known, name) {
			wrong = append(wrong, fmt.Errorf("there is no option %s: the help names the variable of each option",
				models.Sanitize(name)))
		}
	}
	return errors.Join(wrong...)
}
