package console

// This file derives calls from a template that has each kind of them.

import (
	"os"
	"slices"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

func TestWhatCallsWhatFollowsFromTheTemplate(t *testing.T) {
	raw, err := os.ReadFile("testdata/calls.yaml")
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := cfn.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range callsOf(parsed, nil) {
		line := c.From + " -> " + c.To + ": " + c.How
		if c.Dead {
			line += " (dead)"
		}
		got = append(got, line)
	}
	want := []string{
		"API -> Accept: invokes",
		"API -> Authorize: asks who calls",
		"API -> Rows: as its policy permits",
		"Accept -> Orders: has it in its environment",
		"Arrived -> Machine: calls",
		"Arrived -> Missed: undelivered events (dead)",
		"Hourly -> Accept: calls",
		"Landing -> Arrived: events",
		"Machine -> Accept: has it in its definition",
		"Machine -> Rows: as its policy permits",
		"News -> Orders: tells",
		"Orders -> Missed: dead letters (dead)",
		"Orders -> Worker: is read in batches",
		"Server -> Landing: as its policy permits",
		"Worker -> Machine: as its policy permits",
		"Worker -> Missed: failed events (dead)",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the calls are\n%q, want\n%q", got, want)
	}
}

func TestResourcesAreCalledByTheirPathsOrWords(t *testing.T) {
	for id, want := range map[string]string{
		"PipelineSFTPServer47373DC8": "Pipeline SFTP Server", "Orders": "Orders", "ToS3": "To S3", "PipelineSFTPS3Rule1D25D001": "Pipeline SFTPS3 Rule", "a": "a", "ABBA": "ABBA", "": "",
	} {
		if got := nameOf(id, nil); got != want {
			t.Errorf("%s is called %q, want %q", id, got, want)
		}
	}
	if got := nameOf("X", map[string]any{"aws:cdk:path": "Shop/Till/Queue/Resource"}); got != "Till Queue" {
		t.Errorf("by its path it is called %q", got)
	}
}
