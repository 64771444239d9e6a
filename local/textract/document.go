package textract

// This file opens documents: where they are, how large they may be, and what
// they are.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/s3"
	"github.com/tradepost-dev/tradepost/local/textract/pdf"
)

// https://docs.aws.amazon.com/textract/latest/dg/limits-document.html
const (
	maxSync       = 10 << 20
	maxImage      = 10 << 20
	maxAsync      = 500 << 20
	maxPages      = 3000
	maxPageLength = 9000 // points
)

// content is a document's bytes.
type content struct {
	body io.ReaderAt
	size int64
}

// fetch reads where a document is, with the caller's rights.
func (t *Textract) fetch(ctx context.Context, caller cloud.Caller, o s3Object) (content, error) {
	if err := o.check(); err != nil {
		return content{}, err
	}
	object, err := t.objects.As(caller, s3.Origin{SourceIP: principal, UserAgent: principal}).Get(ctx, o.Bucket, o.Name, o.Version)
	if err != nil {
		// What S3 says is no secret of the caller's own account, and spares
		// a search.
		return content{}, cloud.Errorf(400, "InvalidS3ObjectException",
			"Unable to get object metadata from S3. Check object key, region and/or access permissions. (%v)", err)
	}
	return content{object.Body, object.Size}, nil
}

func (o s3Object) check() error {
	switch {
	case len(o.Bucket) < 3 || len(o.Bucket) > 255:
		return invalidParameter("Bucket must have 3 to 255 characters, got %d", len(o.Bucket))
	case len(o.Name) < 1 || len(o.Name) > 1024:
		return invalidParameter("Name must have 1 to 1024 characters, got %d", len(o.Name))
	case len(o.Version) > 1024:
		return invalidParameter("Version must have at most 1024 characters, got %d", len(o.Version))
	}
	return nil
}

func invalidParameter(format string, arguments ...any) error {
	return cloud.Errorf(400, "InvalidParameterException", "Request has invalid parameters: "+format, arguments...)
}

func unsupported(format string, arguments ...any) error {
	return cloud.Errorf(400, "UnsupportedDocumentException", "Request has unsupported document format: "+format, arguments...)
}

// noOCR says what to do with a document that only shows pictures.
const noOCR = "has no text layer, and the local engine has no OCR; a tool such as OCRmyPDF gives it one"

// magic are how images begin.
var magic = []struct{ start, format string }{
	{"\x89PNG\r\n\x1a\n", "PNG"}, {"\xff\xd8\xff", "JPEG"}, {"II*\x00", "TIFF"}, {"MM\x00*", "TIFF"},
}

// open opens a document after looking at what it is. Its errors are those that
// a synchronous operation answers.
func (t *Textract) open(ctx context.Context, c content, maxSize int64) (*pdf.Document, error) {
	var head [1024]byte
	n, err := c.body.ReadAt(head[:min(int64(len(head)), c.size)], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the document: %w", err)
	}
	for _, m := range magic {
		if !bytes.HasPrefix(head[:n], []byte(m.start)) {
			continue
		}
		if c.size > min(maxSize, maxImage) {
			return nil, tooLarge(c.size, min(maxSize, maxImage))
		}
		return nil, unsupported("this %s %s", m.format, noOCR)
	}
	if !bytes.Contains(head[:n], []byte("%PDF-")) {
		return nil, unsupported("it is neither PDF, PNG, JPEG nor TIFF")
	}
	if c.size > maxSize {
		return nil, tooLarge(c.size, maxSize)
	}
	d, err := t.reader.Open(ctx, c.body, c.size)
	switch {
	case errors.Is(err, pdf.ErrEncrypted):
		return nil, unsupported("%v", err)
	case errors.Is(err, pdf.ErrMalformed):
		return nil, badDocument(err)
	}
	return d, err
}

func tooLarge(size, limit int64) error {
	return cloud.Errorf(400, "DocumentTooLargeException", "The document has %d bytes, more than %d", size, limit)
}

func badDocument(err error) error {
	return cloud.Errorf(400, "BadDocumentException", "The document can't be read: %v", err)
}

// readPage reads a page of a document; it may have no words.
func readPage(d *pdf.Document, number int) (pdf.Page, error) {
	page, err := d.Page(number)
	if err != nil {
		return page, badDocument(err)
	}
	if page.Width > maxPageLength || page.Height > maxPageLength {
		return page, unsupported("page %d is %.0f by %.0f points, more than %d", number, page.Width, page.Height, maxPageLength)
	}
	return page, nil
}
