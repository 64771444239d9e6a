package cache_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

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

// Every checkout of a module has binaries of its own here, also one that was
// deleted long ago.
func TestFoldersThatNobodyHasUsedForFiveDaysAreRemoved(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	root, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	root = filepath.Join(root, "tradepost", "functions")
	used := func(name string, days int) string {
		folder := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Join(folder, "within"), 0o755); err != nil {
			t.Fatal(err)
		}
		at := time.Now().AddDate(0, 0, -days)
		if err := os.Chtimes(folder, at, at); err != nil {
			t.Fatal(err)
		}
		return folder
	}
	old, killed, recent := used("0123456789abcdef", 6), used(".new-1", 6), used("fedcba9876543210", 4)
	asked, err := cache.Folder("functions", "a")
	if err != nil {
		t.Fatal(err)
	}
	for folder, kept := range map[string]bool{old: false, killed: false, recent: true, asked: true} {
		if _, err := os.Stat(folder); (err == nil) != kept {
			t.Errorf("%s: %v, to be kept: %t", folder, err, kept)
		}
	}
}

func TestAFolderThatIsAskedForIsUsed(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	folder, err := cache.Folder("functions", "a")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now().AddDate(0, 0, -6)
	if err := os.Chtimes(folder, at, at); err != nil {
		t.Fatal(err)
	}
	if _, err := cache.Folder("functions", "a"); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(folder); err != nil || time.Since(info.ModTime()) > time.Hour {
		t.Errorf("%v, %v", info, err)
	}
}
