package xml

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"testing/iotest"

	"github.com/tradepost-dev/tradepost/internal/batch"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

func splitAll(r io.Reader, maxRecords int) ([]result, error) {
	var results []result
	err := Format{}.Split(r, maxRecords, func(r *batch.Record) error {
		result := result{Ordinal: r.Ordinal, ID: r.TransactionID(), Code: r.Code}
		if r.Code == "" {
			result.Content = r.Content()
		}
		results = append(results, result)
		return nil
	})
	return results, err
}

// FuzzSplit compares with encoding/xml: what that rejects must be rejected,
// and what is accepted must give the same trees.
func FuzzSplit(f *testing.F) {
	seeds, err := filepath.Glob("testdata/*/*.xml")
	if err != nil || len(seeds) == 0 {
		f.Fatalf("no seeds in testdata: %v", err)
	}
	for _, path := range seeds {
		content, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	for _, c := range soundCases {
		f.Add([]byte(c.document))
	}
	f.Add([]byte("<Transactions><Transaction TransactionID=',\n'/></Transactions>"))
	for _, c := range faultCases {
		if len(c.document) < 10_000 {
			f.Add([]byte(c.document))
		}
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		got, err := splitAll(bytes.NewReader(document), 0)
		again, againErr := splitAll(iotest.OneByteReader(bytes.NewReader(document)), 0)
		if !reflect.DeepEqual(got, again) || !reflect.DeepEqual(err, againErr) {
			t.Fatalf("whole: %+v, %v\nbyte by byte: %+v, %v", got, err, again, againErr)
		}
		if err != nil {
			return
		}
		want, err := referenceRecords(bytes.NewReader(document))
		if isNewerName(err) {
			return
		}
		if err != nil {
			t.Fatalf("accepted, but encoding/xml says: %v", err)
		}
		got, want = spaced(got), spaced(want)
		for i := range got {
			if i < len(want) && wrongBySpace(want[i]) {
				want[i].Code, want[i].Content = got[i].Code, got[i].Content
			}
			if i < len(want) && (got[i].Code == contract.CodeTransactionTooLarge || len(got[i].ID) != len(want[i].ID) || got[i].Code != "") {
				want[i] = result{Ordinal: want[i].Ordinal, ID: got[i].ID, Code: got[i].Code} // a bad record: only the ordinal is compared
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got  %+v\nwant %+v", got, want)
		}
	})
}

// wrongBySpace tells whether encoding/xml has kept a line break in an id that would be
// one with the space that it stands for.
func wrongBySpace(r result) bool {
	code, _ := contract.CheckTransactionID([]byte(r.ID))
	return r.Code == contract.CodeInvalidTransactionID && code == ""
}
