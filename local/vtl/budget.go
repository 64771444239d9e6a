// What one rendering may take: a template must not kill the process that
// renders it, nor keep it busy.

package vtl

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

const (
	// maxText is the longest text in bytes: API Gateway's limit of a payload,
	// so that a longer one could go nowhere.
	maxText = 10 << 20

	// maxItems is the length of the longest list that a template makes.
	maxItems = 100_000

	// maxDepth is how deep values may lie in each other, as a limit of API
	// Gateway's JSON parser is; a list that contains itself is deeper.
	maxDepth = 1000

	// maxNesting is how deep expressions and directives may, when parsed, and
	// blocks of #define and texts with references, when rendered.
	maxNesting = 100

	// maxWork bounds time and memory of a rendering in units of about a byte
	// that is made or compared: about a second.
	maxWork = 1 << 28

	nodeWork = 64 // of a node or a step of a reference
	itemWork = 64 // of an item of a list

	documentWork = 4 // of a byte of a JSON document that is read or looked through
)

var (
	errWork    = errors.New("the template takes too much time and memory")
	errText    = fmt.Errorf("a text is longer than %d bytes", maxText)
	errItems   = fmt.Errorf("a list has more than %d items", maxItems)
	errDepth   = fmt.Errorf("a value is nested more than %d levels deep, or contains itself", maxDepth)
	errParsing = fmt.Errorf("more than %d expressions or directives are nested in each other", maxNesting)
	errNested  = fmt.Errorf("more than %d blocks or texts are rendered within each other", maxNesting)
)

// budget is what is left to a rendering.
type budget struct {
	ctx     context.Context
	work    int // left
	nesting int
}

// spend counts work, and fails when it is too much or nobody waits for it.
func (b *budget) spend(n int) error {
	if b.work -= max(n, 0); b.work < 0 {
		return errWork
	}
	return b.ctx.Err()
}

// nest counts a block in until the function that it returns is called.
func (b *budget) nest() (leave func(), err error) {
	if b.nesting == maxNesting {
		return nil, errNested
	}
	b.nesting++
	return func() { b.nesting-- }, nil
}

// weigh returns how long a value's text is, about, and counts it as work. It
// fails for what is too large to be printed.
func (b *budget) weigh(value any) (int, error) {
	s := scale{left: maxText}
	if !s.add(value, 0) {
		return 0, s.err
	}
	weight := maxText - s.left
	return weight, b.spend(weight)
}

// text prints a value that is not too large.
func (b *budget) text(value any) (string, error) {
	if _, err := b.weigh(value); err != nil {
		return "", err
	}
	return print(value), nil
}

// scale adds up the lengths of texts.
type scale struct {
	left int
	err  error
}

func (s *scale) add(value any, depth int) bool {
	if depth > maxDepth {
		s.err = errDepth
		return false
	}
	switch v := value.(type) {
	case string:
		return s.take(len(v))
	case *list:
		for _, item := range v.items {
			if !s.take(2) || !s.add(item, depth+1) {
				return false
			}
		}
	case *mapping:
		for _, key := range v.keys {
			if !s.take(len(key)+3) || !s.add(v.get(key), depth+1) {
				return false
			}
		}
	case *entry:
		return s.take(len(v.key)+1) && s.add(v.value, depth+1)
	case fmt.Stringer: // a json.Number
		return s.take(len(v.String()))
	}
	return s.take(2)
}

func (s *scale) take(n int) bool {
	if s.left -= n; s.left < 0 {
		s.err = errText
		return false
	}
	return true
}

// admit checks a call of a method before it is made, by the work that it is.
func (b *budget) admit(receiver any, name string, args []any) error {
	weight := 0
	for _, arg := range args {
		w, err := b.weigh(arg)
		if err != nil {
			return err
		}
		weight += w
	}
	switch v := receiver.(type) {
	case string:
		if err := b.spend(len(v) / 4); err != nil {
			return err
		}
		return b.admitText(v, name, args)
	case *list:
		return b.admitItems(len(v.items), name, weight, receiver, args)
	case *mapping:
		return b.admitItems(len(v.keys), name, weight, receiver, args)
	}
	_, err := b.weigh(receiver)
	return err
}

// admitText is admit for what may be far longer than it came from.
func (b *budget) admitText(s, name string, args []any) error {
	switch name {
	case "concat":
		if len(args) == 1 && len(s)+len(print(args[0])) > maxText {
			return errText
		}
	case "replace":
		if len(args) == 2 {
			old, replacement := print(args[0]), print(args[1])
			if length := len(s) + strings.Count(s, old)*(len(replacement)-len(old)); length > maxText {
				return errText
			}
		}
	case "replaceAll", "replaceFirst", "matches", "split":
		if len(args) > 0 {
			return b.spend(len(s) * (1 + len(print(args[0]))/16))
		}
	}
	return nil
}

// admitItems is admit for lists and maps.
func (b *budget) admitItems(items int, name string, weight int, receiver any, args []any) error {
	switch name {
	case "containsAll", "removeAll":
		if _, err := b.weigh(receiver); err != nil {
			return err
		}
		return b.spend(items * (itemWork + weight) * max(len(args), 1))
	case "toString", "equals", "contains", "indexOf", "lastIndexOf", "containsValue", "remove":
		if _, err := b.weigh(receiver); err != nil {
			return err
		}
		return b.spend(items * (itemWork + weight))
	case "add", "put", "putIfAbsent":
		if items >= maxItems {
			return errItems
		}
	case "addAll", "putAll":
		added := 0
		if len(args) == 1 {
			added = len(iterate(args[0]))
		}
		if items+added > maxItems {
			return errItems
		}
		return b.spend(added * itemWork)
	case "subList", "keySet", "values", "entrySet":
		return b.spend(items * itemWork)
	}
	return nil
}
