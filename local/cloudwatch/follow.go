package cloudwatch

// This file reads handlers' log files as they grow, for the metrics in them.

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	followInterval = time.Second
	maxLine        = 1 << 20 // bytes, of a log event; longer ones are skipped
)

// Follow ingests what is appended from now on to the files NAME.log of a
// folder, NAME being the log group, until the cloud is closed.
func (w *CloudWatch) Follow(folder string) {
	f := &follower{ingest: w.Ingest, folder: folder, tails: map[string]*tail{}}
	for _, path := range f.files() {
		if info, err := os.Stat(path); err == nil {
			f.tails[path] = &tail{offset: info.Size()}
		}
	}
	w.cloud.Go(f.run)
}

type follower struct {
	ingest func(logGroup string, line []byte)
	folder string
	tails  map[string]*tail // by path
}

// tail is how far a file has been read. Rest is a line that has not ended.
type tail struct {
	offset int64
	rest   []byte
}

func (f *follower) run(ctx context.Context) {
	ticker := time.NewTicker(followInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			for _, path := range f.files() {
				f.read(path)
			}
		}
	}
}

func (f *follower) files() []string {
	paths, _ := filepath.Glob(filepath.Join(f.folder, "*.log")) // the pattern is well formed
	return paths
}

// read takes up a file where it was left. A file that cannot be read now is
// tried again next time.
func (f *follower) read(path string) {
	t, ok := f.tails[path]
	if !ok {
		t = &tail{}
		f.tails[path] = t
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() == t.offset {
		return
	}
	if info.Size() < t.offset { // begun anew
		*t = tail{}
	}
	file, err := os.Open(path)
	if err != nil {
		return
	}
	defer file.Close()
	group := strings.TrimSuffix(filepath.Base(path), ".log")
	buffer := make([]byte, 64<<10)
	for {
		n, err := io.NewSectionReader(file, t.offset, int64(len(buffer))).Read(buffer)
		t.offset += int64(n)
		t.take(buffer[:n], func(line []byte) { f.ingest(group, line) })
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
