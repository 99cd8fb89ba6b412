package storetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Kind is the product of a server.
type Kind string

const (
	KindMariaDB Kind = "MariaDB"
	KindMySQL   Kind = "MySQL"
)

var errNoServer = errors.New("there is no database server to test with: " +
	"run \"make database-server\" as root on Debian, install MariaDB or MySQL " +
	"so that mariadbd or mysqld is on the PATH, or set " + databaseEnv + "=" +
	"mysql://user:password@host:port/name to a running server")

// serverEnv is the variable with the path of the server program: a mariadbd, mysqld or tidb-server.
const serverEnv = "CRM_TEST_SERVER"

// binary is an installed server program.
type binary struct {
	path    string
	kind    Kind
	version string // the output of --version
}

// findServer returns the installed server program.
func findServer(ctx context.Context) (binary, error) {
	path := os.Getenv(serverEnv)
	if strings.HasPrefix(filepath.Base(path), "tidb-server") {
		return binary{path: path, kind: KindTiDB}, nil
	}
	if path == "" {
		if path = look([]string{"mariadbd", "mysqld"}, "/usr/sbin", "/usr/libexec"); path == "" {
			return binary{}, errNoServer
		}
	}
	out, err := exec.CommandContext(ctx, path, "--no-defaults", "--version").Output()
	if err != nil {
		return binary{}, fmt.Errorf("%s --version: %w", path, err)
	}
	b := binary{path: path, kind: KindMySQL, version: strings.TrimSpace(string(out))}
	if strings.Contains(b.version, "MariaDB") { // mysqld is often a link to mariadbd
		b.kind = KindMariaDB
	}
	return b, nil
}

// look returns the path of the first program that is in PATH or in one of the folders, which PATH does
// not always have.
func look(names []string, folders ...string) string {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			if path, err = filepath.Abs(path); err == nil {
				return path
			}
		}
		for _, folder := range folders {
			if path, err := exec.LookPath(filepath.Join(folder, name)); err == nil {
				return path
			}
		}
	}
	return ""
}
