package xml

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/tradepost-dev/tradepost/internal/batch"
)

// faultCases are documents that are broken as a whole. At is where, as
// line:column:offset.
var faultCases = []struct {
	name     string
	document string
	code     batch.Code
	at       string
}{
	{"0 bytes", "", batch.Empty, "1:1:0"},
	{"white space only", " \n ", batch.Empty, "2:2:3"},
	{"not XML", "Hello, world", NotXML, "1:1:0"},
	{"JSON", "\n {\"a\": 1}", NotXML, "2:2:2"},
	{"truncated between tags", "<Transactions>\n<Transaction TransactionID=\"1\"/>\n", batch.Truncated, "3:1:48"},
	{"truncated in a text", "<Transactions><Transaction TransactionID=\"1\">ab", batch.Truncated, "1:48:47"},
	{"truncated in a tag", "<Transactions><Transaction Tra", batch.Truncated, "1:31:30"},
	{"truncated in a value", "<Transactions><Transaction TransactionID=\"1", batch.Truncated, "1:44:43"},
	{"truncated in a reference", "<Transactions><Transaction TransactionID=\"1\">&am", batch.Truncated, "1:49:48"},
	{"truncated in a comment", "<Transactions><!-- -", batch.Truncated, "1:21:20"},
	{"truncated behind a comment's hyphens", "<Transactions><!-- --", batch.Truncated, "1:22:21"},
	{"truncated in CDATA", "<Transactions><Transaction TransactionID=\"1\"><![CDATA[x]]", batch.Truncated, "1:58:57"},
	{"truncated in an instruction", "<Transactions><?x y?", batch.Truncated, "1:21:20"},
	{"truncated in a closing tag", "<Transactions><Transaction TransactionID=\"1\"></Trans", batch.Truncated, "1:53:52"},
	{"truncated in the XML declaration", `<?xml version="1.0"`, batch.Truncated, "1:20:19"},
	{"a lone <", "<", batch.Truncated, "1:2:1"},
	{"a second root", "<Transactions><Transaction TransactionID='1'/></Transactions>\n<Transactions/>", TrailingContent, "2:1:62"},
	{"text after the root", "<Transactions><Transaction TransactionID='1'/></Transactions>\n\nx", TrailingContent, "3:1:63"},
	{"NUL after the root", "<Transactions><Transaction TransactionID='1'/></Transactions>\x00", batch.IllegalCharacter, "1:62:61"},
	{"CDATA after the root", "<Transactions><Transaction TransactionID='1'/></Transactions><![CDATA[]]>", TrailingContent, "1:62:61"},
	{"DOCTYPE", "<!DOCTYPE Transactions [<!ENTITY a 'b'>]>\n" + oneRecord("&a;"), Doctype, "1:1:0"},
	{"DOCTYPE inside", "<Transactions>\n<!DOCTYPE x></Transactions>", Doctype, "2:1:15"},
	{"other declaration", "<Transactions><!ELEMENT x ANY></Transactions>", batch.Malformed, "1:15:14"},
	{"undefined entity", oneRecord("&nbsp;"), UndefinedEntity, "1:46:45"},
	{"undefined entity in an attribute", oneRecord("<a b='&nbsp;'/>"), UndefinedEntity, "1:52:51"},
	{"mismatched tag", oneRecord("\n<a></b>"), MismatchedTag, "2:4:49"},
	{"mismatched in letter case", oneRecord("<a></A>"), MismatchedTag, "1:49:48"},
	{"closing tag with a longer name", oneRecord("<a></ab>"), MismatchedTag, "1:49:48"},
	{"closing tag without an opening one", "</a>", MismatchedTag, "1:1:0"},
	{"attribute in a closing tag", oneRecord("<a></a b='1'>"), batch.Malformed, "1:52:51"},
	{"attribute twice", "<Transactions><Transaction TransactionID='1' TransactionID='2'/></Transactions>", DuplicateAttribute, "1:46:45"},
	{"attribute twice by its namespace", `<Transactions xmlns:a="u" xmlns:b="u"><Transaction a:x="1" b:x="2"/></Transactions>`, DuplicateAttribute, "1:60:59"},
	{"namespace declared twice", `<Transactions xmlns:a="u" xmlns:a="v"/>`, DuplicateAttribute, "1:27:26"},
	{"undeclared prefix of an element", oneRecord("<x:a/>"), UndeclaredPrefix, "1:47:46"},
	{"undeclared prefix of an attribute", oneRecord("<a x:b='1'/>"), UndeclaredPrefix, "1:49:48"},
	{"prefix out of scope", oneRecord("<x:a xmlns:x='u'/><x:b/>"), UndeclaredPrefix, "1:65:64"},
	{"prefix taken back", oneRecord("<a xmlns:x=''/>"), batch.Malformed, "1:49:48"},
	{"two colons", oneRecord("<a:b:c/>"), batch.Malformed, "1:50:49"},
	{"bad UTF-8", oneRecord("é\xff"), batch.InvalidEncoding, "1:47:47"},
	{"unfinished UTF-8 at the end", "<Transactions>\xe2\x82", batch.InvalidEncoding, "1:15:14"},
	{"encoded surrogate", oneRecord("\xed\xa0\x80"), batch.InvalidEncoding, "1:46:45"},
	{"overlong UTF-8", oneRecord("\xc0\xaf"), batch.InvalidEncoding, "1:46:45"},
	{"control character", oneRecord("a\x0bb"), batch.IllegalCharacter, "1:47:46"},
	{"control character in a comment", "<!-- \x01 -->" + oneRecord(""), batch.IllegalCharacter, "1:6:5"},
	{"U+FFFE", oneRecord("\uFFFE"), batch.IllegalCharacter, "1:46:45"},
	{"reference to NUL", oneRecord("&#0;"), batch.IllegalCharacter, "1:46:45"},
	{"reference to a surrogate", oneRecord("&#xD800;"), batch.IllegalCharacter, "1:46:45"},
	{"reference beyond Unicode", oneRecord("&#x110000;"), batch.IllegalCharacter, "1:46:45"},
	{"reference beyond numbers", oneRecord("&#99999999999999999999999;"), batch.IllegalCharacter, "1:46:45"},
	{"reference without digits", oneRecord("&#x;"), batch.Malformed, "1:46:45"},
	{"reference with a capital X", oneRecord("&#X41;"), batch.Malformed, "1:46:45"},
	{"lone ampersand", oneRecord("a & b"), batch.Malformed, "1:48:47"},
	{"lone ampersand in an attribute", oneRecord("<a b='&'/>"), batch.Malformed, "1:52:51"},
	{"]]> in a text", oneRecord("a]]>"), batch.Malformed, "1:47:46"},
	{"-- in a comment", "<!-- a -- b -->" + oneRecord(""), batch.Malformed, "1:8:7"},
	{"--->", "<!-- a --->" + oneRecord(""), batch.Malformed, "1:8:7"},
	{"< in an attribute", oneRecord("<a b='<'/>"), batch.Malformed, "1:52:51"},
	{"attribute without quotes", oneRecord("<a b=1/>"), batch.Malformed, "1:51:50"},
	{"attribute without a value", oneRecord("<a b/>"), batch.Malformed, "1:50:49"},
	{"attribute without a closing quote", oneRecord("<a b='1/>"), batch.Malformed, "1:55:54"},
	{"attributes without white space", oneRecord("<a b='1'c='2'/>"), batch.Malformed, "1:54:53"},
	{"name with a digit in front", oneRecord("<1/>"), batch.Malformed, "1:47:46"},
	{"space before a name", oneRecord("< a/>"), batch.Malformed, "1:47:46"},
	{"slash in a tag", oneRecord("<a / >"), batch.Malformed, "1:49:48"},
	{"white space before the XML declaration", "\n<?xml version='1.0'?>" + oneRecord(""), batch.Malformed, "2:1:1"},
	{"XML declaration twice", "<?xml version='1.0'?><?xml version='1.0'?>" + oneRecord(""), batch.Malformed, "1:22:21"},
	{"version 1.1", "<?xml version='1.1'?>" + oneRecord(""), batch.Malformed, "1:1:0"},
	{"version missing", "<?xml encoding='UTF-8'?>" + oneRecord(""), batch.Malformed, "1:1:0"},
	{"instruction without a name", "<? x?>" + oneRecord(""), batch.Malformed, "1:3:2"},
	{"other root", "<Orders/>", UnexpectedRoot, "1:1:0"},
	{"root in other letter case", "<transactions/>", UnexpectedRoot, "1:1:0"},
	{"no records", "<Transactions>\n</Transactions>", batch.NoRecords, "2:16:30"},
	{"text between the records", "<Transactions>\n <Transaction TransactionID='1'/>,\n</Transactions>", UnexpectedText, "2:34:48"},
	{"nine levels", oneRecord("<a><b><c><d><e><f><g/></f></e></d></c></b></a>"), TooDeep, "1:64:63"},
	{"10,000 levels", strings.Repeat("<Transactions>", 10_000), TooDeep, "1:113:112"},
	{"a tag of 300 KiB", oneRecord("<a b='" + strings.Repeat("x", 300<<10) + "'/>"), TooLongTag, "1:46:45"},
	{"a tag without an end", oneRecord("<a b='" + strings.Repeat("x", 2<<20)), TooLongTag, "1:46:45"},
	{"a name without an end", "<" + strings.Repeat("x", 2<<20), TooLongTag, "1:1:0"},
	{"300 attributes", oneRecord("<a" + attributes(300) + "/>"), TooManyAttributes, "1:1997:1996"},
	{"UTF-32", "\xff\xfe\x00\x00<\x00\x00\x00", batch.UnsupportedEncoding, "1:1:0"},
	{"Shift JIS", `<?xml version="1.0" encoding="Shift_JIS"?>` + oneRecord(""), batch.UnsupportedEncoding, "1:1:0"},
	{"UTF-16 declared by bytes", `<?xml version="1.0" encoding="UTF-16"?>` + oneRecord(""), batch.UnsupportedEncoding, "1:1:0"},
	{"ISO-8859-1 declared behind a UTF-8 mark", "\xef\xbb\xbf" + `<?xml version="1.0" encoding="ISO-8859-1"?>` + oneRecord(""), batch.UnsupportedEncoding, "1:1:3"},
	{"a byte beyond US-ASCII", `<?xml version="1.0" encoding="US-ASCII"?>` + "\n" + oneRecord("a\xe9"), batch.InvalidEncoding, "2:47:88"},
	{"a byte that windows-1252 lacks", `<?xml version="1.0" encoding="windows-1252"?>` + "\n" + oneRecord("a\x81"), batch.InvalidEncoding, "2:47:92"},
	{"half a character of UTF-16", utf16Text(binary.BigEndian, "\ufeff"+oneRecord("")) + "\x00", batch.InvalidEncoding, "1:75:74"},
	{"an unpaired surrogate", utf16Text(binary.BigEndian, "\ufeff<Transactions>") + "\xd8\x00\x00<\x00<", batch.InvalidEncoding, "1:15:14"},
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
				_, err := splitAll(way.read(strings.NewReader(c.document)), 0)
				var fault *batch.Fault
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
