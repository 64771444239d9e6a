package pages

// This file shows a file: its account, its reply, and the records that were not
// stored.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/files"
	"github.com/tradepost-dev/tradepost/local/console"
)

// ids are those of files and of posted transactions.
var ids = regexp.MustCompile(`^[0-9a-fr][0-9a-f]{31}$`)

func isID(text string) bool { return ids.MatchString(text) }

func checkID(text string) error {
	if !isID(text) {
		return console.Refuse("%q is no id of a file or of a posted transaction: that has 32 characters, as in a reply.", text)
	}
	return nil
}

// fileView is a file's page.
type fileView struct {
	upload
	Outcome  contract.Outcome // of the records that are shown; empty for all that were not stored
	Reply    *reply           // nil: there is none yet
	Records  receipts
	More     string // the address of further records, or empty
	Workflow string // the ARN of the state machine of transactions
	Settling string // and of the execution that settles the file
	ObjectAt string // where the console shows what was uploaded
	ReplyAt  string // and the reply
	Failed   bool   // whether one of the records that are shown could be replayed
}

// Outcomes are those that records are filtered by.
func (fileView) Outcomes() []contract.Outcome {
	return []contract.Outcome{contract.Duplicate, contract.Rejected, contract.Failed}
}

func (d *desk) file(r *http.Request) (console.View, error) {
	ctx, query := r.Context(), r.URL.Query()
	row, err := d.fileRow(ctx, r.PathValue("file"))
	if err != nil {
		return console.View{}, err
	}
	v := fileView{Outcome: contract.Outcome(query.Get("outcome")), Workflow: d.outputs["WorkflowARN"]}
	if v.upload, err = d.upload(ctx, row); err != nil {
		return console.View{}, err
	}
	v.Settling = d.settlement(v.FileID, v.Attempt)
	v.ObjectAt = console.ObjectPage(v.Bucket, v.Key)
	if v.VersionID != "" {
		v.ObjectAt += "&" + url.Values{"version": {v.VersionID}}.Encode()
	}
	if v.Reply, err = d.reply(ctx, v.Settlement); err != nil {
		return console.View{}, err
	}
	if v.Reply != nil {
		v.ReplyAt = console.ObjectPage(v.Bucket, v.Reply.key)
		if v.Records, err = d.receipts(ctx, v.Settlement, *v.Reply, v.Outcome, query.Get("from")); err != nil {
			return console.View{}, err
		}
		v.More = console.NextPage(query, "from", v.Records.next)
		for _, r := range v.Records.Found {
			v.Failed = v.Failed || r.Outcome == contract.Failed
		}
	}
	return console.View{Title: v.File, Template: "file.html", Data: v}, nil
}

// fileRow is the row of a file.
func (d *desk) fileRow(ctx context.Context, id string) (attributes, error) {
	if err := checkID(id); err != nil {
		return nil, err
	}
	row, err := d.row(ctx, "FilesTable", contract.AttrFileID, id)
	if err == nil && row == nil {
		return nil, &console.Fault{Status: http.StatusNotFound, Text: fmt.Sprintf("There is no file %s.", id)}
	}
	return row, err
}

// upload reads a row with its account: as acknowledged, or, of a file that is under
// way, as far as its settlement has counted.
func (d *desk) upload(ctx context.Context, row attributes) (u upload, err error) {
	if u.Row, err = files.Read(row); err != nil {
		return u, err
	}
	u.Account = account{u.Totals}
	if u.UnderWay() {
		counted, err := d.counted(ctx, u.FileID, u.Attempt)
		if err != nil {
			return u, err
		}
		u.Account = account{counted}
	}
	u.Account.Received = u.Received
	return u, nil
}

// recent is how many events of a settlement are looked at: its last tally is among
// them, unless it has failed again and again since.
const recent = 60

// counted is what a settlement has counted last. It counts as often as a file is
// worth it, and goes on where it ended: nobody has to read the outcomes again.
func (d *desk) counted(ctx context.Context, fileID string, attempt int) (contract.Totals, error) {
	history, err := d.executions.GetExecutionHistory(ctx, &sfn.GetExecutionHistoryInput{
		ExecutionArn: aws.String(d.settlement(fileID, attempt)), ReverseOrder: true, MaxResults: recent,
	})
	if _, none := errors.AsType[*sfntypes.ExecutionDoesNotExist](err); none { // it is not split yet
		return contract.Totals{}, nil
	}
	if err != nil {
		return contract.Totals{}, err
	}
	for _, event := range history.Events {
		if event.TaskSucceededEventDetails == nil {
			continue
		}
		var answer struct{ Payload *contract.Tally }
		if json.Unmarshal([]byte(aws.ToString(event.TaskSucceededEventDetails.Output)), &answer) == nil && answer.Payload != nil {
			return answer.Payload.Totals, nil
		}
	}
	return contract.Totals{}, nil
}
