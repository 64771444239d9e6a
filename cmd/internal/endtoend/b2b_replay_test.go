package endtoend

// This file does what the runbook in docs/operations.md says, word for word.

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/manual"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// operate runs a command of the runbook as an operator does, and returns all
// that it prints.
func operate(t *testing.T, command string, variables ...string) string {
	t.Helper()
	return operateOn(t, desk.Laptop, command, variables...)
}

func operateOn(t *testing.T, l *laptop.Laptop, command string, variables ...string) string {
	t.Helper()
	stdout, stderr, err := tryOn(t, l, command, variables...)
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", command, err, stdout, stderr)
	}
	return stdout + stderr
}

// tryOn is operateOn for a command that may fail.
func tryOn(t *testing.T, l *laptop.Laptop, command string, variables ...string) (stdout, stderr string, err error) {
	t.Helper()
	shell := exec.CommandContext(deadline(t), "sh", "-c", command)
	shell.Dir = root
	shell.Env = append(os.Environ(), append(variables, "AWS_ENDPOINT_URL="+l.Endpoints.AWS,
		"AWS_REGION="+l.Engine.Cloud.Region, "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local")...)
	var results, told bytes.Buffer
	shell.Stdout, shell.Stderr = &results, &told
	err = shell.Run()
	return results.String(), told.String(), err
}

func TestWhatFailedIsReplayedAsTheRunbookSays(t *testing.T) {
	t.Parallel()
	const all, failing = 100, 40
	var down atomic.Bool
	down.Store(true)
	fault.add(func(_ context.Context, call cloud.Call) error {
		// The table's key is disabled, say: trouble that no retry waits out.
		if down.Load() && call.Action == "TransactWriteItems" && about(call, `"replayed-down-`) {
			return cloud.Errorf(400, "AccessDeniedException", "the key is disabled")
		}
		return nil
	})
	var records []string
	for i := range all {
		id := fmt.Sprintf("replayed-%d", i)
		if i < failing {
			id = fmt.Sprintf("replayed-down-%d", i)
		}
		records = append(records, record(id, "x"))
	}
	before := settle(t, "globex", "replayed.xml", batch(records...))
	wantTotals(t, before, all-failing, 0, 0, failing)

	down.Store(false)
	commands := manual.Commands(t, "docs/operations.md", "Replaying failed transactions")
	said := ""
	for _, command := range commands {
		said += operate(t, command, "FILE="+before.FileID, "PARTNER=globex", "REASON=DynamoDb.DynamoDbException")
	}
	if !strings.Contains(said, fmt.Sprintf("%d failed", failing)) {
		t.Errorf("the commands do not tell of %d failures:\n%s", failing, said)
	}

	after, _, err := desk.Partners["globex"].Reply(deadline(t), "replayed.xml", func(r contract.Reply) bool {
		return r.FileID == before.FileID && r.Status == contract.FileSettled && r.Totals.Failed == 0
	})
	if err != nil {
		t.Fatalf("%v; the commands said\n%s", err, said)
	}
	wantTotals(t, after, all, 0, 0, 0)
	if names := executions(t, before.FileID); len(names) != all+failing {
		t.Errorf("%d executions, want one of each transaction and one of each replay", len(names))
	}
	for _, command := range commands { // there is nothing left to do
		if again := operate(t, command, "FILE="+before.FileID, "PARTNER=globex", "REASON=none"); !strings.Contains(again, "0 failed transactions") {
			t.Errorf("%s: a second time it says\n%s", command, again)
		}
	}
	if names := executions(t, before.FileID); len(names) != all+failing {
		t.Errorf("%d executions after all was done again", len(names))
	}
}
