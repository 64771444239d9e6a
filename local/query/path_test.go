package query

import (
	"errors"
	"strings"
	"testing"
)

func scope(t testing.TB) Scope {
	t.Helper()
	return Scope{
		Document: value(t, `{
			"order": {"id": "A-1", "lines": [{"sku": "x", "price": 5}, {"sku": "y", "price": 15, "gift": true}, {"sku": "z", "price": 25}]},
			"detail-type": "Object Created", "with space": 1, "null": null, "limit": 10, "list": [3, 1, 3, 2, 1], "empty": [],
			"b": {"v": 2}, "a": {"v": 1}, "quote's": 7, "back\\\"slash\\": 8, "back\"slash\\": 9, "s": "1,2;3", "json": "{\"k\":[1]}", "text": "x\", \"id\" : \"999 😀 \u2028\n\\"}`),
		Context:   value(t, `{"Execution": {"Id": "arn:e", "Input": {"n": 1}}, "Map": {"Item": {"Index": 3}}}`),
		Variables: map[string]any{"name": "María", "cart": value(t, `{"items": [1, 2]}`)},
	}
}

func TestPathsFindWhatAWSFinds(t *testing.T) {
	tests := []struct{ name, path, want string }{ // want "" is not found
		{"member", `$.order.id`, `"A-1"`},
		{"bracketed member", `$['order']["id"]`, `"A-1"`},
		{"member with a dash", `$.detail-type`, `"Object Created"`},
		{"member with a space", `$['with space']`, `1`},
		{"member with a quote", `$['quote\'s']`, `7`},
		{"member with a backslash before another quote", `$['back\"slash\\']`, `8`},
		{"member with a backslash before its quote", `$["back\"slash\\"]`, `9`},
		{"null is found", `$.null`, `null`},
		{"null has no members", `$.null.x`, ``},
		{"index", `$.order.lines[1].sku`, `"y"`},
		{"index from the end", `$.order.lines[-1].sku`, `"z"`},
		{"index out of range", `$.order.lines[3]`, ``},
		{"index of an object", `$.order[0]`, ``},
		{"member of an array", `$.order.lines.sku`, ``},
		{"member of a string", `$.order.id.x`, ``},
		{"missing member", `$.order.missing`, ``},
		{"all items", `$.order.lines[*].sku`, `["x","y","z"]`},
		{"all members, in order", `$.*.v`, `[2,1]`},
		{"descendants", `$..sku`, `["x","y","z"]`},
		{"descendants that are not there", `$..nowhere`, `[]`},
		{"descendants by bracket", `$..['v']`, `[2,1]`},
		{"slice", `$.order.lines[0:2].sku`, `["x","y"]`},
		{"slice to the end", `$.order.lines[1:].sku`, `["y","z"]`},
		{"slice from the end", `$.order.lines[-1:].sku`, `["z"]`},
		{"union in its order", `$.order.lines[2,0].sku`, `["z","x"]`},
		{"filter by comparison", `$.order.lines[?(@.price > 10)].sku`, `["y","z"]`},
		{"filter by text", `$.order.lines[?(@.sku == 'x')].price`, `[5]`},
		{"filter by existence", `$.order.lines[?(@.gift)].sku`, `["y"]`},
		{"filter by two", `$.order.lines[?(@.price > 10 && @.sku != "z")].sku`, `["y"]`},
		{"filter by the document", `$.order.lines[?(@.price > $.limit)].sku`, `["y","z"]`},
		{"filter without a match", `$.order.lines[?(@.price > 100)]`, `[]`},
		{"filter of an object asks about itself", `$.b[?(@.v == 2)]`, `[{"v":2}]`},
		{"filter of an object that does not pass", `$.b[?(@.v == 3)]`, `[]`},
		{"filter of a scalar", `$.limit[?(@.v == 3)]`, `[]`},
		{"filter below, each object once", `$..[?(@.price > 10)].sku`, `["y","z"]`},
		{"filter below, the document too", `$..[?(@.limit)].limit`, `[10]`},
		{"items below, each level before the next", `$.order.lines..*`, `[{"sku":"x","price":5},{"sku":"y","price":15,"gift":true},{"sku":"z","price":25},"x",5,"y",15,true,"z",25]`},
		{"slice backwards", `$.list[3:0:-1]`, `[2,3,1]`},
		{"several names make an object", `$.order.lines[1]['gift', 'none', 'sku']`, `{"gift":true,"sku":"y"}`},
		{"several names of each item", `$.order.lines[0:2]['gift', 'sku']`, `[{"sku":"x"},{"gift":true,"sku":"y"}]`},
		{"several names on the way", `$['b', 'a'].v`, `[2,1]`},
		{"several names of a list", `$.list['b', 'a']`, ``},
		{"several names of what is not there", `$.none['b', 'a']`, ``},
		{"items of a missing member", `$.missing[*]`, `[]`},
		{"slice of a missing member", `$.missing[1:]`, `[]`},
		{"filter of a missing member", `$.missing[?(@.price > 10)].sku`, `[]`},
		{"descendants of a missing member", `$.order.missing..x`, `[]`},
		{"items of a string", `$.order.id[*]`, `[]`},
		{"missing below an indefinite step", `$.order.lines[*].gift`, `[true]`},
		{"items of an empty array", `$.empty[*]`, `[]`},
		{"context", `$$.Map.Item.Index`, `3`},
		{"all of the context", `$$`, `{"Execution": {"Id": "arn:e", "Input": {"n": 1}}, "Map": {"Item": {"Index": 3}}}`},
		{"variable", `$name`, `"María"`},
		{"inside of a variable", `$cart.items[1]`, `2`},
		{"unknown variable", `$nobody.x`, ``},
		{"items of an unknown variable", `$nobody[*]`, ``},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path, err := ParsePath(test.path)
			if err != nil {
				t.Fatal(err)
			}
			got, found, err := path.Get(scope(t))
			if err != nil || found != (test.want != "") {
				t.Fatalf("found: %t, error: %v; got %v", found, err, got)
			}
			if found && !same(got, value(t, test.want)) {
				t.Errorf("yields %v, want %s", got, test.want)
			}
		})
	}
}

