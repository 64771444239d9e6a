package match

// This file compiles the operators, in objects of one field.

import (
	"slices"
	"strings"
)

// matcher judges one leaf: a string, bool, nil, or a number of package jsonvalue.
type matcher func(leaf any) bool

// operator compiles what stands behind an opening brace in a list.
func (c *compiler) operator(one *condition) (matcher, error) {
	if c.next() != fieldName {
		return nil, c.refuse("Match expression name not found")
	}
	switch name := c.name; name {
	case "exactly":
		return c.ofText(name, exactly)
	case "prefix", "suffix":
		return c.affix(name)
	case "equals-ignore-case":
		return c.ofText(name, func(s string) matcher { return textMatcher(fold(s).equals) })
	case "wildcard":
		return c.wildcard(one)
	case "numeric":
		return c.numeric()
	case "cidr":
		return c.cidr()
	case "exists":
		return c.exists(one)
	case "anything-but":
		return c.anythingBut(one)
	default:
		return nil, c.refuse("Unrecognized match type %s", name)
	}
}

// alone reads the end of an operator's object.
func (c *compiler) alone(m matcher) (matcher, error) {
	if c.next() != endObject {
		return nil, c.refuse("Only one key allowed in match expression")
	}
	return m, nil
}

// ofText compiles an operator that takes a text.
func (c *compiler) ofText(name string, compile func(string) matcher) (matcher, error) {
	text, err := c.operand(name, c.next())
	if err != nil {
		return nil, err
	}
	return c.alone(compile(text))
}

// operand reads the text of an operator.
func (c *compiler) operand(name string, t token) (string, error) {
	if t != textValue {
		return "", c.refuse("%s match pattern must be a string", name)
	}
	return c.textOf(), c.err
}

func (c *compiler) affix(name string) (matcher, error) {
	t := c.next()
	if t == startObject && c.Folding {
		return c.foldedAffix(name)
	}
	text, err := c.operand(name, t)
	if err != nil {
		return nil, err
	}
	return c.alone(affixed(name, text))
}

func affixed(name, affix string) matcher {
	has := strings.HasPrefix
	if name == "suffix" {
		has = strings.HasSuffix
	}
	return textMatcher(func(s string) bool { return has(s, affix) })
}

// foldedAffix compiles {"equals-ignore-case": text} of a prefix or suffix.
func (c *compiler) foldedAffix(name string) (matcher, error) {
	if c.next() != fieldName {
		return nil, c.refuse("%s expression name not found", title(name))
	}
	if c.name != "equals-ignore-case" {
		return nil, c.refuse("Unsupported %s pattern: %s", name, c.name)
	}
	text, err := c.operand(c.name, c.next())
	if err != nil {
		return nil, err
	}
	m := textMatcher(fold(text).begins)
	if name == "suffix" {
		m = textMatcher(fold(text).ends)
	}
	if m, err = c.alone(m); err != nil {
		return nil, err
	}
	return c.alone(m)
}

