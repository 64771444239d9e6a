// The parser of text, and what all parts of the parser use.

package vtl

import (
	"fmt"
	"strings"
)

type parser struct {
	source   string
	pos      int
	nesting  int
	assigned map[string]bool // variables that the template sets somewhere
	used     []usage         // references to variables, to be checked when all is parsed
}

type usage struct {
	name string
	pos  int
}

func (p *parser) rest() string { return p.source[p.pos:] }

func (p *parser) errorf(format string, args ...any) error {
	line := 1 + strings.Count(p.source[:min(p.pos, len(p.source))], "\n")
	return fmt.Errorf("line %d: "+format, append([]any{line}, args...)...)
}

// nest counts a block or an operand in until the function that it returns is
// called.
func (p *parser) nest() (leave func(), err error) {
	if p.nesting == maxNesting {
		return nil, p.errorf("%w", errParsing)
	}
	p.nesting++
	return func() { p.nesting-- }, nil
}

// checkVariables refuses variables that nothing sets.
func (p *parser) checkVariables() error {
	for _, u := range p.used {
		if !p.assigned[u.name] {
			p.pos = u.pos
			return p.errorf("the variable $%s is not known: the template does not set it", u.name)
		}
	}
	return nil
}

// block parses up to the end of the source or to the directive #end, #else or #elseif, whose name it returns.
func (p *parser) block() (nodes []node, end string, err error) {
	leave, err := p.nest()
	if err != nil {
		return nil, "", err
	}
	defer leave()
	var text strings.Builder
	add := func(n node) {
		if text.Len() > 0 {
			nodes = append(nodes, textNode(text.String()))
			text.Reset()
		}
		if n != nil {
			nodes = append(nodes, n)
		}
	}
	for p.pos < len(p.source) {
		c := p.source[p.pos]
		switch {
		case c == '\\' && p.escape(&text):
			continue
		case c == '$':
			r, err := p.reference()
			if err != nil {
				return nil, "", err
			}
			if r != nil {
				add(referenceNode{r})
				continue
			}
		case c == '#':
			if p.comment(&text) {
				continue
			}
			name, found := p.directiveName()
			if !found {
				break
			}
			if name == "end" || name == "else" || name == "elseif" {
				add(nil)
				if name != "elseif" {
					p.endOfLine()
				}
				return nodes, name, nil
			}
			n, err := p.directive(name)
			if err != nil {
				return nil, "", err
			}
			add(n)
			continue
		}
		text.WriteByte(c)
		p.pos++
	}
	add(nil)
	return nodes, "", nil
}

// escape takes \$ or \# before a reference or directive, which then is text; a backslash that is itself
// escaped there stands for one, and the reference counts.
func (p *parser) escape(text *strings.Builder) bool {
	if p.pos+1 >= len(p.source) {
		return false
	}
	next := p.source[p.pos+1]
	before := *p
	p.pos++
	switch {
	case next == '\\' && strings.HasPrefix(p.rest(), `\$`):
		p.pos++
		start, used := p.pos, len(p.used)
		if r, err := p.reference(); err == nil && r != nil {
			p.pos, p.used = start, p.used[:used]
			text.WriteByte('\\')
			return true
		}
	case next == '$':
		used := len(p.used)
		start := p.pos
		if r, err := p.reference(); err == nil && r != nil {
			p.used = p.used[:used]
			text.WriteString(p.source[start:p.pos])
			return true
		}
	case next == '#':
		if _, found := p.directiveName(); found {
			text.WriteString(p.source[before.pos+1 : p.pos])
			return true
		}
	}
	*p = before
	return false
}

// comment passes ## line, #* block *# and #[[ text ]]#, the last of which is text.
func (p *parser) comment(text *strings.Builder) bool {
	rest := p.rest()
	switch {
	case strings.HasPrefix(rest, "##"):
		n := strings.IndexByte(rest, '\n')
		if n < 0 {
			n = len(rest) - 1
		}
		p.pos += n + 1
	case strings.HasPrefix(rest, "#*"):
		n := strings.Index(rest, "*#")
		if n < 0 {
			n = len(rest) - 2
		}
		p.pos += n + 2
	case strings.HasPrefix(rest, "#[["):
		n := strings.Index(rest, "]]#")
		if n < 0 {
			return false
		}
		text.WriteString(rest[3:n])
		p.pos += n + 3
	default:
		return false
	}
	return true
}

// endOfLine passes white space up to and including the end of the line, if there is nothing else on it.
func (p *parser) endOfLine() {
	rest := strings.TrimLeft(p.rest(), " \t")
	for _, end := range []string{"\r\n", "\n", "\r"} {
		if after, ok := strings.CutPrefix(rest, end); ok {
			p.pos = len(p.source) - len(after)
			return
		}
	}
}

func (p *parser) space() {
	for p.pos < len(p.source) && strings.IndexByte(" \t\r\n", p.source[p.pos]) >= 0 {
		p.pos++
	}
}

// expect passes white space and a symbol.
func (p *parser) expect(symbol string) error {
	p.space()
	if !strings.HasPrefix(p.rest(), symbol) {
		return p.errorf("expected %q at %q", symbol, excerpt(p.rest()))
	}
	p.pos += len(symbol)
	return nil
}

func excerpt(s string) string {
	if len(s) > 20 {
		return s[:20] + "..."
	}
	return s
}
