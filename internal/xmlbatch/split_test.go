package xmlbatch

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/tradepost-dev/tradepost/internal/contract"
)

// batch is a document with one record of the given content.
func batch(content string) string {
	return "<Transactions><Transaction TransactionID=\"1\">" + content + "</Transaction></Transactions>"
}

func value(name, value string) contract.Field { return contract.Field{Name: name, Value: value} }

// soundCases are documents with one sound record of the id 1.
var soundCases = []struct {
	name     string
	document string
	fields   []contract.Field
}{
	{"plain", batch("<Notes>a</Notes>"), []contract.Field{value("Notes", "a")}},
	{"no content", batch(""), nil},
	{"empty tag", `<Transactions><Transaction TransactionID='1'/></Transactions>`, nil},
	{"empty element", batch("<Notes/>"), []contract.Field{value("Notes", "")}},
	{"blank element", batch("<Notes> \n</Notes>"), []contract.Field{value("Notes", " \n")}},
	{"two notes", batch("<Notes>a</Notes><Notes>b</Notes>"), []contract.Field{value("Notes", "a"), value("Notes", "b")}},
	{"quotes, backslashes, line feeds", batch("<Notes>\"'\\\n\t</Notes>"), []contract.Field{value("Notes", "\"'\\\n\t")}},
	{"an attempt at injection", batch(`<Notes>x", "id" : "999</Notes>`), []contract.Field{value("Notes", `x", "id" : "999`)}},
	{"CDATA", batch("<Notes><![CDATA[<&]]]]><![CDATA[>]]></Notes>"), []contract.Field{value("Notes", "<&]]>")}},
	{"brackets", batch("<Notes>]] ]>]</Notes>"), []contract.Field{value("Notes", "]] ]>]")}},
	{"predefined entities", batch("<Notes>&lt;&gt;&amp;&quot;&apos;</Notes>"), []contract.Field{value("Notes", `<>&"'`)}},
	{"character references", batch("<Notes>&#65;&#x1F600;&#10;&#13;&#0000000065;</Notes>"), []contract.Field{value("Notes", "A😀\n\rA")}},
	{"emoji and other long characters", batch("<Notes>😀 𝄞 漢 é</Notes>"), []contract.Field{value("Notes", "😀 𝄞 漢 é")}},
	{"all three line ends", batch("<Notes>a\r\nb\rc\nd\r</Notes>"), []contract.Field{value("Notes", "a\nb\nc\nd\n")}},
	{"line ends in CDATA", batch("<Notes><![CDATA[a\r\nb\rc\r]]></Notes>"), []contract.Field{value("Notes", "a\nb\nc\n")}},
	{"comments and instructions inside a text", batch("<Notes>a<!-- x - y -->b<?pi z?>c</Notes>"), []contract.Field{value("Notes", "abc")}},
	{"attributes", batch(`<Amount currency = "EUR" x='"'>12</Amount>`),
		[]contract.Field{value("Amount/@currency", "EUR"), value("Amount/@x", `"`), value("Amount", "12")}},
	{"white space in attributes", batch("<A b=\"1\r\n2\t3\n4\r5&#10;6\">x</A>"), []contract.Field{value("A/@b", "1 2 3 4 5\n6"), value("A", "x")}},
	{"attributes of the record", `<Transactions><Transaction a="1" TransactionID="1" b="2"/></Transactions>`,
		[]contract.Field{value("@a", "1"), value("@b", "2")}},
	{"nested elements", batch("<Buyer> <Name>x</Name> <City>y</City> </Buyer>"), []contract.Field{value("Buyer/Name", "x"), value("Buyer/City", "y")}},
	{"mixed content", batch("p<B>q<C/>r</B>s"),
		[]contract.Field{value("text()", "p"), value("B", "q"), value("B/C", ""), value("B", "r"), value("text()", "s")}},
	{"text in the record", batch("just text"), []contract.Field{value("text()", "just text")}},
	{"default namespace", `<Transactions xmlns="urn:x"><Transaction TransactionID="1"><Notes>a</Notes></Transaction></Transactions>`,
		[]contract.Field{value("Notes", "a")}},
	{"prefixed namespace", `<b:Transactions xmlns:b="urn:x"><b:Transaction b:TransactionID="1"><b:Notes b:lang="en">a</b:Notes></b:Transaction></b:Transactions>`,
		[]contract.Field{value("Notes/@lang", "en"), value("Notes", "a")}},
	{"namespace declared where it is used", batch(`<x:Notes xmlns:x="urn:y">a</x:Notes><x:Notes xmlns:x="urn:z"/>`), []contract.Field{value("Notes", "a"), value("Notes", "")}},
	{"default namespace taken back", batch(`<a xmlns="urn:x"><b xmlns="">c</b></a>`), []contract.Field{value("a/b", "c")}},
	{"the prefix xml", batch(`<Notes xml:lang="en">a</Notes>`), []contract.Field{value("Notes/@lang", "en"), value("Notes", "a")}},
	{"id with and without prefix", `<Transactions xmlns:b="urn:x"><Transaction b:TransactionID="2" TransactionID="1"/></Transactions>`,
		[]contract.Field{value("@TransactionID", "2")}},
	{"comments and instructions around everything", "<!-- a --><?b?>\n<Transactions><!-- c --><?d e?><Transaction TransactionID=\"1\"/><!----></Transactions>\n<!-- f --><?g?>\n", nil},
	{"XML declaration", `<?xml version="1.0" encoding='utf-8' standalone="yes" ?>` + "\n" + batch("<Notes>é</Notes>"), []contract.Field{value("Notes", "é")}},
	{"UTF-8 byte order mark", "\xef\xbb\xbf" + `<?xml version="1.0"?>` + batch("<Notes>é</Notes>"), []contract.Field{value("Notes", "é")}},
	{"ISO-8859-1", `<?xml version="1.0" encoding="ISO-8859-1"?>` + batch("<Notes>\xe9\x80</Notes>"), []contract.Field{value("Notes", "é\u0080")}},
	{"ISO-8859-15", `<?xml version="1.0" encoding="iso-8859-15"?>` + batch("<Notes>\xa4</Notes>"), []contract.Field{value("Notes", "€")}},
	{"windows-1252", `<?xml version="1.0" encoding="windows-1252"?>` + batch("<Notes>\x80</Notes>"), []contract.Field{value("Notes", "€")}},
	{"US-ASCII", `<?xml version="1.0" encoding="US-ASCII"?>` + batch("<Notes>a</Notes>"), []contract.Field{value("Notes", "a")}},
	{"UTF-16, big endian, with a mark", utf16Text(binary.BigEndian, "\ufeff"+`<?xml version="1.0" encoding="UTF-16"?>`+batch("<Notes>é😀</Notes>")), []contract.Field{value("Notes", "é😀")}},
	{"UTF-16, little endian, with a mark", utf16Text(binary.LittleEndian, "\ufeff"+batch("<Notes>é😀</Notes>")), []contract.Field{value("Notes", "é😀")}},
	{"UTF-16, little endian, declared", utf16Text(binary.LittleEndian, `<?xml version="1.0" encoding="UTF-16LE"?>`+batch("<Notes>é</Notes>")), []contract.Field{value("Notes", "é")}},
	{"names beyond ASCII", batch("<Größe-1.x_·>1</Größe-1.x_·>"), []contract.Field{value("Größe-1.x_·", "1")}},
	{"eight levels", batch("<a><b><c><d><e><f>x</f></e></d></c></b></a>"), []contract.Field{value("a/b/c/d/e/f", "x")}},
	{"white space in tags", "<Transactions \n><Transaction\tTransactionID = '1' ></Transaction\n></Transactions >", nil},
}

