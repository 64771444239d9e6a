// This file finds a file's format and reads it.

package batch

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Format is one way to write a batch.
type Format interface {
	// Name is how a sentence for the partner calls the format: "XML".
	Name() string

	// Recognizes reports whether a file is meant to be in this format, be it
	// sound or broken. It knows the file's name and its first bytes, of which
	// there are HeadSize unless the file is shorter.
	Recognizes(name string, head []byte) bool

	// Split reads a file to its end and passes each record to each, in order
	// and with ordinals from 1. A record is valid until each returns. It
	// returns nil if all of the file is sound; a *Fault if it is not, or if it
	// has more than maxRecords (0 means no limit), after having passed the
	// records before the fault; an error of each as it is; or an error of r,
	// wrapped. A *Fault that r returns has no place: it gets the one where the
	// text ends. What is held in memory does not depend on the file's size.
	Split(r io.Reader, maxRecords int, each func(*Record) error) error
}

// HeadSize is how many bytes of a file Recognizes sees.
const HeadSize = 1024

// Limits bound a file. Zero means no limit.
type Limits struct {
	Bytes   int64 // as uploaded, before decoding
	Records int
}

// Formats are those that are understood. The first one that recognizes a file
// reads it.
type Formats []Format

// Split reads a file of any of the formats, as Format.Split does.
func (f Formats) Split(name string, r io.Reader, limits Limits, each func(*Record) error) error {
	if limits.Bytes > 0 {
		r = &limited{r: r, limit: limits.Bytes}
	}
	buffered := bufio.NewReaderSize(r, HeadSize)
	head, err := buffered.Peek(HeadSize)
	var fault *Fault
	switch {
	case errors.As(err, &fault):
		return atStart(fault.Code, "%s", fault.Message)
	case err != nil && !errors.Is(err, io.EOF):
		return fmt.Errorf("read the file's beginning: %w", err)
	case len(head) == 0:
		return atStart(Empty, "The file is empty.")
	case compressed(head):
		return atStart(Compressed, "The file is compressed. Please upload the file itself.")
	}
	for _, format := range f {
		if format.Recognizes(name, head) {
			return format.Split(buffered, limits.Records, each)
		}
	}
	names := make([]string, len(f))
	for i, format := range f {
		names[i] = format.Name()
	}
	return atStart(UnknownFormat, "The file's format is not known; understood is %s.", strings.Join(names, ", "))
}

// compressed reports what gzip and zip files begin with.
func compressed(head []byte) bool {
	return strings.HasPrefix(string(head), "\x1f\x8b") || strings.HasPrefix(string(head), "PK\x03\x04")
}

// atStart is a fault of the file's first byte.
func atStart(code Code, format string, arguments ...any) *Fault {
	return &Fault{Code: code, Place: Place{Line: 1, Column: 1}, Message: fmt.Sprintf(format, arguments...)}
}

// limited ends with a fault behind the last byte that is allowed.
type limited struct {
	r     io.Reader
	limit int64
	read  int64
}

func (l *limited) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if l.read += int64(n); l.read > l.limit {
		return 0, &Fault{Code: TooManyBytes, Message: fmt.Sprintf("The file has more than %d bytes.", l.limit)}
	}
	return n, err
}
