package items

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/s3"
)

const account = "123456789012"

// bucket is S3 with one bucket: texts by their keys.
type bucket map[string]string

func (b bucket) Get(_ context.Context, name, key, version string) (*s3.Object, error) {
	text, ok := b[strings.TrimSuffix(key+"?"+version, "?")]
	if !ok {
		return nil, cloud.Errorf(404, "NoSuchKey", "The specified key does not exist.")
	}
	return &s3.Object{Bucket: name, Key: key, Size: int64(len(text)), Body: strings.NewReader(text)}, nil
}

// List pages after each second object.
func (b bucket) List(_ context.Context, in s3.ListInput) (s3.Page, error) {
	var page s3.Page
	for _, key := range []string{"a", "b", "c/", "c/1", "c/2", "d"} {
		text, ok := b[key]
		if !ok || key <= in.After || !strings.HasPrefix(key, in.Prefix) {
			continue
		}
		if len(page.Objects) == 2 {
			page.Truncated, page.Next = true, page.Objects[1].Key
			break
		}
		page.Objects = append(page.Objects, &s3.Object{
			Bucket: in.Bucket, Key: key, Size: int64(len(text)), ETag: "e-" + key, Modified: time.Unix(1668699881, 0),
		})
	}
	return page, nil
}

// read returns the inputs of child executions as lines, and the cause of a failure.
func read(t *testing.T, s Source, objects Objects, p Place) (lines, cause string) {
	t.Helper()
	p.Bucket = "shop"
	for item, err := range s.Read(t.Context(), objects, account, p) {
		if err != nil {
			var fault *Fault
			if !errors.As(err, &fault) {
				t.Fatalf("not a fault: %v", err)
			}
			return lines, fault.Cause
		}
		text, err := jsonvalue.Encode(item.Input())
		if err != nil {
			t.Fatal(err)
		}
		lines += text + "\n"
	}
	return lines, ""
}

func lines(text ...string) string { return strings.Join(append(text, ""), "\n") }

type row struct {
	name, text, want, cause string
	source                  Source
}

func check(t *testing.T, rows []row) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			got, cause := read(t, row.source, bucket{"k": row.text}, Place{Key: "k"})
			if got != row.want || !strings.HasPrefix(cause, row.cause) || (cause == "") != (row.cause == "") {
				t.Errorf("items:\n%scause: %s\nwant:\n%scause: %s", got, cause, row.want, row.cause)
			}
		})
	}
}

func TestJSONFilesKeepWhatWasWritten(t *testing.T) {
	json := Source{InputType: JSON}
	at := func(pointer string) Source { return Source{InputType: JSON, ItemsPointer: pointer} }
	check(t, []row{
		{"an array", ` [ {"b":1.0,"a":2} , 12345678901234567890, "x", null, [] ] `, lines(`{"b":1.0,"a":2}`, `12345678901234567890`, `"x"`, `null`, `[]`), "", json},
		{"nothing in it", `[]`, "", "", json},
		{"an object's members", `{"b":1.50,"a":{"c":[]},"":0}`, lines(`{"Key":"b","Value":1.50}`, `{"Key":"a","Value":{"c":[]}}`, `{"Key":"","Value":0}`), "", json},
		{"a number", `1`, "", notIterable, json},
		{"a text", `"[1]"`, "", notIterable, json},
		{"null", `null`, "", notIterable, json},
		{"no JSON", `not json`, "", "The file is not valid JSON", json},
		{"nothing", ``, "", "The file is not valid JSON", json},
		{"cut off in an item", `[1,{"a":`, lines("1"), "The file is not valid JSON", json},
		{"cut off between items", `[1,2`, lines("1", "2"), "The file is not valid JSON", json},
		{"a comma too many", `[1,]`, lines("1"), "The file is not valid JSON", json},
		{"the wrong bracket", `[1}`, lines("1"), "The file is not valid JSON", json},
		{"names that are there twice", `{"a":1,"a":2}`, lines(`{"Key":"a","Value":1}`, `{"Key":"a","Value":2}`), "", json},
		{"what is not UTF-8", "[\"\xff\"]", lines("\"\uFFFD\""), "", json},

		{"a pointer", `{"x":[9],"data":{"skip":{"items":[8]},"items":[1,2]},"y":[3]}`, lines("1", "2"), "", at("/data/items")},
		{"a pointer through an array", `[[1],[[2],[3,4]]]`, lines("3", "4"), "", at("/1/1")},
		{"a pointer with escapes", `{"a/b":{"m~n":[1]}}`, lines("1"), "", at("/a~1b/m~0n")},
		{"a pointer to an empty name", `{"":[1]}`, lines("1"), "", at("/")},
		{"a pointer to an object", `{"o":{"k":1}}`, lines(`{"Key":"k","Value":1}`), "", at("/o")},
		{"a pointer to a number", `{"records":123}`, "", notIterable, at("/records")},
		{"a pointer to nothing", `{"a":{"b":[1]}}`, "", noSuchPath, at("/a/c")},
		{"a pointer beyond the end", `[[1]]`, "", noSuchPath, at("/1")},
		{"a pointer into a number", `{"a":1}`, "", noSuchPath, at("/a/b")},
		{"a pointer before what is broken", `{"a":[1],"b":`, lines("1"), "", at("/a")},
		{"a pointer behind what is broken", `{"a":[1,"b":[2]}`, "", "The file is not valid JSON", at("/b")},
	})
}

