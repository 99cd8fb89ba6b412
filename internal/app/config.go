package app

import (
	"errors"
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // the zone may be named on a machine that has no list of them

	"github.com/alecthomas/kong"

	"customer-events/internal/middleware"
	"customer-events/internal/store"
	"customer-events/models"
)

// options are the options at the root of the command line. Each is an environment variable too:
// --future-tolerance is CRM_FUTURE_TOLERANCE. All are texts, so that config can report every mistake at once.
// The group of an option decides which commands have it, see optionGroups. Its help is in optionTexts.
type options struct {
	Database        string `group:"database" placeholder:"URL"`
	Demo            onOff  `group:"database"`
	SecretKey       string `group:"key" placeholder:"KEY"`
	OldSecretKey    string `group:"key" placeholder:"KEY"`
	Listen          string `group:"network" default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	MetricsListen   string `group:"network" placeholder:"HOST:PORT"`
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
	OTLPEndpoint    string `group:"observability" name:"otlp-endpoint" placeholder:"URL"`
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
	c := config{
		database: o.Database, listen: o.Listen, metricsListen: o.MetricsListen, demo: demo,
		otlpEndpoint: o.OTLPEndpoint,
	}
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
	note(checkMetricsListen(c.metricsListen, c.listen, demo && command == "serve"))
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

// onOff is an option without a value. Unlike a bool, it accepts every text of an environment variable, so
// that a wrong one is reported together with the other mistakes.
type onOff struct{ text string }

// IsBool makes kong accept the option without a value.
func (*onOff) IsBool() bool { return true }

// Decode reads the value.
func (o *onOff) Decode(ctx *kong.DecodeContext) error {
	o.text = "true"
	if ctx.Scan.Peek().Type == kong.FlagValueToken {
		o.text = fmt.Sprint(ctx.Scan.Pop().Value)
	}
	return nil
}

// value returns whether the option is on.
func (o onOff) value() (bool, error) {
	switch strings.ToLower(o.text) {
	case "true", "1", "yes", "on":
		return true, nil
	case "", "false", "0", "no", "off":
		return false, nil
	}
	return false, errors.New("write true or false")
}

func duration(name, text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%s (%s) is not valid: write a duration such as 90s or 24h", name, text)
	}
	return d, nil
}
