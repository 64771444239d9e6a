// The methods of Java's strings that take a regular expression.

package vtl

import (
	"fmt"
	"regexp"
	"strings"
)

func pattern(text string) (*regexp.Regexp, error) {
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, fmt.Errorf("the regular expression %q is not supported: %w", text, err)
	}
	return re, nil
}

// replace is replaceAll and replaceFirst, with Java's spelling of the replacement: $1, and \ before what
// is meant literally.
func replace(s, expression, replacement string, times int) (any, error) {
	re, err := pattern(expression)
	if err != nil {
		return nil, err
	}
	template, err := replacementTemplate(replacement)
	if err != nil {
		return nil, err
	}
	return expand(re, template, s, times)
}

func replacementTemplate(java string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(java); i++ {
		switch c := java[i]; {
		case c == '$' && i+1 < len(java) && java[i+1] >= '0' && java[i+1] <= '9':
			i++
			b.WriteString("${" + java[i:i+1] + "}")
			continue
		case c == '$', c == '\\' && i+1 == len(java):
			return "", fmt.Errorf("the replacement %q ends within a group reference", java)
		case c == '\\':
			i++
		}
		if java[i] == '$' {
			b.WriteByte('$')
		}
		b.WriteByte(java[i])
	}
	return b.String(), nil
}

func matches(s string, args []any) (any, error) {
	re, err := pattern(`\A(?:` + print(args[0]) + `)\z`)
	if err != nil {
		return nil, err
	}
	return re.MatchString(s), nil
}

// split drops empty texts at the end, unless a limit is given.
func split(s string, args []any) (any, error) {
	re, err := pattern(print(args[0]))
	if err != nil {
		return nil, err
	}
	limit := 0
	if len(args) == 2 {
		limit, _ = args[1].(int)
	}
	n := maxItems + 1
	if limit > 0 {
		n = min(n, limit)
	}
	parts := re.Split(s, n)
	if len(parts) > maxItems {
		return nil, errItems
	}
	for limit == 0 && len(parts) > 1 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	l := &list{}
	for _, part := range parts {
		l.items = append(l.items, part)
	}
	return l, nil
}

// expand fills matches into a template of package regexp.
func expand(re *regexp.Regexp, template, s string, times int) (string, error) {
	if times < 0 {
		times = maxItems + 1
	}
	found := re.FindAllStringSubmatchIndex(s, times)
	if len(found) > maxItems {
		return "", fmt.Errorf("more than %d matches are to be replaced", maxItems)
	}
	var b []byte
	end := 0
	for _, match := range found {
		b = append(b, s[end:match[0]]...)
		b = re.ExpandString(b, template, s, match)
		if end = match[1]; len(b) > maxText {
			return "", errText
		}
	}
	if len(b)+len(s)-end > maxText {
		return "", errText
	}
	return string(append(b, s[end:]...)), nil
}
