// This file keeps executions that have ended, and will not run on, in files:
// compressed, what the API answers about them.

package states

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// segmentSize is the size at which an archive begins another file, in bytes.
const segmentSize = 16 << 20

// An archive is a row of files. A file goes when nothing in it is wanted any more.
type archive struct {
	dir string // of the files; empty: the system's temporary folder

	mu   sync.Mutex
	last *segment // takes what comes next, or nil
}

// A segment is a file without a name: its space is free once it is closed.
type segment struct {
	file *os.File
	size int64
	held int // records that are wanted
}

// A record is where an execution lies: a JSON document as ListExecutions gives it,
// one as DescribeExecution does, and one for each of its events.
type record struct {
	segment *segment
	offset  int64
	size    int
	events  int
}

// put writes an execution.
func (a *archive) put(summary, description json.RawMessage, events []json.RawMessage) (record, error) {
	text, err := compress(append([]json.RawMessage{summary, description}, events...))
	if err != nil {
		return record{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.last == nil || a.last.size >= segmentSize {
		file, err := unnamed(a.dir)
		if err != nil {
			return record{}, err
		}
		a.last = &segment{file: file}
	}
	s := a.last
	if _, err := s.file.WriteAt(text, s.size); err != nil {
		return record{}, fmt.Errorf("write an execution that has ended: %w", err)
	}
	r := record{segment: s, offset: s.size, size: len(text), events: len(events)}
	s.size += int64(len(text))
	s.held++
	return r, nil
}

func unnamed(dir string) (*os.File, error) {
	file, err := os.CreateTemp(dir, "executions-*")
	if err != nil {
		return nil, fmt.Errorf("create a file for executions that have ended: %w", err)
	}
	if err := os.Remove(file.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("unlink a file for executions that have ended: %w", err), file.Close())
	}
	return file, nil
}

// drop says that a record is not wanted any more.
func (a *archive) drop(r record) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r.segment.held--; r.segment.held > 0 {
		return
	}
	if a.last == r.segment {
		a.last = nil
	}
	r.segment.file.Close() // what was written to it is not wanted
}

// compressors are used again, since one holds half a megabyte.
var compressors = sync.Pool{New: func() any {
	w, err := flate.NewWriter(nil, flate.BestSpeed)
	if err != nil {
		panic(err) // the level is a legal one
	}
	return w
}}

func compress(documents []json.RawMessage) ([]byte, error) {
	var compressed bytes.Buffer
	w := compressors.Get().(*flate.Writer)
	defer compressors.Put(w)
	w.Reset(&compressed)
	for _, text := range documents {
		if _, err := w.Write(text); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return compressed.Bytes(), err
}

// decompressors are used again, since one holds 40 kilobytes.
var decompressors = sync.Pool{New: func() any { return flate.NewReader(nil) }}

// errDropped says that a record went while it was read.
var errDropped = errors.New("the execution has been let go")

// read calls take with the summary, with the description and then with each event,
// as long as it returns true.
func (r record) read(take func(document json.RawMessage) bool) error {
	d := decompressors.Get().(io.Reader)
	defer decompressors.Put(d)
	if err := d.(flate.Resetter).Reset(io.NewSectionReader(r.segment.file, r.offset, int64(r.size)), nil); err != nil {
		return fmt.Errorf("read an execution that has ended: %w", err)
	}
	texts := json.NewDecoder(d)
	for range 2 + r.events {
		var document json.RawMessage
		err := texts.Decode(&document)
		switch {
		case errors.Is(err, os.ErrClosed):
			return errDropped
		case err != nil:
			return fmt.Errorf("read an execution that has ended: %w", err)
		case !take(document):
			return nil
		}
	}
	return nil
}

func (r record) summary() (json.RawMessage, error) { return r.document(0) }

func (r record) description() (json.RawMessage, error) { return r.document(1) }

func (r record) document(n int) (found json.RawMessage, err error) {
	err = r.read(func(document json.RawMessage) bool {
		found = document
		n--
		return n >= 0
	})
	return found, err
}

// history returns the events from one to before another, counted from 0.
func (r record) history(from, to int) (events []json.RawMessage, err error) {
	at := -2 // the summary and the description
	err = r.read(func(document json.RawMessage) bool {
		if at >= from && at < to {
			events = append(events, document)
		}
		at++
		return at < to
	})
	return events, err
}
