package dynamodb

// The literals of PartiQL.

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

var partiqlNumber = regexp.MustCompile(`^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?`)

// literal reads the value that comes next; path is what errors call its place.
func (l *partiqlLexer) literal(path string) (value, error) {
	if err := l.skip(); err != nil {
		return value{}, err
	}
	word := l.rest[:wordLength(l.rest)]
	switch {
	case l.rest == "":
		return value{}, malformed("Unexpected term")
	case l.rest[0] == '\'':
		text, err := l.quoted('\'')
		return value{kind: kindString, text: text}, err
	case l.rest[0] == '?':
		return l.parameter()
	case l.rest[0] == '{':
		return l.tuple(path)
	case l.rest[0] == '[':
		l.rest = l.rest[1:]
		list, err := l.list("]", path)
		return value{kind: kindList, list: list}, err
	case strings.HasPrefix(l.rest, "<<"):
		l.rest = l.rest[2:]
		list, err := l.list(">>", path)
		if err != nil {
			return value{}, err
		}
		return setLiteral(list)
	case strings.EqualFold(word, "TRUE"), strings.EqualFold(word, "FALSE"):
		l.rest = l.rest[len(word):]
		return value{kind: kindBool, truth: strings.EqualFold(word, "TRUE")}, nil
	case strings.EqualFold(word, "NULL"):
		l.rest = l.rest[len(word):]
		return value{kind: kindNull}, nil
	}
	return l.number(path)
}

func (l *partiqlLexer) parameter() (value, error) {
	l.rest = l.rest[1:]
	if len(l.parameters) == 0 {
		return value{}, errParameters()
	}
	v := l.parameters[0]
	l.parameters = l.parameters[1:]
	return v, nil
}

// number reads one that DynamoDB can store, in 32 bits of scale.
func (l *partiqlLexer) number(path string) (value, error) {
	text := partiqlNumber.FindString(l.rest)
	if text == "" {
		return value{}, malformed("Unexpected term")
	}
	l.rest = l.rest[len(text):]
	mantissa, exponent, ok := strings.Cut(strings.ToLower(text), "e")
	if ok {
		_, fraction, _ := strings.Cut(mantissa, ".")
		shift, err := strconv.ParseInt(exponent, 10, 32)
		if err != nil || int64(int32(int64(len(fraction))-shift)) != int64(len(fraction))-shift {
			return value{}, malformed("")
		}
	}
	n, err := parseNumber(text)
	if err != nil {
		failure := cloud.AsError(err)
		return value{}, invalid("%s under %s", failure.Message, path)
	}
	return numberValue(n), nil
}

// list reads values up to what closes the list.
func (l *partiqlLexer) list(closing, path string) ([]value, error) {
	list := []value{}
	for {
		if err := l.skip(); err != nil {
			return nil, err
		}
		if len(list) == 0 && strings.HasPrefix(l.rest, closing) {
			l.rest = l.rest[len(closing):]
			return list, nil
		}
		v, err := l.literal(fmt.Sprintf("%s[%d]", path, len(list)))
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		if more, err := l.separator(closing); !more || err != nil {
			return list, err
		}
	}
}

// separator reads what stands between the members of a literal, or behind them.
func (l *partiqlLexer) separator(closing string) (more bool, err error) {
	if err := l.skip(); err != nil {
		return false, err
	}
	switch {
	case strings.HasPrefix(l.rest, ","):
		l.rest = l.rest[1:]
		return true, nil
	case strings.HasPrefix(l.rest, closing):
		l.rest = l.rest[len(closing):]
		return false, nil
	}
	return false, malformed("Unexpected term")
}

// tuple reads a map, of which the names are texts. The attributes of an INSERT's item
// are roots themselves.
func (l *partiqlLexer) tuple(path string) (value, error) {
	l.rest = l.rest[1:]
	v := value{kind: kindMap, fields: item{}}
	for {
		if err := l.skip(); err != nil {
			return v, err
		}
		if len(v.fields) == 0 && strings.HasPrefix(l.rest, "}") {
			l.rest = l.rest[1:]
			return v, nil
		}
		if !strings.HasPrefix(l.rest, "'") {
			return v, malformed("Unexpected term")
		}
		name, err := l.quoted('\'')
		if err != nil {
			return v, err
		}
		if err := l.skip(); err != nil {
			return v, err
		}
		if !strings.HasPrefix(l.rest, ":") {
			return v, malformed("Unexpected term")
		}
		l.rest = l.rest[1:]
		below := path + "." + name
		if path == "" {
			below = "root"
		}
		if v.fields[name], err = l.literal(below); err != nil {
			return v, err
		}
		if more, err := l.separator("}"); !more || err != nil {
			return v, err
		}
	}
}

// setLiteral makes a set of its members, which are of one kind and each once.
func setLiteral(members []value) (value, error) {
	if len(members) == 0 {
		return value{}, invalid("Empty bags are not supported")
	}
	set := map[kind]kind{kindString: kindStringSet, kindNumber: kindNumberSet, kindBinary: kindBinarySet}[members[0].kind]
	var texts []string
	for _, m := range members {
		if set == "" || m.kind != members[0].kind {
			return value{}, invalid("Unsupported data type: a set has members of one type: string, number or binary")
		}
		texts = append(texts, m.text)
	}
	v := setOf(set, slices.Clone(members))
	if len(v.list) < len(members) {
		return value{}, invalid("One or more parameter values were invalid: Input collection [%s] contains duplicates.", strings.Join(texts, ", "))
	}
	return v, nil
}
