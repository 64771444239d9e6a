package split

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/internal/batch"
	"github.com/tradepost-dev/tradepost/internal/batch/xml"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// fileOf makes a file of records from "id=notes".
func fileOf(records ...string) string {
	var b strings.Builder
	b.WriteString("<Transactions>")
	for _, record := range records {
		id, notes, _ := strings.Cut(record, "=")
		fmt.Fprintf(&b, "<Transaction TransactionID='%s'><Notes>%s</Notes></Transaction>", id, notes)
	}
	b.WriteString("</Transactions>")
	return b.String()
}

func TestOfRecordsWithOneIDTheFirstIsSent(t *testing.T) {
	far := []string{"F=1"}
	for i := range 1000 {
		far = append(far, fmt.Sprintf("T%d=x", i))
	}
	far = append(far, "F=2", "F=1")
	tests := []struct {
		name    string
		content string
		sent    []int
		told    []string // ordinal, outcome, code and the ordinal that the message names
	}{
		{"none is repeated", fileOf("A=1", "B=1", "a=1", "A =1"), []int{1, 2, 3, 4}, nil},
		{"equal neighbours", fileOf("A=1", "A=1"), []int{1}, []string{"2 DUPLICATE DUPLICATE 1"}},
		{"neighbours in conflict", fileOf("A=1", "A=2"), []int{1}, []string{"2 REJECTED CONTENT_CONFLICT 1"}},
		{"three of a kind", fileOf("A=1", "A=2", "A=1"), []int{1}, []string{"2 REJECTED CONTENT_CONFLICT 1", "3 DUPLICATE DUPLICATE 1"}},
		{"several ids", fileOf("B=1", "A=1", "B=2", "C=1", "A=1"), []int{1, 2, 4}, []string{"3 REJECTED CONTENT_CONFLICT 1", "5 DUPLICATE DUPLICATE 2"}},
		{"a first one that is no transaction", "<Transactions><Order TransactionID='A'/>" + fileOf("A=1", "A=1")[len("<Transactions>"):],
			[]int{2}, []string{"1 REJECTED UNEXPECTED_ELEMENT", "3 DUPLICATE DUPLICATE 2"}},
		{"a first one that is too large", fileOf("A="+strings.Repeat("x", 300<<10), "A=2", "A=2"),
			[]int{2}, []string{"1 REJECTED TRANSACTION_TOO_LARGE", "3 DUPLICATE DUPLICATE 2"}},
		{"a first one that is too large as JSON only", fileOf("A="+strings.Repeat(`"`, 200<<10), "A=2", "A=3"),
			[]int{2}, []string{"1 REJECTED TRANSACTION_TOO_LARGE", "3 REJECTED CONTENT_CONFLICT 2"}},
		{"a later one that is bad", fileOf("A=1", "A="+strings.Repeat("x", 300<<10), "A=1"),
			[]int{1}, []string{"2 REJECTED TRANSACTION_TOO_LARGE", "3 DUPLICATE DUPLICATE 1"}},
		{"the same content in another order", "<Transactions>" +
			"<Transaction TransactionID='A' a='1' b='2'><X>1</X><Y>2</Y></Transaction>" +
			"<Transaction b='2' a='1' TransactionID='A'>\n <X>1</X>\n <Y>2</Y>\n</Transaction>" +
			"<Transaction TransactionID='A' a='1' b='2'><Y>2</Y><X>1</X></Transaction>" +
			"</Transactions>", []int{1}, []string{"2 DUPLICATE DUPLICATE 1", "3 REJECTED CONTENT_CONFLICT 1"}},
		{"the same values in other groups", "<Transactions>" +
			"<Transaction TransactionID='A'><L><S>A</S><Q>2</Q></L><L><S>B</S></L></Transaction>" +
			"<Transaction TransactionID='A'><L><S>A</S></L><L><S>B</S><Q>2</Q></L></Transaction>" +
			"</Transactions>", []int{1}, []string{"2 REJECTED CONTENT_CONFLICT 1"}},
		{"the same id written in another way", fileOf("A&amp;B=1", "A&#38;B=1"), []int{1}, []string{"2 DUPLICATE DUPLICATE 1"}},
		{"far apart", fileOf(far...), ordinals(1, 1001), []string{"1002 REJECTED CONTENT_CONFLICT 1", "1003 DUPLICATE DUPLICATE 1"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.objects[key+"@v1"] = test.content
			w.mustSplit(t.Context())
			var sent []int
			for _, m := range w.received() {
				sent = append(sent, m.Ordinal)
			}
			if !slices.Equal(sent, test.sent) {
				t.Errorf("sent %v, want %v", sent, test.sent)
			}
			var told []string
			for _, r := range w.rejected() {
				line := fmt.Sprint(r.Ordinal, " ", r.Outcome, " ", r.Code)
				var first int
				if _, err := fmt.Sscanf(r.Message, "Record %d of this file", &first); err == nil {
					line += fmt.Sprint(" ", first)
				}
				told = append(told, line)
			}
			if !slices.Equal(told, test.told) {
				t.Errorf("told %q, want %q", told, test.told)
			}
			received := w.settlements[contract.FileID("landing", key, "v1")].Received
			if received != len(sent)+len(told) {
				t.Errorf("received %d, sent %d, told %d", received, len(sent), len(told))
			}
		})
	}
}

func ordinals(from, to int) []int {
	var all []int
	for i := from; i <= to; i++ {
		all = append(all, i)
	}
	return all
}

func TestRepeatsAreTheIDsThatOccurSeveralTimes(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 50 {
		var ids []idDigest
		count := map[idDigest]int{}
		for range n {
			id := idDigest{0: byte(random.IntN(8)), 15: byte(random.IntN(3))}
			ids = append(ids, id)
			count[id]++
		}
		var want []idDigest
		for id, times := range count {
			if times > 1 {
				want = append(want, id)
			}
		}
		slices.SortFunc(want, compareDigests)
		if got := repeats(ids); !reflect.DeepEqual(got, want) {
			t.Fatalf("of %d ids %v are repeated, want %v", n, got, want)
		}
	}
}

func TestCheckingAnIDAllocatesNothing(t *testing.T) {
	content := fileOf(strings.Repeat("x", contract.MaxTransactionIDLength) + "=1")
	err := (xml.Format{}).Split(strings.NewReader(content), 0, func(r *batch.Record) error {
		if n := testing.AllocsPerRun(100, func() { digestID(r) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
