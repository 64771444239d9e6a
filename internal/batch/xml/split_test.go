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

	"github.com/tradepost-dev/tradepost/internal/batch"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// batch is a document with one record of the given content.
func oneRecord(content string) string {
	return "<Transactions><Transaction TransactionID=\"1\">" + content + "</Transaction></Transactions>"
}

// content is the tree of a record: attributes, child elements and texts.
func content(parts ...any) contract.Content {
	n := group("", parts...)
	return contract.Content{Attributes: n.Attributes, Children: n.Children}
}

// group is an element with child elements.
func group(name string, parts ...any) contract.Node {
	n := contract.Node{Name: name}
	for _, part := range parts {
		switch p := part.(type) {
		case contract.Attribute:
			n.Attributes = append(n.Attributes, p)
		case contract.Node:
			n.Children = append(n.Children, p)
		case string:
			n.Children = append(n.Children, contract.Node{Text: p})
		}
	}
	return n
}

// leaf is an element with a text.
func leaf(name, text string, attributes ...contract.Attribute) contract.Node {
	return contract.Node{Name: name, Text: text, Attributes: attributes}
}

func attr(name, text string) contract.Attribute { return contract.Attribute{Name: name, Text: text} }

// soundCases are documents with one sound record of the id 1.
var soundCases = []struct {
	name     string
	document string
	content  contract.Content
}{
	{"plain", oneRecord("<Notes>a</Notes>"), content(leaf("Notes", "a"))},
	{"no content", oneRecord(""), content()},
	{"empty tag", `<Transactions><Transaction TransactionID='1'/></Transactions>`, content()},
	{"empty element", oneRecord("<Notes/>"), content(leaf("Notes", ""))},
	{"blank element", oneRecord("<Notes> \n</Notes>"), content(leaf("Notes", " \n"))},
	{"two notes", oneRecord("<Notes>a</Notes><Notes>b</Notes>"), content(leaf("Notes", "a"), leaf("Notes", "b"))},
	{"quotes, backslashes, line feeds", oneRecord("<Notes>\"'\\\n\t</Notes>"), content(leaf("Notes", "\"'\\\n\t"))},
	{"an attempt at injection", oneRecord(`<Notes>x", "id" : "999</Notes>`), content(leaf("Notes", `x", "id" : "999`))},
	{"CDATA", oneRecord("<Notes><![CDATA[<&]]]]><![CDATA[>]]></Notes>"), content(leaf("Notes", "<&]]>"))},
	{"brackets", oneRecord("<Notes>]] ]>]</Notes>"), content(leaf("Notes", "]] ]>]"))},
	{"predefined entities", oneRecord("<Notes>&lt;&gt;&amp;&quot;&apos;</Notes>"), content(leaf("Notes", `<>&"'`))},
	{"character references", oneRecord("<Notes>&#65;&#x1F600;&#10;&#13;&#0000000065;</Notes>"), content(leaf("Notes", "A😀\n\rA"))},
	{"emoji and other long characters", oneRecord("<Notes>😀 𝄞 漢 é</Notes>"), content(leaf("Notes", "😀 𝄞 漢 é"))},
	{"all three line ends", oneRecord("<Notes>a\r\nb\rc\nd\r</Notes>"), content(leaf("Notes", "a\nb\nc\nd\n"))},
	{"line ends in CDATA", oneRecord("<Notes><![CDATA[a\r\nb\rc\r]]></Notes>"), content(leaf("Notes", "a\nb\nc\n"))},
	{"comments and instructions inside a text", oneRecord("<Notes>a<!-- x - y -->b<?pi z?>c</Notes>"), content(leaf("Notes", "abc"))},
	{"attributes", oneRecord(`<Amount currency = "EUR" x='"'>12</Amount>`),
		content(leaf("Amount", "12", attr("currency", "EUR"), attr("x", `"`)))},
	{"white space in attributes", oneRecord("<A b=\"1\r\n2\t3\n4\r5&#10;6\">x</A>"), content(leaf("A", "x", attr("b", "1 2 3 4 5\n6")))},
	{"attributes of the record", `<Transactions><Transaction a="1" TransactionID="1" b="2"/></Transactions>`,
		content(attr("a", "1"), attr("b", "2"))},
	{"nested elements", oneRecord("<Buyer> <Name>x</Name> <City>y</City> </Buyer>"), content(group("Buyer", leaf("Name", "x"), leaf("City", "y")))},
	{"repeated groups", oneRecord("<Line><Sku>A</Sku><Qty>2</Qty></Line>\n<Line><Sku>B</Sku></Line>"),
		content(group("Line", leaf("Sku", "A"), leaf("Qty", "2")), group("Line", leaf("Sku", "B")))},
	{"repeated groups, with the quantity in the other one", oneRecord("<Line><Sku>A</Sku></Line>\n<Line><Sku>B</Sku><Qty>2</Qty></Line>"),
		content(group("Line", leaf("Sku", "A")), group("Line", leaf("Sku", "B"), leaf("Qty", "2")))},
	{"groups apart", oneRecord("<Line><Sku>A</Sku></Line><Notes>n</Notes><Line><Sku>B</Sku></Line>"),
		content(group("Line", leaf("Sku", "A")), leaf("Notes", "n"), group("Line", leaf("Sku", "B")))},
	{"attributes of a group", oneRecord(`<Line no="1"><Sku/></Line>`), content(group("Line", attr("no", "1"), leaf("Sku", "")))},
	{"attributes in any order", oneRecord(`<A c="3" a="1" b="2"/>`), content(leaf("A", "", attr("a", "1"), attr("b", "2"), attr("c", "3")))},
	{"attributes of one name in two namespaces", oneRecord(`<A xmlns:p="p" xmlns:q="q" p:a="2" q:a="1"/>`), content(leaf("A", "", attr("a", "1"), attr("a", "2")))},
	{"an attribute and an element of one name", oneRecord(`<A b="1"><b>2</b></A>`), content(group("A", attr("b", "1"), leaf("b", "2")))},
	{"blank text beside elements", oneRecord(" <A> <B> </B>\t</A>\r\n"), content(group("A", leaf("B", " ")))},
	{"blank text beside elements, written as it must be kept", oneRecord("&#32;<A><![CDATA[ ]]><B/></A>"), content(group("A", leaf("B", "")))},
	{"text around a comment beside elements", oneRecord("<A>p<!-- c -->q<B/></A>"), content(group("A", "pq", leaf("B", "")))},
	{"mixed content", oneRecord("p<B>q<C/>r</B>s"),
		content("p", group("B", "q", leaf("C", ""), "r"), "s")},
	{"text in the record", oneRecord("just text"), content("just text")},
	{"default namespace", `<Transactions xmlns="urn:x"><Transaction TransactionID="1"><Notes>a</Notes></Transaction></Transactions>`,
		content(leaf("Notes", "a"))},
	{"prefixed namespace", `<b:Transactions xmlns:b="urn:x"><b:Transaction b:TransactionID="1"><b:Notes b:lang="en">a</b:Notes></b:Transaction></b:Transactions>`,
		content(leaf("Notes", "a", attr("lang", "en")))},
	{"namespace declared where it is used", oneRecord(`<x:Notes xmlns:x="urn:y">a</x:Notes><x:Notes xmlns:x="urn:z"/>`), content(leaf("Notes", "a"), leaf("Notes", ""))},
	{"default namespace taken back", oneRecord(`<a xmlns="urn:x"><b xmlns="">c</b></a>`), content(group("a", leaf("b", "c")))},
	{"the prefix xml", oneRecord(`<Notes xml:lang="en">a</Notes>`), content(leaf("Notes", "a", attr("lang", "en")))},
	{"id with and without prefix", `<Transactions xmlns:b="urn:x"><Transaction b:TransactionID="2" TransactionID="1"/></Transactions>`,
		content(attr("TransactionID", "2"))},
	{"comments and instructions around everything", "<!-- a --><?b?>\n<Transactions><!-- c --><?d e?><Transaction TransactionID=\"1\"/><!----></Transactions>\n<!-- f --><?g?>\n", content()},
	{"XML declaration", `<?xml version="1.0" encoding='utf-8' standalone="yes" ?>` + "\n" + oneRecord("<Notes>é</Notes>"), content(leaf("Notes", "é"))},
	{"style sheet", `<?xml-stylesheet href="a.xsl"?>` + oneRecord("<Notes>a</Notes>"), content(leaf("Notes", "a"))},
	{"UTF-8 byte order mark", "\xef\xbb\xbf" + `<?xml version="1.0"?>` + oneRecord("<Notes>é</Notes>"), content(leaf("Notes", "é"))},
	{"ISO-8859-1", `<?xml version="1.0" encoding="ISO-8859-1"?>` + oneRecord("<Notes>\xe9\x80</Notes>"), content(leaf("Notes", "é\u0080"))},
	{"ISO-8859-15", `<?xml version="1.0" encoding="iso-8859-15"?>` + oneRecord("<Notes>\xa4</Notes>"), content(leaf("Notes", "€"))},
	{"windows-1252", `<?xml version="1.0" encoding="windows-1252"?>` + oneRecord("<Notes>\x80</Notes>"), content(leaf("Notes", "€"))},
	{"US-ASCII", `<?xml version="1.0" encoding="US-ASCII"?>` + oneRecord("<Notes>a</Notes>"), content(leaf("Notes", "a"))},
	{"UTF-16, big endian, with a mark", utf16Text(binary.BigEndian, "\ufeff"+`<?xml version="1.0" encoding="UTF-16"?>`+oneRecord("<Notes>é😀</Notes>")), content(leaf("Notes", "é😀"))},
	{"UTF-16, little endian, with a mark", utf16Text(binary.LittleEndian, "\ufeff"+oneRecord("<Notes>é😀</Notes>")), content(leaf("Notes", "é😀"))},
	{"UTF-16, little endian, declared", utf16Text(binary.LittleEndian, `<?xml version="1.0" encoding="UTF-16LE"?>`+oneRecord("<Notes>é</Notes>")), content(leaf("Notes", "é"))},
	{"names beyond ASCII", oneRecord("<Größe-1.x_·>1</Größe-1.x_·>"), content(leaf("Größe-1.x_·", "1"))},
	{"eight levels", oneRecord("<a><b><c><d><e><f>x</f></e></d></c></b></a>"), content(group("a", group("b", group("c", group("d", group("e", leaf("f", "x")))))))},
	{"white space in tags", "<Transactions \n><Transaction\tTransactionID = '1' ></Transaction\n></Transactions >", content()},
}

