package deployment

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/cmd/internal/b2b"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// One story, as each step stands on the one before, and every start of the CLI
// takes a second.
func TestTheCDKDeploysUpdatesAndDestroysTheApp(t *testing.T) {
	a := open(t)
	a.synthesize(t, map[string]string{"ephemeral": "true"})

	for _, step := range []struct {
		name string
		run  func(*testing.T, *account)
	}{
		{"the account is bootstrapped", bootstrapped},
		{"all stacks are created", created},
		{"there is no difference then", same},
		{"nothing is left when they are destroyed", destroyed},
	} {
		if !t.Run(step.name, func(t *testing.T) { step.run(t, a) }) {
			t.FailNow()
		}
	}
}

func bootstrapped(t *testing.T, a *account) {
	if said := a.run(t, command(t, "bootstrap")); !strings.Contains(said, "bootstrapped") {
		t.Errorf("the CLI says\n%s", said)
	}
	if said := a.run(t, command(t, "bootstrap")); !strings.Contains(said, "no changes") {
		t.Errorf("the second time the CLI says\n%s", said)
	}
}

func created(t *testing.T, a *account) {
	a.run(t, command(t, "deploy"))
	if err := a.works(t, "acme", "first"); err != nil {
		t.Error(err)
	}
}

func same(t *testing.T, a *account) {
	if said := a.run(t, command(t, "diff")); !strings.Contains(said, "Number of stacks with differences: 0") {
		t.Errorf("the CLI says\n%s", said)
	}
}

func destroyed(t *testing.T, a *account) {
	a.run(t, command(t, "destroy"))
	for stack := range a.Endpoints.Outputs {
		if stack != "CDKToolkit" {
			t.Errorf("the stack %s is left", stack)
		}
	}
}

// works lets a partner post a transaction and upload a file, both of the name.
func (a *account) works(t *testing.T, partner, name string) error {
	t.Helper()
	desk, err := b2b.Connect(deadline(t), a.Laptop)
	if err != nil {
		return err
	}
	p := desk.Partners[partner]
	answer, body, err := p.Post(deadline(t), name+"-posted", "content")
	switch {
	case err != nil:
		return err
	case answer.StatusCode != http.StatusAccepted:
		return fmt.Errorf("POST of %s: %s: %s", name, answer.Status, body)
	}
	if status, err := p.Settled(deadline(t), name+"-posted"); err != nil || status.Status != string(contract.Stored) {
		return fmt.Errorf("what was posted as %s is %+v: %w", name, status, err)
	}
	file := `<Transactions><Transaction TransactionID="` + name + `-uploaded"><Notes>x</Notes></Transaction></Transactions>`
	if err := p.Upload(deadline(t), name+".xml", strings.NewReader(file)); err != nil {
		return err
	}
	_, _, err = p.Reply(deadline(t), name+".xml", func(r contract.Reply) bool { return r.Totals.Stored == 1 })
	return err
}
