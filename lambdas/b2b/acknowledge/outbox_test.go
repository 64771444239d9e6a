package acknowledge

// This file tests how a reply comes into the outbox.

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/dynamotest"
)

func TestAReplyThatCollidesWithAnotherWriteIsWrittenAgain(t *testing.T) {
	f := newFixture(t)
	f.bucket.refuse = "ConditionalRequestConflict"
	if err := f.Handle(t.Context(), acknowledgement(contract.FileSettled, contract.Totals{Received: 1, Stored: 1})); err != nil {
		t.Fatal(err)
	}
	f.replyOf(t, "a b/ü+.xml")
}

// A settlement that stands between its last look and its write, while a replay
// begins and its settlement ends, does not write over the later reply.
func TestALaterReplyIsNeverWrittenOver(t *testing.T) {
	const key = "landing/outbox/acme/a b/ü+.xml.reply.json"
	later := func(f fixture) {
		f.tables.Put(dynamotest.Files, map[string]types.AttributeValue{contract.AttrFileID: attribute.Text(fileID), contract.AttrAttempts: attribute.Number(1)})
	}
	for _, row := range []struct {
		name      string
		before    string // the reply that is there
		meanwhile func(fixture)
		want      string // of the reply; empty for the settlement's own
	}{
		{"there was none", "", func(f fixture) { later(f); f.bucket.objects[key] = "later" }, "later"},
		{"there was an interim one", "interim", func(f fixture) { later(f); f.bucket.objects[key] = "later" }, "later"},
		{"another file of that name was answered", "interim", func(f fixture) { f.bucket.objects[key] = "other" }, ""},
		{"the partner deleted the interim one", "interim", func(f fixture) { delete(f.bucket.objects, key) }, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := newFixture(t)
			if row.before != "" {
				f.bucket.objects[key] = row.before
			}
			f.DynamoDB = onRead{f.tables, func() { row.meanwhile(f) }, new(bool)}
			if err := f.Handle(t.Context(), acknowledgement(contract.FileSettled, contract.Totals{Received: 1, Stored: 1})); err != nil {
				t.Fatal(err)
			}
			got := f.bucket.objects[key]
			if own := strings.Contains(got, fileID); got != row.want && !(row.want == "" && own) {
				t.Errorf("the reply is %q, want %q", got, row.want)
			}
			if counted := f.metrics.Len() > 0; counted != (row.want == "") {
				t.Errorf("counted: %s", f.metrics)
			}
		})
	}
}

// onRead does something once, after the first answer to who may write.
type onRead struct {
	DynamoDB
	do   func()
	done *bool
}

func (r onRead) GetItem(ctx context.Context, in *dynamodb.GetItemInput, o ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	out, err := r.DynamoDB.GetItem(ctx, in, o...)
	if !*r.done {
		*r.done = true
		r.do()
	}
	return out, err
}

func TestNoSpoolIsLeftBehind(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	f := newFixture(t)
	if err := f.Handle(t.Context(), acknowledgement(contract.FileSettled, contract.Totals{})); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(os.TempDir()); len(left) != 0 {
		t.Errorf("%v", left)
	}
}

func TestAFileWhoseNameLeavesNoRoomIsAnsweredUnderAShorterOne(t *testing.T) {
	f := newFixture(t)
	a := acknowledgement(contract.FileQuarantined, contract.Totals{})
	a.File = strings.Repeat("\u00fc", 500) + ".xml"
	a.Key, a.Reason = "inbox/acme/"+a.File, &contract.Reason{Code: "TRUNCATED", Message: "The file ends."}
	if err := f.Handle(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	key := contract.ReplyKey("acme", a.File)
	var reply contract.Reply
	if err := json.Unmarshal([]byte(f.bucket.objects["landing/"+key]), &reply); err != nil || len(key) > 1024 || reply.File != a.File {
		t.Errorf("%v, file %q in %v", err, reply.File, f.bucket.objects)
	}
	if copied := contract.QuarantineKey("acme", fileID, a.File); f.bucket.copies["landing/"+copied] == "" || len(copied) > 1024 {
		t.Errorf("copies %v", f.bucket.copies)
	}
}
