package xml

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

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
