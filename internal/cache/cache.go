// Package cache gives folders for files that synthesis makes and the CDK CLI
// may still read after it: they have to outlive the process, and must not pile
// up with every run.
package cache

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Folder makes sure of the folder for what the parts identify. It is in the
// user's cache, or among temporary files where there is none.
func Folder(kind string, parts ...string) (string, error) {
	root, err := os.UserCacheDir()
	if err != nil {
		root = os.TempDir()
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	folder := filepath.Join(root, "tradepost", kind, hex.EncodeToString(sum[:8]))
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", fmt.Errorf("make a folder for %s: %w", kind, err)
	}
	return folder, nil
}

// Replace writes a file into a Folder at once: whoever reads it meanwhile sees
// the old content or the new one. Nothing else is ever in the folder, which
// another process's CDK may be walking.
func Replace(file string, content []byte, mode os.FileMode) error {
	scratch, err := os.MkdirTemp(filepath.Dir(filepath.Dir(file)), ".new-")
	if err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	defer os.RemoveAll(scratch)
	fresh := filepath.Join(scratch, filepath.Base(file))
	if err := os.WriteFile(fresh, content, mode); err != nil {
		return err
	}
	return os.Rename(fresh, file)
}
