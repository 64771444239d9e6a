package cache_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/tradepost-dev/tradepost/internal/cache"
)

// Two test packages synthesize at once: the CDK of one hashes the folder that
// the other one writes to.
func TestWhoeverLooksIntoAFolderSeesTheWholeFileAndNothingElse(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	folder, err := cache.Folder("kind", "a", "b")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "bootstrap")
	write := func() {
		if err := cache.Replace(file, []byte("whole"), 0o755); err != nil {
			t.Error(err)
		}
	}
	write()
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for range 200 {
				write()
			}
		})
	}
	written := make(chan struct{})
	go func() { writers.Wait(); close(written) }()
	for going := true; going; {
		select {
		case <-written:
			going = false
		default:
		}
		entries, err := os.ReadDir(folder)
		if err != nil || len(entries) != 1 || entries[0].Name() != "bootstrap" {
			t.Fatalf("%v, %v", entries, err)
		}
		if content, err := os.ReadFile(file); err != nil || string(content) != "whole" {
			t.Fatalf("%q, %v", content, err)
		}
	}
	if left, err := os.ReadDir(filepath.Dir(folder)); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
