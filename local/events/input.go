// What a target receives: the event, a part of it, or a text made from it.

package events

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// inputTransformer is the property of that name.
type inputTransformer struct {
	InputPathsMap map[string]string
	InputTemplate string
}

// input makes the payload of a target; at most one of its fields is set.
type input struct {
	constant json.RawMessage
	path     path
	template *template
}

// compileInput compiles what a target says of its input. Its errors are AWS's where AWS says why.
func compileInput(id, constant, inputPath string, transformer *inputTransformer) (input, error) {
	given := 0
	for _, is := range []bool{constant != "", inputPath != "", transformer != nil} {
		if is {
			given++
		}
	}
	if given > 1 {
		return input{}, refuse("Only one of Input, InputPath, or InputTransformer must be provided for target %s.", id)
	}
	switch {
	case constant != "":
		if !json.Valid([]byte(constant)) {
			return input{}, fmt.Errorf("the input is not valid JSON")
		}
		return input{constant: json.RawMessage(constant)}, nil
	case inputPath != "":
		p, err := parsePath(inputPath)
		return input{path: p}, err
	case transformer != nil:
		t, err := compileTemplate(id, transformer)
		return input{template: t}, err
	}
	return input{}, nil
}

// refuse makes an error in AWS's words, which begin with a capital.
func refuse(format string, args ...any) error { return fmt.Errorf(format, args...) }

// payload makes what the target receives of an event.
func (in input) payload(e *event, r *rule) (json.RawMessage, error) {
	switch {
	case in.constant != nil:
		return in.constant, nil
	case in.path != nil:
		value, ok := in.path.find(e.document())
		if !ok {
			return json.RawMessage("null"), nil
		}
		return encode(value), nil
	case in.template != nil:
		return in.template.render(e, r)
	}
	return e.json(), nil
}

// path is a JSON path as EventBridge has it: fields and indexes only. It is
// never nil once parsed.
type path []any // string or int

// parsePath reads $.detail.instance-id, $.resources[0] and $['a field'].
func parsePath(text string) (path, error) {
	bad := fmt.Errorf("%q is not a JSON path of fields and indexes", text)
	rest, ok := strings.CutPrefix(text, "$")
	if !ok {
		return nil, bad
	}
	p := path{}
	for rest != "" {
		if name, ok := strings.CutPrefix(rest, "."); ok {
			end := strings.IndexAny(name, ".[")
			if end < 0 {
				end = len(name)
			}
			if end == 0 || name[:end] == "*" {
				return nil, bad
			}
			p, rest = append(p, name[:end]), name[end:]
			continue
		}
		inner, after, ok := strings.Cut(strings.TrimPrefix(rest, "["), "]")
		if !ok || rest[0] != '[' {
			return nil, bad
		}
		if n, err := strconv.Atoi(inner); err == nil && n >= 0 {
			p = append(p, n)
		} else if len(inner) > 2 && (inner[0] == '\'' || inner[0] == '"') && inner[len(inner)-1] == inner[0] {
			p = append(p, inner[1:len(inner)-1])
		} else {
			return nil, bad
		}
		rest = after
	}
	return p, nil
}

func (p path) find(value any) (any, bool) {
	for _, step := range p {
		switch s := step.(type) {
		case string:
			object, _ := value.(*jsonvalue.Object)
			if object == nil {
				return nil, false
			}
			var ok bool
			if value, ok = object.Get(s); !ok {
				return nil, false
			}
		case int:
			list, _ := value.([]any)
			if s >= len(list) {
				return nil, false
			}
			value = list[s]
		}
	}
	return value, true
}

// template is a compiled input template: JSON with <variables>, or texts in quotes, each on a line of its own.
type template struct {
	parts []templatePart
	paths map[string]path
	texts bool
}

// templatePart is literal text or, if variable is not empty, a variable.
type templatePart struct {
	literal  string
	variable string
	quoted   bool // the variable stands within a JSON string
}

// predefined are the variables that every template has.
var predefined = map[string]func(e *event, r *rule) any{
	"aws.events.rule-arn":             func(_ *event, r *rule) any { return r.arn },
	"aws.events.rule-name":            func(_ *event, r *rule) any { return r.name },
	"aws.events.event.ingestion-time": func(e *event, _ *rule) any { return e.ingested.Format("2006-01-02T15:04:05Z") },
	"aws.events.event":                func(e *event, _ *rule) any { return e.summary() },
	"aws.events.event.json":           func(e *event, _ *rule) any { return e.document() },
}

func compileTemplate(id string, transformer *inputTransformer) (*template, error) {
	t := &template{paths: map[string]path{}, texts: strings.HasPrefix(strings.TrimSpace(transformer.InputTemplate), `"`)}
	for name, text := range transformer.InputPathsMap {
		p, err := parsePath(text)
		if err != nil {
			return nil, fmt.Errorf("variable %s: %w", name, err)
		}
		t.paths[name] = p
	}
	if err := t.split(id, transformer.InputTemplate); err != nil {
		return nil, err
	}
	// Whatever the variables are, the result must be JSON.
	if probe := t.fill(func(string) (any, bool) { return "", true }); !t.valid(probe) {
		return nil, fmt.Errorf("the input template does not make valid JSON: %s", transformer.InputTemplate)
	}
	return t, nil
}

// valid tells whether a template was filled in with what makes it JSON, or texts.
func (t *template) valid(text string) bool {
	if !t.texts {
		return json.Valid([]byte(text))
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	for {
		var line string
		switch err := decoder.Decode(&line); err {
		case nil:
		case io.EOF:
			return true
		default:
			return false
		}
	}
}

// split finds the variables, and whether each is within a string.
func (t *template) split(id, text string) error {
	quoted, start := false, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			quoted = !quoted
		case '<':
			end := strings.IndexByte(text[i:], '>')
			if end < 0 {
				continue
			}
			name := text[i+1 : i+end]
			if strings.ContainsAny(name, " <\"") { // a comparison in a text
				continue
			}
			if t.paths[name] == nil && predefined[name] == nil {
				return refuse("InputTemplate for target %s contains invalid placeholder %s.", id, name)
			}
			t.parts = append(t.parts, templatePart{literal: text[start:i]}, templatePart{variable: name, quoted: quoted})
			i += end
			start = i + 1
		}
	}
	t.parts = append(t.parts, templatePart{literal: text[start:]})
	return nil
}

func (t *template) render(e *event, r *rule) (json.RawMessage, error) {
	text := t.fill(func(name string) (any, bool) {
		if p, ok := t.paths[name]; ok {
			return p.find(e.document())
		}
		return predefined[name](e, r), true
	})
	if !t.valid(text) {
		return nil, fmt.Errorf("the input template made invalid JSON: %s", text)
	}
	return json.RawMessage(text), nil
}

// fill puts values in the place of variables: as JSON, or within a string as
// its text. Objects and lists lose their quotes in a template of texts; in
// one of JSON they break the string that they are put into. A value that the
// event does not have is an empty string.
func (t *template) fill(value func(name string) (any, bool)) string {
	var b strings.Builder
	for _, part := range t.parts {
		if part.variable == "" {
			b.WriteString(part.literal)
			continue
		}
		v, ok := value(part.variable)
		if !ok {
			v = ""
		}
		text := string(encode(v))
		if _, isString := v.(string); part.quoted && isString {
			text = text[1 : len(text)-1]
		} else if part.quoted && t.texts {
			text = strings.ReplaceAll(strings.ReplaceAll(text, `\`, ``), `"`, ``)
		}
		b.WriteString(text)
	}
	return b.String()
}