func TestBadPathsAreRefused(t *testing.T) {
	for _, path := range []string{``, `order`, `$.`, `$.a..`, `$[`, `$['a'`, `$.a[?(`, `$.a[?(@.x =~ /y/)]`, `$.lines.length()`, `$.a b`, `$a b`, `$.a[x]`, `States.UUID()`} {
		if _, err := ParsePath(path); err == nil {
			t.Errorf("%q is accepted", path)
		}
	}
}

func TestResultPathPutsTheResultIntoACopy(t *testing.T) {
	tests := []struct{ name, path, input, want string }{ // want "" is a mismatch
		{"the whole", `$`, `{"a": 1}`, `"R"`},
		{"a new member", `$.r`, `{"a": 1}`, `{"a": 1, "r": "R"}`},
		{"an old member", `$.a`, `{"a": 1}`, `{"a": "R"}`},
		{"deep, made on the way", `$.x.y.z`, `{"a": 1}`, `{"a": 1, "x": {"y": {"z": "R"}}}`},
		{"deep, beside others", `$.x.y`, `{"x": {"w": 1}}`, `{"x": {"w": 1, "y": "R"}}`},
		{"an item", `$.l[1]`, `{"l": [1, 2, 3]}`, `{"l": [1, "R", 3]}`},
		{"inside of an item", `$.l[0].r`, `{"l": [{}]}`, `{"l": [{"r": "R"}]}`},
		{"an item that is not there", `$.l[1]`, `{"l": [1]}`, ``},
		{"an item of nothing", `$.l[0]`, `{}`, ``},
		{"a member of a scalar", `$.a.b`, `{"a": 1}`, ``},
		{"a member of a null", `$.a.b`, `{"a": null}`, ``},
		{"into an input that is an array", `$.a`, `[1]`, ``},
		{"into an input that is a string", `$.a`, `"s"`, ``},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path, err := ParsePath(test.path)
			if err != nil {
				t.Fatal(err)
			}
			input := value(t, test.input)
			got, err := path.Set(input, "R")
			var mismatch *PathError
			switch {
			case test.want == "" && !errors.As(err, &mismatch):
				t.Errorf("got %v, %v; want a *PathError", got, err)
			case test.want != "" && (err != nil || !same(got, value(t, test.want))):
				t.Errorf("got %v, %v; want %s", got, err, test.want)
			}
			if !same(input, value(t, test.input)) {
				t.Error("the input was changed")
			}
		})
	}
	for _, path := range []string{`$.a[*]`, `$$.a`, `$var`, `$..a`} {
		p, err := ParsePath(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Set(object(), 1.0); err == nil {
			t.Errorf("%s is accepted as a ResultPath", path)
		}
	}
}