func TestSoundDocuments(t *testing.T) {
	for _, c := range soundCases {
		t.Run(c.name, func(t *testing.T) {
			got, err := splitAll(strings.NewReader(c.document), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			want := []result{{Ordinal: 1, ID: "1", Fields: c.fields}}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("got  %+v\nwant %+v", got, want)
			}
			reference, err := referenceRecords(strings.NewReader(c.document))
			if isNewerName(err) {
				return
			}
			if err != nil || !reflect.DeepEqual(spaced(reference), spaced(got)) {
				t.Fatalf("encoding/xml finds %+v, %v", reference, err)
			}
		})
	}
}

func utf16Text(order binary.AppendByteOrder, text string) string {
	var encoded []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		encoded = order.AppendUint16(encoded, unit)
	}
	return string(encoded)
}

// faultCases are documents that are broken as a whole. At is where, as
// line:column:offset.
var faultCases = []struct {
	name     string
	document string
	code     Code
	at       string
}{
	{"0 bytes", "", Empty, "1:1:0"},
	{"white space only", " \n ", Empty, "2:2:3"},
	{"not XML", "Hello, world", NotXML, "1:1:0"},
	{"JSON", "\n {\"a\": 1}", NotXML, "2:2:2"},
	{"gzip", "\x1f\x8b\x08\x00\x00", Compressed, "1:1:0"},
	{"zip", "PK\x03\x04\x00", Compressed, "1:1:0"},
	{"truncated between tags", "<Transactions>\n<Transaction TransactionID=\"1\"/>\n", Truncated, "3:1:48"},
	{"truncated in a text", "<Transactions><Transaction TransactionID=\"1\">ab", Truncated, "1:48:47"},
	{"truncated in a tag", "<Transactions><Transaction Tra", Truncated, "1:31:30"},
	{"truncated in a value", "<Transactions><Transaction TransactionID=\"1", Truncated, "1:44:43"},
	{"truncated in a reference", "<Transactions><Transaction TransactionID=\"1\">&am", Truncated, "1:49:48"},
	{"truncated in a comment", "<Transactions><!-- -", Truncated, "1:21:20"},
	{"truncated behind a comment's hyphens", "<Transactions><!-- --", Truncated, "1:22:21"},
	{"truncated in CDATA", "<Transactions><Transaction TransactionID=\"1\"><![CDATA[x]]", Truncated, "1:58:57"},
	{"truncated in an instruction", "<Transactions><?x y?", Truncated, "1:21:20"},
	{"truncated in a closing tag", "<Transactions><Transaction TransactionID=\"1\"></Trans", Truncated, "1:53:52"},
	{"truncated in the XML declaration", `<?xml version="1.0"`, Truncated, "1:20:19"},
	{"a lone <", "<", Truncated, "1:2:1"},
	{"a second root", "<Transactions><Transaction TransactionID='1'/></Transactions>\n<Transactions/>", TrailingContent, "2:1:62"},
	{"text after the root", "<Transactions><Transaction TransactionID='1'/></Transactions>\n\nx", TrailingContent, "3:1:63"},
	{"NUL after the root", "<Transactions><Transaction TransactionID='1'/></Transactions>\x00", IllegalCharacter, "1:62:61"},
	{"CDATA after the root", "<Transactions><Transaction TransactionID='1'/></Transactions><![CDATA[]]>", TrailingContent, "1:62:61"},
	{"DOCTYPE", "<!DOCTYPE Transactions [<!ENTITY a 'b'>]>\n" + batch("&a;"), Doctype, "1:1:0"},
	{"DOCTYPE inside", "<Transactions>\n<!DOCTYPE x></Transactions>", Doctype, "2:1:15"},
	{"other declaration", "<Transactions><!ELEMENT x ANY></Transactions>", Malformed, "1:15:14"},
	{"undefined entity", batch("&nbsp;"), UndefinedEntity, "1:46:45"},
	{"undefined entity in an attribute", batch("<a b='&nbsp;'/>"), UndefinedEntity, "1:52:51"},
	{"mismatched tag", batch("\n<a></b>"), MismatchedTag, "2:4:49"},
	{"mismatched in letter case", batch("<a></A>"), MismatchedTag, "1:49:48"},
	{"closing tag with a longer name", batch("<a></ab>"), MismatchedTag, "1:49:48"},
	{"closing tag without an opening one", "</a>", MismatchedTag, "1:1:0"},
	{"attribute in a closing tag", batch("<a></a b='1'>"), Malformed, "1:52:51"},
	{"attribute twice", "<Transactions><Transaction TransactionID='1' TransactionID='2'/></Transactions>", DuplicateAttribute, "1:46:45"},
	{"attribute twice by its namespace", `<Transactions xmlns:a="u" xmlns:b="u"><Transaction a:x="1" b:x="2"/></Transactions>`, DuplicateAttribute, "1:60:59"},
	{"namespace declared twice", `<Transactions xmlns:a="u" xmlns:a="v"/>`, DuplicateAttribute, "1:27:26"},
	{"undeclared prefix of an element", batch("<x:a/>"), UndeclaredPrefix, "1:47:46"},
	{"undeclared prefix of an attribute", batch("<a x:b='1'/>"), UndeclaredPrefix, "1:49:48"},
	{"prefix out of scope", batch("<x:a xmlns:x='u'/><x:b/>"), UndeclaredPrefix, "1:65:64"},
	{"prefix taken back", batch("<a xmlns:x=''/>"), Malformed, "1:49:48"},
	{"two colons", batch("<a:b:c/>"), Malformed, "1:50:49"},
	{"bad UTF-8", batch("é\xff"), InvalidEncoding, "1:47:47"},
	{"unfinished UTF-8 at the end", "<Transactions>\xe2\x82", InvalidEncoding, "1:15:14"},
	{"encoded surrogate", batch("\xed\xa0\x80"), InvalidEncoding, "1:46:45"},
	{"overlong UTF-8", batch("\xc0\xaf"), InvalidEncoding, "1:46:45"},
	{"control character", batch("a\x0bb"), IllegalCharacter, "1:47:46"},
	{"control character in a comment", "<!-- \x01 -->" + batch(""), IllegalCharacter, "1:6:5"},
	{"U+FFFE", batch("\uFFFE"), IllegalCharacter, "1:46:45"},
	{"reference to NUL", batch("&#0;"), IllegalCharacter, "1:46:45"},
	{"reference to a surrogate", batch("&#xD800;"), IllegalCharacter, "1:46:45"},
	{"reference beyond Unicode", batch("&#x110000;"), IllegalCharacter, "1:46:45"},
	{"reference beyond numbers", batch("&#99999999999999999999999;"), IllegalCharacter, "1:46:45"},
	{"reference without digits", batch("&#x;"), Malformed, "1:46:45"},
	{"reference with a capital X", batch("&#X41;"), Malformed, "1:46:45"},
	{"lone ampersand", batch("a & b"), Malformed, "1:48:47"},
	{"lone ampersand in an attribute", batch("<a b='&'/>"), Malformed, "1:52:51"},
	{"]]> in a text", batch("a]]>"), Malformed, "1:47:46"},
	{"-- in a comment", "<!-- a -- b -->" + batch(""), Malformed, "1:8:7"},
	{"--->", "<!-- a --->" + batch(""), Malformed, "1:8:7"},
	{"< in an attribute", batch("<a b='<'/>"), Malformed, "1:52:51"},
	{"attribute without quotes", batch("<a b=1/>"), Malformed, "1:51:50"},
	{"attribute without a value", batch("<a b/>"), Malformed, "1:50:49"},
	{"attribute without a closing quote", batch("<a b='1/>"), Malformed, "1:55:54"},
	{"attributes without white space", batch("<a b='1'c='2'/>"), Malformed, "1:54:53"},
	{"name with a digit in front", batch("<1/>"), Malformed, "1:47:46"},
	{"space before a name", batch("< a/>"), Malformed, "1:47:46"},
	{"slash in a tag", batch("<a / >"), Malformed, "1:49:48"},
	{"white space before the XML declaration", "\n<?xml version='1.0'?>" + batch(""), Malformed, "2:1:1"},
	{"XML declaration twice", "<?xml version='1.0'?><?xml version='1.0'?>" + batch(""), Malformed, "1:22:21"},
	{"version 1.1", "<?xml version='1.1'?>" + batch(""), Malformed, "1:1:0"},
	{"version missing", "<?xml encoding='UTF-8'?>" + batch(""), Malformed, "1:1:0"},
	{"instruction without a name", "<? x?>" + batch(""), Malformed, "1:3:2"},
	{"other root", "<Orders/>", UnexpectedRoot, "1:1:0"},
	{"root in other letter case", "<transactions/>", UnexpectedRoot, "1:1:0"},
	{"no records", "<Transactions>\n</Transactions>", NoRecords, "2:16:30"},
	{"text between the records", "<Transactions>\n <Transaction TransactionID='1'/>,\n</Transactions>", UnexpectedText, "2:34:48"},
	{"nine levels", batch("<a><b><c><d><e><f><g/></f></e></d></c></b></a>"), TooDeep, "1:64:63"},
	{"10,000 levels", strings.Repeat("<Transactions>", 10_000), TooDeep, "1:113:112"},
	{"a tag of 300 KiB", batch("<a b='" + strings.Repeat("x", 300<<10) + "'/>"), TooLongTag, "1:46:45"},
	{"a tag without an end", batch("<a b='" + strings.Repeat("x", 2<<20)), TooLongTag, "1:46:45"},
	{"a name without an end", "<" + strings.Repeat("x", 2<<20), TooLongTag, "1:1:0"},
	{"300 attributes", batch("<a" + attributes(300) + "/>"), TooManyAttributes, "1:1997:1996"},
	{"UTF-32", "\xff\xfe\x00\x00<\x00\x00\x00", UnsupportedEncoding, "1:1:0"},
	{"Shift JIS", `<?xml version="1.0" encoding="Shift_JIS"?>` + batch(""), UnsupportedEncoding, "1:1:0"},
	{"UTF-16 declared by bytes", `<?xml version="1.0" encoding="UTF-16"?>` + batch(""), UnsupportedEncoding, "1:1:0"},
	{"ISO-8859-1 declared behind a UTF-8 mark", "\xef\xbb\xbf" + `<?xml version="1.0" encoding="ISO-8859-1"?>` + batch(""), UnsupportedEncoding, "1:1:3"},
	{"a byte beyond US-ASCII", `<?xml version="1.0" encoding="US-ASCII"?>` + "\n" + batch("a\xe9"), InvalidEncoding, "2:47:88"},
	{"a byte that windows-1252 lacks", `<?xml version="1.0" encoding="windows-1252"?>` + "\n" + batch("a\x81"), InvalidEncoding, "2:47:92"},
	{"half a character of UTF-16", utf16Text(binary.BigEndian, "\ufeff"+batch("")) + "\x00", InvalidEncoding, "1:75:74"},
	{"an unpaired surrogate", utf16Text(binary.BigEndian, "\ufeff<Transactions>") + "\xd8\x00\x00<\x00<", InvalidEncoding, "1:15:14"},
}

