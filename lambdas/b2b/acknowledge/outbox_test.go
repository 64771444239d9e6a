package acknowledge

// This file tests how a reply comes into the outbox.

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"strconv"
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
		{"an earlier upload of that name was answered", "interim", func(f fixture) { f.bucket.objects[key], f.bucket.about[key] = "other", "0" }, ""},
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

// anUpload is what is told of one of several of the same name.
func anUpload(version string) contract.Acknowledgement {
	a := acknowledgement(contract.FileSettled, contract.Totals{Received: 1, Stored: 1})
	a.File, a.Key, a.VersionID, a.FileID = "orders.xml", "inbox/acme/orders.xml", version, contract.FileID("landing", "inbox/acme/orders.xml", version)
	return a
}

// Where the replies to it are, as the last upload of its name and as an earlier one.
const lastReply = "landing/outbox/acme/orders.xml.reply.json"

func earlierReply(a contract.Acknowledgement) string {
	return "landing/outbox/acme/orders.xml." + a.FileID + ".reply.json"
}

// answers tells which upload each reply is about.
func (f fixture) answers(t *testing.T) map[string]string {
	t.Helper()
	about := map[string]string{}
	for key, text := range f.bucket.objects {
		var reply contract.Reply
		if err := json.Unmarshal([]byte(text), &reply); err != nil || f.bucket.about[key] != reply.FileID {
			t.Errorf("%s is about %s, and says %s (%v)", key, f.bucket.about[key], text, err)
		}
		about[key] = reply.FileID + " " + string(reply.Status)
	}
	return about
}

// A connection breaks off, and what came of the file is taken for one. The partner
// uploads it again: each upload is answered, in whatever order that happens.
func TestEachUploadOfANameHasItsReplyAndTheLastOneThatOfTheName(t *testing.T) {
	first, second, third := anUpload("1"), anUpload("2"), anUpload("3")
	for _, order := range [][]contract.Acknowledgement{
		{first, second, third}, {first, third, second}, {second, first, third}, {second, third, first}, {third, first, second}, {third, second, first},
	} {
		for _, uploaded := range []string{"before", "meanwhile"} {
			f := newFixture(t)
			if uploaded == "before" {
				f.bucket.uploads = []string{"3", "2", "1"}
			}
			for _, a := range order {
				for len(f.bucket.uploads) == 0 || f.bucket.uploads[0] < a.VersionID {
					f.bucket.uploads = append([]string{strconv.Itoa(len(f.bucket.uploads) + 1)}, f.bucket.uploads...)
				}
				if err := f.Handle(t.Context(), a); err != nil {
					t.Fatal(err)
				}
			}
			want := map[string]string{lastReply: third.FileID + " SETTLED", earlierReply(first): first.FileID + " SETTLED", earlierReply(second): second.FileID + " SETTLED"}
			if got := f.answers(t); !maps.Equal(got, want) {
				t.Errorf("uploaded %s, in the order %s, %s, %s:\ngot  %v\nwant %v", uploaded, order[0].VersionID, order[1].VersionID, order[2].VersionID, got, want)
			}
		}
	}
}

// Somebody uploads the file again, and is answered, while an earlier upload is.
func TestTheReplyToAnUploadThatIsFollowedMeanwhileIsNotLost(t *testing.T) {
	first, second := anUpload("1"), anUpload("2")
	interim := first
	interim.Status = contract.FileOverdue
	for name, meanwhile := range map[string]func(t *testing.T, f fixture){
		"it comes": func(*testing.T, fixture) {},
		"it comes and is answered": func(t *testing.T, f fixture) {
			if err := f.Handle(t.Context(), second); err != nil {
				t.Error(err)
			}
		},
		"its answer fails when the interim reply is kept": func(t *testing.T, f fixture) {
			f.bucket.refuse = "SlowDown"
			if err := f.Handle(t.Context(), second); err == nil {
				t.Error("the answer did not fail")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.bucket.uploads = []string{"1"}
			if err := f.Handle(t.Context(), interim); err != nil {
				t.Fatal(err)
			}
			read := f.DynamoDB
			f.DynamoDB = onRead{read, func() {
				f.bucket.uploads = []string{"2", "1"}
				f.DynamoDB = read
				meanwhile(t, f)
			}, new(bool)}
			for _, a := range []contract.Acknowledgement{first, second} {
				if err := f.Handle(t.Context(), a); err != nil {
					t.Fatal(err)
				}
			}
			want := map[string]string{lastReply: second.FileID + " SETTLED", earlierReply(first): first.FileID + " SETTLED"}
			if got := f.answers(t); !maps.Equal(got, want) {
				t.Errorf("got  %v\nwant %v", got, want)
			}
		})
	}
}

// Its partner has read and deleted the reply to the last upload: what comes late is
// not taken for another one.
func TestALateReplyToAnEarlierUploadDoesNotStandUnderTheFilesName(t *testing.T) {
	f := newFixture(t)
	f.bucket.uploads = []string{"2", "1"}
	if err := f.Handle(t.Context(), anUpload("1")); err != nil {
		t.Fatal(err)
	}
	if got := f.answers(t); len(got) != 1 || got[earlierReply(anUpload("1"))] == "" {
		t.Errorf("got %v", got)
	}
}

func TestWithoutVersionsTheLastReplyStandsUnderTheFilesName(t *testing.T) {
	f := newFixture(t)
	var answered []contract.Acknowledgement
	for _, identity := range []string{"1", "2"} {
		a := anUpload(identity)
		a.VersionID, answered = "", append(answered, a)
		if err := f.Handle(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]string{lastReply: answered[1].FileID + " SETTLED", earlierReply(answered[0]): answered[0].FileID + " SETTLED"}
	if got := f.answers(t); !maps.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
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
