package endtoend

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

func TestTheReferenceBatchIsStored(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(filepath.Join(root, "examples", "transactions.xml"))
	if err != nil {
		t.Fatal(err)
	}
	r := settle(t, "acme", "reference.xml", string(content))
	wantTotals(t, r, 11, 0, 0, 0)
	if r.Status != contract.FileSettled || r.Reason != nil {
		t.Errorf("status %s, reason %v", r.Status, r.Reason)
	}
	if got := fields(t, "acme", "11", "Notes"); !slices.Equal(got, []string{"Transaction made between user 2837 and user 7383."}) {
		t.Errorf("notes of transaction 11: %q", got)
	}
	if got := executions(t, r.FileID); len(got) != 11 {
		t.Errorf("executions %q, want 11", got)
	}
}

func TestAFileUploadedAgainIsAllDuplicates(t *testing.T) {
	t.Parallel()
	content := batch(record("again-1", "a"), record("again-2", "b"))
	first := settle(t, "acme", "again.xml", content)
	wantTotals(t, first, 2, 0, 0, 0)
	second := settleAfter(t, "acme", "again.xml", content, first.FileID)
	wantTotals(t, second, 0, 2, 0, 0)
	for _, receipt := range second.Transactions {
		if receipt.Outcome != contract.Duplicate || receipt.Code != contract.CodeDuplicate || receipt.Message == "" {
			t.Errorf("receipt %+v", receipt)
		}
	}
}

func TestPartnersMayUseTheSameTransactionID(t *testing.T) {
	t.Parallel()
	others := slices.DeleteFunc(partnerIDs(), func(id string) bool { return id == "acme" })
	wantTotals(t, settle(t, "acme", "shared.xml", batch(record("shared-id", "of acme"))), 1, 0, 0, 0)
	wantTotals(t, settle(t, others[0], "shared.xml", batch(record("shared-id", "of the other"))), 1, 0, 0, 0)
	if got := fields(t, "acme", "shared-id", "Notes"); got[0] != "of acme" {
		t.Errorf("acme's transaction is now %q", got)
	}
	if got := fields(t, others[0], "shared-id", "Notes"); got[0] != "of the other" {
		t.Errorf("the other's transaction is %q", got)
	}
}

