// Where the bytes of objects are: segments in memory or in temporary files.

package s3

import (
	"bytes"
	"crypto/md5"
	"fmt"
	"io"
	"os"
)

// inMemory is the most that one segment keeps in memory, in bytes.
const inMemory = 1 << 20

// segment is an immutable run of bytes.
type segment struct {
	io.ReaderAt
	size int64
	md5  [md5.Size]byte
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
type spool struct{ dir string }

// read takes the whole stream. What exceeds inMemory goes to a file that has
// no name any more: its space is freed when the last reference is.
func (s spool) read(r io.Reader) (segment, error) {
	sum := md5.New()
	r = io.TeeReader(r, sum)
	var head bytes.Buffer
	n, err := io.CopyN(&head, r, inMemory+1)
	if err != nil && err != io.EOF {
		return segment{}, err
	}
	seg := segment{ReaderAt: bytes.NewReader(head.Bytes()), size: n}
	if n > inMemory {
		file, err := s.file()
		if err != nil {
			return segment{}, err
		}
		size, err := io.Copy(file, io.MultiReader(&head, r))
		if err != nil {
			file.Close()
			return segment{}, err
		}
		seg = segment{ReaderAt: file, size: size}
	}
	sum.Sum(seg.md5[:0])
	return seg, nil
}

func (s spool) file() (*os.File, error) {
	file, err := os.CreateTemp(s.dir, "s3-object-*")
	if err != nil {
		return nil, fmt.Errorf("create a temporary file for an object: %w", err)
	}
	if err := os.Remove(file.Name()); err != nil {
		file.Close()
		return nil, fmt.Errorf("unlink the temporary file of an object: %w", err)
	}
	return file, nil
}
