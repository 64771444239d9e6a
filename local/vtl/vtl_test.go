package vtl

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

const hostile = "x\", \"id\" : \"999 \\ ' / \n\t é 😀 \u2028"

func data() Data {
	return Data{
		Body: []byte(`{"b": 1, "a": {"name": "Ada", "tags": ["x", "y"], "none": null}, "items": [{"id": 1, "price": 2.5}, {"id": 2, "price": 3}],
			"text": "x\", \"id\" : \"999 \\ ' / \n\t é 😀 \u2028", "big": 12345678901234567890, "money": 1.50, "yes": true, "empty": "", "zero": 0, "hidden-name": 1, "html": "<a&b>"}`),
		Params: Params{
			Path:   map[string]string{"id": "p1", "same": "path"},
			Query:  map[string]string{"q": "a b&c", "same": "query"},
			Header: map[string]string{"X-Trace": "t", "same": "header"},
		},
		Context: map[string]any{
			"requestId": "r-1", "httpMethod": "GET", "requestTimeEpoch": 1700000000000,
			"identity":   map[string]any{"sourceIp": "10.0.0.1"},
			"authorizer": map[string]any{"partner": "acme", "claims": map[string]any{"sub": "s"}},
		},
		StageVariables: map[string]string{"table": "T", "alias": "live"},
	}
}

