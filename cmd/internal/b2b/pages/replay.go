package pages

// This file replays what failed, in the way of tradepost replay, and says before what
// will happen.

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tradepost-dev/tradepost/internal/batch"
	"github.com/tradepost-dev/tradepost/internal/batch/xml"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/outcomes"
	"github.com/tradepost-dev/tradepost/internal/replay"
	"github.com/tradepost-dev/tradepost/local/console"
)

// listed is how many of the transactions that will be replayed a page lists.
const listed = 100

// preview is the page that says what a replay will do.
type preview struct {
	FileID   string
	All      bool // whatever has failed, not only what was chosen
	Ordinals []int
	Batch    *replay.Batch // nil: nothing of it has failed
	Obstacle string        // why it cannot be replayed; empty: it can
	Workflow string        // the ARN of the state machine of transactions
}

// Listed are the failures that the page lists.
func (p preview) Listed() []outcomes.Failure {
	return p.Batch.Failures[:min(listed, len(p.Batch.Failures))]
}

// Left is how many it does not list.
func (p preview) Left() int { return len(p.Batch.Failures) - len(p.Listed()) }

// Execution is the name of the execution that will be started.
func (p preview) Execution(f outcomes.Failure) string {
	attempt := f.Attempt + 1
	if f.Outcome == contract.Replaying {
		attempt = f.Attempt // it is marked, and sent again
	}
	return contract.ExecutionName(f.FileID, f.Ordinal, attempt)
}

// Back is where a user goes who does not want it.
func (p preview) Back() string {
	if contract.Posted(p.FileID) {
		return recordPage(p.FileID, 1)
	}
	return filePage(p.FileID)
}

// preview says what will be replayed, and changes nothing.
func (d *desk) preview(r *http.Request) (console.View, error) {
	p, replayer, err := d.selected(r.Context(), r.PathValue("file"), r.URL.Query())
	if err != nil {
		return console.View{}, err
	}
	if p.Batch != nil {
		if err := replayer.Check(r.Context(), *p.Batch); err != nil {
			p.Obstacle = err.Error()
		}
	}
	return console.View{Title: "Replay what failed?", Template: "replay.html", Data: p}, nil
}

// replay replays what a preview has shown.
func (d *desk) replay(r *http.Request) (string, error) {
	fields, err := console.Form(r)
	if err != nil {
		return "", err
	}
	p, replayer, err := d.selected(r.Context(), r.PathValue("file"), fields)
	if err != nil {
		return "", err
	}
	if p.Batch == nil {
		return p.Back() + "?done=nothing", nil
	}
	// To the end, also if the user goes away meanwhile.
	if _, err := replayer.Run(context.WithoutCancel(r.Context()), []replay.Batch{*p.Batch}); err != nil {
		return "", &console.Fault{Status: http.StatusConflict, Text: "It was not replayed, or not all of it: " + err.Error()}
	}
	return p.Back() + "?done=replayed", nil
}

// selected finds what a form has chosen: the ordinals of records, or all.
func (d *desk) selected(ctx context.Context, id string, fields url.Values) (p preview, _ *replay.Replayer, err error) {
	p = preview{FileID: id, All: fields.Get("which") == "all", Workflow: d.outputs["WorkflowARN"]}
	if err := checkID(id); err != nil {
		return p, nil, err
	}
	for _, text := range fields["record"] {
		ordinal, err := strconv.Atoi(text)
		if err != nil || ordinal < 1 {
			return p, nil, console.Refuse("%q is no number of a record.", text)
		}
		p.Ordinals = append(p.Ordinals, ordinal)
	}
	selection := replay.Selection{FileID: id}
	switch {
	case p.All:
		p.Ordinals = nil
	case len(p.Ordinals) == 0:
		return p, nil, console.Refuse("No record is chosen: choose some that failed, or all of them.")
	case len(p.Ordinals) > largestSelection:
		return p, nil, console.Refuse("%d records are chosen: choose %d at most, or all that failed.", len(p.Ordinals), largestSelection)
	default:
		selection.Ordinals = p.Ordinals
	}
	replayer := d.replayer()
	found, err := replayer.Find(ctx, selection)
	if err != nil {
		return p, nil, err
	}
	if len(found) > 0 { // of one file
		p.Batch = &found[0]
	}
	return p, replayer, nil
}

// largestSelection bounds how many records are chosen one by one.
const largestSelection = 1000

// replayer is for one request: it keeps to a rate of calls, as one goroutine does.
func (d *desk) replayer() *replay.Replayer {
	return &replay.Replayer{
		Pipeline: d.pipeline, DynamoDB: d.tables, S3: d.objects, SQS: sqs.NewFromConfig(d.AWS()), StepFunctions: d.executions,
		Formats: batch.Formats{xml.Format{}},
		Tell:    func(format string, arguments ...any) { slog.Debug("replay: " + fmt.Sprintf(format, arguments...)) },
	}
}

// Reasons are the errors of what failed, in words.
func (p preview) Reasons() string {
	_, reasons, _ := strings.Cut(p.Batch.String(), " failed: ")
	return reasons
}