func TestJSONLinesAreOneItemEach(t *testing.T) {
	jsonl := Source{InputType: JSONL}
	check(t, []row{
		{"objects", "{\"b\":1.0,\"a\":2}\n{\"a\":3}\n", lines(`{"b":1.0,"a":2}`, `{"a":3}`), "", jsonl},
		{"no newline at the end", "1\n2", lines("1", "2"), "", jsonl},
		{"blank lines and carriage returns", "1\r\n\r\n  \n2\r\n", lines("1", "2"), "", jsonl},
		{"nothing", "", "", "", jsonl},
		{"what is no JSON", "1\n{\n", lines("1"), "The file is not valid JSON", jsonl},
		{"two in a line", "1 2\n", "", "The file is not valid JSON", jsonl},
	})
}

// The rows of the first test are those of a file that was read by AWS.
func TestRowsAreObjectsOfTexts(t *testing.T) {
	csv := Source{InputType: CSV}
	given := func(headers ...string) Source {
		return Source{InputType: CSV, Table: Table{Given: true, Headers: headers}}
	}
	with := func(delimiter string) Source {
		d, ok := Delimiter(delimiter)
		if !ok {
			t.Fatalf("no delimiter is called %s", delimiter)
		}
		return Source{InputType: CSV, Table: Table{Delimiter: d}}
	}
	const recorded = "Value1,Value2,Value3\nValue4,Value5,Value6\n,,,\ntrue,1,'HelloWorld'\nNull,None,\n   \n"
	check(t, []row{
		{"headers in the first row", "Col1,Col2,Col3\n" + recorded, lines(
			`{"Col1":"Value1","Col2":"Value2","Col3":"Value3"}`, `{"Col1":"Value4","Col2":"Value5","Col3":"Value6"}`,
			`{"Col1":"","Col2":"","Col3":""}`, `{"Col1":"true","Col2":"1","Col3":"'HelloWorld'"}`,
			`{"Col1":"Null","Col2":"None","Col3":""}`, `{"Col1":"   ","Col2":"","Col3":""}`), "", csv},
		{"headers that are given", recorded, lines(
			`{"H1":"Value1"}`, `{"H1":"Value4"}`, `{"H1":""}`, `{"H1":"true"}`, `{"H1":"Null"}`, `{"H1":"   "}`), "", given("H1")},
		{"headers in AWS's order", "0,True,{}\nValue4,Value5,Value6\n", lines(`{"0":"Value4","{}":"Value6","True":"Value5"}`), "", csv},
		{"the documentation's order", "1,307,3.5,1256677221", lines(`{"rating":"3.5","movieId":"307","userId":"1","timestamp":"1256677221"}`), "", given("userId", "movieId", "rating", "timestamp")},
		{"an empty header", "H1,\nValue4,Value5,Value6\n", lines(`{"":"Value5","H1":"Value4"}`), "", csv},
		{"headers twice", recorded, "", "CSV headers cannot contain duplicates.", given("H1", "H1", "H3")},
		{"headers twice in the first row", "a,b,a\n1,2,3\n", "", "CSV headers cannot contain duplicates.", csv},
		{"headers alone", "a,b\n", "", "", csv},
		{"nothing", "", "", "", csv},
		{"headers that are too large", strings.Repeat("h", maxHeaders+1) + "\n", "", "CSV headers cannot be larger", csv},
		{"headers that just fit", strings.Repeat("h", maxHeaders) + "\n", "", "", csv},
		{"a blank line", "a\n\n1", lines(`{"a":""}`, `{"a":"1"}`), "", csv},
		{"no newline at the end", "a,b\n1,2", lines(`{"a":"1","b":"2"}`), "", csv},
		{"carriage returns", "a,b\r\n1,2\r\n", lines(`{"a":"1","b":"2"}`), "", csv},

		{"quotations", "a,b\n\"1,2\",\"3\n4\"\n", lines(`{"a":"1,2","b":"3\n4"}`), "", csv},
		{"quotation marks that are doubled", "a,b\n\"say \"\"hi\"\"\",{\"\"k\"\":1}\n", lines(`{"a":"say \"hi\"","b":"{\"k\":1}"}`), "", csv},
		{"an empty quotation", "a,b\n\"\",\"\"\n", lines(`{"a":"","b":""}`), "", csv},
		{"blanks before a quotation", "a,b\n1,  \"2,3\"\n", lines(`{"a":"1","b":"2,3"}`), "", csv},
		{"a quotation mark in a field", "a,b\n1,5\"6\"\n", lines(`{"a":"1","b":"5\"6"}`), "", csv},
		{"a quotation that nothing closes", "a\n\"1\n2\n", "", "Unterminated quoted field", csv},
		{"backslashes", `path,size` + "\n" + `C:\\Program Files\\MyApp.exe,6\x5\,34` + "\n", lines(`{"path":"C:\\Program Files\\MyApp.exe","size":"6x5,34"}`), "", csv},
		{"a backslash at the end", "a\n1\\\n2", lines(`{"a":"1"}`, `{"a":"2"}`), "", csv},
		{"the documentation's example", "abc,123,\"This string contains commas, a double quotation marks (\"\"), and a newline (\n)\",{\"\"MyKey\"\":\"\"MyValue\"\"},\"[1,2,3]\"\n",
			lines(`{"1":"abc","2":"123","3":"This string contains commas, a double quotation marks (\"), and a newline (\n)","4":"{\"MyKey\":\"MyValue\"}","5":"[1,2,3]"}`), "", given("1", "2", "3", "4", "5")},

		{"pipes", "a|b\n1|2,3\n", lines(`{"a":"1","b":"2,3"}`), "", with("PIPE")},
		{"semicolons", "a;b\n1;2\n", lines(`{"a":"1","b":"2"}`), "", with("SEMICOLON")},
		{"spaces", "a b\n1 2\n", lines(`{"a":"1","b":"2"}`), "", with("SPACE")},
		{"tabs", "a\tb\n1\t2 \n", lines(`{"a":"1","b":"2 "}`), "", with("TAB")},
	})
}

