package pdf_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tradepost-dev/tradepost/local/textract/internal/pdftest"
	"github.com/tradepost-dev/tradepost/local/textract/pdf"
)

// reader is one for all tests.
var reader = sync.OnceValue(func() *pdf.Reader { return &pdf.Reader{} })

func read(t *testing.T, file []byte) ([]pdf.Page, error) {
	d, err := reader().Open(t.Context(), bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, err
	}
	defer d.Close()
	var pages []pdf.Page
	for n := range min(d.Pages, 20) {
		page, err := d.Page(n + 1)
		if err != nil {
			return pages, err
		}
		pages = append(pages, page)
	}
	return pages, nil
}

// words are a page's: "text@left,top" in percent, and the angle if it has one.
func words(page pdf.Page) string {
	var all []string
	for _, w := range page.Words {
		word := fmt.Sprintf("%s@%.0f,%.0f", w.Text, w.Box.Left*100, w.Box.Top*100)
		if w.Angle != 0 {
			word += fmt.Sprintf("<%d", w.Angle)
		}
		all = append(all, word)
	}
	return strings.Join(all, " ")
}

func TestWordsStandWhereTheyAreSeen(t *testing.T) {
	for _, row := range []struct {
		name  string
		write func(*pdftest.Page)
		want  string
	}{
		{"one after the other", func(p *pdftest.Page) { p.Text(59.5, 84.2, 10, "Invoice No: 17") }, "Invoice@10,9 No:@16,9 17@19,9"},
		{"apart on a line", func(p *pdftest.Page) { p.Text(59.5, 421, 10, "Total").Text(297.5, 421, 10, "12.50") }, "Total@10,49 12.50@50,49"},
		{"written in pieces", func(p *pdftest.Page) {
			p.Text(59.5, 421, 10, "12").Text(59.5+pdftest.TextWidth(10, "12"), 421, 10, ".50")
		}, "12.50@10,49"},
		{"accents", func(p *pdftest.Page) { p.Text(59.5, 421, 10, "Fälligkeit São") }, "Fälligkeit@10,49 São@17,49"},
		{"Arabic digits", func(p *pdftest.Page) { p.Text(59.5, 421, 10, "١٬٢٣٤٫٥٠") }, "١٬٢٣٤٫٥٠@10,49"},
		{"full-width digits", func(p *pdftest.Page) { p.Text(59.5, 421, 10, "￥１，２３４") }, "￥１，２３４@10,49"},
		{"writing downwards", func(p *pdftest.Page) { p.Turned(297.5, 84.2, 10, 90, "down here") }, "down@50,10<90 here@50,13<90"},
		{"writing upwards", func(p *pdftest.Page) { p.Turned(297.5, 421, 10, 270, "up") }, "up@49,49<270"},
		{"upside down", func(p *pdftest.Page) { p.Turned(297.5, 421, 10, 180, "over") }, "over@47,50<180"},
		{"on a page that is turned", func(p *pdftest.Page) { p.Rotate = 90; p.Turned(100, 421, 10, 270, "turned") }, "turned@50,16"},
		{"on a page that is turned, along with it", func(p *pdftest.Page) { p.Rotate = 90; p.Text(59.5, 84.2, 10, "over") }, "over@90,10<90"},
		{"beyond the page", func(p *pdftest.Page) {
			p.Text(700, 421, 10, "away").Text(59.5, 900, 10, "below").Text(59.5, 421, 10, "here")
		}, "here@10,49"},
		{"nothing", func(p *pdftest.Page) {}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			var d pdftest.Document
			row.write(d.Page())
			pages, err := read(t, d.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			if got := words(pages[0]); got != row.want {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
			if pages[0].Pictures {
				t.Error("it has pictures")
			}
		})
	}
}

func TestAPageOfPicturesIsToldFromAnEmptyOne(t *testing.T) {
	var d pdftest.Document
	d.Page()
	d.Page().Picture()
	d.Page().Picture().Text(50, 50, 10, "caption")
	pages, err := read(t, d.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if len(pages) != 3 || pages[0].Pictures || !pages[1].Pictures || pages[2].Pictures {
		t.Errorf("got %+v", pages)
	}
}

func TestAWordOfUnknownCharactersIsUnsure(t *testing.T) {
	d := pdftest.Document{Unmapped: true}
	d.Page().Text(50, 50, 10, "Total").Text(300, 50, 10, "١٢٣")
	pages, err := read(t, d.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if w := pages[0].Words; len(w) != 2 || w[0].Unsure || !w[1].Unsure {
		t.Errorf("got %+v", w)
	}
}

func TestDocumentsThatCannotBeReadSayWhy(t *testing.T) {
	whole := func() []byte {
		var d pdftest.Document
		d.Page().Text(50, 50, 10, "Invoice")
		return d.Bytes()
	}
	locked := pdftest.Document{Encrypted: true}
	locked.Page()
	many := pdftest.Document{}
	crowd := many.Page()
	for i := range 2001 {
		crowd.Text(float64(10+i/800*100), float64(20+i%800), 1, strings.Repeat("m", 100))
	}
	for _, row := range []struct {
		name string
		file []byte
		want error
	}{
		{"whole", whole(), nil},
		{"whole but for its table of objects", bytes.Replace(whole(), []byte("startxref"), []byte("startxxxx"), 1), nil},
		{"empty", nil, pdf.ErrMalformed},
		{"a text", []byte("Invoice"), pdf.ErrMalformed},
		{"a head alone", []byte("%PDF-1.7\n"), pdf.ErrMalformed},
		{"without pages", bytes.Replace(whole(), []byte("/Kids [8 0 R] /Count 1"), []byte("/Kids [] /Count 0     "), 1), pdf.ErrMalformed},
		{"pages that contain themselves", bytes.Replace(whole(), []byte("/Kids [8 0 R]"), []byte("/Kids [2 0 R]"), 1), pdf.ErrMalformed},
		{"with a password", locked.Bytes(), pdf.ErrEncrypted},
		{"a page of too many characters", many.Bytes(), pdf.ErrMalformed},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, err := read(t, row.file); !errors.Is(err, row.want) {
				t.Errorf("got %v, want %v", err, row.want)
			}
		})
	}
}

func TestAClosedReaderOpensNothing(t *testing.T) {
	var r pdf.Reader
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Open(context.Background(), strings.NewReader("x"), 1); err == nil {
		t.Error("it opened a document")
	}
}

// Whatever a file is, reading it ends, with pages or with an error of the
// document's. (Go's fuzzing stands still as soon as it runs PDFium.)
func TestBrokenFilesAreReadToAnEnd(t *testing.T) {
	var d pdftest.Document
	d.Page().Text(50, 50, 10, "Invoice No: 17").Text(50, 80, 10, "１２ ٣").Turned(300, 300, 10, 90, "aside").Picture()
	whole := d.Bytes()
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 60 {
		file := slices.Clone(whole)
		for range 1 + random.IntN(8) {
			i, j := random.IntN(len(file)), random.IntN(len(file))
			switch random.IntN(3) {
			case 0:
				file[i] = byte(random.IntN(256))
			case 1:
				file = slices.Delete(file, i, min(len(file), i+20))
			case 2:
				copy(file[i:], whole[j:min(len(whole), j+20)])
			}
		}
		if _, err := read(t, file); err != nil && !errors.Is(err, pdf.ErrMalformed) && !errors.Is(err, pdf.ErrEncrypted) {
			t.Errorf("file %d: %v", n, err)
		}
	}
}
