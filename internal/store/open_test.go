package store

import (
	"log/slog"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
)

// TestOpen_NewFileByManyAtOnce opens new files with several stores at the same time. Without the retry in
// Connect, one file of ten failed.
func TestOpen_NewFileByManyAtOnce(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for file := range 60 {
		url := "sqlite:" + filepath.Join(folder, strconv.Itoa(file))
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() {
				s, err := Open(t.Context(), url, slog.New(slog.DiscardHandler))
				if err != nil {
					t.Error(err)
					return
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
}