func TestListsTellOfObjectsPageByPage(t *testing.T) {
	objects := bucket{"a": "[1]", "b": "[2,3]", "c/": "", "c/1": "[4]", "c/2": "[5]", "d": "[]"}
	described := func(key, size string) string {
		return `{"Etag":"\"e-` + key + `\"","Key":"` + key + `","LastModified":1.668699881E9,"Size":` + size + `,"StorageClass":"STANDARD"}`
	}
	list, flat := Source{Lists: true}, Source{Lists: true, Flattens: true, InputType: JSON}
	for _, row := range []struct {
		name        string
		source      Source
		place       Place
		want, cause string
	}{
		{"all", list, Place{}, lines(described("a", "3"), described("b", "5"), described("c/", "0"), described("c/1", "3"), described("c/2", "3"), described("d", "2")), ""},
		{"under a prefix", list, Place{Prefix: "c/"}, lines(described("c/", "0"), described("c/1", "3"), described("c/2", "3")), ""},
		{"after a key", list, Place{StartAfter: "c/1"}, lines(described("c/2", "3"), described("d", "2")), ""},
		{"no more than so many", list, Place{Max: 3}, lines(described("a", "3"), described("b", "5"), described("c/", "0")), ""},
		{"what is in them", flat, Place{StartAfter: "c/"}, lines("4", "5"), ""},
		{"no more of what is in them", flat, Place{Max: 2}, lines("1", "2"), ""},
		{"in them, what is broken", flat, Place{}, lines("1", "2", "3"), "The file is not valid JSON"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, cause := read(t, row.source, objects, row.place)
			if got != row.want || !strings.HasPrefix(cause, row.cause) || (cause == "") != (row.cause == "") {
				t.Errorf("items:\n%scause: %s\nwant:\n%scause: %s", got, cause, row.want, row.cause)
			}
		})
	}
}

