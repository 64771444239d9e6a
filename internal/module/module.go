// Package module finds the repository, for tests that read or write its files.
package module

import (
	"os"
	"path/filepath"
	"testing"
)

// Root is the repository's root: the folder of go.mod above the test's.
func Root(t testing.TB) string {
	t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder
		}
		if folder == filepath.Dir(folder) {
			t.Fatal("there is no go.mod above the test")
		}
		folder = filepath.Dir(folder)
	}
}
