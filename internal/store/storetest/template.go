package storetest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// template returns a folder with the files of a new server of this kind and version. Creating them takes
// seconds and copying them does not, so that the folder stays for later processes. It may be removed
// while no test is running.
func template(ctx context.Context, b binary) (string, error) {
	key := sha256.Sum256(fmt.Appendf(nil, "1 %s %s %d", b.path, b.version, os.Geteuid()))
	folder := filepath.Join(os.TempDir(), fmt.Sprintf("customer-events-mariadb-template-%x", key[:8]))
	if exists(folder) {
		return folder, nil
	}
	unlock, err := lock(ctx, "template")
	if err != nil {
		return "", err
	}
	defer unlock()
	if exists(folder) {
		return folder, nil
	}
	work, err := newFolder(os.TempDir())
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	data := filepath.Join(work, "data")
	if err := initialize(ctx, b, data); err != nil {
		return "", err
	}
	// Other processes never see an incomplete template.
	return folder, os.Rename(data, folder)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// initialize creates the files of a server whose root has no password.
func initialize(ctx context.Context, b binary, data string) error {
	program, args := b.path, []string{
		"--no-defaults", "--initialize-insecure", "--datadir=" + data,
		"--secure-file-priv=", "--loose-mysqlx=OFF", "--disable-log-bin",
	}
	if b.kind == KindMariaDB {
		program = look([]string{"mariadb-install-db", "mysql_install_db"}, "/usr/bin", filepath.Dir(b.path))
		if program == "" {
			return errors.New("found " + b.path + " but not mariadb-install-db, which creates its files: " +
				"install the rest of MariaDB's server")
		}
		args = []string{
			"--no-defaults", "--datadir=" + data, "--auth-root-authentication-method=normal",
			"--skip-test-db", "--skip-name-resolve", "--innodb-log-file-size=10M",
		}
	}
	out, err := exec.CommandContext(ctx, program, append(args, userFlag()...)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", program, err, tail(string(out)))
	}
	return nil
}

// userFlag allows the servers to run as root, which they refuse without this flag.
func userFlag() []string {
	if os.Geteuid() == 0 {
		return []string{"--user=root"}
	}
	return nil
}