func TestItemsTellWhereTheyAreFrom(t *testing.T) {
	objects := bucket{"a": `{"k":1}`}
	for _, row := range []struct {
		source Source
		want   Item
	}{
		{Source{InputType: JSON}, Item{Value: 1.0, Key: "k", Member: true, Source: "s3://shop/a"}},
		{Source{InputType: JSONL}, Item{Source: "s3://shop/a"}},
		{Source{InputType: CSV, Table: Table{Given: true}}, Item{Source: "s3://shop/a"}},
		{Source{Lists: true}, Item{Source: "s3://shop"}},
		{Source{Lists: true, Flattens: true, InputType: JSON}, Item{Value: 1.0, Key: "k", Member: true, Source: "s3://shop/a"}},
	} {
		for item, err := range row.source.Read(t.Context(), objects, account, Place{Bucket: "shop", Key: "a"}) {
			if err != nil {
				t.Fatal(err)
			}
			if !row.want.Member {
				item.Value = nil
			}
			if item != row.want {
				t.Errorf("%+v, want %+v", item, row.want)
			}
		}
	}
}

func TestPlacesAreHeld(t *testing.T) {
	objects := bucket{"k": "[1,2,3]", "k?old": "[0]"}
	json := Source{InputType: JSON}
	for _, row := range []struct {
		name        string
		place       Place
		want, cause string
	}{
		{"a version", Place{Key: "k", VersionID: "old"}, lines("0"), ""},
		{"a limit", Place{Key: "k", Max: 2}, lines("1", "2"), ""},
		{"a limit beyond", Place{Key: "k", Max: 4}, lines("1", "2", "3"), ""},
		{"a limit below zero", Place{Key: "k", Max: -1}, "", "field MaxItems must be positive"},
		{"the owner", Place{Key: "k", ExpectedBucketOwner: account}, lines("1", "2", "3"), ""},
		{"another owner", Place{Key: "k", ExpectedBucketOwner: "210987654321"}, "", "Access Denied (Service: S3, Status Code: 403, Request ID: "},
		{"no such key", Place{Key: "j"}, "", "The specified key does not exist. (Service: S3, Status Code: 404, Request ID: "},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, cause := read(t, json, objects, row.place)
			if got != row.want || !strings.HasPrefix(cause, row.cause) || (cause == "") != (row.cause == "") {
				t.Errorf("items:\n%scause: %s\nwant:\n%scause: %s", got, cause, row.want, row.cause)
			}
		})
	}
}