func partnerIDs() []string {
	var ids []string
	for id := range desk.Partners {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func TestTheSameIDWithOtherContentIsAConflict(t *testing.T) {
	t.Parallel()
	wantTotals(t, settle(t, "acme", "conflict-1.xml", batch(record("conflict", "first"))), 1, 0, 0, 0)
	second := settle(t, "acme", "conflict-2.xml", batch(record("fine", "x"), record("conflict", "second")))
	wantTotals(t, second, 1, 0, 1, 0)
	if r := second.Transactions[0]; r.Ordinal != 2 || r.TransactionID != "conflict" || r.Code != contract.CodeContentConflict {
		t.Errorf("receipt %+v", r)
	}
	if got := fields(t, "acme", "conflict", "Notes"); got[0] != "first" {
		t.Errorf("the first transaction is now %q", got)
	}
}

// All records of a file are processed side by side; of two with one id it is
// the first all the same that is stored.
func TestOfEqualIDsInAFileTheFirstIsStored(t *testing.T) {
	t.Parallel()
	var records, want []string
	for i := range 200 {
		id, later, code := fmt.Sprintf("neighbours-%d", i), "first", contract.CodeDuplicate
		if i%2 == 1 {
			later, code = "second", contract.CodeContentConflict
		}
		records = append(records, record(id, "first"), record(id, later))
		want = append(want, fmt.Sprint(2*i+2, " ", id, " ", code))
	}
	r := settle(t, "acme", "neighbours.xml", batch(records...))
	wantTotals(t, r, 200, 100, 100, 0)
	var got []string
	for _, receipt := range r.Transactions {
		got = append(got, fmt.Sprint(receipt.Ordinal, " ", receipt.TransactionID, " ", receipt.Code))
		if !strings.Contains(receipt.Message, fmt.Sprintf("Record %d of this file", receipt.Ordinal-1)) {
			t.Errorf("receipt %+v does not name the first record", receipt)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("receipts %q, want %q", got, want)
	}
	for i := range 200 {
		if got := fields(t, "acme", fmt.Sprintf("neighbours-%d", i), "Notes"); got[0] != "first" {
			t.Errorf("transaction %d is stored as %q", i, got)
		}
	}
	if got := executions(t, r.FileID); len(got) != 200 {
		t.Errorf("%d executions, want 200", len(got))
	}
}

func TestHundredTransactionsAreHundredExecutions(t *testing.T) {
	t.Parallel()
	var records []string
	for i := range 100 {
		records = append(records, record(fmt.Sprintf("hundred-%d", i), "x"))
	}
	r := settle(t, "acme", "hundred.xml", batch(records...))
	wantTotals(t, r, 100, 0, 0, 0)
	if got := executions(t, r.FileID); len(got) != 100 {
		t.Errorf("%d executions, want 100", len(got))
	}
}

func TestTextIsStoredByteForByte(t *testing.T) {
	t.Parallel()
	texts := map[string]struct{ xml, want string }{
		"quotes":     {`"double" and 'single'`, `"double" and 'single'`},
		"newlines":   {"one\ntwo\n\nthree", "one\ntwo\n\nthree"},
		"backslash":  {`\ \\ \n \u0041`, `\ \\ \n \u0041`},
		"injection":  {`x", "id" : "999`, `x", "id" : "999`},
		"cdata":      {`<![CDATA[a ]]]]><![CDATA[> b & <c>]]>`, `a ]]> b & <c>`},
		"entities":   {`&lt;&amp;&gt;&quot;&apos;&#65;&#x1F600;`, `<&>"'A😀`},
		"emoji":      {`👩‍👩‍👧‍👦 🏴‍☠️`, `👩‍👩‍👧‍👦 🏴‍☠️`},
		"four-bytes": {"𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𠜎", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𠜎"},
		"template":   {`{% $states.input %} ${Table} {{resolve:x}}`, `{% $states.input %} ${Table} {{resolve:x}}`},
		"spaces":     {"  both ends\t", "  both ends\t"},
		"separators": {"\u2028\u2029\u00a0", "\u2028\u2029\u00a0"},
	}
	var records []string
	for id, text := range texts {
		records = append(records, record("text-"+id, text.xml))
	}
	wantTotals(t, settle(t, "acme", "texts.xml", batch(records...)), len(texts), 0, 0, 0)
	for id, text := range texts {
		if got := fields(t, "acme", "text-"+id, "Notes"); !slices.Equal(got, []string{text.want}) {
			t.Errorf("%s: stored %q, want %q", id, got, text.want)
		}
	}
}

func TestTheSameTransactionsInOtherClothes(t *testing.T) {
	t.Parallel()
	const text = "Grüße aus Köln"
	for name, content := range map[string]string{
		"default-namespace":  `<Transactions xmlns="urn:example:orders"><Transaction TransactionID="default-namespace"><Notes>` + text + `</Notes></Transaction></Transactions>`,
		"prefixed-namespace": `<o:Transactions xmlns:o="urn:example:orders"><o:Transaction TransactionID="prefixed-namespace"><o:Notes>` + text + `</o:Notes></o:Transaction></o:Transactions>`,
		"comments":           `<!-- a --><?style x?><Transactions><!-- b --><Transaction TransactionID="comments"><Notes>` + text + `</Notes></Transaction><?pi y?><!-- c --></Transactions><!-- d -->`,
		"iso-8859-1":         latin1(`<?xml version="1.0" encoding="ISO-8859-1"?>` + oneRecord("iso-8859-1", text)),
		"utf-16":             utf16le(`<?xml version="1.0" encoding="UTF-16"?>` + oneRecord("utf-16", text)),
		"utf-8-bom":          "\ufeff" + batch(record("utf-8-bom", text)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantTotals(t, settle(t, "acme", name+".xml", content), 1, 0, 0, 0)
			if got := fields(t, "acme", name, "Notes"); !slices.Equal(got, []string{text}) {
				t.Errorf("stored %q, want %q", got, text)
			}
		})
	}
}

func oneRecord(id, notes string) string {
	return "<Transactions>" + record(id, notes) + "</Transactions>"
}

func latin1(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteByte(byte(r))
	}
	return b.String()
}

func utf16le(s string) string {
	b := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(s)) {
		b = append(b, byte(unit), byte(unit>>8))
	}
	return string(b)
}

func TestARecordThatIsBadAloneIsRejectedAlone(t *testing.T) {
	t.Parallel()
	r := settle(t, "acme", "alone.xml", batch(
		record("alone-1", "fine"),
		`<Transaction><Notes>no id</Notes></Transaction>`,
		record("", "empty id"),
		record(strings.Repeat("x", 200), "long id"),
		record("alone-5", strings.Repeat("y", 300*1024)),
		`<Transaction TransactionID="alone-6"/>`,
		`<Transaction TransactionID="alone-7"><Notes>one</Notes><Notes>two</Notes></Transaction>`,
		`<Header>not a transaction</Header>`,
		record("alone-9", "fine too"),
	))
	wantTotals(t, r, 4, 0, 5, 0)
	var got []string
	for _, receipt := range r.Transactions {
		got = append(got, fmt.Sprint(receipt.Ordinal, " ", receipt.Code))
		if receipt.Message == "" {
			t.Errorf("receipt %+v tells the partner nothing", receipt)
		}
	}
	want := []string{"2 MISSING_TRANSACTION_ID", "3 INVALID_TRANSACTION_ID", "4 INVALID_TRANSACTION_ID", "5 TRANSACTION_TOO_LARGE", "8 UNEXPECTED_ELEMENT"}
	if !slices.Equal(got, want) {
		t.Errorf("receipts %q, want %q", got, want)
	}
	if got := fields(t, "acme", "alone-7", "Notes"); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("two Notes stored as %q", got)
	}
}

