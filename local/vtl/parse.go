// The parser of text, and what all parts of the parser use.

package vtl

import (
	"fmt"
	"strings"
)

type parser struct {
	source  string
	pos     int
	nesting int
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

// block parses up to the end of the source or to the directive #end, #else or #elseif, whose name it returns.
func (p *parser) block() (nodes []node, end string, err error) {
	leave, err := p.nest()
	if err != nil {
		return nil, "", err
	}
	defer leave()
	var text strings.Builder // since the last node
	begin := 0               // of the text since whatever was no text, in it
	add := func(n node) {
		if text.Len() > 0 {
			nodes = append(nodes, textNode(text.String()))
			text.Reset()
		}
		if begin = 0; n != nil {
			nodes = append(nodes, n)
		}
	}
	for p.pos < len(p.source) {
		c := p.source[p.pos]
		switch {
		case c == '\\':
			n, found, err := p.escape(&text)
			if err != nil {
				return nil, "", err
			}
			if n != nil {
				add(n)
			}
			if found {
				begin = text.Len()
				continue
			}
			text.WriteByte(c)
			p.pos++
			begin = text.Len()
			continue
		case c == '$':
			r, err := p.reference()
			if err != nil {
				return nil, "", err
			}
			if r != nil {
				add(referenceNode{r})
				if r.endsInMember() && strings.HasPrefix(p.rest(), "##") { // to Velocity this begins no comment here
					text.WriteString("##")
					p.pos += 2
				}
				continue
			}
		case c == '#':
			if strings.HasPrefix(p.rest(), "#[[") && !strings.Contains(p.rest(), "]]#") {
				return nil, "", p.errorf("#[[ is not closed by ]]#")
			}
			if p.comment(&text) {
				begin = text.Len()
				continue
			}
			name, found := p.directiveName()
			if !found {
				p.hashWord(&text)
				begin = text.Len()
				continue
			}
			if blanks := text.String()[begin:]; name == "set" && strings.Trim(blanks, " \t") == "" {
				kept := text.String()[:begin] // Velocity takes #set with the blanks before it, unless they are the end of a text
				text.Reset()
				text.WriteString(kept)
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

// hashWord takes a # that begins no directive, with the word behind it.
func (p *parser) hashWord(text *strings.Builder) {
	start := p.pos
	for p.pos++; p.pos < len(p.source) && isLetter(p.source[p.pos]); p.pos++ {
	}
	text.WriteString(p.source[start:p.pos])
}

// escape takes backslashes before a reference or a directive: each two stand
// for one, and one that is left makes text of what follows.
func (p *parser) escape(text *strings.Builder) (n node, found bool, err error) {
	before := p.pos
	for strings.HasPrefix(p.rest(), `\`) {
		p.pos++
	}
	slashes, at := p.pos-before, p.pos
	var escaped node
	switch {
	case strings.HasPrefix(p.rest(), "$"):
		r, err := p.reference()
		if err != nil {
			return nil, false, err
		}
		if found = r != nil; found {
			escaped = escapedNode{r}
		}
	case strings.HasPrefix(p.rest(), "#"):
		var name string
		if name, found = p.directiveWord(); found {
			escaped = textNode("#" + name)
		}
	}
	if !found {
		p.pos = before
		return nil, false, nil
	}
	text.WriteString(strings.Repeat(`\`, slashes/2))
	if slashes%2 == 0 {
		p.pos = at
		return nil, true, nil
	}
	return escaped, true, nil
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
