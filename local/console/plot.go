package console

// This file draws how a metric went, as SVG without a style of its own: the page's
// has its colours, in light and dark.

import (
	"bytes"
	"fmt"
	"html/template"
	"math"
	"strconv"
	"time"
)

// point is a metric's value in a period.
type point struct {
	At    time.Time
	Value float64
}

// plot is a line over time.
type plot struct {
	Title     string
	From, To  time.Time
	Period    time.Duration
	Points    []point  // by time
	Threshold *float64 // of an alarm, or nil
}

// The picture, in pixels: what is around the field of the line has its numbers.
const (
	plotWidth, plotHeight = 760, 240
	plotLeft, plotTop     = 64, 12
	plotRight, plotBottom = plotWidth - 12, plotHeight - 28
	lettersHalf           = 4 // half of what a letter is high
)

// steps are how far apart a line's numbers are at most, to begin with 1, 2 or 5.
const steps = 5

// scale is the values that a plot reaches from and to, and the step between its
// numbers. Zero is in it.
func (p plot) scale() (least, most, step float64) {
	for _, point := range p.Points {
		least, most = min(least, point.Value), max(most, point.Value)
	}
	if p.Threshold != nil {
		least, most = min(least, *p.Threshold), max(most, *p.Threshold)
	}
	if most == least {
		most = least + 1
	}
	step = math.Pow(10, math.Floor(math.Log10((most-least)/steps)))
	for _, times := range []float64{1, 2, 5, 10} {
		if (most-least)/(step*times) <= steps {
			step *= times
			break
		}
	}
	return math.Floor(least/step) * step, math.Ceil(most/step) * step, step
}

// number is a value as people write it.
func number(value float64) string { return strconv.FormatFloat(value, 'g', 6, 64) }

// Number is a point's value, and label what a screen reader says of the whole.
func (p point) Number() string { return number(p.Value) }

func (p plot) label() string {
	if len(p.Points) == 0 {
		return p.Title + ": no data"
	}
	least, most := p.Points[0].Value, p.Points[0].Value
	for _, point := range p.Points {
		least, most = min(least, point.Value), max(most, point.Value)
	}
	last := p.Points[len(p.Points)-1]
	return fmt.Sprintf("%s: %d periods have data, from %s to %s; the last is %s at %s", p.Title, len(p.Points), number(least), number(most), number(last.Value), showTime(last.At))
}

// SVG draws it.
func (p plot) SVG() template.HTML {
	least, most, step := p.scale()
	x := func(t time.Time) float64 {
		return plotLeft + (plotRight-plotLeft)*float64(t.Sub(p.From))/float64(p.To.Sub(p.From))
	}
	y := func(value float64) float64 { return plotBottom - (plotBottom-plotTop)*(value-least)/(most-least) }
	var b bytes.Buffer
	line := func(format string, arguments ...any) { fmt.Fprintf(&b, format+"\n", arguments...) }
	line(`<svg class="plot" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" role="img" aria-label="%s">`, plotWidth, plotHeight, template.HTMLEscapeString(p.label()))
	for i := range int(math.Round((most-least)/step)) + 1 {
		value := least + float64(i)*step
		line(`<path class="rule" d="M%d %.1fH%d"/><text class="value" x="%d" y="%.1f">%s</text>`, plotLeft, y(value), plotRight, plotLeft-8, y(value)+lettersHalf, number(value))
	}
	for i := range steps + 1 {
		at := p.From.Add(p.To.Sub(p.From) * time.Duration(i) / steps)
		line(`<text class="clock" x="%.1f" y="%d">%s</text>`, min(max(x(at), plotLeft+16), plotRight-20), plotHeight-8, p.clock(at))
	}
	if p.Threshold != nil {
		line(`<path class="threshold" d="M%d %.1fH%d"><title>threshold %s</title></path>`, plotLeft, y(*p.Threshold), plotRight, number(*p.Threshold))
	}
	b.WriteString(`<path class="values" d="`)
	for i, point := range p.Points {
		command := "L"
		if i == 0 || point.At.Sub(p.Points[i-1].At) > p.Period { // nothing was measured between
			command = "M"
		}
		fmt.Fprintf(&b, "%s%.1f %.1f", command, x(point.At), y(point.Value))
	}
	line(`"/>`)
	for _, point := range p.Points {
		line(`<circle class="point" cx="%.1f" cy="%.1f" r="3"><title>%s: %s</title></circle>`, x(point.At), y(point.Value), showTime(point.At), number(point.Value))
	}
	b.WriteString("</svg>")
	return template.HTML(b.String()) // in which all texts of others are escaped
}

// clock is a time below the line.
func (p plot) clock(at time.Time) string {
	if p.To.Sub(p.From) > 24*time.Hour {
		return at.UTC().Format("01-02")
	}
	return at.UTC().Format("15:04")
}
