// Package durable is what of an engine outlives it, in a folder: the claim that
// keeps two engines out of one folder, the ports and keys by which clients know
// it, and the state of its resources.
package durable

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// lockFile is in every claimed folder, and has the process id of the claimant.
const lockFile = "engine.lock"

// Claim makes a folder one process's own. The operating system ends it with the
// process, however that ends: what a killed engine left behind in the folder can
// be told by the claim that is free.
type Claim struct {
	folder string
	file   *os.File
}

// ClaimedError is the error of Take for a folder that another engine uses.
type ClaimedError struct {
	Folder string
	PID    int // 0 if it is not known
}

func (e *ClaimedError) Error() string {
	by := "another process"
	if e.PID != 0 {
		by = fmt.Sprintf("process %d", e.PID)
	}
	return fmt.Sprintf("the folder %s is in use by %s: stop that engine, or choose another folder", e.Folder, by)
}

// Take claims a folder, and makes it if need be. If another process has it, or
// this one has claimed it before, the error is a *ClaimedError.
func Take(folder string) (*Claim, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, fmt.Errorf("make the folder: %w", err)
	}
	path := filepath.Join(folder, lockFile)
	for {
		file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			return nil, fmt.Errorf("claim the folder: %w", err)
		}
		err = lock(file)
		switch {
		case errors.Is(err, errLocked):
			claimed := &ClaimedError{Folder: folder, PID: readPID(file)}
			file.Close()
			return nil, claimed
		case err != nil:
			file.Close()
			return nil, fmt.Errorf("claim the folder %s: %w", folder, err)
		case !isAt(file, path): // it was released, and taken away, meanwhile
			file.Close()
			continue
		}
		c := &Claim{folder: folder, file: file}
		if err := c.sign(); err != nil {
			return nil, errors.Join(fmt.Errorf("claim the folder: %w", err), c.Release())
		}
		return c, nil
	}
}

func (c *Claim) sign() error {
	if err := c.file.Truncate(0); err != nil {
		return err
	}
	_, err := c.file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// Release gives the folder up, and takes it away if nothing is in it.
func (c *Claim) Release() error {
	err := os.Remove(c.file.Name())
	err = errors.Join(err, c.file.Close())
	_ = os.Remove(c.folder) // fails where it holds anything
	return err
}

func isAt(file *os.File, path string) bool {
	open, err := file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(open, there)
}

func readPID(file *os.File) int {
	raw := make([]byte, 20)
	n, _ := file.ReadAt(raw, 0)
	pid, _ := strconv.Atoi(strings.TrimSpace(string(raw[:n])))
	return pid
}
