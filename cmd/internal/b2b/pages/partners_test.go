package pages

// This file lists files page by page.

import (
	"fmt"
	"testing"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/dynamotest"
)

func TestAPartnersFilesAreListedOnceTheLastOneFirst(t *testing.T) {
	tables := dynamotest.New(t)
	const files = 2*onPage + 7
	for i := range files {
		for _, partner := range []string{"acme", "globex"} {
			tables.Put(dynamotest.Files, attributes{
				contract.AttrFileID: attribute.Text(contract.FileID("landing", partner, fmt.Sprint(i))), contract.AttrPartner: attribute.Text(partner),
				contract.AttrFile: attribute.Text(fmt.Sprint(i)), contract.AttrStatus: attribute.Text(contract.FileSettled),
				contract.AttrClaimedAt: attribute.Number(i / 3), // several in a millisecond
			})
		}
	}
	d := &desk{tables: tables.Client, outputs: map[string]string{"FilesTable": dynamotest.Files}}
	seen := map[string]bool{}
	pages, before := 0, int64(files)
	for from := ""; pages == 0 || from != ""; pages++ {
		page, err := d.filesOf(t.Context(), "acme", from, onPage)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Files) > onPage {
			t.Errorf("a page has %d files", len(page.Files))
		}
		for _, f := range page.Files {
			if at := f.ClaimedAt.UnixMilli(); f.Partner != "acme" || seen[f.FileID] || at > before {
				t.Fatalf("file %s of %s, of %d, comes after one of %d", f.File, f.Partner, at, before)
			}
			seen[f.FileID], before = true, f.ClaimedAt.UnixMilli()
		}
		from = page.next
	}
	if len(seen) != files || pages != 3 {
		t.Errorf("%d pages have %d files, want 3 with %d", pages, len(seen), files)
	}
	for _, from := range []string{"x", "1", "1-", "1-x", "-" + contract.FileID("a", "b", "c")} {
		if _, err := d.filesOf(t.Context(), "acme", from, onPage); err == nil {
			t.Errorf("%q is taken for the address of a page", from)
		}
	}
}
