// This file writes results to S3: a file for each kind of them, in parts if it is
// large, and last the manifest that names the files.

package results

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/tradepost-dev/tradepost/local/s3"
)

// maxFile is the most that a file has, in bytes.
const maxFile = 5 << 30

// Objects is S3 as the caller sees it.
type Objects interface {
	Put(ctx context.Context, in s3.PutInput) (*s3.Object, error)
}

var _ Objects = (*s3.Client)(nil)

// A Target is where the results of a Map Run go.
type Target struct {
	Format
	Objects        Objects
	Bucket, Prefix string
}

// manifest tells of an export, in AWS's order.
type manifest struct {
	DestinationBucket string
	MapRunArn         string
	ResultFiles       map[string][]resultFile // by their kind
}

type resultFile struct {
	Key  string
	Size int64
}

func (t *Target) manifest(mapRun string) manifest {
	return manifest{t.Bucket, mapRun, map[string][]resultFile{Failed: {}, Pending: {}, Succeeded: {}}}
}

// folder is where all files of a run are.
func (t *Target) folder(mapRun string) string {
	id := mapRun[strings.LastIndex(mapRun, ":")+1:]
	if t.Prefix == "" || strings.HasSuffix(t.Prefix, "/") {
		return t.Prefix + id + "/"
	}
	return t.Prefix + "/" + id + "/"
}

// Probe writes a manifest without files, as AWS does before a Map Run starts: if
// that fails, there is no use in running it.
func (t *Target) Probe(ctx context.Context, mapRun string) error {
	_, err := t.conclude(ctx, t.manifest(mapRun))
	return err
}

// Write exports a run and returns the key of its manifest.
func (t *Target) Write(ctx context.Context, run Run) (key string, err error) {
	m := t.manifest(run.MapRunARN)
	for kind := range m.ResultFiles {
		if m.ResultFiles[kind], err = t.files(ctx, run, kind, maxFile); err != nil {
			return "", err
		}
	}
	return t.conclude(ctx, m)
}

func (t *Target) conclude(ctx context.Context, m manifest) (key string, err error) {
	text, err := encode(m)
	if err != nil {
		return "", fmt.Errorf("write a manifest: %w", err)
	}
	key = t.folder(m.MapRunArn) + "manifest.json"
	return key, t.put(ctx, key, bytes.NewReader(text), "application/octet-stream")
}

func (t *Target) put(ctx context.Context, key string, body io.Reader, contentType string) error {
	_, err := t.Objects.Put(ctx, s3.PutInput{
		Bucket: t.Bucket, Key: key, Body: body, Header: map[string]string{"Content-Type": contentType},
	})
	return err
}

// files writes the executions of a kind, of which there may be none.
func (t *Target) files(ctx context.Context, run Run, kind string, limit int64) ([]resultFile, error) {
	next, stop := iter.Pull2(t.texts(run, kind))
	defer stop()
	files := []resultFile{}
	f := &file{format: t.Format, next: next, limit: limit}
	for f.advance() {
		key := fmt.Sprintf("%s%s_%d.%s", t.folder(run.MapRunARN), kind, len(files), strings.ToLower(t.OutputType))
		f.begin()
		if err := t.put(ctx, key, f, "binary/octet-stream"); err != nil {
			return nil, err
		}
		files = append(files, resultFile{key, f.size})
	}
	return files, f.err
}

// texts are the entries of all executions of a kind.
func (t *Target) texts(run Run, kind string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for e, err := range run.Executions(kind) {
			if err != nil {
				yield(nil, err)
				return
			}
			entries, err := t.entries(&e)
			if err != nil {
				yield(nil, fmt.Errorf("format the result of %s: %w", e.ExecutionARN, err))
				return
			}
			for _, entry := range entries {
				if !yield(entry, nil) {
					return
				}
			}
		}
	}
}

// A file is read as it is written: it holds one entry at a time.
type file struct {
	format Format
	next   func() ([]byte, error, bool)
	limit  int64 // of its size, unless one entry is larger

	entry   []byte // to be written next
	more    bool   // whether there is one
	text    bytes.Buffer
	size    int64
	written int // entries
	ended   bool
	err     error
}

// advance fetches the next entry if there is none yet, and tells whether there is
// one.
func (f *file) advance() bool {
	if !f.more && f.err == nil {
		f.entry, f.err, f.more = f.next()
		f.more = f.more && f.err == nil
	}
	return f.more
}

// begin starts another file.
func (f *file) begin() { f.size, f.written, f.ended = 0, 0, false }

func (f *file) Read(p []byte) (int, error) {
	for f.text.Len() == 0 {
		if f.err != nil {
			return 0, f.err
		}
		if f.ended {
			return 0, io.EOF
		}
		f.append()
	}
	n, err := f.text.Read(p)
	f.size += int64(n)
	return n, err
}

// append writes the next entry, or the end of the file.
func (f *file) append() {
	before, after, end := "[", "", "]"
	if f.written > 0 {
		before = ","
	}
	if f.format.OutputType == JSONL {
		before, after, end = "", "\n", ""
	}
	if !f.advance() || f.written > 0 && f.size+int64(len(f.entry)) > f.limit {
		f.text.WriteString(end)
		f.ended = true
		return
	}
	f.text.WriteString(before)
	f.text.Write(f.entry)
	f.text.WriteString(after)
	f.more = false
	f.written++
}
