package pdf

// This file reads one page: characters as PDFium tells them, words as they stand
// on the page that a reader sees.

import (
	"fmt"
	"math"

	"github.com/klippa-app/go-pdfium/enums"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
)

// maxCharacters is how many characters a page may have; one of an invoice has
// some thousand.
const maxCharacters = 200_000

// Page is a page as a reader sees it, turned as it says.
type Page struct {
	Number        int     // from 1
	Width, Height float64 // in points
	Words         []Word  // as the document has them; see Word.Angle
	Pictures      bool    // of a page without words: it shows pictures
}

// Word is a run of characters without a space.
type Word struct {
	Text string
	Box  Box

	// Angle is how far the writing is turned clockwise: 0, 90, 180 or 270.
	Angle int

	// Unsure: the document does not say for all of its characters what they are.
	Unsure bool
}

// Box is a place on a page, in parts of its width and height from the top left.
type Box struct{ Left, Top, Right, Bottom float64 }

// Union returns the box around two.
func (b Box) Union(other Box) Box {
	return Box{min(b.Left, other.Left), min(b.Top, other.Top), max(b.Right, other.Right), max(b.Bottom, other.Bottom)}
}

// Width of the box.
func (b Box) Width() float64 { return b.Right - b.Left }

// Height of the box.
func (b Box) Height() float64 { return b.Bottom - b.Top }

// Page reads a page by its number, from 1.
func (d *Document) Page(number int) (page Page, err error) {
	err = d.within(func() error {
		page, err = d.page(number)
		if err != nil {
			return fmt.Errorf("%w: page %d: %w", ErrMalformed, number, err)
		}
		return nil
	})
	return page, err
}

func (d *Document) page(number int) (Page, error) {
	loaded, err := d.instance.FPDF_LoadPage(&requests.FPDF_LoadPage{Document: d.ref, Index: number - 1})
	if err != nil {
		return Page{}, err
	}
	defer d.instance.FPDF_ClosePage(&requests.FPDF_ClosePage{Page: loaded.Page})
	p := reading{document: d, page: requests.Page{ByReference: &loaded.Page}}
	if err := p.measure(); err != nil {
		return Page{}, err
	}
	text, err := d.instance.FPDFText_LoadPage(&requests.FPDFText_LoadPage{Page: p.page})
	if err != nil {
		return Page{}, err
	}
	defer d.instance.FPDFText_ClosePage(&requests.FPDFText_ClosePage{TextPage: text.TextPage})
	result := Page{Number: number, Width: p.width, Height: p.height}
	if result.Words, err = p.words(text.TextPage); err != nil {
		return Page{}, err
	}
	if len(result.Words) == 0 {
		result.Pictures, err = p.pictures()
	}
	return result, err
}

// reading is a page that is being read.
type reading struct {
	document      *Document
	page          requests.Page
	width, height float64 // as seen

	// originX and so on map a place of the page's own coordinates to the page
	// as seen, in points from the top left: x = originX + xx*X + xy*Y.
	originX, xx, xy float64
	originY, yx, yy float64
}

// measure asks for the page's size, and where three of its places are seen.
func (p *reading) measure() error {
	instance := p.document.instance
	width, err := instance.FPDF_GetPageWidth(&requests.FPDF_GetPageWidth{Page: p.page})
	if err != nil {
		return err
	}
	height, err := instance.FPDF_GetPageHeight(&requests.FPDF_GetPageHeight{Page: p.page})
	if err != nil {
		return err
	}
	p.width, p.height = width.Width, height.Height
	if !(p.width > 0 && p.height > 0) || math.IsInf(p.width*p.height, 0) {
		return fmt.Errorf("its size is %g by %g points", p.width, p.height)
	}
	x0, y0, err := p.seen(0, 0)
	if err != nil {
		return err
	}
	const far = 1000
	x1, y1, err := p.seen(far, 0)
	if err != nil {
		return err
	}
	x2, y2, err := p.seen(0, far)
	p.originX, p.xx, p.xy = x0, (x1-x0)/far, (x2-x0)/far
	p.originY, p.yx, p.yy = y0, (y1-y0)/far, (y2-y0)/far
	return err
}

// seen asks PDFium where a place of the page's own coordinates is seen.
func (p *reading) seen(x, y float64) (float64, float64, error) {
	const scale = 10_000_000 // it answers in whole pixels
	device, err := p.document.instance.FPDF_PageToDevice(&requests.FPDF_PageToDevice{
		Page: p.page, SizeX: scale, SizeY: scale, Rotate: enums.FPDF_PAGE_ROTATION_NONE, PageX: x, PageY: y,
	})
	if err != nil {
		return 0, 0, err
	}
	return float64(device.DeviceX) / scale * p.width, float64(device.DeviceY) / scale * p.height, nil
}

