// Package pdf reads the words of a PDF's text layer and where they stand on
// the page. The reading is PDFium's, compiled to WebAssembly: whatever a file
// does to it stays in a sandbox with bounded memory, without files or network,
// that is thrown away with the document.
package pdf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/klippa-app/go-pdfium"
	pdfiumerrors "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// Errors of documents that cannot be read.
var (
	ErrEncrypted = errors.New("the PDF is protected by a password")
	ErrMalformed = errors.New("the PDF is malformed")
)

const (
	// memory is what a document's sandbox may take, in pages of 64 KiB: 512 MiB.
	memory = 8192

	// patience is how long opening a document may take, and each page;
	// longPatience is how long all of it may take.
	patience     = 20 * time.Second
	longPatience = 5 * time.Minute
)

// Reader opens documents. It compiles PDFium when it opens the first one, and
// keeps the machine code in the user's cache, as Go keeps its own. It is safe
// for concurrent use.
type Reader struct {
	mu     sync.Mutex
	pool   pdfium.Pool // nil until the first document
	closed bool
	open   sync.WaitGroup // documents
}

// Close ends the reader, after all of its documents have been closed.
func (r *Reader) Close() error {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.open.Wait()
	if r.pool == nil {
		return nil
	}
	return r.pool.Close()
}

// start counts a document in, and compiles PDFium for the first one.
func (r *Reader) start() (pdfium.Pool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, errors.New("the reader of PDFs is closed")
	}
	if r.pool == nil {
		pool, err := compile()
		if err != nil {
			return nil, err
		}
		r.pool = pool
	}
	r.open.Add(1)
	return r.pool, nil
}

func compile() (pdfium.Pool, error) {
	config := wazero.NewRuntimeConfig().
		WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling). // PDFium's setjmp
		WithMemoryLimitPages(memory).
		WithCloseOnContextDone(true)
	if cache := machineCode(); cache != nil {
		config = config.WithCompilationCache(cache)
	}
	workers := runtime.GOMAXPROCS(0)
	pool, err := webassembly.Init(webassembly.Config{
		Context:       context.Background(),
		MaxTotal:      workers,
		MaxIdle:       workers,
		FSConfig:      wazero.NewFSConfig(), // by default it is all of the machine's files
		Stdout:        io.Discard,
		Stderr:        io.Discard,
		RuntimeConfig: config,
	})
	if err != nil {
		return nil, fmt.Errorf("start PDFium: %w", err)
	}
	return pool, nil
}

// machineCode is where compiled code is kept: compiling takes some seconds and
// 300 MB. Nil where there is no place for it.
func machineCode() wazero.CompilationCache {
	folder, err := os.UserCacheDir()
	if err != nil {
		return nil
	}
	cache, err := wazero.NewCompilationCacheWithDir(filepath.Join(folder, "tradepost", "pdfium"))
	if err != nil {
		return nil
	}
	return cache
}

// Document is an open document. It is not safe for concurrent use.
type Document struct {
	// Pages is how many there are.
	Pages int

	reader   *Reader
	instance pdfium.Pdfium
	ref      references.FPDF_DOCUMENT
	opened   time.Time
}

// Open opens a document, which must be closed, and waits if as many as there
// are processors are open. It fails with ErrEncrypted or ErrMalformed.
func (r *Reader) Open(ctx context.Context, file io.ReaderAt, size int64) (*Document, error) {
	if size <= 0 {
		return nil, ErrMalformed
	}
	pool, err := r.start()
	if err != nil {
		return nil, err
	}
	instance, err := pool.GetInstanceWithContext(ctx)
	if err != nil {
		r.open.Done()
		return nil, fmt.Errorf("start a sandbox: %w", err)
	}
	d := &Document{reader: r, instance: instance, opened: time.Now()}
	if err := d.within(func() error { return d.open(io.NewSectionReader(file, 0, size), size) }); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

func (d *Document) open(file io.ReadSeeker, size int64) error {
	opened, err := d.instance.OpenDocument(&requests.OpenDocument{FileReader: file, FileReaderSize: size})
	switch {
	case errors.Is(err, pdfiumerrors.ErrPassword), errors.Is(err, pdfiumerrors.ErrSecurity):
		return ErrEncrypted
	case err != nil:
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	d.ref = opened.Document
	count, err := d.instance.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: d.ref})
	if err != nil {
		return fmt.Errorf("%w: count the pages: %w", ErrMalformed, err)
	}
	if d.Pages = count.PageCount; d.Pages < 1 {
		return fmt.Errorf("%w: it has no pages", ErrMalformed)
	}
	return nil
}

// within does something with the sandbox, which is ended if that takes too
// long. Whatever goes wrong in there is the document's fault.
func (d *Document) within(do func() error) (err error) {
	if time.Since(d.opened) > longPatience {
		return fmt.Errorf("%w: reading it takes longer than %v", ErrMalformed, longPatience)
	}
	watchdog := time.AfterFunc(patience, func() { _ = d.instance.Kill() })
	defer watchdog.Stop()
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("%w: %v", ErrMalformed, fault)
		}
	}()
	return do()
}

// Close ends the document's sandbox.
func (d *Document) Close() {
	// A sandbox that has failed cannot close the document in it; ending the
	// sandbox is what frees everything.
	_ = d.instance.Close()
	d.reader.open.Done()
}
