// What of buckets outlives the engine: the versions of their objects. Short
// bodies are in the records, the others in files beside them.

package s3

import (
	"bytes"
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"time"
)

type savedBucket struct{ Created time.Time }

type savedVersion struct {
	Key       string
	ID        string
	Marker    bool              `json:",omitempty"`
	ETag      string            `json:",omitempty"`
	Modified  time.Time         `json:",omitzero"`
	Header    map[string]string `json:",omitempty"`
	Checksums map[string]string `json:",omitempty"`
	Parts     int               `json:",omitempty"`
	PartSums  []partSum         `json:",omitempty"`
	Tags      []Tag             `json:",omitempty"`
	attributes
	Sequencer string
	Body      []savedSegment `json:",omitempty"`
}

type savedSegment struct {
	Size  int64
	MD5   []byte
	File  string `json:",omitempty"` // or the bytes themselves
	Bytes []byte `json:",omitempty"`
}

// durable is a bucket with the files of its objects.
type durable struct {
	*bucket
	s3 *S3
}

// keep makes a bucket durable.
func (s *S3) keep(name string) error {
	b, err := s.bucket(name)
	if err != nil || !s.spool.kept {
		return err
	}
	return s.cloud.Keep(bucketARN(name), durable{b, s})
}

// Snapshot implements cloud.Durable.
func (d durable) Snapshot() iter.Seq[any] {
	d.mu.RLock()
	defer d.mu.RUnlock()
	var versions []*version
	for _, key := range d.keys {
		versions = append(versions, d.versions[key]...)
	}
	return func(yield func(any) bool) {
		if !yield(savedBucket{d.created}) {
			return
		}
		for _, v := range versions {
			if !yield(v.saved()) {
				return
			}
		}
	}
}

func (v *version) saved() savedVersion {
	saved := savedVersion{
		Key: v.key, ID: v.id, Marker: v.marker, ETag: v.etag, Modified: v.modified, Header: v.header,
		Checksums: v.checksums, Parts: v.parts, PartSums: v.partSums, Tags: v.tags, attributes: v.attributes, Sequencer: v.sequencer,
	}
	for _, seg := range v.body {
		s := savedSegment{Size: seg.size, MD5: seg.md5[:], File: seg.file}
		if s.File == "" {
			s.Bytes = make([]byte, seg.size)
			seg.ReadAt(s.Bytes, 0) // from memory
		}
		saved.Body = append(saved.Body, s)
	}
	return saved
}

// Restore implements cloud.Durable.
func (d durable) Restore(next func(record any) error) error {
	var first savedBucket
	if err := next(&first); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.created = first.Created
	for {
		var saved savedVersion
		err := next(&saved)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		v := &version{
			key: saved.Key, id: saved.ID, marker: saved.Marker, etag: saved.ETag, modified: saved.Modified, header: saved.Header,
			checksums: saved.Checksums, parts: saved.Parts, partSums: saved.PartSums, tags: saved.Tags, attributes: saved.attributes, sequencer: saved.Sequencer,
		}
		for _, s := range saved.Body {
			seg, err := d.s3.spool.restore(s)
			if err != nil {
				return fmt.Errorf("object %s, version %s: %w", saved.Key, saved.ID, err)
			}
			v.body = append(v.body, seg)
		}
		v.size = v.body.size()
		d.put(v.key, append(d.versions[v.key], v))
	}
}

func (s spool) restore(saved savedSegment) (segment, error) {
	seg := segment{size: saved.Size, file: saved.File}
	if len(saved.MD5) != md5.Size {
		return seg, fmt.Errorf("its digest has %d bytes", len(saved.MD5))
	}
	copy(seg.md5[:], saved.MD5)
	if saved.File == "" {
		seg.ReaderAt = bytes.NewReader(saved.Bytes)
		return seg, nil
	}
	path := filepath.Join(s.dir, filepath.Base(saved.File))
	info, err := os.Stat(path)
	if err != nil {
		return seg, err
	}
	if info.Size() != saved.Size {
		return seg, fmt.Errorf("%s has %d bytes, want %d", path, info.Size(), saved.Size)
	}
	seg.ReaderAt = keptFile(path)
	return seg, nil
}

// Sweep removes those of the kept folder's files that no object has, of an
// earlier run. While the engine runs, files stay, since the records on the disk
// may still name them: it is for the time after all buckets are there.
func (s *S3) Sweep(files []string) error {
	used := map[string]bool{}
	for _, b := range s.allBuckets() {
		b.mu.RLock()
		for _, all := range b.versions {
			for _, v := range all {
				for _, seg := range v.body {
					used[seg.file] = true
				}
			}
		}
		b.mu.RUnlock()
	}
	var faults []error
	for _, file := range files {
		if !used[file] {
			faults = append(faults, os.Remove(filepath.Join(s.spool.dir, file)))
		}
	}
	return errors.Join(faults...)
}