func TestTemplatesRender(t *testing.T) {
	tests := []struct{ name, template, want string }{
		{"text stays", "{\"a\": 1}\n$ 5$ #1 #fff a@b.c $1 ${ #", "{\"a\": 1}\n$ 5$ #1 #fff a@b.c $1 ${ #"},
		{"the body", `$input.body.substring(0, 7)`, `{"b": 1`},
		{"a value as JSON", `$input.json('$.a')`, `{"name":"Ada","tags":["x","y"],"none":null}`},
		{"the whole as JSON keeps its order", `$input.json('$').substring(0, 12)`, `{"b":1,"a":{`},
		{"a text as JSON is quoted", `$input.json('$.a.name')`, `"Ada"`},
		{"a hostile text as JSON", `$input.json('$.text')`, `"x\", \"id\" : \"999 \\ ' / \n\t é 😀 ` + "\u2028" + `"`},
		{"HTML as JSON", `$input.json('$.html')`, `"<a&b>"`},
		{"what is missing as JSON", `$input.json('$.nowhere')`, `""`},
		{"null as JSON", `$input.json('$.a.none')`, `null`},
		{"a list of matches as JSON", `$input.json('$.items[*].id')`, `[1,2]`},
		{"numbers as JSON stay as they are", `$input.json('$.big') $input.json('$.money')`, `12345678901234567890 1.50`},
		{"a path's text", `$input.path('$.a.name')`, `Ada`},
		{"a path's object prints as in Java", `$input.path('$.a')`, `{name=Ada, tags=["x","y"], none=null}`},
		{"a path's list prints as JSON", `$input.path('$.items')`, `[{"id":1,"price":2.5},{"id":2,"price":3}]`},
		{"numbers", `$input.path('$.b') $input.path('$.big') $input.path('$.money') $input.path('$.zero')`, `1 12345678901234567890 1.5 0`},
		{"a path to nothing is empty", `[$input.path('$.nowhere')][$input.path('$.nowhere').deeper.still]`, `[][]`},
		{"members of the root", `#set($r = $input.path('$'))$r.a.name $r.items[1].id $r.items.get(0).id $r.hidden-name ${r.a.name}x $!r.nope|$r['b']`, `Ada 2 1 1 Adax |1`},
		{"a reference at the end of a sentence", `#set($x = "a")$x. $x.`, `a. a.`},
		{"a parameter by its place", `$input.params('id') $input.params('q') $input.params('X-Trace')`, `p1 a b&c t`},
		{"path before query before header", `$input.params('same') $input.params().querystring.same $input.params().header.get('same')`, `path query header`},
		{"a header in another case", `$input.params('x-trace')`, `t`},
		{"no such parameter", `[$input.params('none')]`, `[]`},
		{"context", `$context.requestId $context.identity.sourceIp $context.authorizer.partner $context.authorizer.claims.sub $context.requestTimeEpoch [$context.authorizer.none][$context.stage]`, `r-1 10.0.0.1 acme s 1700000000000 [][]`},
		{"stage variables", `$stageVariables.table ${stageVariables.alias} [$stageVariables.none] #foreach($k in $stageVariables.keySet())$k#end`, `T live [] aliastable`},
		{"escapeJavaScript", `$util.escapeJavaScript($input.path('$.text'))`, `x\", \"id\" : \"999 \\ \' \/ \n\t \u00E9 \uD83D\uDE00 \u2028`},
		{"the documented way to JSON", `$util.escapeJavaScript("it's").replaceAll("\\'", "'")`, `it's`},
		{"escapeJavaScript of nothing", `[$util.escapeJavaScript($input.path('$.nowhere'))]`, `[]`},
		{"parseJson", `#set($o = $util.parseJson('{"k": [1, {"m": "v"}]}'))$o.k[1].m $o`, `v {k=[1,{"m":"v"}]}`},
		{"URL encoding", `$util.urlEncode("a b&c=é*~/") $util.urlDecode("a+b%26")`, `a+b%26c%3D%C3%A9*%7E%2F a b&`},
		{"Base64", `$util.base64Encode("Grüße") $util.base64Decode("R3LDvMOfZQ==")`, `R3LDvMOfZQ== Grüße`},
		{"if", `#if(true)a#{else}b#end#if(false)a#{else}b#end#if(1 == 2)x#elseif(2 == 2)y#{else}z#end`, `aby`},
		{"what is written out or calculated is no condition", `#if("a")a#end#if(1)b#end#if([1])c#end#if({"a": 1})d#end#if(1 + 1)e#end#if(1 || 2)f#end#if(!"a")g#end#if(true)h#end#if(1 < 2)i#end#set($t = ("a" && true))$t`, `ghifalse`},
		{"only false and nothing are false", `#set($e = "")#set($z = 0)#if($e)a#end#if($z)b#end#if($input.path('$.nowhere'))c#end#if($input.path('$.yes'))d#end#if(!$input.path('$.a.none'))e#end`, `abde`},
		{"comparison", `#if(1 < 2 && 2 <= 2 && !(3 > 4) || false)a#end#if("1" == 1)b#end#if("a" != "b")c#end#if(1.0 == 1)d#end#if($input.path('$.nowhere') == "")e#end#if("a" < "b")f#end`, `abcde`},
		{"comparison in words", `#if(1 lt 2 and 2 ge 2 or false)a#end#if(not true)b#end#if(1 eq 1)c#end#if(1 ne 1)d#end`, `ac`},
		{"arithmetic", `#set($x = 7 + 3 * 2 - 10 / 3)$x #set($y = 7 % 4)$y #set($z = 1 + 0.5)$z #set($w = "a" + 1)$w #set($v = (1 + 2) * 3)$v`, `1031.5a19`},
		{"nothing is not assigned", `#set($x = 1)#set($x = $input.path('$.nowhere'))#set($x = 1 / 0)$x`, `1`},
		{"foreach", `#foreach($i in $input.path('$.items'))$i.id/$foreach.index/$foreach.count/$velocityCount#if($foreach.hasNext), #end#end`, `1/0/1/1, 2/1/2/2`},
		{"foreach over a map, a range, nothing", `#foreach($v in {"a": 1, "b": 2})$v#end #foreach($n in [3..1])$n#end #foreach($n in [])x#end#foreach($n in $input.path('$.nowhere'))x#end`, `12 321 `},
		{"nested loops", `#foreach($a in [1, 2])#foreach($b in ["x", "y"])$a$b$foreach.parent.count $foreach.last;#end#end`, `1x1 false;1y1 true;2x2 false;2y2 true;`},
		{"a loop's variable ends with it", `#set($i = "before")#foreach($i in [1])$i#end$i`, `1before`},
		{"break and stop", `#foreach($i in [1..9])#if($i == 3)#break#end$i#end done#stop never`, `12 done`},
		{"define", "#define($loop)\n#foreach($k in $m.keySet())$k=$m.get($k);#end\n#end\n#set($m = {'a': 1})$loop #set($m = {'b': 2})$loop", "a=1;b=2;"},
		{"interpolation", `#set($n = "Ada")#set($s = "Hi $n, ${n}s #if(true)yes#end")$s #set($q = 'Hi $n')$q #set($d = "say ""x""")$d`, `Hi Ada, Adas yesHi $nsay "x"`},
		{"lists", `#set($l = [1, "b"])#set($ok = $l.add(3))$l $l.size() $l.contains("b") $l.isEmpty() $l.indexOf(3) $l.subList(0, 2) $l.remove(0) $l.set(0, "c") $l.get(0)`, `[1, b, 3] 3 true false 2 [1, b] 1 b c`},
		{"maps", `#set($m = {"a": 1})#set($m.b = 2)#set($x = $m.put("c", 3))$m $m.size() $m.containsKey("b") $m.get("z") $m.remove("a") $m.keySet() $m.values() $m.entrySet()`, `{a=1, b=2, c=3} 3 true  1 [b, c] [2, 3] [b=2, c=3]`},
		{"entries", `#foreach($e in $input.path('$.a').entrySet())$e.key:$e.getValue();#end`, `name:Ada;tags:["x","y"];none:;`},
		{"texts", `#set($s = "  Hello World ")$s.trim() $s.length() $s.toUpperCase().trim() $s.indexOf("World") $s.contains("lo W") $s.substring(2, 7) $s.trim().split(" ") $s.trim().charAt(1) $s.isEmpty() $s.trim().startsWith("He") $s.replace("l", "L").trim()`, `Hello World 14 HELLO WORLD 8 true Hello [Hello, World] e false true HeLLo WorLd`},
		{"regular expressions", `$context.requestId.replaceAll("([a-z])-(\d)", "$2:$1\$") $context.requestId.matches("r.*") #set($c = "a,b,,")$c.split(",").size() $c.split(",", 9).size()`, `1:r$ true2 4`},
		{"lengths count UTF-16 units", `#set($s = "a😀b")$s.length() $s.substring(3) $s.indexOf("b")`, `4 b 3`},
		{"comments", "a## comment $nope\nb#* $nope #if *#c#[[ $raw #if ]]#d", "abc $raw #if d"},
		{"escapes", `\$context.requestId \#if(true) \x \$5 \\$context.requestId`, `$context.requestId #if(true) \x \$5 \r-1`},
		{"a directive takes its line end along", "#set($x = 1)\n#if(true)\n  a\n#else\n  b\n#end  \nc", "  a\nc"},
		{"quiet references", `$!{input.params('none')}$!context.requestId`, `r-1`},
		{"doubles print as in Java", `#set($x = 10.0)$x #set($y = 12345678.5)$y #set($z = 0.0001)$z`, `10.01.23456785E71.0E-4`},
		{"what there is not is nothing, however it is asked for", `[$nobody][$nobody.name][${nobody.is("here")}][$input.body.nope][$input.body.nope()][$context.requestId.size()]`, `[][][][][][]`},
		{"nothing equals nothing and the empty text", `#if($input.path('$.nowhere') == $null)a#end#if($input.path('$.a.none') == "")b#end#if($nobody != "")c#end#if("" == $input.path('$.empty'))d#end#if($nobody)e#end`, `abd`},
		{"blanks before a #set go, if they are all of a text", "  #set($x = 1)$x #set($y = 2)$y\t#set($z = 3)$z, #set($z = 4)$z\n  #set($z = 5)$z", "123, 4\n  5"},
		{"blanks before a #set go behind a word and a backslash", `a#b  #set($x = 1)$x\  #set($x = 2)$x`, `a#b1\2`},
		{"no comment begins behind a member", "$context.requestId## c\n$context.requestId ## c\n${context.requestId}## c\n#set($x = [1])$x[0]## c\n$x.get(0)## c\n$x## c", "r-1## c\nr-1 r-11## c\n1[1]"},
		{"blanks before other directives stay", "  #if(true)a #end#foreach($i in [1]) $i #end", "  a  1 "},
		{"a list that was set to what adding to it answers", `#set($l = [1])#set($l = $l.add(2))$l`, `true`},
		{"a context as a map", `#foreach($k in $context.identity.keySet())$k=$context.identity.get($k)#end $context.get("requestId") $context["httpMethod"] $context.containsKey("stage")`, `sourceIp=10.0.0.1 r-1 GET false`},
		{"maps of the context print as nothing, and are what they are", `[$context][$context.identity][$context.get("authorizer")][$context.requestOverride.get("path")]$context.authorizer.claims.sub`, `[][][][]s`},
		{"a context in the order of Java", `#foreach($k in $context.keySet())$k #end#foreach($k in $context.requestOverride.keySet())$k #end$context.responseOverride.keySet()`,
			`requestOverride authorizer requestTimeEpoch requestId identity responseOverride httpMethod path header querystring [header]`},
		{"a backslash is for what there is", `\$context.requestId \\$context.requestId \\\$context.requestId \$nobody \#set \\#if(true)x#end \#nothing`, `$context.requestId \r-1 \$context.requestId \$nobody #set \x \#nothing`},
		{"integers grow, and fractions may be short", `#set($n = 9223372036854775807 + 1)$n#set($n = 2147483648 * 2147483648 * 4);$n#set($n = .5 + 1e2);$n`, `9223372036854775808;18446744073709551616;100.5`},
		{"numbers have methods", `#set($n = $input.path('$.money'))$n.intValue() $input.path('$.b').doubleValue() $input.path('$.b').compareTo(2)`, `1 1.0 -1`},
		{"a negative index counts from the end", `#set($l = [1, 2])#set($l[-2] = "a")$l[-1]$l`, `2[a, 2]`},
		{"what has no members keeps none", `#set($s = "a")#set($s.x = 1)#set($nobody.x = 1)$s$nobody`, `a`},
		{"a break outside of a loop ends the template", `a#if(true)b#break c#end d`, `ab`},
		{"the outermost loop", `#foreach($a in [1, 2])#foreach($b in [1])$foreach.topmost.count#end#end`, `12`},
		{"more methods of texts, lists and maps", `#set($s = " ab ")$s.strip()$s.stripLeading()|$s.repeat(2)|$s.isBlank()$s.strip().compareToIgnoreCase("AB") #set($l = [1, 2, 1])$l.lastIndexOf(1)$l.containsAll([2])$l.removeAll([1])$l#set($m = {"a": 1})$!m.putIfAbsent("b", 2)$m.putIfAbsent("a", 3)$m`, `abab | ab  ab |false02truetrue[2]1{a=1, b=2}`},
		{"a number sign before a reference", `{"S":"PARTNER#$context.authorizer.partner#x"}`, `{"S":"PARTNER#acme#x"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			template, err := Parse(test.template)
			if err != nil {
				t.Fatal(err)
			}
			got, err := template.Render(t.Context(), data())
			if err != nil {
				t.Fatal(err)
			}
			if got.Text != test.want {
				t.Errorf("renders %q, want %q", got.Text, test.want)
			}
		})
	}
}

func TestWhatAPIGatewayDoesNotKnowIsRefusedByName(t *testing.T) {
	tests := []struct{ template, want string }{
		{`$input.jsn('$')`, `line 1: $input.jsn('$'): $input has no member jsn`},
		{`$input`, `$input stands for nothing`},
		{`$input.path()`, `$input has no member path`},
		{`$input.path('$[')`, `invalid path '$['`},
		{`$input.params('a', 'b')`, `$input has no member params`},
		{`$util.toJson($input.path('$'))`, `$util has no method toJson`},
		{`$util.escapeJavaScript`, `$util has no method escapeJavaScript`},
		{"\n\n$context.requestid", `line 3: $context.requestid: $context has no member requestid`},
		{`$context.identity.nope`, `$context has no member identity.nope`},
		{`$input.body.hashCode()`, `the method hashCode of Java is not supported`},
		{`#set($m = {"a": null})`, `is not an expression`},
		{`#set($l = [])$l.add(1 + 1)`, `expected`},
		{`#set($l = [(1)])`, `"(1)])" cannot be an argument, an index or a member`},
		{`#foreach($x in !$y)#end`, `cannot be an argument, an index or a member`},
		{`#[[ open`, `#[[ is not closed by ]]#`},
		{`#set($context.requestOverride = "x")`, `#set cannot set $context.requestOverride`},
		{`#macro(m)x#end`, `#macro is not supported`},
		{`#include("a")`, `#include is not supported`},
		{`#set($context.requestId = "x")`, `#set cannot set $context.requestId`},
		{`#set($input.body = "x")`, `#set cannot set $input.body`},
		{`#if(true)`, `#if without #end`},
		{`#foreach($x in [1])`, `#foreach without #end`},
		{`a#end`, `#end without #if or #foreach`},
		{`#set($x = )`, `is not an expression`},
		{`#set($x = "a)`, `a string is not closed`},
		{`#if(1 == )a#end`, `is not an expression`},
		{`${context.requestId`, `is not closed by }`},
	}
	for _, test := range tests {
		t.Run(test.template, func(t *testing.T) {
			_, err := Parse(test.template)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want %q", err, test.want)
			}
		})
	}
}