// box is where a rectangle of the page's own coordinates is seen.
func (p *reading) box(left, bottom, right, top float64) Box {
	x := func(x, y float64) float64 { return p.originX + p.xx*x + p.xy*y }
	y := func(x, y float64) float64 { return p.originY + p.yx*x + p.yy*y }
	a := Box{x(left, bottom), y(left, bottom), x(left, bottom), y(left, bottom)}
	b := Box{x(right, top), y(right, top), x(right, top), y(right, top)}
	return a.Union(b)
}

// quadrant is how far writing is seen turned, of which PDFium says how far it
// is turned clockwise in the page's own coordinates, in radians.
func (p *reading) quadrant(angle float64) int {
	x, y := math.Cos(angle), -math.Sin(angle)
	turns := math.Round(math.Atan2(p.yx*x+p.yy*y, p.xx*x+p.xy*y) / (math.Pi / 2))
	return (int(turns)*90 + 360) % 360
}

// pictures tells whether the page shows any.
func (p *reading) pictures() (bool, error) {
	count, err := p.document.instance.FPDFPage_CountObjects(&requests.FPDFPage_CountObjects{Page: p.page})
	if err != nil {
		return false, err
	}
	for i := range count.Count {
		object, err := p.document.instance.FPDFPage_GetObject(&requests.FPDFPage_GetObject{Page: p.page, Index: i})
		if err != nil {
			return false, err
		}
		kind, err := p.document.instance.FPDFPageObj_GetType(&requests.FPDFPageObj_GetType{PageObject: object.PageObject})
		if err != nil {
			return false, err
		}
		if kind.Type == enums.FPDF_PAGEOBJ_IMAGE || kind.Type == enums.FPDF_PAGEOBJ_FORM {
			return true, nil
		}
	}
	return false, nil
}

func (p *reading) words(text references.FPDF_TEXTPAGE) ([]Word, error) {
	count, err := p.document.instance.FPDFText_CountChars(&requests.FPDFText_CountChars{TextPage: text})
	if err != nil {
		return nil, err
	}
	if count.Count > maxCharacters {
		return nil, fmt.Errorf("it has %d characters, more than %d", count.Count, maxCharacters)
	}
	w := writing{width: p.width, height: p.height}
	for i := range count.Count {
		c, err := p.character(text, i)
		if err != nil {
			return nil, err
		}
		w.add(c)
	}
	return w.finish(), nil
}

// character is a character as it is seen.
type character struct {
	text   rune
	box    Box // in points
	angle  int // as of a Word
	unsure bool
}

func (p *reading) character(text references.FPDF_TEXTPAGE, i int) (character, error) {
	instance := p.document.instance
	unicode, err := instance.FPDFText_GetUnicode(&requests.FPDFText_GetUnicode{TextPage: text, Index: i})
	if err != nil {
		return character{}, err
	}
	c := character{text: rune(unicode.Unicode)}
	if blank(c.text) {
		return c, nil
	}
	unmapped, err := instance.FPDFText_HasUnicodeMapError(&requests.FPDFText_HasUnicodeMapError{TextPage: text, Index: i})
	if err != nil {
		return character{}, err
	}
	angle, err := instance.FPDFText_GetCharAngle(&requests.FPDFText_GetCharAngle{TextPage: text, Index: i})
	if err != nil {
		return character{}, err
	}
	c.unsure, c.angle = unmapped.HasUnicodeMapError, p.quadrant(float64(angle.CharAngle))
	c.box, err = p.charBox(text, i, angle.CharAngle == 0)
	return c, err
}

// charBox is where a character is seen: all of its line's height, as far as the
// font tells that of upright writing, otherwise what is black of it.
func (p *reading) charBox(text references.FPDF_TEXTPAGE, i int, upright bool) (Box, error) {
	if upright {
		loose, err := p.document.instance.FPDFText_GetLooseCharBox(&requests.FPDFText_GetLooseCharBox{TextPage: text, Index: i})
		if err == nil && loose.Rect.Right > loose.Rect.Left && loose.Rect.Top > loose.Rect.Bottom {
			r := loose.Rect
			return p.box(float64(r.Left), float64(r.Bottom), float64(r.Right), float64(r.Top)), nil
		}
	}
	tight, err := p.document.instance.FPDFText_GetCharBox(&requests.FPDFText_GetCharBox{TextPage: text, Index: i})
	if err != nil {
		return Box{}, err
	}
	return p.box(tight.Left, tight.Bottom, tight.Right, tight.Top), nil
}
