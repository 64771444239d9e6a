package textract_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awstextract "github.com/aws/aws-sdk-go-v2/service/textract"
	"github.com/aws/aws-sdk-go-v2/service/textract/types"

	"github.com/tradepost-dev/tradepost/local/textract/internal/pdftest"
)

func encrypted() []byte {
	d := pdftest.Document{Encrypted: true}
	invoice(d.Page(), "1")
	return d.Bytes()
}

func empty() []byte {
	var d pdftest.Document
	d.Page()
	return d.Bytes()
}

func scan() []byte {
	var d pdftest.Document
	d.Page().Picture()
	return d.Bytes()
}

func TestWhatIsNoReadableDocumentIsRefusedByAWSsNames(t *testing.T) {
	e := newEngine(t)
	huge := pdftest.Document{}
	huge.Page().Text(50, 50, 10, "Invoice").Width = 9001
	for _, row := range []struct {
		name string
		body []byte
		want string
	}{
		{"a PDF", invoices(1), ""},
		{"a PDF behind other bytes", append([]byte("\r\n"), invoices(1)...), ""},
		{"an empty page", empty(), ""},
		{"two pages", invoices(2), "UnsupportedDocumentException"},
		{"a text", []byte("Invoice No: 1"), "UnsupportedDocumentException"},
		{"a PNG", []byte("\x89PNG\r\n\x1a\nrest"), "UnsupportedDocumentException"},
		{"a JPEG", []byte("\xff\xd8\xff\xe0rest"), "UnsupportedDocumentException"},
		{"a TIFF", []byte("II*\x00rest"), "UnsupportedDocumentException"},
		{"a scan", scan(), "UnsupportedDocumentException"},
		{"a PDF with a password", encrypted(), "UnsupportedDocumentException"},
		{"a page of more than 9,000 points", huge.Bytes(), "UnsupportedDocumentException"},
		{"half of a PDF's head", []byte("%PDF-1.7\n1 0 obj\n<< /Type /Catalog"), "BadDocumentException"},
		{"more than 10 MB", append(invoices(1), bytes.Repeat([]byte(" "), 10<<20)...), "DocumentTooLargeException"},
		{"a large image", append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 10<<20)...), "DocumentTooLargeException"},
		{"no bytes", []byte{}, "InvalidParameterException"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := e.AnalyzeExpense(t.Context(), &awstextract.AnalyzeExpenseInput{Document: &types.Document{Bytes: row.body}})
			if got := code(err); got != row.want {
				t.Errorf("got %s (%v), want %s", got, err, row.want)
			}
		})
	}
}

func TestADocumentIsReadWithTheCallersRights(t *testing.T) {
	e := newEngine(t)
	first := e.put(t, "a.pdf", invoices(1))
	e.put(t, "a.pdf", []byte("no PDF"))
	for _, row := range []struct {
		name, bucket, key, version, refused string
		want                                string
	}{
		{"a version", "inbox", "a.pdf", first, "", ""},
		{"what is there now", "inbox", "a.pdf", "", "", "UnsupportedDocumentException"},
		{"a version that never was", "inbox", "a.pdf", "nope", "", "InvalidS3ObjectException"},
		{"no object", "inbox", "b.pdf", "", "", "InvalidS3ObjectException"},
		{"no bucket", "outbox", "a.pdf", "", "", "InvalidS3ObjectException"},
		{"a bucket that the caller may not read", "inbox", "a.pdf", first, "clerk s3:GetObjectVersion arn:aws:s3:::inbox/a.pdf", "InvalidS3ObjectException"},
		{"an operation that the caller may not use", "inbox", "a.pdf", first, "clerk textract:AnalyzeExpense *", "AccessDeniedException"},
		{"too short a name of a bucket", "in", "a.pdf", "", "", "InvalidParameterException"},
	} {
		t.Run(row.name, func(t *testing.T) {
			e.refused = row.refused
			object := &types.S3Object{Bucket: &row.bucket, Name: &row.key}
			if row.version != "" {
				object.Version = &row.version
			}
			_, err := e.AnalyzeExpense(t.Context(), &awstextract.AnalyzeExpenseInput{Document: &types.Document{S3Object: object}})
			if got := code(err); got != row.want {
				t.Errorf("got %s (%v), want %s", got, err, row.want)
			}
		})
	}
}

func TestBlocksAreThePageItsLinesAndTheirWords(t *testing.T) {
	e := newEngine(t)
	var d pdftest.Document
	d.Page().Text(50, 100, 10, "Two words").Text(300, 100, 10, "apart")
	out, err := e.DetectDocumentText(t.Context(), &awstextract.DetectDocumentTextInput{Document: &types.Document{Bytes: d.Bytes()}})
	if err != nil {
		t.Fatal(err)
	}
	byID := map[string]types.Block{}
	var texts []string
	for _, b := range out.Blocks {
		byID[*b.Id] = b
		texts = append(texts, string(b.BlockType)+" "+aws.ToString(b.Text))
		box := b.Geometry.BoundingBox
		if box.Left < 0 || box.Top < 0 || box.Left+box.Width > 1.0001 || box.Top+box.Height > 1.0001 || len(b.Geometry.Polygon) != 4 {
			t.Errorf("%s is at %+v", *b.Id, b.Geometry)
		}
	}
	want := []string{"PAGE ", "LINE Two words", "LINE apart", "WORD Two", "WORD words", "WORD apart"}
	if !slices.Equal(texts, want) {
		t.Fatalf("got %q, want %q", texts, want)
	}
	line := byID[out.Blocks[0].Relationships[0].Ids[0]]
	var words []string
	for _, id := range line.Relationships[0].Ids {
		words = append(words, *byID[id].Text)
	}
	if *line.Text != "Two words" || !slices.Equal(words, []string{"Two", "words"}) {
		t.Errorf("line %s has %q", *line.Text, words)
	}
	// 50 of 595 points from the left; the writing's height around the line at 100 of 842.
	if box := line.Geometry.BoundingBox; !near(box.Left, 0.084, 0.002) || !near(box.Top, 0.108, 0.003) || !near(box.Height, 0.0135, 0.003) {
		t.Errorf("line at %+v", *box)
	}
}

func near(got, want, slack float32) bool { return got-want <= slack && want-got <= slack }
