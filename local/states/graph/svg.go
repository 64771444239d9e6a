package graph

// This file writes the picture.

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/xml"
	"fmt"
	"strings"
)

//go:embed style.css
var style string

// Style is the style of a Figure, to be nested in a rule that is for it alone.
func Style() string { return style }

// Mark is what a page says of a state.
type Mark struct {
	Class string // further classes of the state's element
	Link  string // where it leads, or empty
	Title string // instead of its comment, or empty
	Does  string // instead of the state's own, as far as that has room; or empty
}

const margin = 20

// SVG draws a machine. The picture has its own ground, and colours for light
// and dark surroundings.
func (m *Machine) SVG() []byte {
	w := &writer{mark: func(string) Mark { return Mark{} }}
	w.svg(m.Plan(), `role="img"`, "<style>\n"+style+"</style>\n")
	return w.Bytes()
}

// Figure draws a machine for a page, which brings the Style and marks the states.
func (m *Machine) Figure(mark func(state string) Mark) []byte { return m.Plan().Figure(mark) }

// Plan is a machine that has been laid out, which takes longer than to draw it. It can
// be drawn by several at a time.
type Plan struct {
	comment string
	picture *picture
}

// Plan lays a machine out.
func (m *Machine) Plan() *Plan { return &Plan{m.Comment, lay(m)} }

// Figure is Machine.Figure of a machine that has been laid out.
func (p *Plan) Figure(mark func(state string) Mark) []byte {
	w := &writer{mark: mark}
	w.svg(p, `class="machine"`, "")
	return w.Bytes()
}

type writer struct {
	bytes.Buffer
	mark func(state string) Mark
}

func (w *writer) svg(plan *Plan, attributes, head string) {
	p := plan.picture
	width, height := p.width+2*margin, p.height+2*margin
	w.line(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" %s>`, width, height, width, height, attributes)
	w.title(plan.comment)
	w.WriteString(head)
	w.line(`<rect class="ground" x="0.5" y="0.5" width="%d" height="%d" rx="12"/>`, width-1, height-1)
	w.picture(p, margin, margin)
	w.line("</svg>")
}

func (w *writer) line(format string, arguments ...any) {
	fmt.Fprintf(w, format, arguments...)
	w.WriteByte('\n')
}

func (w *writer) title(text string) {
	if text != "" {
		w.line("<title>%s</title>", escape(text))
	}
}

func escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder does not fail
	return b.String()
}

func (w *writer) picture(p *picture, x, y int) {
	w.line(`<g transform="translate(%d %d)">`, x, y)
	if start := p.start; start != nil {
		w.line(`<path class="line" d="M%d %dV%d"/><path class="tip" d="M%d %dl-4 -7h8z"/><circle class="start" cx="%d" cy="%d" r="5"/>`,
			start.x, start.y-startRoom+6, start.y-1, start.x, start.y, start.x, start.y-startRoom+6)
	}
	for _, l := range p.lines {
		w.transition(l, curveOf(l))
	}
	for _, l := range p.itself {
		w.transition(l, curveToItself(l))
	}
	for _, v := range p.states {
		w.state(v)
	}
	w.line("</g>")
}

func (w *writer) transition(l *line, c *curve) {
	class := "transition"
	if l.transition.Catch {
		class += " catch"
	}
	w.line(`<g class="%s" data-from="%s" data-to="%s">`, class, escape(l.from.state.State.Name), escape(l.transition.To))
	w.title(l.transition.all())
	w.line(`<path class="line" d="%s"/><path class="tip" d="%s"/>`, c.path.String(), c.tip)
	if l.label != nil {
		for i, text := range l.label.lines {
			w.line(`<text class="label" x="%d" y="%d">%s</text>`, c.labelX, c.labelY+11+i*labelHeight, escape(text))
		}
	}
	w.line("</g>")
}

func (w *writer) state(v *vertex) {
	b := v.state
	left := v.x - v.width/2
	mark := w.mark(b.State.Name)
	w.line(`<g class="%s" data-state="%s" data-type="%s" transform="translate(%d %d)">`,
		escape(strings.TrimSpace("state "+kindOf(b.State)+" "+mark.Class)), escape(b.State.Name), escape(b.State.Type), left, v.y)
	w.title(cmp.Or(mark.Title, b.State.Comment))
	if b.State.Ends {
		w.line(`<path class="line" d="M%d %dv7"/><circle class="end" cx="%d" cy="%d" r="4"/>`, b.width/2, b.height, b.width/2, b.height+11)
	}
	w.line(`<rect class="box" width="%d" height="%d" rx="8"/>`, b.width, b.height)
	w.line(`<rect class="icon" x="9" y="%d" width="22" height="22" rx="5"/><path class="glyph" d="%s" transform="translate(12 %d)"/>`,
		b.header/2-11, glyphOf(b.State), b.header/2-8)
	if mark.Link != "" {
		w.line(`<a href="%s">`, escape(mark.Link))
	}
	for i, text := range b.name {
		w.line(`<text class="name" x="%d" y="%d">%s</text>`, iconRoom, 9+12+i*lineHeight, escape(text))
	}
	does := b.does
	if mark.Does != "" {
		does = doesFace.cut(mark.Does, b.width-iconRoom-boxPadding)
	}
	w.line(`<text class="does" x="%d" y="%d">%s</text>`, iconRoom, 9+10+len(b.name)*lineHeight, escape(does))
	if mark.Link != "" {
		w.line(`<rect width="%d" height="%d" rx="8" fill="#fff" fill-opacity="0"/></a>`, b.width, b.header) // to be clicked
	}
	x := partPadding
	for i, part := range b.parts {
		if i > 0 {
			w.line(`<path class="between" d="M%d %dV%d"/>`, x-partPadding/2, b.header, b.height-8)
		}
		w.picture(part, x, b.header)
		x += part.width + partPadding
	}
	w.line("</g>")
}
