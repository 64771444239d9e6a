package console

// This file draws plots of odd values.

import (
	"encoding/xml"
	"io"
	"math"
	"strings"
	"testing"
	"time"
)

func TestAPlotIsWellFormedAndHoldsAllItsPoints(t *testing.T) {
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, values := range map[string][]float64{
		"nothing": nil, "zeros": {0, 0}, "one": {7}, "below zero": {-3, -1}, "both sides": {-1e-9, 2e-9}, "huge": {1e18, 3}, "alike": {5, 5, 5}, "largest": {math.MaxFloat64 / 1e10},
	} {
		t.Run(name, func(t *testing.T) {
			p := plot{Title: `<"&>`, From: from, To: from.Add(time.Hour), Period: time.Minute}
			for i, v := range values {
				p.Points = append(p.Points, point{from.Add(time.Duration(2*i) * time.Minute), v})
			}
			least, most, step := p.scale()
			if n := (most - least) / step; n < 1 || n > 2*steps || math.IsNaN(n) {
				t.Errorf("from %g to %g by %g are %g steps", least, most, step, n)
			}
			for _, v := range values {
				if v < least || v > most {
					t.Errorf("%g is not within %g and %g", v, least, most)
				}
			}
			drawn := string(p.SVG())
			if n := strings.Count(drawn, "<circle"); n != len(values) {
				t.Errorf("%d points are drawn", n)
			}
			decoder := xml.NewDecoder(strings.NewReader(drawn))
			for {
				if _, err := decoder.Token(); err == io.EOF {
					break
				} else if err != nil {
					t.Fatalf("%v in\n%s", err, drawn)
				}
			}
			if strings.Contains(drawn, "NaN") || strings.Contains(drawn, "Inf") || strings.Contains(drawn, "style=") {
				t.Errorf("it is\n%s", drawn)
			}
		})
	}
}
