// The libraries of functions, and which function is in which file.

package jsonata

import "maps"

// Library is a set of functions, by their names without $.
type Library struct{ functions map[string]*builtin }

func (l *Library) lookup(name string) any {
	if l != nil {
		if f, ok := l.functions[name]; ok {
			return f
		}
	}
	return undefined
}

// call is how a function of a library is implemented. Arguments have the types that the signature demands,
// or are undefined, and there is one for each that it names.
type call func(ev *evaluation, args []any) (any, error)

// given makes a function undefined where its first argument is.
func given(f call) call {
	return func(ev *evaluation, args []any) (any, error) {
		if args[0] == undefined {
			return undefined, nil
		}
		return f(ev, args)
	}
}

// Standard is JSONata's own library.
var Standard = newLibrary([]definition{
	{"string", "<x-b?:s>", 1, given(stringFunction)},
	{"substring", "<s-nn?:s>", 3, given(substring)},
	{"substringBefore", "<s-s:s>", 2, given(substringBefore)},
	{"substringAfter", "<s-s:s>", 2, given(substringAfter)},
	{"lowercase", "<s-:s>", 1, given(lowercase)},
	{"uppercase", "<s-:s>", 1, given(uppercase)},
	{"length", "<s-:n>", 1, given(length)},
	{"trim", "<s-:s>", 1, given(trim)},
	{"pad", "<s-ns?:s>", 3, given(pad)},
	{"join", "<a<s>s?:s>", 2, given(joinFunction)},
	{"match", "<s-f<s:o>n?:a<o>>", 3, given(match)},
	{"contains", "<s-(sf):b>", 2, given(contains)},
	{"replace", "<s-(sf)(sf)n?:s>", 4, given(replace)},
	{"split", "<s-(sf)n?:a<s>>", 3, given(split)},
	{"base64encode", "<s-:s>", 1, given(base64encode)},
	{"base64decode", "<s-:s>", 1, given(base64decode)},
	{"encodeUrlComponent", "<s-:s>", 1, given(encodeURL("encodeUrlComponent", ""))},
	{"encodeUrl", "<s-:s>", 1, given(encodeURL("encodeUrl", urlSyntax))},
	{"decodeUrlComponent", "<s-:s>", 1, given(decodeURL("decodeUrlComponent", ""))},
	{"decodeUrl", "<s-:s>", 1, given(decodeURL("decodeUrl", urlSyntax))},

	{"number", "<(nsb)-:n>", 1, given(numberFunction)},
	{"abs", "<n-:n>", 1, given(abs)},
	{"floor", "<n-:n>", 1, given(floor)},
	{"ceil", "<n-:n>", 1, given(ceil)},
	{"round", "<n-n?:n>", 2, given(round)},
	{"power", "<n-n:n>", 2, given(power)},
	{"sqrt", "<n-:n>", 1, given(sqrt)},
	{"random", "<:n>", 0, random},
	{"formatNumber", "<n-so?:s>", 3, given(formatNumber)},
	{"formatBase", "<n-n?:s>", 2, given(formatBase)},
	{"formatInteger", "<n-s:s>", 2, given(formatInteger)},
	{"parseInteger", "<s-s:n>", 2, given(parseInteger)},
	{"sum", "<a<n>:n>", 1, given(sum)},
	{"max", "<a<n>:n>", 1, given(maximum)},
	{"min", "<a<n>:n>", 1, given(minimum)},
	{"average", "<a<n>:n>", 1, given(average)},

	{"boolean", "<x-:b>", 1, given(booleanFunction)},
	{"not", "<x-:b>", 1, given(not)},
	{"exists", "<x:b>", 1, exists},
	{"type", "<x:s>", 1, given(typeFunction)},
	{"error", "<s?:x>", 1, errorFunction},
	{"assert", "<bs?:x>", 2, assert},
	{"eval", "<sx?:x>", 2, given(eval)},

	{"count", "<a:n>", 1, count},
	{"append", "<xx:a>", 2, appendFunction},
	{"sort", "<af?:a>", 2, given(sort)},
	{"reverse", "<a:a>", 1, given(reverse)},
	{"shuffle", "<a:a>", 1, given(shuffle)},
	{"distinct", "<x:x>", 1, given(distinct)},
	{"zip", "<a+>", 0, zip},

	{"keys", "<x-:a<s>>", 1, keys},
	{"lookup", "<x-s:x>", 2, lookup},
	{"spread", "<x-:a<o>>", 1, spread},
	{"merge", "<a<o>:o>", 1, given(merge)},
	{"clone", "<(oa)-:o>", 1, given(clone)},
	{"sift", "<o-f?:o>", 2, sift},
	{"each", "<o-f:a>", 2, each},

	{"map", "<af>", 2, given(mapFunction)},
	{"filter", "<af>", 2, given(filter)},
	{"single", "<af?>", 2, given(single)},
	{"reduce", "<afj?:j>", 3, given(reduce)},

	{"now", "<s?s?:s>", 2, now},
	{"millis", "<:n>", 0, millis},
	{"toMillis", "<s-s?:n>", 2, given(toMillis)},
	{"fromMillis", "<n-s?s?:s>", 3, given(fromMillis)},
})

type definition struct {
	name, signature string
	parameters      int // as other functions count them that call it
	call            call
}

func newLibrary(definitions []definition) *Library {
	l := &Library{map[string]*builtin{}}
	for _, d := range definitions {
		l.functions[d.name] = &builtin{d.name, mustParseSignature(d.signature), d.parameters, d.call}
	}
	return l
}

// mustParseSignature reads a signature of this package's own.
func mustParseSignature(text string) *signature {
	s, err := parseSignature(text)
	if err != nil {
		panic(err)
	}
	return s
}

var transformSignature = mustParseSignature("<(oa):o>")

// with is a library that has some functions more or other, and lacks some.
func (l *Library) with(definitions []definition, without ...string) *Library {
	other := &Library{maps.Clone(l.functions)}
	maps.Copy(other.functions, newLibrary(definitions).functions)
	for _, name := range without {
		delete(other.functions, name)
	}
	return other
}
