package vtl

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// killers would exhaust the memory, the stack or somebody's patience if nothing
// bounded them; each comes with a word of what stops it. "" means that it may go on
// for a while and still yields something.
func killers() map[string]struct{ template, stopped string } {
	nested := func(open, inner, shut string, n int) string {
		return strings.Repeat(open, n) + inner + strings.Repeat(shut, n)
	}
	type killer = struct{ template, stopped string }
	return map[string]killer{
		"a list in itself":                  {`#set($l = [])#set($x = $l.add($l))$l`, "contains itself"},
		"a list in itself, compared":        {`#set($l = [])#set($x = $l.add($l))#if($l == $l)y#end`, "contains itself"},
		"a list in itself, by a method":     {`#set($l = [1])#set($x = $l.add($l))$l.toString()`, "contains itself"},
		"a list in itself, searched":        {`#set($l = [1])#set($x = $l.add($l))$l.contains("x")`, "contains itself"},
		"a list in itself, without method":  {`#set($l = [1])#set($x = $l.add($l))$l.trim()`, ""},
		"a list in itself, as a key":        {`#set($l = [1])#set($x = $l.add($l))#set($m = {$l: 1})`, "contains itself"},
		"a list in itself, as an index":     {`#set($l = [1])#set($x = $l.add($l))#set($m = {})$m[$l]`, "contains itself"},
		"a list in itself, escaped":         {`#set($l = [1])#set($x = $l.add($l))$util.escapeJavaScript($l)`, "contains itself"},
		"a list in itself, as a path":       {`#set($l = [1])#set($x = $l.add($l))$input.json($l)$input.params($l)`, "contains itself"},
		"a list in itself, set":             {`#set($l = [1])#set($x = $l.add($l))#set($l.name = 1)`, ""},
		"a JSON list in itself":             {`#set($l = $input.path('$.items'))#set($x = $l.add($l))$l`, "contains itself"},
		"a map in itself":                   {`#set($m = {})#set($m.me = $m)$m`, "contains itself"},
		"a map in itself, through an entry": {`#set($m = {})#set($x = $m.put("me", $m))#foreach($e in $m.entrySet())$e#end`, "contains itself"},
		"a map in itself, searched":         {`#set($m = {"a": 1})#set($m.me = $m)$m.containsValue("x")`, "contains itself"},
		"$context in itself":                {`#set($x = $context.authorizer.put("me", $context))$context.authorizer`, "contains itself"},
		"$context in an override":           {`#set($context.responseOverride.header.me = $context)ok`, "contains itself"},
		"lists of lists of lists":           {`#set($l = ["x", "x"])#foreach($i in [1..60])#set($l = [$l, $l])#end$l`, "longer than"},
		"a #define of itself":               {`#define($d)a$d#end$d`, "within each other"},
		"#defines of each other":            {`#define($a)$b#end#define($b)"$a"#end$a`, "within each other"},
		"a #define in a text of itself":     {`#define($d)#set($x = "$d")$x#end$d`, "within each other"},
		"a huge range":                      {`#foreach($i in [1..2000000000])x#end`, "items"},
		"a huge range downwards":            {`#set($r = [9223372036854775807..-9223372036854775807])`, "items"},
		"a text doubled":                    {`#set($s = "x")#foreach($i in [1..60])#set($s = $s + $s)#end`, "longer than"},
		"a text concatenated":               {`#set($s = "x")#foreach($i in [1..60])#set($s = $s.concat($s))#end`, "longer than"},
		"a text interpolated":               {`#set($s = "x")#foreach($i in [1..60])#set($s = "$s$s")#end`, "longer than"},
		"a text replaced":                   {`#set($s = "x")#foreach($i in [1..60])#set($s = $s.replace("x", "xx"))#end`, "longer than"},
		"a text replaced between":           {`#set($s = "x")#foreach($i in [1..60])#set($s = $s.replace("", "xxxx"))#end`, "longer than"},
		"a text replaced by a pattern":      {`#set($s = "xxxx")#foreach($i in [1..60])#set($s = $s.replaceAll("x+", "$0$0$0"))#end`, "longer than"},
		"a text escaped":                    {`#set($s = "\\")#foreach($i in [1..60])#set($s = $util.escapeJavaScript($s))#end`, "longer than"},
		"a text encoded":                    {`#set($s = "x")#foreach($i in [1..100])#set($s = $util.base64Encode($s))#end`, "longer than"},
		"much output":                       {`#set($s = "x")#foreach($i in [1..20])#set($s = $s + $s)#end#foreach($i in [1..900])$s#end`, "longer than"},
		"much that is kept":                 {`#set($s = "x")#foreach($i in [1..22])#set($s = $s + $s)#end#set($l = [])#foreach($i in [1..900])#set($t = $s + "$i")#set($x = $l.add($t))#end`, "too much"},
		"a list doubled":                    {`#set($l = [1])#foreach($i in [1..60])#set($x = $l.addAll($l))#end`, "items"},
		"long lists":                        {`#set($k = [])#foreach($i in [1..900])#set($x = $k.add([1..90000]))#end`, "too much"},
		"a text split":                      {`#set($s = "x")#foreach($i in [1..20])#set($s = $s + $s)#end$s.split("")`, "items"},
		"loops in loops":                    {`#foreach($a in [1..999])#foreach($b in [1..999])#foreach($c in [1..999])#set($x = 1)#end#end#end`, "too much"},
		"a pattern that would explode":      {`#set($s = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!")$s.matches("(a+)+")`, ""},
		"a pattern that is long":            {`#set($p = "a?")#foreach($i in [1..18])#set($p = $p + $p)#end$p.matches($p)`, "too much"},
		"a pattern of many copies":          {`#set($s = "a")$s.matches("((a{1,1000}){1,1000}){1,1000}")`, "not supported"},
		"a search in copies":                {`#set($s = "x")#foreach($i in [1..20])#set($s = $s + $s)#end#set($l = [])#foreach($i in [1..900])#set($x = $l.add($s))#end$l.contains($s)`, "too much"},
		"parentheses":                       {`#set($x = ` + nested("(", "1", ")", 50_000) + `)`, "nested"},
		"lists":                             {`#set($x = ` + nested("[", "1", "]", 50_000) + `)`, "nested"},
		"maps":                              {`#set($x = ` + nested(`{"a": `, "1", "}", 30_000) + `)`, "nested"},
		"negations":                         {`#set($x = ` + strings.Repeat("!", 200_000) + `true)`, "nested"},
		"negations in words":                {`#set($x = ` + strings.Repeat("not ", 50_000) + `true)`, "nested"},
		"arguments":                         {`#set($s = "")` + nested("$s.concat(", `"x"`, ")", 20_000), "nested"},
		"conditions":                        {nested("#if(true)", "x", "#end", 20_000), "nested"},
		"indexes":                           {`#set($a = [])` + strings.Repeat("$a[", 50_000), "nested"},
		"a long sum":                        {`#set($x = 1` + strings.Repeat("+1", 140_000) + `)$x`, ""},
		"a document with a thousand levels": {`#set($x = $util.parseJson("` + nested("[", "1", "]", 1500) + `"))$x`, "levels"},
		"a template that is too long":       {strings.Repeat("x", maxTemplate+1), "at most"},
	}
}

