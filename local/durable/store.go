package durable

// This file keeps the state of resources: one file each, of JSON documents, of
// which the first names the resource.

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// format is the version of everything in the folder.
const format = 1

// interval is how often changes are saved; where saving takes long, it is
// longer, so that saving never takes more than one part in saveShare.
const (
	interval  = 5 * time.Second
	saveShare = 10
)

// StoreOptions configure OpenStore.
type StoreOptions struct {
	// Wanted tells whether the state of a resource is kept. Default: all.
	Wanted func(arn string) bool

	// Notice takes what the user should know: state that is dropped, and
	// saving that fails. Default: nobody is told.
	Notice func(text string)
}

// Store implements cloud.Keeper with a folder, which the caller has claimed.
type Store struct {
	folder  string
	options StoreOptions

	mu   sync.Mutex
	kept []*kept
	arns map[string]bool
}

// kept is a resource and what of it is in its file.
type kept struct {
	arn      string
	resource cloud.Durable
	saved    bool
	revision uint64 // that is in the file
}

var _ cloud.Keeper = (*Store)(nil)

// OpenStore opens the folder's state, which may be none. State that another
// version of the engine wrote is an error.
func OpenStore(folder string, o StoreOptions) (*Store, error) {
	if o.Wanted == nil {
		o.Wanted = func(string) bool { return true }
	}
	if o.Notice == nil {
		o.Notice = func(string) {}
	}
	s := &Store{folder: filepath.Join(folder, "resources"), options: o, arns: map[string]bool{}}
	if err := checkFormat(filepath.Join(folder, "format.json")); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(s.folder, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of the state: %w", err)
	}
	return s, nil
}

type formatFile struct {
	Format int `json:"format"`
}

func checkFormat(path string) error {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		raw, err := json.Marshal(formatFile{format})
		if err == nil {
			err = WriteFile(path, append(raw, '\n'))
		}
		if err != nil {
			return fmt.Errorf("begin a state folder: %w", err)
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the state's format: %w", err)
	}
	var found formatFile
	if err := json.Unmarshal(raw, &found); err != nil {
		return fmt.Errorf("read the state's format in %s: %w", path, err)
	}
	if found.Format != format {
		return fmt.Errorf("the state in %s is of format %d, and this engine's is %d: run the engine that wrote it, or choose another folder",
			filepath.Dir(path), found.Format, format)
	}
	return nil
}

// heading is the first document of a resource's file.
type heading struct {
	Resource string `json:"resource"`
}

// path is where a resource's state lies: under its name as far as that can be
// read, and a hash.
func (s *Store) path(arn string) string {
	readable := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.", r) {
			return r
		}
		return '_'
	}, arn)
	sum := sha256.Sum256([]byte(arn))
	return filepath.Join(s.folder, readable[max(0, len(readable)-100):]+"-"+hex.EncodeToString(sum[:6])+".jsonl")
}

// Keep implements cloud.Keeper.
func (s *Store) Keep(arn string, d cloud.Durable) error {
	if !s.options.Wanted(arn) {
		return nil
	}
	before := d.Revision() // what restoring it changes, as an execution that runs no more, has to be saved
	restored, err := s.restore(arn, d)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		s.options.Notice(fmt.Sprintf("the state of %s is dropped: %v", arn, err))
	case err != nil:
		return fmt.Errorf("restore the state of %s from %s: %w", arn, s.path(arn), err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.arns[arn] = true
	s.kept = append(s.kept, &kept{arn: arn, resource: d, saved: restored, revision: before})
	return nil
}

// Forget implements cloud.Keeper.
func (s *Store) Forget(arn string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.arns, arn)
	s.kept = slices.DeleteFunc(s.kept, func(k *kept) bool { return k.arn == arn })
	if err := os.Remove(s.path(arn)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("drop the state of %s: %w", arn, err)
	}
	return nil
}

// restore tells whether the resource is now as its file has it.
func (s *Store) restore(arn string, d cloud.Durable) (bool, error) {
	file, err := os.Open(s.path(arn))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer file.Close()
	records := json.NewDecoder(file)
	var first heading
	if err := records.Decode(&first); err != nil {
		return false, err
	}
	err = d.Restore(func(record any) error { return records.Decode(record) })
	return err == nil, err
}

// Prune drops the state of what is not kept any more, once everything that
// the assembly declares is there.
func (s *Store) Prune() error {
	entries, err := os.ReadDir(s.folder)
	if err != nil {
		return fmt.Errorf("look for state that nobody needs: %w", err)
	}
	var faults []error
	for _, entry := range entries {
		path := filepath.Join(s.folder, entry.Name())
		arn, err := resourceOf(path)
		switch {
		case strings.HasPrefix(entry.Name(), "."): // of a save that was cut off
		case err != nil:
			faults = append(faults, fmt.Errorf("read the state in %s: %w", path, err))
			continue
		case s.has(arn) || !s.options.Wanted(arn):
			continue
		default:
			s.options.Notice(fmt.Sprintf("the assembly does not declare %s any more: its state is dropped", arn))
		}
		faults = append(faults, os.Remove(path))
	}
	return errors.Join(faults...)
}

func (s *Store) has(arn string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.arns[arn]
}

func resourceOf(path string) (arn string, err error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	var first heading
	err = json.NewDecoder(file).Decode(&first)
	return first.Resource, err
}

// Save writes what has changed since it was last written. The state of all
// resources is taken at nearly one moment, before any of it is written.
func (s *Store) Save() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	type pending struct {
		*kept
		revision uint64
		records  iter.Seq[any]
	}
	var changed []pending
	for _, k := range s.kept {
		if revision := k.resource.Revision(); !k.saved || revision != k.revision {
			changed = append(changed, pending{k, revision, k.resource.Snapshot()})
		}
	}
	var faults []error
	for _, p := range changed {
		if err := s.write(p.arn, p.records); err != nil {
			faults = append(faults, fmt.Errorf("save the state of %s: %w", p.arn, err))
			continue
		}
		p.saved, p.kept.revision = true, p.revision
	}
	return errors.Join(faults...)
}

func (s *Store) write(arn string, records iter.Seq[any]) error {
	return writeFile(s.path(arn), func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(heading{arn}); err != nil {
			return err
		}
		for record := range records {
			if err := encoder.Encode(record); err != nil {
				return err
			}
		}
		return nil
	})
}

// Run saves at intervals until ctx ends, so that an engine that is killed
// loses little.
func (s *Store) Run(ctx context.Context) {
	wait := interval
	for {
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		began := time.Now()
		if err := s.Save(); err != nil {
			s.options.Notice(err.Error())
		}
		wait = max(interval, time.Since(began)*saveShare)
	}
}
