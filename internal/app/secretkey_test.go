package app

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// TestKeyFile_FirstStartsAtOnce checks that many first starts at the same time all read the same key, and
// leave no other file.
func TestKeyFile_FirstStartsAtOnce(t *testing.T) {
	t.Parallel()
	for range 20 {
		folder := t.TempDir()
		path := filepath.Join(folder, "x.db.key")
		keys := make([][]byte, 80)
		begin := make(chan struct{})
		var all sync.WaitGroup
		for i := range keys {
			all.Go(func() {
				<-begin
				var err error
				if keys[i], err = readKey(path); errors.Is(err, fs.ErrNotExist) {
					keys[i], err = createKey(path)
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		close(begin)
		all.Wait()
		for _, key := range keys {
			if len(key) != 64 || !bytes.Equal(key, keys[0]) {
				t.Fatalf("keys of %d and %d characters, equal: %v", len(key), len(keys[0]),
					bytes.Equal(key, keys[0]))
			}
		}
		files, err := os.ReadDir(folder)
		if err != nil || len(files) != 1 {
			t.Errorf("%v, %v", files, err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info, err)
		}
	}
}