func TestSoundDocuments(t *testing.T) {
	for _, c := range soundCases {
		t.Run(c.name, func(t *testing.T) {
			got, err := splitAll(strings.NewReader(c.document), 0)
			if err != nil {
				t.Fatal(err)
			}
			want := []result{{Ordinal: 1, ID: "1", Content: c.content}}
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
			got, err := splitAll(strings.NewReader("<Transactions>"+good+c.record+good+"</Transactions>"), 0)
			if err != nil {
				t.Fatal(err)
			}
			content := content(leaf("Notes", "a"))
			want := []result{{1, "good", "", content}, {2, c.id, c.code, contract.Content{}}, {3, "good", "", content}}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestIDsOfUpTo128CharactersAreGood(t *testing.T) {
	for _, id := range []string{"1", strings.Repeat("漢", contract.MaxTransactionIDLength), " a ", "a/b?c#d", "😀"} {
		got, err := splitAll(strings.NewReader("<Transactions><Transaction TransactionID='"+id+"'/></Transactions>"), 0)
		if err != nil || got[0].Code != "" || got[0].ID != id {
			t.Errorf("%q: got %+v, %v", id, got, err)
		}
	}
}

func TestAsManyRecordsAsAllowed(t *testing.T) {
	document := "<Transactions><Transaction TransactionID='1'/><Transaction TransactionID='2'/></Transactions>"
	if got, err := splitAll(strings.NewReader(document), 2); err != nil || len(got) != 2 {
		t.Errorf("two of two: %+v, %v", got, err)
	}
	got, err := splitAll(strings.NewReader(document), 1)
	var fault *batch.Fault
	if !errors.As(err, &fault) || fault.Code != batch.TooManyRecords || fault.Column != 47 || len(got) != 1 {
		t.Errorf("two of one: %+v, %v", got, err)
	}
}

func TestFilesThatAreMeantToBeXML(t *testing.T) {
	document := oneRecord("")
	for _, c := range []struct {
		name, file, head string
		want             bool
	}{
		{"by name", "a/orders.xml", "id,notes", true},
		{"by name in capitals", "ORDERS.XML", "{", true},
		{"by a name inside of the name", "orders.xml.csv", "id", false},
		{"by its first tag", "orders", document, true},
		{"by its first tag after white space", "orders", "\r\n\t " + document, true},
		{"by its first tag after a mark", "orders", "\xef\xbb\xbf" + document, true},
		{"in UTF-16, little endian", "orders", utf16Text(binary.LittleEndian, document), true},
		{"in UTF-16, big endian, with a mark", "orders", utf16Text(binary.BigEndian, "\ufeff"+document), true},
		{"in UTF-32, which it will refuse", "orders", "\xff\xfe\x00\x00<\x00\x00\x00", true},
		{"white space only", "orders", " \n", true},
		{"JSON", "orders", "{\"a\": \"<b>\"}", false},
		{"EDIFACT", "orders", "UNA:+.? '", false},
		{"text", "orders.txt", "Hello <b>", false},
	} {
		if got := (Format{}).Recognizes(c.file, []byte(c.head)); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestAnErrorOfTheReaderIsNoFaultOfTheDocument(t *testing.T) {
	broken := errors.New("connection reset")
	for _, start := range []string{"", "<Transactions>", oneRecord("")} {
		_, err := splitAll(io.MultiReader(strings.NewReader(start), iotest.ErrReader(broken)), 0)
		var fault *batch.Fault
		if !errors.Is(err, broken) || errors.As(err, &fault) {
			t.Errorf("after %q: got %v", start, err)
		}
	}
}

func TestAnErrorOfTheCallerEndsReading(t *testing.T) {
	stop := errors.New("stop")
	calls := 0
	err := Format{}.Split(strings.NewReader(strings.Replace(oneRecord(""), "</Transactions>", oneRecord(""), 1)), 0, func(*batch.Record) error { calls++; return stop })
	if err != stop || calls != 1 {
		t.Fatalf("got %v after %d calls", err, calls)
	}
}

func TestContentOutlivesTheRecord(t *testing.T) {
	var kept []contract.Content
	document := "<Transactions>" + strings.Repeat("<Transaction TransactionID='1'><N>abc</N></Transaction>", 3) + "</Transactions>"
	if err := (Format{}).Split(strings.NewReader(document), 0, func(r *batch.Record) error { kept = append(kept, r.Content()); return nil }); err != nil {
		t.Fatal(err)
	}
	for _, got := range kept {
		if !reflect.DeepEqual(got, content(leaf("N", "abc"))) {
			t.Errorf("got %v", got)
		}
	}
}