func TestReadingStopsWhenTheExecutionDoes(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var got []error
	for _, err := range (Source{InputType: JSON}).Read(ctx, bucket{"k": "[1,2,3]"}, account, Place{Key: "k"}) {
		got = append(got, err)
		cancel()
	}
	if len(got) != 2 || got[0] != nil || got[1] == nil {
		t.Errorf("read on: %v", got)
	}
}

// endless is a large object that is made as it is read.
type endless struct{ begin, item, end string }

const manyItems = 1 << 17

func (e endless) size() int64 { return int64(len(e.begin) + manyItems*len(e.item) + len(e.end)) }

func (e endless) ReadAt(p []byte, off int64) (int, error) {
	for i := range p {
		at := off + int64(i)
		switch body := at - int64(len(e.begin)); {
		case at >= e.size():
			return i, io.EOF
		case body < 0:
			p[i] = e.begin[at]
		case body < int64(manyItems*len(e.item)):
			p[i] = e.item[body%int64(len(e.item))]
		default:
			p[i] = e.end[body-int64(manyItems*len(e.item))]
		}
	}
	return len(p), nil
}

func (e endless) Get(context.Context, string, string, string) (*s3.Object, error) {
	return &s3.Object{Size: e.size(), Body: e}, nil
}

func (e endless) List(context.Context, s3.ListInput) (s3.Page, error) { panic("not a list") }

func TestLargeFilesAreNotKeptInMemory(t *testing.T) {
	for name, file := range map[string]struct {
		source Source
		text   endless
	}{
		"JSON":  {Source{InputType: JSON, ItemsPointer: "/a"}, endless{`{"a":[0`, `,{"a":"1234567890","b":1}`, `]}`}},
		"JSONL": {Source{InputType: JSONL}, endless{"{}\n", "{\"a\":\"1234567890\",\"b\":1}\n", ""}},
		"CSV":   {Source{InputType: CSV}, endless{"a,b\nx,y\n", "1234567890,\"12345678\"\n", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			n := 0
			var before, after runtime.MemStats
			for _, err := range file.source.Read(t.Context(), file.text, account, Place{}) {
				if err != nil {
					t.Fatal(err)
				}
				if n++; n == manyItems/2 {
					runtime.GC()
					runtime.ReadMemStats(&before)
				}
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			if n != manyItems+1 {
				t.Errorf("%d items, want %d", n, manyItems+1)
			}
			if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 1<<18 {
				t.Errorf("half a file of %d MB left %d KB in memory", file.text.size()>>20, grown>>10)
			}
		})
	}
}

func TestItemsHave8MBAtMost(t *testing.T) {
	const quotes = 2
	fits, large := strings.Repeat("x", maxItemSize-quotes), strings.Repeat("x", maxItemSize+readAhead)
	for name, row := range map[string]struct {
		source Source
		format func(string) string
	}{
		"JSON":      {Source{InputType: JSON}, func(s string) string { return `["` + s + `",1]` }},
		"JSONL":     {Source{InputType: JSONL}, func(s string) string { return `"` + s[:len(s)-8] + `"` + "\n1\n" }},
		"CSV":       {Source{InputType: CSV}, func(s string) string { return "a\n" + s[:len(s)-8] + "\n1\n" }},
		"quotation": {Source{InputType: CSV}, func(s string) string { return "a\n\"" + s[:len(s)/2] + "\n" + s[len(s)/2+8:] + "\"\n1\n" }},
	} {
		t.Run(name, func(t *testing.T) {
			got, cause := read(t, row.source, bucket{"k": row.format(fits)}, Place{Key: "k"})
			if cause != "" || strings.Count(got, "\n") != 2 {
				t.Errorf("%d bytes of items, %s", len(got), cause)
			}
			if _, cause = read(t, row.source, bucket{"k": row.format(large)}, Place{Key: "k"}); cause != itemTooBig {
				t.Errorf("8 MB and a bit: %q", cause)
			}
		})
	}
}
