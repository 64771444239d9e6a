package laptop_test

import (
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/internal/contract"
)

func TestAnExpressWorkflowComesToTheSameAccount(t *testing.T) {
	t.Parallel()
	l, err := laptop.Start(deadline(t), laptop.Options{
		Root: root, State: t.TempDir(), Context: map[string]string{"workflow": "express"},
	}, func(string, ...any) {})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	acme := l.Partners["acme"]
	if err := acme.Upload("express.xml", strings.NewReader(batch(record("1", "x"), record("2", "y"), record("1", "x"), record("2", "z")))); err != nil {
		t.Fatal(err)
	}
	r, _, err := acme.Reply(deadline(t), "express.xml", func(r contract.Reply) bool { return r.Status == contract.FileSettled })
	if err != nil {
		t.Fatal(err)
	}
	wantTotals(t, r, 2, 1, 1, 0)
}
