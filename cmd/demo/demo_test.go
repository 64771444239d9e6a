package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
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

func TestARowStaysOnItsLine(t *testing.T) {
	started := time.Now()
	executions := map[string]types.ExecutionListItem{
		"ended":   {StartDate: &started, StopDate: aws.Time(started.Add(7 * time.Millisecond))},
		"running": {StartDate: &started},
	}
	for _, test := range []struct{ name, id, execution, want string }{
		{"a plain id", "12", "ended", "f.xml  12  STORED  ended  7"},
		{"an id of several lines", "a\tb\nc", "ended", `f.xml  "a\tb\nc"  STORED  ended  7`},
		{"no id", "", "ended", "f.xml  -  STORED  ended  7"},
		{"a long id", strings.Repeat("é", 128), "ended", "f.xml  " + strings.Repeat("é", 39) + "…  STORED  ended  7"},
		{"an execution that still runs", "12", "running", "f.xml  12  STORED  running  -"},
		{"no execution", "12", "none", "f.xml  12  STORED  -  -"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			table := newTable(&out, executions)
			table.row("f.xml", test.id, "STORED", test.execution)
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
		posted contract.Outcome
		want   string // part of the error, "" for none
	}{
		{"all stored", contract.Totals{Received: 2, Stored: 2}, contract.Stored, ""},
		{"some rejected", contract.Totals{Received: 3, Stored: 1, Duplicate: 1, Rejected: 1}, contract.Stored, ""},
		{"nothing received", contract.Totals{}, contract.Stored, ""},
		{"one lost", contract.Totals{Received: 2, Stored: 1}, contract.Stored, "1 of 3 transactions are not accounted for"},
		{"one failed", contract.Totals{Received: 2, Stored: 1, Failed: 1}, contract.Stored, "1 transactions failed"},
		{"the posted one failed", contract.Totals{Received: 1, Stored: 1}, contract.Failed, "1 transactions failed"},
		{"the posted one has no outcome", contract.Totals{Received: 1, Stored: 1}, contract.StatusReceived, "1 of 2 transactions"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := conclude(test.totals, laptop.Status{Status: string(test.posted)})
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}
