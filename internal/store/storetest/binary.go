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

// Kind is the make of a server.
type Kind string

const (
	KindMariaDB Kind = "MariaDB"
	KindMySQL   Kind = "MySQL"
)

var errNoServer = errors.New("there is no database server to test with: set " + databaseEnv +
	"=mysql://user:password@host:port/name to a running MySQL or MariaDB, or install one of them so that mariadbd or mysqld is on the PATH")

// serverEnv names the program to start private servers from: a mariadbd, mysqld or tidb-server.
const serverEnv = "CRM_TEST_SERVER"

// binary is an installed server program.
type binary struct {
	path    string
	kind    Kind
	version string // what it says to --version
}

// findServer returns the installed server program, after installing it when
// there is none and this process may.
func findServer(ctx context.Context) (binary, error) {
	path := os.Getenv(serverEnv)
	if strings.HasPrefix(filepath.Base(path), "tidb-server") {
		return binary{path: path, kind: KindTiDB}, nil
	}
	if path == "" {
		var err error
		if path, err = lookOrInstall(ctx); err != nil {
			return binary{}, err
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

// lookOrInstall holds a lock also to look: several test packages run at once,
// as processes, and a program is found before its installation is complete.
func lookOrInstall(ctx context.Context) (string, error) {
	unlock, err := lock(ctx, "install")
	if err != nil {
		return "", err
	}
	defer unlock()
	lookServer := func() string {
		return look([]string{"mariadbd", "mysqld"}, "/usr/sbin", "/usr/libexec")
	}
	if path := lookServer(); path != "" {
		return path, nil
	}
	if err := install(); err != nil {
		return "", err
	}
	if path := lookServer(); path != "" {
		return path, nil
	}
	return "", errNoServer
}

// look returns the first of the programs found in PATH or else in the folders,
// where PATH does not always lead.
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

// install gets MariaDB from the machine's package system.
func install() error {
	apt, err := exec.LookPath("apt-get")
	if err != nil || os.Geteuid() != 0 {
		return errNoServer
	}
	fmt.Fprintln(os.Stderr, "storetest: no database server found, installing mariadb-server-core with apt-get")
	for _, args := range [][]string{
		{"update"},
		{"install", "-y", "--no-install-recommends", "mariadb-server-core", "mariadb-client-core"},
	} {
		// Not bound to a context: a killed apt-get leaves half installed packages.
		cmd := exec.Command(apt, append([]string{"-o", "DPkg::Lock::Timeout=300"}, args...)...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%w (apt-get %s failed: %w)\n%s", errNoServer, args[0], err, tail(string(out)))
		}
	}
	return nil
}