func title(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

func (c *compiler) exists(one *condition) (matcher, error) {
	switch c.next() {
	case trueValue:
		return c.alone(func(leaf any) bool { return !c.Valued || leaf != nil && leaf != "" })
	case falseValue:
		one.absent = true
		return c.alone(func(any) bool { return false })
	}
	return nil, c.refuse("exists match pattern must be either true or false.")
}

func (c *compiler) wildcard(one *condition) (matcher, error) {
	text, err := c.operand("wildcard", c.next())
	if err != nil {
		return nil, err
	}
	g, err := parseGlob(text)
	if err != nil {
		return nil, c.refuse("%w", err)
	}
	one.globs = append(one.globs, []glob{g})
	return c.alone(textMatcher(g.matches))
}

// anythingBut compiles a value, a list of values, or an operator with a text or
// a list of texts; whatever leaf those do not match, it does.
func (c *compiler) anythingBut(one *condition) (matcher, error) {
	t := c.next()
	if t != startObject {
		excluded, err := c.values(t)
		if err != nil {
			return nil, err
		}
		return c.closed(none(excluded), 1)
	}
	if c.next() != fieldName {
		return nil, c.refuse("Anything-But expression name not found")
	}
	name := c.name
	if !slices.Contains(c.Negatable, name) {
		return nil, c.refuse("Unsupported anything-but pattern: %s", name)
	}
	excluded, err := c.texts(name, one)
	if err != nil {
		return nil, err
	}
	return c.closed(none(excluded), 2)
}

// closed reads so many closing braces.
func (c *compiler) closed(m matcher, braces int) (matcher, error) {
	for range braces {
		if c.next() != endObject {
			return nil, c.refuse("Too many elements in numeric expression") // event-ruler's own mistake
		}
	}
	return m, nil
}

func none(excluded []matcher) matcher {
	return func(leaf any) bool {
		return !slices.ContainsFunc(excluded, func(m matcher) bool { return m(leaf) })
	}
}

const notNegatable = "Value of anything-but must be an array or single string/number value."

// values compiles a text or number, or a list of either texts or numbers, that
// begins with t.
func (c *compiler) values(t token) ([]matcher, error) {
	switch t {
	case textValue, numberValue:
		m, err := c.excludedValue(t)
		return []matcher{m}, err
	case startArray:
	default:
		return nil, c.refuse(notNegatable)
	}
	var excluded []matcher
	kinds := map[token]bool{}
	for t := c.next(); t != endArray; t = c.next() {
		m, err := c.excludedValue(t)
		if err != nil {
			return nil, c.again(err)
		}
		kinds[t] = true
		excluded = append(excluded, m)
	}
	if len(kinds) != 1 {
		return nil, c.refuse("Inside anything but list, either all values are number or string, mixed type is not supported")
	}
	return excluded, nil
}

func (c *compiler) excludedValue(t token) (matcher, error) {
	switch t {
	case textValue:
		return constant(c.textOf()), c.err
	case numberValue:
		n, err := c.bounded(c.text)
		return func(leaf any) bool { other, ok := c.comparable(leaf); return ok && other == n }, err
	}
	return nil, c.refuse("Inside anything but list, start|null|boolean is not supported.")
}

// texts compiles what stands behind an operator in anything-but.
func (c *compiler) texts(name string, one *condition) ([]matcher, error) {
	texts, err := c.excludedTexts(name)
	if err != nil {
		return nil, err
	}
	var globs []glob
	excluded := []matcher{}
	for _, text := range texts {
		switch name {
		case "prefix", "suffix":
			excluded = append(excluded, affixed(name, text))
		case "equals-ignore-case":
			excluded = append(excluded, textMatcher(fold(text).equals))
		case "wildcard":
			g, err := parseGlob(text)
			if err != nil {
				return nil, c.refuse("%w", err)
			}
			globs = append(globs, g)
			excluded = append(excluded, textMatcher(g.matches))
		}
	}
	if globs != nil {
		one.globs = append(one.globs, globs)
	}
	return excluded, nil
}

// excludedTexts reads a text or, if the dialect has them, a list of texts.
func (c *compiler) excludedTexts(name string) ([]string, error) {
	t := c.next()
	if t != startArray || !c.Lists {
		if c.Lists && t != textValue && t != numberValue {
			return nil, c.refuse(notNegatable)
		}
		text, err := c.excludedText(name, t)
		return []string{text}, err
	}
	var texts []string
	for t := c.next(); t != endArray; t = c.next() {
		text, err := c.excludedText(name, t)
		if err != nil {
			return nil, c.again(err)
		}
		texts = append(texts, text)
	}
	return texts, nil
}

func (c *compiler) excludedText(name string, t token) (string, error) {
	affix := name == "prefix" || name == "suffix"
	if t != textValue {
		switch {
		case name == "equals-ignore-case":
			return "", c.refuse("Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.")
		case affix && c.Lists:
			name = "prefix/suffix"
		}
		return "", c.refuse("%s match pattern must be a string", name)
	}
	text := c.textOf()
	if affix && text == "" {
		return "", c.refuse("Null prefix/suffix not allowed")
	}
	return text, c.err
}
