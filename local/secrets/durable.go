package secrets

// This file keeps secrets from run to run: a generated value that a client was
// set up with stays the same.

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"
)

type savedSecret struct {
	Declared         string
	Created, Changed time.Time
	Versions         []savedVersion
	Stages           map[string]string
}

type savedVersion struct {
	ID      string
	Created time.Time
	Text    *string `json:",omitempty"`
	Binary  []byte  `json:",omitempty"`
}

// Snapshot implements cloud.Durable.
func (sec *secret) Snapshot() iter.Seq[any] {
	sec.service.mu.RLock()
	defer sec.service.mu.RUnlock()
	saved := savedSecret{Declared: sec.declared, Created: sec.created, Changed: sec.changed, Stages: maps.Clone(sec.stages)}
	for _, id := range slices.Sorted(maps.Keys(sec.versions)) {
		v := sec.versions[id]
		saved.Versions = append(saved.Versions, savedVersion{v.id, v.created, v.text, v.binary})
	}
	return slices.Values([]any{saved})
}

// Restore implements cloud.Durable. Where the template has come to say
// something else of the value, the new word counts, as in an update of a stack.
func (sec *secret) Restore(next func(record any) error) error {
	var saved savedSecret
	if err := next(&saved); err != nil {
		return err
	}
	if saved.Declared != sec.declared {
		return fmt.Errorf("the template declares another value: %w", errors.ErrUnsupported)
	}
	sec.service.mu.Lock()
	defer sec.service.mu.Unlock()
	sec.created, sec.changed = saved.Created, saved.Changed
	clear(sec.versions)
	for _, v := range saved.Versions {
		sec.versions[v.ID] = &version{id: v.ID, created: v.Created, text: v.Text, binary: v.Binary}
	}
	sec.stages = saved.Stages
	return nil
}