func TestAFileThatIsBrokenAsADocumentIsQuarantinedWhole(t *testing.T) {
	t.Parallel()
	good := record("broken", "never stored")
	for name, broken := range map[string]struct{ content, code string }{
		"truncated":       {"<Transactions>" + good, "TRUNCATED"},
		"second-root":     {oneRecord("broken", "x") + "<Transactions/>", "TRAILING_CONTENT"},
		"doctype":         {`<!DOCTYPE Transactions [<!ENTITY e "x">]>` + oneRecord("broken", "&e;"), "DOCTYPE"},
		"entity":          {oneRecord("broken", "&nbsp;"), "UNDEFINED_ENTITY"},
		"mismatched":      {"<Transactions>" + good + "</Transaction>", "MISMATCHED_TAG"},
		"attribute-twice": {`<Transactions><Transaction TransactionID="broken" TransactionID="x"/></Transactions>`, "DUPLICATE_ATTRIBUTE"},
		"bad-utf-8":       {oneRecord("broken", "\xff\xfe\xfd"), "INVALID_ENCODING"},
		"nul":             {oneRecord("broken", "\x00"), "ILLEGAL_CHARACTER"},
		"deep":            {"<Transactions>" + strings.Repeat("<a>", 10_000) + strings.Repeat("</a>", 10_000) + "</Transactions>", "TOO_DEEP"},
		"gzip-bomb":       {gzipped(1 << 20), "COMPRESSED"},
		"empty":           {"", "EMPTY"},
		"not-xml":         {"transactionId,notes\n1,hello\n", "NOT_XML"},
		"no-records":      {"<Transactions></Transactions>", "NO_RECORDS"},
		"other-root":      {"<Orders>" + good + "</Orders>", "UNEXPECTED_ROOT"},
	} {
		t.Run(name, func(t *testing.T) {
			r := settle(t, "acme", "broken-"+name+".xml", broken.content)
			wantTotals(t, r, 0, 0, 0, 0)
			if r.Status != contract.FileQuarantined || r.Reason == nil || r.Reason.Code != broken.code || r.Reason.Message == "" || r.Reason.Place == nil || r.Reason.Line < 1 || r.Reason.Column < 1 {
				t.Errorf("status %s, reason %v; want QUARANTINED as %s, with a place", r.Status, r.Reason, broken.code)
			}
			if got := executions(t, r.FileID); len(got) > 0 {
				t.Errorf("executions %q of a quarantined file", got)
			}
		})
	}
	if item := row(t, "acme", "broken"); item != nil {
		t.Errorf("a transaction of a quarantined file is stored: %v", item)
	}
}

func gzipped(zeros int) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(make([]byte, zeros))
	w.Close()
	return b.String()
}

func TestOfTenPercentBadRecordsOnlyTheseAreRejected(t *testing.T) {
	t.Parallel()
	var records []string
	var want []int
	for i := 1; i <= 1000; i++ {
		if i%10 == 0 {
			records = append(records, `<Transaction TransactionID=" "><Notes>bad</Notes></Transaction>`)
			want = append(want, i)
			continue
		}
		records = append(records, record(fmt.Sprintf("many-%d", i), "good"))
	}
	r := settle(t, "acme", "many.xml", batch(records...))
	wantTotals(t, r, 900, 0, 100, 0)
	var got []int
	for _, receipt := range r.Transactions {
		got = append(got, receipt.Ordinal)
	}
	if !slices.Equal(got, want) {
		t.Errorf("rejected ordinals %v, want %v", got, want)
	}
}