func TestNoTemplateTakesTooMuch(t *testing.T) {
	for name, k := range killers() {
		t.Run(name, func(t *testing.T) {
			before := processorTime(t)
			err := render(t.Context(), k.template)
			if took := processorTime(t) - before; took > 20*time.Second {
				t.Errorf("it took %s of a processor", took)
			}
			if k.stopped == "" && err != nil || k.stopped != "" && (err == nil || !strings.Contains(err.Error(), k.stopped)) {
				t.Errorf("error %.200v, want one with %q", err, k.stopped)
			}
		})
	}
}

// processorTime is what the test has taken so far, however busy the machine is.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func render(ctx context.Context, source string) error {
	template, err := Parse(source)
	if err != nil {
		return err
	}
	_, err = template.Render(ctx, data())
	return err
}

func TestARenderingEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := render(ctx, `x`); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// FuzzRender looks for templates that crash, or that nothing stops.
func FuzzRender(f *testing.F) {
	for _, k := range killers() {
		f.Add(k.template)
	}
	for _, folder := range []string{"testdata", filepath.Join("testdata", "velocity")} {
		paths, _ := filepath.Glob(filepath.Join(folder, "*.vm")) // the pattern is well formed
		for _, path := range paths {
			if source, err := os.ReadFile(path); err == nil {
				f.Add(string(source))
			}
		}
	}
	for _, source := range []string{
		`$input.json('$.a').substring(1).replaceAll("(.)", "$1$1")`, `$util.urlEncode($input.path('$.items[0].id'))`,
		`#foreach($k in $input.params().keySet())#set($m = {})$m.put($k, $foreach.index)#if($foreach.hasNext),#end#end`,
		`#set($context.responseOverride.status = 201)$context.identity.sourceIp $stageVariables.table #stop`,
	} {
		f.Add(source)
	}
	f.Fuzz(func(t *testing.T, source string) {
		template, err := Parse(source)
		if err != nil {
			return
		}
		started := time.Now()
		_, err = template.renderWithin(budget{ctx: t.Context(), work: maxWork / 256}, data()) // so that there is time for many
		if err != nil && err.Error() == "" {
			t.Error("an error without a text")
		}
		if took := time.Since(started); took > 5*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}
