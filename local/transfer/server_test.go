package transfer

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestHostKeysAreKeptOnlyInAFolder(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "keys")
	public := func(folder, id string) []byte {
		t.Helper()
		key, err := hostKey(folder, id)
		if err != nil {
			t.Fatal(err)
		}
		return key.PublicKey().Marshal()
	}
	first := public(folder, "s-1")
	if !bytes.Equal(first, public(folder, "s-1")) {
		t.Error("the key changed between runs")
	}
	if bytes.Equal(first, public(folder, "s-2")) {
		t.Error("two servers have one key")
	}
	if bytes.Equal(public("", "s-1"), public("", "s-1")) {
		t.Error("without a folder, a key was kept")
	}
	if info, err := os.Stat(filepath.Join(folder, "s-1.pem")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key file: %v %v", info, err)
	}
	if err := os.WriteFile(filepath.Join(folder, "s-3.pem"), []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := hostKey(folder, "s-3"); err == nil {
		t.Error("a broken key was replaced without a word")
	}
}

func TestALogThatIsTooLargeIsPutAside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	log, err := openLog(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(log.close)
	line := strings.Repeat("x", 1<<20)
	for range 18 {
		log.write(line)
	}
	for name, lines := range map[string]int64{path + ".1": 16, path: 2} {
		if about, err := os.Stat(name); err != nil || about.Size()/int64(len(line)) != lines {
			t.Errorf("%s: %v, %v", filepath.Base(name), about, err)
		}
	}
}