func TestPayloadsAreFilledIn(t *testing.T) {
	payload, err := ParsePayload(value(t, `{
		"fixed": {"x": [1, "$.order.id", null]}, "id.$": "$.order.id", "run.$": "$$.Execution.Id", "who.$": "$name",
		"list": [{"n.$": "$.limit"}, 2], "text.$": "States.Format('{} has {}', $name, States.ArrayLength($.list))", "hostile.$": "$.text"}`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := payload.Eval(scope(t))
	if err != nil {
		t.Fatal(err)
	}
	want := value(t, `{"fixed": {"x": [1, "$.order.id", null]}, "id": "A-1", "run": "arn:e", "who": "María", "list": [{"n": 10}, 2],
		"text": "María has 5", "hostile": "x\", \"id\" : \"999 😀 \u2028\n\\"}`)
	if !same(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestPayloadsAreRefused(t *testing.T) {
	for _, payload := range []string{`{"a.$": 1}`, `{"a.$": "text"}`, `{"a.$": "$["}`, `{"a": 1, "a.$": "$"}`, `{"l": [{"a.$": "States.Nothing()"}]}`} {
		if _, err := ParsePayload(value(t, payload)); err == nil {
			t.Errorf("%s is accepted", payload)
		}
	}
}

func TestAMissingPathIsReportedWithItsFieldAndInput(t *testing.T) {
	payload, err := ParsePayload(object("id.$", "$.nowhere"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = payload.Eval(Scope{Document: object("a", "<&>")})
	var missing *PathError
	want := `The JSONPath '$.nowhere' specified for the field 'id.$' could not be found in the input '{"a":"<&>"}'`
	if !errors.As(err, &missing) || missing.Message != want {
		t.Errorf("error is %v, want %s", err, want)
	}
}

func TestIntrinsicFunctions(t *testing.T) {
	tests := []struct{ call, want string }{ // want: JSON, or after ! a part of the error
		{`States.Array()`, `[]`},
		{`States.Array('a', 1, true, null, $.limit, $.list[0])`, `["a",1,true,null,10,3]`},
		{`States.ArrayPartition($.list, 2)`, `[[3,1],[3,2],[1]]`},
		{`States.ArrayPartition($.list, 1.6)`, `[[3,1],[3,2],[1]]`},
		{`States.ArrayPartition($.empty, 2)`, `[]`},
		{`States.ArrayPartition($.list, 0)`, `!positive`},
		{`States.ArrayPartition($.limit, 2)`, `!must be an array`},
		{`States.ArrayContains($.list, 2)`, `true`},
		{`States.ArrayContains($.list, '2')`, `false`},
		{`States.ArrayContains($.order.lines, $.order.lines[0])`, `true`},
		{`States.ArrayRange(1, 9, 2)`, `[1,3,5,7,9]`},
		{`States.ArrayRange(5, 1, -2)`, `[5,3,1]`},
		{`States.ArrayRange(1, 5, -1)`, `[]`},
		{`States.ArrayRange(1, 1000, 1)`, ``},
		{`States.ArrayRange(1, 1001, 1)`, `!1000`},
		{`States.ArrayRange(1, 2, 0)`, `!must not be 0`},
		{`States.ArrayGetItem($.list, 3)`, `2`},
		{`States.ArrayGetItem($.list, 5)`, `!outside`},
		{`States.ArrayGetItem($.list, -1)`, `!outside`},
		{`States.ArrayLength($.list)`, `5`},
		{`States.ArrayLength('abc')`, `!must be an array`},
		{`States.ArrayUnique($.list)`, `[3,1,2]`},
		{`States.Base64Encode('Data to encode')`, `"RGF0YSB0byBlbmNvZGU="`},
		{`States.Base64Decode('RGF0YSB0byBlbmNvZGU=')`, `"Data to encode"`},
		{`States.Base64Decode('%')`, `!not Base64`},
		{`States.Hash('input data', 'SHA-1')`, `"aaff4a450a104cd177d28d18d74485e8cae074b7"`},
		{`States.Hash('a', 'SHA1')`, `!not an algorithm`},
		{`States.Hash($.limit, 'MD5')`, `!must be a string`},
		{`States.JsonMerge($.a, $.b, false)`, `{"v":2}`},
		{`States.JsonMerge($.a, $.b, true)`, `!shallow`},
		{`States.JsonMerge($.a, 1, false)`, `!objects`},
		{`States.StringToJson($.json)`, `{"k":[1]}`},
		{`States.StringToJson('{')`, `!not JSON`},
		{`States.StringToJson('')`, `null`},
		{`States.StringToJson(' ')`, `null`},
		{`States.JsonToString($.a)`, `"{\"v\":1}"`},
		{`States.JsonToString($.text)`, `"\"x\\\", \\\"id\\\" : \\\"999 😀 \u2028\\n\\\\\""`},
		{`States.MathRandom(3, 4)`, `3`},
		{`States.MathRandom(3, 3)`, `!below`},
		{`States.MathAdd($.limit, -1)`, `9`},
		{`States.MathAdd(1.4, 1.6)`, `3`},
		{`States.MathAdd(-1.49, -1.5)`, `-2`},
		{`States.MathAdd(-0.5, 0.5)`, `1`},
		{`States.MathAdd(-1.51, 0.49999999999999994)`, `-2`},
		{`States.MathAdd(2147483647, 1)`, `!32 bits`},
		{`States.StringSplit('1,2;3,,', ',;')`, `["1","2","3"]`},
		{`States.StringSplit($.s, '')`, `["1,2;3"]`},
		{`States.Format('Hello, {}: {} {} {}', 'you', 1.5, true, null)`, `"Hello, you: 1.5 true null"`},
		{`States.Format('it\'s \{{}\} \\ {}', 'a\\b', $.text)`, `"it's {a\\b} \\ x\", \"id\" : \"999 😀 \u2028\n\\"`},
		{`States.Format($.order.id)`, `"A-1"`},
		{`States.Format('{}')`, `!1 times {} for 0 values`},
		{`States.Format('{}', 1, 2)`, `!1 times {} for 2 values`},
		{`States.Format('{', 1)`, `!escaped`},
		{`States.Format('{}', $.a)`, `"{v=1}"`},
		{`States.Format('{}', States.StringToJson('{"Arg1":1,"Arg2":[],"Arg3":["x",null,{}]}'))`, `"{Arg1=1, Arg2=[], Arg3=[x, null, {}]}"`},
		{`States.Format('{}', States.Array('a\{b', $.list))`, `"[a{b, [3, 1, 3, 2, 1]]"`},
		{`States.Format('{}', $.nowhere)`, `!could not be found in the input`},
		{`States.ArrayGetItem(States.StringSplit($$.Execution.Id, ':'), 1)`, `"e"`},
		{`States.ArrayLength( $.order.lines[?(@.price > 10)] )`, `2`},
		{`States.Array($['with space'], $['detail-type'])`, `[1,"Object Created"]`},
	}
	for _, test := range tests {
		t.Run(test.call, func(t *testing.T) {
			payload, err := ParsePayload(object("v.$", test.call))
			if err != nil {
				t.Fatal(err)
			}
			got, err := payload.Eval(scope(t))
			if part, fails := strings.CutPrefix(test.want, "!"); fails {
				var failure *IntrinsicError
				if !errors.As(err, &failure) || !strings.Contains(err.Error(), part) {
					t.Errorf("got %v, %v; want an *IntrinsicError with %q", got, err, part)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if v := member(got, "v"); test.want != "" && !same(v, value(t, test.want)) {
				t.Errorf("got %#v, want %s", v, test.want)
			}
		})
	}
}

func TestIntrinsicCallsAreRefused(t *testing.T) {
	nested := strings.Repeat("States.Array(", 11) + strings.Repeat(")", 11)
	for _, call := range []string{`States.Nothing()`, `States.UUID(1)`, `States.Hash('a')`, `States.Format()`, `States.Array('a`, `States.Array(a)`, `States.Array("a")`,
		`States.Array('\n')`, `States.Array(1`, `States.Array(1) x`, `States.UUID`, `States.Array(1 2)`, nested} {
		if _, err := ParsePayload(object("v.$", call)); err == nil {
			t.Errorf("%s is accepted", call)
		}
	}
}

func TestARandomNumberWithASeedRepeats(t *testing.T) {
	payload, err := ParsePayload(object("v.$", `States.MathRandom(1, 1000000, 7)`, "w.$", `States.MathRandom(1, 1000000, 7)`, "u.$", `States.UUID()`, "x.$", `States.UUID()`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := payload.Eval(Scope{})
	if err != nil {
		t.Fatal(err)
	}
	if member(got, "v") != member(got, "w") || member(got, "u") == member(got, "x") || len(member(got, "u").(string)) != 36 {
		t.Errorf("got %v", got)
	}
}

func BenchmarkJSONPath(b *testing.B) {
	for _, text := range []string{`$.order.lines[1].sku`, `$.order.lines[?(@.price > 10)].sku`} {
		b.Run(text, func(b *testing.B) {
			path, err := ParsePath(text)
			if err != nil {
				b.Fatal(err)
			}
			s := scope(b)
			b.ReportAllocs()
			for b.Loop() {
				if _, found, err := path.Get(s); !found || err != nil {
					b.Fatal(found, err)
				}
			}
		})
	}
}

func FuzzPayload(f *testing.F) {
	for _, seed := range []string{`$.a[0]['b'][?(@.x == 'y')]..c`, `$$.Execution.Id`, `$v[-1:]`, `States.Format('{} \\{', $.a, States.Array(1, null))`, `States.MathRandom(1, 2, 3)`, `States.StringSplit('a,b', ',')`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		payload, err := ParsePayload(object("v.$", text))
		if err != nil {
			return
		}
		_, _ = payload.Eval(scope(t)) // must not panic
	})
}
