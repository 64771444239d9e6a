package pages

// This file reads replies page by page.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// written is a reply as acknowledge writes it, a line for each record, of which
// every third failed.
func written(t *testing.T, n int) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(`{"version":2,"file":"a.xml","reason":{"code":"X","message":"transactions","transactions":[1]},"totals":{},"transactions":[`)
	for i := range n {
		r := contract.Receipt{Ordinal: i + 1, TransactionID: fmt.Sprintf(`é"],{%d`, i), Outcome: contract.Rejected}
		if i%3 == 2 {
			r.Outcome = contract.Failed
		}
		line, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
		b.Write(line)
	}
	b.WriteString("]}\n")
	return b.String()
}

func TestARepliesPagesHaveEachOfItsLinesOnce(t *testing.T) {
	for _, test := range []struct {
		n       int
		outcome contract.Outcome
		want    int
	}{{0, "", 0}, {onPage, "", onPage}, {onPage + 1, "", onPage + 1}, {1000, "", 1000}, {1000, contract.Failed, 333}, {atMost + 1, contract.Stored, 0}} {
		text := []byte(written(t, test.n))
		var seen, searched int
		last := 0
		for begin := int64(0); ; {
			page, err := readReceipts(bytes.NewReader(text[begin:]), begin, test.outcome)
			if err != nil {
				t.Fatalf("%d records, from %d: %v", test.n, begin, err)
			}
			for _, r := range page.Found {
				if r.Ordinal <= last {
					t.Fatalf("%d records: %d comes after %d", test.n, r.Ordinal, last)
				}
				last = r.Ordinal
			}
			seen, searched = seen+len(page.Found), searched+page.Searched
			if page.end == 0 {
				break
			}
			if begin = page.end; page.Searched > atMost || len(page.Found) > onPage {
				t.Fatalf("a page has looked through %d records and shows %d", page.Searched, len(page.Found))
			}
		}
		if seen != test.want || searched != test.n {
			t.Errorf("%d records, of outcome %q: %d shown, want %d; %d looked through", test.n, test.outcome, seen, test.want, searched)
		}
	}
}

func TestAnAddressThatNoPageHasGivenIsRefused(t *testing.T) {
	for from, want := range map[string]int64{"": 0, "7-abc": 7, "0-abc": -1, "-7-abc": -1, "x-abc": -1, "7-other": -1, "7": -1} {
		got, err := position(from, `"abc"`)
		if (err != nil) != (want < 0) || err == nil && got != want {
			t.Errorf("%q is %d, %v", from, got, err)
		}
	}
}
