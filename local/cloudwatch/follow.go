package cloudwatch

// This file reads handlers' log files as they grow, for the metrics in them.

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	followInterval = time.Second
	maxLine        = 1 << 20 // bytes, of a log event; longer ones are skipped
)

// Follow ingests what is appended from now on to the files NAME.log of a
// folder, NAME being the log group, until the cloud is closed. A file that is
// put aside as NAME.log.1 is followed to its end.
func (w *CloudWatch) Follow(folder string) {
	f := &follower{ingest: w.Ingest, folder: folder}
	f.discover(func(size int64) int64 { return size })
	w.cloud.Go(f.run)
}

type follower struct {
	ingest func(logGroup string, line []byte)
	folder string
	tails  []*tail
}

// tail is how far a file has been read, whatever its name is by now. Rest is a
// line that has not ended.
type tail struct {
	file   *os.File
	group  string
	offset int64
	rest   []byte
}

func (f *follower) run(ctx context.Context) {
	ticker := time.NewTicker(followInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			for _, t := range f.tails {
				t.file.Close()
			}
			return
		case <-ticker.C:
			f.discover(func(int64) int64 { return 0 })
			for _, t := range f.tails {
				f.read(t)
			}
		}
	}
}

// discover takes up the files that are new in the folder, each from the offset
// that begin gives for its size, and reads those that are no longer there to
// their end.
func (f *follower) discover(begin func(size int64) int64) {
	known := f.tails
	f.tails = nil
	for _, path := range f.files() {
		info, err := os.Stat(path)
		if err != nil {
			continue
		}
		isSame := func(t *tail) bool { return t.is(info) }
		if slices.ContainsFunc(f.tails, isSame) {
			continue // it was put aside just now
		}
		if i := slices.IndexFunc(known, isSame); i >= 0 {
			f.tails = append(f.tails, known[i])
			known = slices.Delete(known, i, i+1)
			continue
		}
		file, err := os.Open(path)
		if err != nil {
			continue // it is tried again next time
		}
		group := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(path), ".1"), ".log")
		f.tails = append(f.tails, &tail{file: file, group: group, offset: begin(info.Size())})
	}
	for _, t := range known {
		f.read(t)
		t.file.Close()
	}
}

// is tells whether a file of the folder is the tail's.
func (t *tail) is(other os.FileInfo) bool {
	info, err := t.file.Stat()
	return err == nil && os.SameFile(info, other)
}

// files returns the paths of logs, and then those of logs that were put aside:
// in this order none is missed that is put aside at this moment.
func (f *follower) files() []string {
	logs, _ := filepath.Glob(filepath.Join(f.folder, "*.log")) // the patterns are well formed
	aside, _ := filepath.Glob(filepath.Join(f.folder, "*.log.1"))
	return append(logs, aside...)
}

// read takes up a file where it was left. What cannot be read now is tried
// again next time.
func (f *follower) read(t *tail) {
	info, err := t.file.Stat()
	if err != nil || info.Size() == t.offset {
		return
	}
	if info.Size() < t.offset { // begun anew
		t.offset, t.rest = 0, nil
	}
	buffer := make([]byte, 64<<10)
	for {
		n, err := t.file.ReadAt(buffer, t.offset)
		t.offset += int64(n)
		t.take(buffer[:n], func(line []byte) { f.ingest(t.group, line) })
		if err != nil {
			return
		}
	}
}

// take splits what was read into lines.
func (t *tail) take(read []byte, line func([]byte)) {
	for {
		before, after, ended := bytes.Cut(read, []byte("\n"))
		if len(t.rest)+len(before) <= maxLine {
			t.rest = append(t.rest, before...)
		}
		if !ended {
			return
		}
		line(t.rest)
		t.rest, read = t.rest[:0], after
	}
}
