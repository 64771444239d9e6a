package xml

import (
	"encoding/binary"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
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
	{"style sheet", `<?xml-stylesheet href="a.xsl"?>` + batch("<Notes>a</Notes>"), []contract.Field{value("Notes", "a")}},
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

// Whatever the window cuts through, the result is the same: texts that are
// longer than the window, but short once decoded, are moved over its end a
// byte at a time.
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
