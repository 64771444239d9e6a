package apigateway

// Templates of gateway responses. They are no Velocity: only $context,
// $stageVariables and $method.request parameters are replaced.

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// substitution is a text with variables.
type substitution []piece

type piece struct {
	literal  string
	variable *source // nil: the piece is only its literal
}

// parseSubstitutions parses the templates of each content type.
func parseSubstitutions(texts map[string]string) (map[string]substitution, error) {
	parsed := make(map[string]substitution, len(texts))
	for _, contentType := range slices.Sorted(maps.Keys(texts)) {
		s, err := parseSubstitution(texts[contentType])
		if err != nil {
			return nil, fmt.Errorf("template for %s: %w", contentType, err)
		}
		parsed[mediaType(contentType)] = s
	}
	return parsed, nil
}

func parseSubstitution(text string) (substitution, error) {
	var pieces substitution
	for {
		literal, rest, found := strings.Cut(text, "$")
		pieces = append(pieces, piece{literal: literal})
		if !found {
			return pieces, nil
		}
		expression := variableName(rest)
		switch {
		case strings.HasPrefix(expression, "input") || strings.HasPrefix(expression, "util"):
			return nil, fmt.Errorf("gateway responses have no $%s", expression)
		case !hasAnyPrefix(expression, "context.", "stageVariables.", "method.request."):
			pieces = append(pieces, piece{literal: "$"})
			text = rest
			continue
		}
		s, err := parseSource(expression, gatewaySources)
		if err != nil {
			return nil, err
		}
		pieces = append(pieces, piece{variable: &s})
		text = rest[len(expression):]
	}
}

// variableName returns the name that a text begins with. Only the names of
// parameters have hyphens.
func variableName(text string) string {
	legal := "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_."
	if strings.HasPrefix(text, "method.request.") {
		legal += "-"
	}
	end := strings.IndexFunc(text, func(r rune) bool { return !strings.ContainsRune(legal, r) })
	if end < 0 {
		end = len(text)
	}
	return strings.TrimRight(text[:end], ".-")
}

func hasAnyPrefix(text string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(text, prefix) })
}

// render fills the template in. Nothing replaces a variable without a value.
func (s substitution) render(x *exchange) string {
	var out strings.Builder
	for _, p := range s {
		out.WriteString(p.literal)
		if p.variable == nil {
			continue
		}
		for _, value := range p.variable.values(x, nil) {
			out.WriteString(value)
		}
	}
	return out.String()
}

// withoutQuotes returns a text as it stands inside a JSON string.
func withoutQuotes(text string) string {
	// A string cannot fail to marshal.
	quoted, _ := json.Marshal(text)
	return string(quoted[1 : len(quoted)-1])
}
