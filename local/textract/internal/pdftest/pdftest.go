// Package pdftest writes small PDFs for tests: text at places, in Helvetica or,
// beyond Latin, in a font that only says which characters it shows.
package pdftest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"
)

// A4 in points.
const (
	Width  = 595.0
	Height = 842.0
)

// Document is a PDF in the making.
type Document struct {
	// Encrypted documents need a password that nobody knows.
	Encrypted bool

	// Unmapped documents do not say which characters the font beyond Latin shows.
	Unmapped bool

	pages []*Page
}

// Page is a page of it.
type Page struct {
	Width, Height float64
	Rotate        int // degrees clockwise

	content bytes.Buffer
}

// Page adds a page in A4.
func (d *Document) Page() *Page {
	p := &Page{Width: Width, Height: Height}
	d.pages = append(d.pages, p)
	return p
}

// Text writes a text from a place on, which is its left end on the baseline, in
// points from the page's top left.
func (p *Page) Text(x, y, size float64, text string) *Page {
	return p.Turned(x, y, size, 0, text)
}

// Right writes a text up to a place.
func (p *Page) Right(x, y, size float64, text string) *Page {
	return p.Text(x-TextWidth(size, text), y, size, text)
}

// Turned writes a text from a place on in a direction: 90 is downwards.
func (p *Page) Turned(x, y, size float64, angle int, text string) *Page {
	matrix := map[int]string{0: "1 0 0 1", 90: "0 -1 1 0", 180: "-1 0 0 -1", 270: "0 1 -1 0"}[angle]
	if matrix == "" {
		panic(fmt.Sprintf("pdftest: angle %d", angle))
	}
	font, shown := "F1", latin(text)
	if shown == nil {
		font, shown = "F2", utf16Bytes(text)
	}
	fmt.Fprintf(&p.content, "BT /%s %g Tf %s %g %g Tm <%x> Tj ET\n", font, size, matrix, x, p.Height-y, shown)
	return p
}

// Picture shows a black square.
func (p *Page) Picture() *Page {
	fmt.Fprintf(&p.content, "q 100 0 0 100 100 100 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \x00 EI Q\n")
	return p
}

// latin returns a text in Windows-1252; nil if it has other characters.
func latin(text string) []byte {
	encoded, err := charmap.Windows1252.NewEncoder().Bytes([]byte(text))
	if err != nil {
		return nil
	}
	return encoded
}

func utf16Bytes(text string) []byte {
	var b []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		b = append(b, byte(unit>>8), byte(unit))
	}
	return b
}

// TextWidth is how wide a text is in Helvetica, or in the other font.
func TextWidth(size float64, text string) float64 {
	if latin(text) == nil {
		return size * 0.6 * float64(len([]rune(text)))
	}
	sum := 0
	for _, r := range text {
		switch {
		case r < 32 || int(r)-32 >= len(helvetica):
			sum += 556
		default:
			sum += helvetica[r-32]
		}
	}
	return size * float64(sum) / 1000
}

// helvetica is the widths of the characters from the space to the tilde.
var helvetica = []int{
	278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
	556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
	1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
	667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
	333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
	556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
}

// toUnicode says of each character of the other font that its code is its own
// in UTF-16. A range has one first byte, and a block at most 100 ranges.
func toUnicode() string {
	var b strings.Builder
	b.WriteString("/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def\n1 begincodespacerange <0000> <FFFF> endcodespacerange\n")
	for first := 0; first < 256; first += 64 {
		b.WriteString("64 beginbfrange\n")
		for high := first; high < first+64; high++ {
			fmt.Fprintf(&b, "<%02X00> <%02XFF> <%02X00>\n", high, high, high)
		}
		b.WriteString("endbfrange\n")
	}
	b.WriteString("endcmap CMapName currentdict /CMap defineresource pop end end")
	return b.String()
}

// Bytes returns the document's file.
func (d *Document) Bytes() []byte {
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"", // the pages
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
		"<< /Type /Font /Subtype /Type0 /BaseFont /Any /Encoding /Identity-H /DescendantFonts [5 0 R] /ToUnicode 7 0 R >>",
		"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Any /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /DW 600 /FontDescriptor 6 0 R >>",
		"<< /Type /FontDescriptor /FontName /Any /Flags 4 /FontBBox [0 -200 1000 800] /ItalicAngle 0 /Ascent 800 /Descent -200 /CapHeight 700 /StemV 80 >>",
		stream(toUnicode()),
	}
	var kids []string
	for _, p := range d.pages {
		page := fmt.Sprintf("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %g %g] /Rotate %d /Contents %d 0 R /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>",
			p.Width, p.Height, p.Rotate, len(objects)+2)
		kids = append(kids, fmt.Sprintf("%d 0 R", len(objects)+1))
		objects = append(objects, page, stream(p.content.String()))
	}
	if d.Unmapped {
		objects[3] = strings.Replace(objects[3], " /ToUnicode 7 0 R", "", 1)
	}
	objects[1] = fmt.Sprintf("<< /Type /Pages /Kids [%s] /Count %d >>", strings.Join(kids, " "), len(kids))
	return file(objects, d.Encrypted)
}

func stream(content string) string {
	return fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(content), content)
}

func file(objects []string, encrypted bool) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	var offsets []int
	for i, o := range objects {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	table := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, offset := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	secret := ""
	if encrypted {
		key := slices.Repeat([]byte("7a"), 32)
		secret = fmt.Sprintf(" /Encrypt << /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P -4 >> /ID [<00> <00>]", key, key)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R%s >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, secret, table)
	return b.Bytes()
}
