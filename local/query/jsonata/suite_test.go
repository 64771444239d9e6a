package jsonata

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// suiteCase is a case of the suite that the reference implementation publishes with version 2.0.6, as it is
// there; testdata/suite has all of them in one file.
type suiteCase struct {
	Name            string
	Expr            json.RawMessage
	Data            json.RawMessage
	Dataset         *string
	Bindings        json.RawMessage
	Result          json.RawMessage
	UndefinedResult *bool
	Unordered       bool
	Code, Token     string
	Error           json.RawMessage
	TimeLimit       int
	Depth           int
}

// TestThePublishedSuitePasses is the reference implementation's own idea of what the language is.
func TestThePublishedSuitePasses(t *testing.T) {
	datasets := readDatasets(t)
	cases := readSuite(t)
	const published = 1625
	if len(cases) != published {
		t.Errorf("testdata/suite has %d cases, want %d", len(cases), published)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) { c.run(t, datasets) })
	}
}

func readDatasets(t testing.TB) *jsonvalue.Object {
	text, err := os.ReadFile("testdata/suite/datasets.json")
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, text).(*jsonvalue.Object)
}

func readSuite(t testing.TB) []suiteCase {
	file, err := os.Open("testdata/suite/cases.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var cases []suiteCase
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c suiteCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		cases = append(cases, c)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return cases
}

func (c suiteCase) run(t *testing.T, datasets *jsonvalue.Object) {
	value, defined, err := c.evaluate(t, datasets)
	var failure *Error
	errors.As(err, &failure)
	switch {
	case c.Code != "" || c.Error != nil:
		want := struct{ Code, Message, Token string }{Code: c.Code, Token: c.Token}
		if c.Error != nil {
			if err := json.Unmarshal(c.Error, &want); err != nil {
				t.Fatal(err)
			}
		}
		if want.Code == "U1001" { // the suite's own limit on time and depth
			if failure == nil || failure != errDepth && failure != errEndless {
				t.Fatalf("error %v, want a limit", err)
			}
			return
		}
		if failure == nil || failure.Code != want.Code {
			t.Fatalf("got %s, error %v, want error %s", encode(value), err, want.Code)
		}
		if want.Message != "" && failure.Message != want.Message || want.Token != "" && failure.token != want.Token {
			t.Errorf("error is %v of %v, want %+v", failure, failure.token, want)
		}
	case err != nil:
		t.Fatal(err)
	case c.UndefinedResult != nil:
		if defined {
			t.Errorf("got %s, want nothing", encode(value))
		}
	case !defined:
		t.Errorf("got nothing, want %s", c.Result)
	default:
		if want := decode(t, c.Result); !jsonvalue.Equal(value, want) && !(c.Unordered && sameItems(value, want)) {
			t.Errorf("got %s, want %s", encode(value), c.Result)
		}
	}
}

func (c suiteCase) input(t testing.TB, datasets *jsonvalue.Object) any {
	switch {
	case c.Data != nil:
		return decode(t, c.Data)
	case c.Dataset != nil:
		dataset, _ := datasets.Get(*c.Dataset)
		return dataset
	}
	return undefined
}

func (c suiteCase) evaluate(t *testing.T, datasets *jsonvalue.Object) (any, bool, error) {
	e, err := Compile(unquote(t, string(c.Expr)), Standard)
	if err != nil {
		return nil, false, err
	}
	input := c.input(t, datasets)
	variables := map[string]any{}
	if c.Bindings != nil {
		for name, value := range decode(t, c.Bindings).(*jsonvalue.Object).All() {
			variables[name] = value
		}
	}
	ev := &evaluation{ctx: t.Context(), library: Standard, input: input, limits: defaultLimits}
	if c.TimeLimit > 0 {
		ev.limits.time, ev.limits.depth = time.Duration(c.TimeLimit)*time.Millisecond, c.Depth
	}
	value, defined, err := e.eval(ev, input, variables)
	var failure *Error
	if errors.As(err, &failure) && strings.Contains(failure.Message, "contains a function") {
		return c.withoutFunctions(t, e, input, variables)
	}
	return value, defined, err
}

// withoutFunctions is a result whose functions are left out, for JSON does not have them.
func (c suiteCase) withoutFunctions(t *testing.T, e *Expression, input any, variables map[string]any) (any, bool, error) {
	ev := &evaluation{ctx: t.Context(), library: Standard, input: input, limits: defaultLimits}
	value, err := ev.eval(e.root, input, &frame{variables: variables})
	if err != nil {
		return nil, false, err
	}
	text, ok := stringify(value, stringifyOptions{})
	if !ok {
		return nil, false, nil
	}
	return decode(t, []byte(text)), true, nil
}

// unquote reads a JSON string which may have halves of surrogate pairs in it.
func unquote(t testing.TB, text string) string {
	token, err := (&lexer{source: text}).text('"')
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return token.text
}

func decode(t testing.TB, text []byte) any {
	t.Helper()
	value, err := jsonvalue.Decode(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return value
}

func encode(value any) string {
	text, err := jsonvalue.Encode(value)
	if err != nil {
		return err.Error()
	}
	return text
}

func sameItems(a, b any) bool {
	x, _ := a.([]any)
	y, _ := b.([]any)
	rest := append([]any(nil), y...)
	for _, item := range x {
		found := false
		for i := range rest {
			if found = jsonvalue.Equal(item, rest[i]); found {
				rest = append(rest[:i], rest[i+1:]...)
				break
			}
		}
		if !found {
			return false
		}
	}
	return len(rest) == 0
}
