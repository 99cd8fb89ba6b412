package storetest

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// target is a server with the account to use.
type target struct {
	prefix, suffix string // the URL before and after the database name
	config         mysql.Config
}

// parseTarget parses mysql://user:password@host:port/name and mysql://user@unix(/path.sock)/name. net/url
// cannot parse the second form, which it splits inside the parentheses. The errors do not contain the
// URL, because it may have a password.
func parseTarget(raw string) (target, error) {
	const scheme = "mysql://"
	rest, ok := strings.CutPrefix(raw, scheme)
	if !ok {
		return target{}, errors.New("the database URL does not start with " + scheme)
	}
	// A query (?tls=...) is for the program that opens the URL. The administrative connection ignores it.
	rest, query, hasQuery := strings.Cut(rest, "?")
	at := strings.LastIndex(rest, "@") + 1
	account, address := strings.TrimSuffix(rest[:at], "@"), rest[at:]

	config := *mysql.NewConfig()
	config.Logger = &mysql.NopLogger{} // it would log every attempt before the server answers
	var host string                    // as in the URL
	if path, ok := strings.CutPrefix(address, "unix("); ok {
		end := strings.IndexByte(path, ')')
		if end < 0 {
			return target{}, errors.New("the database URL has no ) after unix(")
		}
		host, config.Net, config.Addr = "unix("+path[:end]+")", "unix", path[:end]
	} else {
		host, _, _ = strings.Cut(address, "/")
		config.Net, config.Addr = "tcp", host
	}
	user, password, _ := strings.Cut(account, ":")
	var errUser, errPassword error
	config.User, errUser = url.PathUnescape(user)
	config.Passwd, errPassword = url.PathUnescape(password)
	if errUser != nil || errPassword != nil {
		return target{}, errors.New("the user or password in the database URL has a broken % escape")
	}

	t := target{prefix: scheme + rest[:at] + host + "/", config: config}
	if hasQuery {
		t.suffix = "?" + query
	}
	return t, nil
}

func (t target) url(database string) string {
	return t.prefix + database + t.suffix
}

// open returns a pool without a current database. Its sessions have the given system variables.
func (t target) open(variables map[string]string) (*sql.DB, error) {
	config := t.config.Clone()
	config.Params = variables
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, fmt.Errorf("database address: %w", err)
	}
	return sql.OpenDB(connector), nil
}
