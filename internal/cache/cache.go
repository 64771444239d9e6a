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
	"sync"
	"time"
)

// unused is after how long a folder that nobody asked for is removed: as long
// as Go keeps what it has built.
const unused = 5 * 24 * time.Hour

// trimmed has the roots that this process has already rid of unused folders.
var trimmed sync.Map

// Folder makes sure of the folder for what the parts identify. It is in the
// user's cache, or among temporary files where there is none. Folders of that
// kind that no process has asked for in five days are removed.
func Folder(kind string, parts ...string) (string, error) {
	root, err := os.UserCacheDir()
	if err != nil {
		root = os.TempDir()
	}
	root = filepath.Join(root, "tradepost", kind)
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	folder := filepath.Join(root, hex.EncodeToString(sum[:8]))
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", fmt.Errorf("make a folder for %s: %w", kind, err)
	}
	now := time.Now()
	if err := os.Chtimes(folder, now, now); err != nil {
		return "", fmt.Errorf("mark a folder for %s as used: %w", kind, err)
	}
	if _, done := trimmed.LoadOrStore(root, true); !done {
		trim(root, now.Add(-unused))
	}
	return folder, nil
}

// trim removes what was used before a time, and what a process that was killed
// has left beside it. A folder that cannot be removed is left to the next run.
func trim(root string, before time.Time) {
	entries, _ := os.ReadDir(root)
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && info.ModTime().Before(before) {
			_ = os.RemoveAll(filepath.Join(root, entry.Name()))
		}
	}
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
