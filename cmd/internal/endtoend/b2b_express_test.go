package endtoend

import (
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/cmd/internal/b2b"
	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

func TestAnExpressWorkflowComesToTheSameAccount(t *testing.T) {
	t.Parallel()
	l, err := laptop.Start(t.Context(), laptop.Options{
		Root: root, State: t.TempDir(), Systems: []laptop.System{b2b.System()}, Context: map[string]string{"workflow": "express"},
	})
	acme := connected(t, mine(t, l, err)).Partners["acme"]
	for _, file := range []struct {
		name, content               string
		stored, duplicate, rejected int
	}{
		{"express.xml", batch(record("1", "x"), record("2", "y")), 2, 0, 0},
		{"express-again.xml", batch(record("1", "x"), record("2", "z"), record("3", "x")), 1, 1, 1},
	} {
		if err := acme.Upload(deadline(t), file.name, strings.NewReader(file.content)); err != nil {
			t.Fatal(err)
		}
		r, _, err := acme.Reply(deadline(t), file.name, func(r contract.Reply) bool { return r.Status == contract.FileSettled })
		if err != nil {
			t.Fatal(err)
		}
		wantTotals(t, r, file.stored, file.duplicate, file.rejected, 0)
	}
}