func attributes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " a%02d=''", i)
	}
	return b.String()
}

func TestFaultsOfDocuments(t *testing.T) {
	for _, c := range faultCases {
		for _, way := range []struct {
			name string
			read func(io.Reader) io.Reader
		}{{"", func(r io.Reader) io.Reader { return r }}, {" in small pieces", iotest.HalfReader}, {" with data and EOF together", iotest.DataErrReader}} {
			t.Run(c.name+way.name, func(t *testing.T) {
				_, err := splitAll(way.read(strings.NewReader(c.document)), Limits{})
				var fault *Fault
				if !errors.As(err, &fault) {
					t.Fatalf("got %v, want %s", err, c.code)
				}
				at := fmt.Sprintf("%d:%d:%d", fault.Line, fault.Column, fault.Offset)
				if fault.Code != c.code || at != c.at {
					t.Errorf("got %s at %s (%v), want %s at %s", fault.Code, at, fault, c.code, c.at)
				}
			})
		}
	}
}

func TestBadRecordsAreRejectedAloneAndNumbered(t *testing.T) {
	long := strings.Repeat("é", 200)
	cases := []struct {
		name   string
		record string
		code   string
		id     string
	}{
		{"no id", "<Transaction><Notes>a</Notes></Transaction>", contract.CodeMissingTransactionID, ""},
		{"empty id", "<Transaction TransactionID=''/>", contract.CodeInvalidTransactionID, ""},
		{"blank id", "<Transaction TransactionID=' &#xA0;\t'/>", contract.CodeInvalidTransactionID, " \u00a0 "},
		{"id of 200 characters", "<Transaction TransactionID='" + long + "'/>", contract.CodeInvalidTransactionID, long[:256]},
		{"id with a line feed", "<Transaction TransactionID='a&#10;b'/>", contract.CodeInvalidTransactionID, "a\nb"},
		{"id with another control character", "<Transaction TransactionID='a\u0085b'/>", contract.CodeInvalidTransactionID, "a\u0085b"},
		{"300 KiB of text", "<Transaction TransactionID='x'><Notes>" + strings.Repeat("x", 300<<10) + "</Notes></Transaction>", contract.CodeTransactionTooLarge, "x"},
		{"2 MiB of text with references", "<Transaction TransactionID='x'><Notes>" + strings.Repeat("&amp; ]\r\n", 250_000) + "</Notes></Transaction>", contract.CodeTransactionTooLarge, "x"},
		{"2 MiB of CDATA", "<Transaction TransactionID='x'><Notes><![CDATA[" + strings.Repeat("<a>", 700_000) + "]]></Notes></Transaction>", contract.CodeTransactionTooLarge, "x"},
		{"too many small fields", "<Transaction TransactionID='x'>" + strings.Repeat("<a/>", 12_000) + "</Transaction>", contract.CodeTransactionTooLarge, "x"},
		{"250 KiB in attributes", "<Transaction TransactionID='x' a='" + strings.Repeat("x", 250<<10) + "'/>", contract.CodeTransactionTooLarge, "x"},
		{"another element", "<Order TransactionID='x'><Transaction TransactionID='9'/>text</Order>", contract.CodeUnexpectedElement, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			good := "<Transaction TransactionID='good'><Notes>a</Notes></Transaction>"
			got, err := splitAll(strings.NewReader("<Transactions>"+good+c.record+good+"</Transactions>"), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			fields := []contract.Field{value("Notes", "a")}
			want := []result{{1, "good", "", fields}, {2, c.id, c.code, nil}, {3, "good", "", fields}}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestIDsOfUpTo128CharactersAreGood(t *testing.T) {
	for _, id := range []string{"1", strings.Repeat("漢", contract.MaxTransactionIDLength), " a ", "a/b?c#d", "😀"} {
		got, err := splitAll(strings.NewReader("<Transactions><Transaction TransactionID='"+id+"'/></Transactions>"), Limits{})
		if err != nil || got[0].Code != "" || got[0].ID != id {
			t.Errorf("%q: got %+v, %v", id, got, err)
		}
	}
}

// Whatever the window cuts through, the result is the same: everything that
// can be cut is moved over the window's end a byte at a time.
func TestTextsAreTheSameWhereverTheWindowEnds(t *testing.T) {
	const piece = "a&amp;&#x1F600;]]\r\n\r]\n漢<![CDATA[\r\n]]]>b\r]]<!-- - --><?p ?>"
	const text = "a&😀]]\n\n]\n漢\n]b\n]]"
	for shift := range 70 {
		filler := strings.Repeat("x", windowSize-100+shift)
		document := "<Transactions><!--" + filler + "--><Transaction TransactionID='1'><N>" + piece + "</N></Transaction>" +
			"<Transaction TransactionID='2'>" + filler + piece + "</Transaction>" +
			"<Transaction TransactionID='3'><N>" + piece + "</N></Transaction></Transactions>"
		got, err := splitAll(strings.NewReader(document), Limits{})
		fields := []contract.Field{value("N", text)}
		want := []result{{1, "1", "", fields}, {2, "2", contract.CodeTransactionTooLarge, nil}, {3, "3", "", fields}}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("shift %d: got %+v, %v", shift, got, err)
		}
	}
}

func TestPlacesAreRightBehindManyWindows(t *testing.T) {
	lines := strings.Repeat("<Transaction TransactionID='é'/>\n", 50_000)
	_, err := splitAll(strings.NewReader("<Transactions>\n"+lines+"é<"), Limits{})
	var fault *Fault
	if !errors.As(err, &fault) || fault.Line != 50_002 || fault.Column != 1 || fault.Offset != int64(15+len(lines)) {
		t.Fatalf("got %v", err)
	}
	_, err = splitAll(strings.NewReader("<Transactions>"+strings.Repeat("<Transaction TransactionID='é'/>", 50_000)+"&"), Limits{})
	if !errors.As(err, &fault) || fault.Line != 1 || fault.Column != 14+50_000*32+1 {
		t.Fatalf("got %v", err)
	}
}

func TestLimits(t *testing.T) {
	document := "<Transactions><Transaction TransactionID='1'/><Transaction TransactionID='2'/></Transactions>"
	for _, c := range []struct {
		name   string
		limits Limits
		code   Code
	}{
		{"exactly as many bytes", Limits{Bytes: int64(len(document))}, ""},
		{"one byte too many", Limits{Bytes: int64(len(document)) - 1}, TooManyBytes},
		{"exactly as many records", Limits{Records: 2}, ""},
		{"one record too many", Limits{Records: 1}, TooManyRecords},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := splitAll(strings.NewReader(document), c.limits)
			var fault *Fault
			if errors.As(err, &fault); c.code == "" && err != nil || c.code != "" && (fault == nil || fault.Code != c.code) {
				t.Fatalf("got %v, want %q", err, c.code)
			}
		})
	}
}

func TestAnErrorOfTheReaderIsNoFaultOfTheDocument(t *testing.T) {
	broken := errors.New("connection reset")
	for _, start := range []string{"", "<Transactions>", batch("")} {
		_, err := splitAll(io.MultiReader(strings.NewReader(start), iotest.ErrReader(broken)), Limits{})
		var fault *Fault
		if !errors.Is(err, broken) || errors.As(err, &fault) {
			t.Errorf("after %q: got %v", start, err)
		}
	}
}

func TestAnErrorOfTheCallerEndsReading(t *testing.T) {
	stop := errors.New("stop")
	calls := 0
	err := Split(strings.NewReader(strings.Replace(batch(""), "</Transactions>", batch(""), 1)), Limits{}, func(*Record) error { calls++; return stop })
	if err != stop || calls != 1 {
		t.Fatalf("got %v after %d calls", err, calls)
	}
}

func TestFieldsOutliveTheRecord(t *testing.T) {
	var kept [][]contract.Field
	document := "<Transactions>" + strings.Repeat("<Transaction TransactionID='1'><N>abc</N></Transaction>", 3) + "</Transactions>"
	if err := Split(strings.NewReader(document), Limits{}, func(r *Record) error { kept = append(kept, r.Fields()); return nil }); err != nil {
		t.Fatal(err)
	}
	for _, fields := range kept {
		if !reflect.DeepEqual(fields, []contract.Field{value("N", "abc")}) {
			t.Errorf("got %v", fields)
		}
	}
}

func TestSplittingAllocatesNothingPerRecord(t *testing.T) {
	allocations := func(records int) float64 {
		document := generate(records)
		return testing.AllocsPerRun(3, func() {
			if err := Split(bytes.NewReader(document), Limits{}, func(*Record) error { return nil }); err != nil {
				t.Fatal(err)
			}
		})
	}
	if few, many := allocations(100), allocations(20_000); many > few+20 {
		t.Errorf("%v allocations for 100 records, %v for 20,000", few, many)
	}
}