func TestOverridesAreReported(t *testing.T) {
	template, err := Parse(`#set($context.responseOverride.status = 404)#set($context.responseOverride.header.X-Reason = "gone")
#set($context.requestOverride.header.multi = ["a", "b"])#set($context.requestOverride.path.id = $input.params('id'))#set($context.requestOverride.querystring["q-1"] = 5)$context.responseOverride.status`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := template.Render(t.Context(), data())
	if err != nil {
		t.Fatal(err)
	}
	want := Result{
		Text:     "404",
		Request:  Override{Header: map[string]string{"multi": "a,b"}, Path: map[string]string{"id": "p1"}, Query: map[string]string{"q-1": "5"}},
		Response: Override{Status: 404, Header: map[string]string{"X-Reason": "gone"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestAResponseTemplateFindsWhatTheRequestTemplateAssigned(t *testing.T) {
	overrides := NewOverrides()
	d := data()
	d.Overrides = overrides
	got, err := renderOnce(t, `#set($name = "foo")#set($context.requestOverride.querystring[$name] = "bar")$context.requestOverride.querystring.put("put", "too")`+
		`#set($context["responseOverride"].header["X-A"] = "a")#set($context.responseOverride.status = 444)#set($context.responseOverride.custom = "is passed on")`, d)
	if err != nil || got != "" {
		t.Fatalf("request: %q %v", got, err)
	}
	got, err = renderOnce(t, `$context.requestOverride.querystring.foo $context.requestOverride.querystring["put"] $context.responseOverride.status $context.responseOverride.header.X-A $context.responseOverride.custom`+
		`#set($context.responseOverride.header.X-B = "b")`, d)
	if want := "bar too 444 a is passed on"; err != nil || got != want {
		t.Errorf("response: %q %v, want %q", got, err, want)
	}
	want := Override{Status: 444, Header: map[string]string{"X-A": "a", "X-B": "b"}}
	if got := overrides.Response(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := overrides.Request().Query; !reflect.DeepEqual(got, map[string]string{"foo": "bar", "put": "too"}) {
		t.Errorf("got %+v", got)
	}
	if got := NewOverrides().Response(); got.Status != 0 || len(got.Header) > 0 {
		t.Errorf("another request has %+v", got)
	}
}

func TestRenderingFails(t *testing.T) {
	tests := []struct{ name, template, want string }{
		{"a list has no such item", `#set($l = [1])$l.get(1)`, `index 1 is outside`},
		{"a list has no such item to set", `#set($l = [1])#set($l[1] = 2)`, `index 1 is outside`},
		{"a list has no such item behind its beginning", `#set($l = [1])$l[-2]`, `index -1 is outside`},
		{"a text repeated less than never", `#set($s = "a")$s.repeat(-1)`, `cannot be repeated -1 times`},
		{"a text repeated too often", `#set($s = "a")$s.repeat(100000000)`, `longer than`},
		{"substring", `#set($s = "a")$s.substring(2)`, `out of range`},
		{"parseJson", `$util.parseJson("{")`, `$util.parseJson`},
		{"a regular expression of Java only", `#set($s = "a")$s.replaceAll("(?=a)", "")`, `not supported`},
		{"a path out of a variable", `#set($p = "$[")$input.path($p)`, `invalid path`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			template, err := Parse(test.template)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := template.Render(t.Context(), data()); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want %q", err, test.want)
			}
		})
	}
}

func TestBodies(t *testing.T) {
	template, err := Parse(`$input.json('$') $input.path('$.a') $input.json('$.a')`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := template.Render(t.Context(), Data{})
	if err != nil || got.Text != `{}  ""` {
		t.Errorf("without a body: %q, %v", got.Text, err)
	}
	for _, body := range []string{`{`, `{"a": 1} x`, `not JSON`} {
		var bad *BodyError
		if _, err := template.Render(t.Context(), Data{Body: []byte(body)}); !errors.As(err, &bad) {
			t.Errorf("body %q: error is %v, want a *BodyError", body, err)
		}
	}
	raw, err := Parse(`$input.body`)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := raw.Render(t.Context(), Data{Body: []byte(hostile)}); err != nil || got.Text != hostile {
		t.Errorf("the body that is not JSON: %q, %v", got.Text, err)
	}
}

func TestLoopsEndAtAPIGatewaysLimit(t *testing.T) {
	template, err := Parse(`#foreach($i in [1..5000])x#end`)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := template.Render(t.Context(), Data{}); err != nil || len(got.Text) != maxIterations {
		t.Errorf("%d iterations, %v; want %d", len(got.Text), err, maxIterations)
	}
}

func TestRenderingsDoNotShareTheirState(t *testing.T) {
	template, err := Parse(`#set($l = [])#set($ok = $l.add($input.params('id')))#set($context.responseOverride.header.a = "b")$l`)
	if err != nil {
		t.Fatal(err)
	}
	d := data()
	for range 2 {
		if got, err := template.Render(t.Context(), d); err != nil || got.Text != "[p1]" {
			t.Errorf("renders %q, %v", got.Text, err)
		}
	}
	if !reflect.DeepEqual(d, data()) {
		t.Error("rendering changed its data")
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{getItem, `#foreach($i in [1..3])$i#end`, `#set($m = {"a": [1, -2.5], 'b': "$x ${y.z[0]}"})`, `\\$!{a.b("c")}#if(!$a && 1 < 2)#elseif(true)#{else}#end##`, `#define($d)x#end#*#[[`, `$util.escapeJavaScript("a").replaceAll("\\","$1").substring(1,2)`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		template, err := Parse(source)
		if err != nil {
			return
		}
		_, _ = template.Render(t.Context(), data()) // must not panic
	})
}

const getItem = `#set($inputRoot = $input.path('$'))
{
  "TableName": "$stageVariables.table",
  "Key": {"pk": {"S": "$util.escapeJavaScript($input.params('id'))"}, "sk": {"S": "PARTNER#$context.authorizer.partner"}},
  "ids": [#foreach($i in $inputRoot.items)$i.id#if($foreach.hasNext), #end#end],
  "consistent": #if($inputRoot.yes && $inputRoot.a.name != "")true#{else}false#end
}`

func BenchmarkRender(b *testing.B) {
	template, err := Parse(getItem)
	if err != nil {
		b.Fatal(err)
	}
	d := data()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := template.Render(b.Context(), d); err != nil {
			b.Fatal(err)
		}
	}
}
