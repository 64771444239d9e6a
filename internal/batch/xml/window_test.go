package xml

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/internal/batch"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// Texts that are longer than the window, but short once decoded, are moved over
// its end a byte at a time.
func TestTextsAreTheSameWhereverTheWindowEnds(t *testing.T) {
	const times = 60_000
	for shift := range 16 {
		filler := strings.Repeat("x", shift)
		document := "<Transactions><Transaction TransactionID='1'><N>" + filler + strings.Repeat("&amp;]\r\n", times) + "</N></Transaction>" +
			"<Transaction TransactionID='2'><N><![CDATA[" + filler + strings.Repeat("\r\n]", 3*times) + "]]></N></Transaction>" +
			"<Transaction TransactionID='3'><!--" + strings.Repeat("- ", 5*times) + "--><N>漢</N></Transaction>" +
			"<Transaction TransactionID='4'>" + filler + strings.Repeat("漢\r]", 4*times) + "</Transaction>" +
			"<Transaction TransactionID='5'><N>" + filler + strings.Repeat("漢", times) + "</N></Transaction></Transactions>"
		got, err := splitAll(strings.NewReader(document), 0)
		want := []result{
			{1, "1", "", content(leaf("N", filler+strings.Repeat("&]\n", times)))},
			{2, "2", contract.CodeTransactionTooLarge, contract.Content{}},
			{3, "3", "", content(leaf("N", "漢"))},
			{4, "4", contract.CodeTransactionTooLarge, contract.Content{}},
			{5, "5", "", content(leaf("N", filler+strings.Repeat("漢", times)))},
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("shift %d: got %.400v, %v", shift, got, err)
		}
	}
}

func TestLineEndsAreTheSameWhereverTheWindowEnds(t *testing.T) {
	const times = 240_000 - 300 // 480 KB as \r\n, which begin in the middle of the window
	before := "<Transactions><!--" + strings.Repeat("x", windowSize/2-1000) + "-->"
	for shift := range 4 {
		document := before + strings.TrimPrefix(oneRecord("<N>"+strings.Repeat("x", shift)+"<![CDATA["+strings.Repeat("\r\n", times)+"]]></N>"), "<Transactions>")
		got, err := splitAll(strings.NewReader(document), 0)
		want := []result{{1, "1", "", content(leaf("N", strings.Repeat("x", shift)+strings.Repeat("\n", times)))}}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("shift %d: %d characters, %v", shift, len(got[0].Content.Children[0].Text), err)
		}
	}
}

func TestALongTextIsNotGathered(t *testing.T) {
	document := oneRecord("<N>" + strings.Repeat("x", 4<<20) + "</N>")
	err := Format{}.Split(strings.NewReader(document), 0, func(r *batch.Record) error {
		if r.Code != contract.CodeTransactionTooLarge {
			t.Errorf("code %q", r.Code)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPlacesAreRightBehindManyWindows(t *testing.T) {
	lines := strings.Repeat("<Transaction TransactionID='é'/>\n", 50_000)
	_, err := splitAll(strings.NewReader("<Transactions>\n"+lines+"é<"), 0)
	var fault *batch.Fault
	if !errors.As(err, &fault) || fault.Line != 50_002 || fault.Column != 1 || fault.Offset != int64(15+len(lines)) {
		t.Fatalf("got %v", err)
	}
	line := strings.Repeat("<Transaction TransactionID='é'/>", 50_000)
	for _, before := range []string{"<Transactions>", "<Transactions>" + line + "\n"} {
		_, err = splitAll(strings.NewReader(before+line+"&"), 0)
		wantLine, wantColumn := 1, 14+50_000*32+1
		if strings.Contains(before, "\n") {
			wantLine, wantColumn = 2, 50_000*32+1
		}
		if !errors.As(err, &fault) || fault.Line != wantLine || fault.Column != wantColumn {
			t.Fatalf("got %v", err)
		}
	}
}

func TestSplittingAllocatesNothingPerRecord(t *testing.T) {
	allocations := func(records int) float64 {
		document := generate(records)
		return testing.AllocsPerRun(3, func() {
			if err := (Format{}).Split(bytes.NewReader(document), 0, func(*batch.Record) error { return nil }); err != nil {
				t.Fatal(err)
			}
		})
	}
	if few, many := allocations(100), allocations(20_000); many > few+20 {
		t.Errorf("%v allocations for 100 records, %v for 20,000", few, many)
	}
}
