package durable

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestAFolderHasOneClaimantAtATime(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "a", "b")
	first, err := Take(folder)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Take(folder)
	if claimed, ok := errors.AsType[*ClaimedError](err); !ok || claimed.PID != os.Getpid() || claimed.Folder != folder {
		t.Errorf("got %v", err)
	}
	if err := first.Release(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Error("the empty folder was left behind")
	}
	second, err := Take(folder)
	if err != nil {
		t.Fatal(err)
	}
	kept := filepath.Join(folder, "kept")
	if err := os.WriteFile(kept, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := second.Release(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(kept); err != nil {
		t.Errorf("what lay in the folder: %v", err)
	}
}

func TestALockFileOfAKilledEngineClaimsNothing(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, lockFile), []byte("1234567\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	claim, err := Take(folder)
	if err != nil {
		t.Fatal(err)
	}
	if got := readPID(claim.file); got != os.Getpid() {
		t.Errorf("the file names process %d", got)
	}
	claim.Release()
}
