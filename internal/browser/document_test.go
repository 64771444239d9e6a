package browser

import (
	"image"
	"image/color"
	"testing"
)

func TestAPictureOfFewColoursKeepsThem(t *testing.T) {
	picture := image.NewRGBA(image.Rect(0, 0, 200, 50))
	for x := range 200 {
		for y := range 50 {
			picture.Set(x, y, color.RGBA{uint8(x), 7, 200, 255})
		}
	}
	made := few(picture, 30)
	if made.Bounds() != image.Rect(0, 0, 200, 30) || len(made.Palette) != 200 {
		t.Fatalf("the picture is %v, of %d colours", made.Bounds(), len(made.Palette))
	}
	if got := made.At(123, 9); got != (color.RGBA{123, 7, 200, 255}) {
		t.Errorf("a colour is %v", got)
	}
}

func TestAPictureOfManyColoursKeepsThoseThatMostOfItHas(t *testing.T) {
	picture := image.NewRGBA(image.Rect(0, 0, 1000, 10))
	for x := range 1000 {
		for y := range 10 {
			picture.Set(x, y, color.RGBA{0, 0, 250, 255})
			if y == 0 {
				picture.Set(x, y, color.RGBA{uint8(x / 4), uint8(x % 4), 0, 255})
			}
		}
	}
	made := few(picture, 10)
	if len(made.Palette) != colours || made.At(500, 5) != (color.RGBA{0, 0, 250, 255}) {
		t.Errorf("it has %d colours, most of it is %v", len(made.Palette), made.At(500, 5))
	}
	if c := made.At(999, 0).(color.RGBA); c.B != 0 {
		t.Errorf("a rare colour has become %v", c)
	}
}
