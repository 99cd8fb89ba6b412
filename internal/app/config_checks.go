package app

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"customer-events/internal/events"
	"customer-events/models"
)

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
		return fmt.Errorf("listen (%s) is not valid with --demo: the demo login is public, so that the "+
			"server "+
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
			wrong = append(wrong, fmt.Errorf("there is no option %s: the help names the variable of "+
				"each option",
				models.Sanitize(name)))
		}
	}
	return errors.Join(wrong...)
}
