// A file that is being downloaded, for the event at its end.

package transfer

import (
	"io"
	"sync"
	"time"
)

// download reads an object, and remembers how far.
type download struct {
	session *session
	path    string // as events have it
	etag    string
	started time.Time
	body    io.ReaderAt
	size    int64

	mu    sync.Mutex
	bytes int64 // that were read, again included
	end   int64 // of the furthest that was read
}

func (d *download) ReadAt(p []byte, offset int64) (int, error) {
	n, err := d.body.ReadAt(p, offset)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.bytes += int64(n)
	d.end = max(d.end, offset+int64(n))
	return n, err
}

// Close tells whether the client has read to the end of the file; it may have
// started in the middle.
func (d *download) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	told := detail{FilePath: d.path, ETag: d.etag, Bytes: &d.bytes}
	if d.end < d.size {
		told.FailureCode, told.FailureMessage = "PARTIAL_DOWNLOAD", "File was partially downloaded."
	}
	d.session.tell("File Download", d.started, told, d.session.cause, nil)
	return nil
}
