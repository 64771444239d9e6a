package lambda

// This file is deployment packages: code as a zip file, with its hash and its size.

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// archive is what a client is told of a function's code.
type archive struct {
	sum  string // CodeSha256
	size int64  // bytes
}

// noArchive is that of a handler in this process.
var noArchive = archive{sum: sumOf(nil)}

func sumOf(content []byte) string {
	sum := sha256.Sum256(content)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// keepZip writes the package of unpacked code beside it.
func keepZip(path string, code Code) (archive, error) {
	file, err := os.Create(path)
	if err != nil {
		return archive{}, err
	}
	defer file.Close()
	hash := sha256.New()
	size, err := io.Copy(io.MultiWriter(file, hash), io.NewSectionReader(code.Zip, 0, code.Size))
	if err != nil {
		return archive{}, err
	}
	return archive{base64.StdEncoding.EncodeToString(hash.Sum(nil)), size}, file.Close()
}

// zipFolder packs a folder: the same content always makes the same package.
func zipFolder(path string) ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	err := filepath.WalkDir(path, func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		inside, err := filepath.Rel(path, name)
		if err != nil {
			return err
		}
		info, err := os.Stat(name) // of what a link leads to
		if err != nil || info.IsDir() {
			return err
		}
		header := &zip.FileHeader{Name: filepath.ToSlash(inside)}
		header.SetMode(info.Mode())
		file, err := w.CreateHeader(header)
		if err != nil {
			return err
		}
		content, err := os.ReadFile(name)
		if err == nil {
			_, err = file.Write(content)
		}
		return err
	})
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("pack %s: %w", path, err)
	}
	return b.Bytes(), nil
}

// assetArchive is the package of a folder that was never one, made when somebody asks.
func assetArchive(path string) func() (archive, error) {
	return sync.OnceValues(func() (archive, error) {
		content, err := zipFolder(path)
		return archive{sumOf(content), int64(len(content))}, err
	})
}

// describe returns the package of the code; of code that is nil, nothing.
func (f *folder) describe() (archive, error) {
	if f == nil {
		return noArchive, nil
	}
	return f.archive()
}

// pack returns the package's content.
func (f *folder) pack() ([]byte, error) {
	if f.zip != "" {
		return os.ReadFile(f.zip)
	}
	return zipFolder(f.path)
}

// same tells whether two folders hold the same package.
func (f *folder) same(other *folder) bool {
	if f == other || f == nil || other == nil {
		return f == other
	}
	a, errA := f.archive()
	b, errB := other.archive()
	return errA == nil && errB == nil && a.sum == b.sum
}
