// Where the bytes of objects are: segments in memory or in temporary files.

package s3

import (
	"bytes"
	"crypto/md5"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// The most that one segment keeps in memory, in bytes. What outlives the engine
// is written again with every change of its bucket, unless it is in a file.
const (
	inMemory  = 1 << 20
	inRecords = 16 << 10
)

// segment is an immutable run of bytes.
type segment struct {
	io.ReaderAt
	size int64
	md5  [md5.Size]byte
	file string // its name in a folder that is kept, or empty
}

// keptFile reads a file that it does not hold open: there may be many.
type keptFile string

func (f keptFile) ReadAt(p []byte, offset int64) (int, error) {
	file, err := os.Open(string(f))
	if err != nil {
		return 0, err
	}
	defer file.Close()
	return file.ReadAt(p, offset)
}

// content is the body of an object: one segment, or one for each part.
type content []segment

func (c content) size() int64 {
	var n int64
	for _, s := range c {
		n += s.size
	}
	return n
}

// ReadAt reads across segments, as io.ReaderAt.
func (c content) ReadAt(p []byte, off int64) (int, error) {
	total := 0
	for _, s := range c {
		if off >= s.size {
			off -= s.size
			continue
		}
		want := p[total:min(int64(len(p)), int64(total)+s.size-off)]
		n, err := s.ReaderAt.ReadAt(want, off)
		total += n
		if n < len(want) {
			return total, err
		}
		if total == len(p) {
			return total, nil
		}
		off = 0
	}
	return total, io.EOF
}

// spool turns streams into segments.
type spool struct {
	dir  string // of files
	kept bool   // whether the files outlive the engine
}

// read takes the whole stream. What is too long for the memory goes to a file.
func (s spool) read(r io.Reader) (segment, error) {
	sum := md5.New()
	r = io.TeeReader(r, sum)
	limit := int64(inMemory)
	if s.kept {
		limit = inRecords
	}
	var head bytes.Buffer
	n, err := io.CopyN(&head, r, limit+1)
	if err != nil && err != io.EOF {
		return segment{}, err
	}
	seg := segment{ReaderAt: bytes.NewReader(head.Bytes()), size: n}
	if n > limit {
		if seg, err = s.write(io.MultiReader(&head, r)); err != nil {
			return segment{}, err
		}
	}
	sum.Sum(seg.md5[:0])
	return seg, nil
}

// write makes a file. One that is not kept has no name any more: its space is
// freed when the last reference is.
func (s spool) write(r io.Reader) (segment, error) {
	file, err := os.CreateTemp(s.dir, "s3-object-*")
	if err != nil {
		return segment{}, fmt.Errorf("create a file for an object: %w", err)
	}
	if !s.kept {
		if err := os.Remove(file.Name()); err != nil {
			file.Close()
			return segment{}, fmt.Errorf("unlink the temporary file of an object: %w", err)
		}
	}
	size, err := io.Copy(file, r)
	if err == nil && s.kept {
		err = file.Close()
	}
	if err != nil {
		file.Close()
		if s.kept {
			os.Remove(file.Name())
		}
		return segment{}, err
	}
	if !s.kept {
		return segment{ReaderAt: file, size: size}, nil
	}
	return segment{ReaderAt: keptFile(file.Name()), size: size, file: filepath.Base(file.Name())}, nil
}
