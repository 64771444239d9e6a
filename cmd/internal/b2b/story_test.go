package b2b

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

func TestOnlyAFileIsABatch(t *testing.T) {
	folder := t.TempDir()
	if err := checkBatch(filepath.Join(folder, "missing.xml")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if err := checkBatch(folder); err == nil || !strings.Contains(err.Error(), "not a file") {
		t.Errorf("a folder: %v", err)
	}
	batch := filepath.Join(folder, "with space.xml")
	if err := os.WriteFile(batch, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := checkBatch(batch); err != nil {
		t.Errorf("a file: %v", err)
	}
}

func TestAFileThatThePipelineIgnoresIsRefusedBeforeAnythingIsMade(t *testing.T) {
	for name, reason := range map[string]string{
		"orders.xml.part":     "it has the name of an unfinished upload",
		"orders.xml.filepart": "it has the name of an unfinished upload",
		"orders.TMP":          "it has the name of an unfinished upload",
		".orders.xml":         "it is hidden",
	} {
		batch, state := filepath.Join(t.TempDir(), name), t.TempDir()
		if err := os.WriteFile(batch, []byte("<Transactions/>"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Story(batch).Prepare(filepath.Join("..", "..", ".."), state)
		if err == nil || !strings.Contains(err.Error(), reason) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
		if made, err := os.ReadDir(state); err != nil || len(made) > 0 {
			t.Errorf("%s: made %v, %v", name, made, err)
		}
	}
}

func TestARowStaysOnItsLine(t *testing.T) {
	executions := map[string]*execution{
		"ended":   {transactionID: "of the execution", took: aws.Duration(7 * time.Millisecond)},
		"running": {},
	}
	for _, test := range []struct{ name, id, execution, want string }{
		{"a plain id", "12", "ended", "f.xml  12  STORED  ended  7"},
		{"an id of several lines", "a\tb\nc", "ended", `f.xml  "a\tb\nc"  STORED  ended  7`},
		{"no id", "", "ended", "f.xml  of the execution  STORED  ended  7"},
		{"no id anywhere", "", "running", "f.xml  -  STORED  running  -"},
		{"a long id", strings.Repeat("é", 128), "ended", "f.xml  " + strings.Repeat("é", 39) + "…  STORED  ended  7"},
		{"an execution that still runs", "12", "running", "f.xml  12  STORED  running  -"},
		{"no execution", "12", "none", "f.xml  12  STORED  -  -"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			table := newTable(&out, func(_ context.Context, name string) (*execution, error) { return executions[name], nil })
			if err := table.row(t.Context(), "f.xml", test.id, "STORED", test.execution); err != nil {
				t.Fatal(err)
			}
			if err := table.out.Flush(); err != nil {
				t.Fatal(err)
			}
			_, row, _ := strings.Cut(out.String(), "\n")
			if got, want := strings.Fields(row), strings.Fields(test.want); strings.Join(got, " ") != strings.Join(want, " ") || strings.Count(row, "\n") != 1 {
				t.Errorf("row %q, want %q", row, test.want)
			}
		})
	}
}

func TestTheAccountFailsUnlessEverythingIsAccountedFor(t *testing.T) {
	for _, test := range []struct {
		name   string
		totals contract.Totals
		status contract.FileStatus
		posted contract.Outcome
		want   string
		fails  string // part of the error, "" for none
	}{
		{"all stored", contract.Totals{Received: 2, Stored: 2}, contract.FileSettled, contract.Stored,
			"received=3 stored=3 duplicate=0 rejected=0 failed=0", ""},
		{"some rejected", contract.Totals{Received: 3, Stored: 1, Duplicate: 1, Rejected: 1}, contract.FileSettled, contract.Stored,
			"received=4 stored=2 duplicate=1 rejected=1 failed=0", ""},
		{"quarantined", contract.Totals{}, contract.FileQuarantined, contract.Stored,
			"received=1 stored=1 duplicate=0 rejected=0 failed=0 quarantined=1", "f.xml was quarantined: EMPTY: No root."},
		{"one lost", contract.Totals{Received: 2, Stored: 1}, contract.FileSettled, contract.Stored,
			"received=3 stored=2 duplicate=0 rejected=0 failed=0", "1 of 3 transactions are not accounted for"},
		{"one failed", contract.Totals{Received: 2, Stored: 1, Failed: 1}, contract.FileSettled, contract.Stored,
			"received=3 stored=2 duplicate=0 rejected=0 failed=1", "1 transactions failed"},
		{"the posted one failed", contract.Totals{Received: 1, Stored: 1}, contract.FileSettled, contract.Failed,
			"received=2 stored=1 duplicate=0 rejected=0 failed=1", "1 transactions failed"},
		{"the posted one has no outcome", contract.Totals{Received: 1, Stored: 1}, contract.FileSettled, contract.StatusReceived,
			"received=2 stored=1 duplicate=0 rejected=0 failed=0", "1 of 2 transactions"},
	} {
		t.Run(test.name, func(t *testing.T) {
			reply := contract.Reply{File: "f.xml", Status: test.status, Reason: &contract.Reason{Code: "EMPTY", Message: "No root."}, Totals: test.totals}
			got, err := conclude(reply, Status{Status: string(test.posted)})
			if got != test.want {
				t.Errorf("account %q, want %q", got, test.want)
			}
			if (err == nil) != (test.fails == "") || err != nil && !strings.Contains(err.Error(), test.fails) {
				t.Errorf("error %v, want %q", err, test.fails)
			}
		})
	}
}
