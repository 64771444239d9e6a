package browser

// This file takes the pictures of pages that the docs show.

import (
	"bytes"
	"cmp"
	"flag"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/chromedp/chromedp"

	"github.com/tradepost-dev/tradepost/internal/module"
)

var documented = flag.Bool("document", false, "take the pictures that the docs show: make pictures")

const (
	// tallest is how much of a page a picture shows, in pixels.
	tallest = 1100

	// colours are what a picture in the docs has at most, so that it is small.
	colours = 256
)

// Document takes the picture of the page that docs/console shows by a name, so many
// pixels wide, if the test is told to.
func (tab *Tab) Document(name string, width int64) {
	tab.t.Helper()
	if !*documented {
		return
	}
	tab.Prefer("light")
	tab.Size(width, 300) // or as high as the page is
	taken := do(tab, "take a picture", chromedp.FullScreenshot(100))
	tab.Size(1280, 800)
	picture, err := png.Decode(bytes.NewReader(taken))
	if err != nil {
		tab.t.Fatal(err)
	}
	file, err := os.Create(filepath.Join(module.Root(tab.t), "docs", "console", name+".png"))
	if err != nil {
		tab.t.Fatal(err)
	}
	defer file.Close()
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(file, few(picture, tallest)); err != nil {
		tab.t.Fatal(err)
	}
}

// few is the upper part of a picture in few colours: those that most of it has, as pages
// are made of few, and all else is the edges of letters.
func few(picture image.Image, height int) *image.Paletted {
	bounds := picture.Bounds()
	bounds.Max.Y = min(bounds.Max.Y, bounds.Min.Y+height)
	count := map[color.RGBA]int{}
	at := func(x, y int) color.RGBA { return color.RGBAModel.Convert(picture.At(x, y)).(color.RGBA) }
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			count[at(x, y)]++
		}
	}
	usual := slices.SortedFunc(maps.Keys(count), func(a, b color.RGBA) int {
		return cmp.Or(count[b]-count[a], cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
	})
	palette := color.Palette{}
	for _, c := range usual[:min(colours, len(usual))] {
		palette = append(palette, c)
	}
	place := map[color.RGBA]uint8{}
	for c := range count {
		place[c] = uint8(palette.Index(c))
	}
	made := image.NewPaletted(bounds, palette)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			made.SetColorIndex(x, y, place[at(x, y)])
		}
	}
	return made
}
