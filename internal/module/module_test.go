package module

import (
	"path/filepath"
	"testing"
)

func TestTheRootIsTwoFoldersAboveThisPackage(t *testing.T) {
	want, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	if got := Root(t); got != want {
		t.Errorf("%s, not %s", got, want)
	}
}
