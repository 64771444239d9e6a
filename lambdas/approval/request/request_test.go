package request

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/tradepost-dev/tradepost/internal/approvals"
	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/approval"
	"github.com/tradepost-dev/tradepost/internal/dynamotest"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

const (
	table = "Requests"
	ann   = "ann@example.com"
	bob   = "bob@example.com"
	key   = "0123456789abcdef0123456789abcdef"
)

// world is what the handler calls besides the table.
type world struct {
	mails []*sns.PublishInput
	told  []string
	err   error
}

func (w *world) GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	return &secretsmanager.GetSecretValueOutput{SecretString: aws.String(key)}, nil
}

func (w *world) Publish(_ context.Context, in *sns.PublishInput, _ ...func(*sns.Options)) (*sns.PublishOutput, error) {
	if w.err != nil {
		return nil, w.err
	}
	w.mails = append(w.mails, in)
	return &sns.PublishOutput{}, nil
}

func (w *world) SendTaskSuccess(_ context.Context, in *sfn.SendTaskSuccessInput, _ ...func(*sfn.Options)) (*sfn.SendTaskSuccessOutput, error) {
	w.told = append(w.told, *in.TaskToken+" "+*in.Output)
	return &sfn.SendTaskSuccessOutput{}, nil
}

func newHandler(t *testing.T) (*Handler, *world, *dynamotest.Tables) {
	tables := dynamotest.Empty(t)
	tables.Create(table, contract.AttrRequestID)
	w := &world{}
	return &Handler{
		DynamoDB: tables, SNS: w, StepFunctions: w, Keys: &approvals.Keys{SecretsManager: w, Secret: "key"},
		Table: table, TopicARN: "topic", PageURL: "https://example.com/v1/approvals/", Approvers: []string{ann, bob}, Timeout: time.Hour,
	}, w, tables
}

func question(token string) contract.Asked {
	return contract.Asked{Name: "q", TaskToken: token, Title: "Pay?", Details: "5 EUR"}
}

func TestEachApproverGetsAMailWithALinkOfTheirOwn(t *testing.T) {
	h, w, tables := newHandler(t)
	before := time.Now().Add(time.Hour).Unix()
	if err := h.Handle(t.Context(), question("the-token")); err != nil {
		t.Fatal(err)
	}
	row, err := approvals.Read(tables.All(table)[0])
	if err != nil || row.ID != approvals.ID("q") || row.TaskToken != "the-token" || row.Title != "Pay?" || row.Details != "5 EUR" ||
		!row.Asks(ann) || !row.Asks(bob) || row.Expires.Unix() < before || row.Decision != nil {
		t.Errorf("row %+v, %v", row, err)
	}
	if len(w.mails) != 2 {
		t.Fatalf("%d mails", len(w.mails))
	}
	for i, approver := range []string{ann, bob} {
		mail := w.mails[i]
		text := regexp.MustCompile(`(?m)^https://example\.com/v1/approvals/(\S+)$`).FindStringSubmatch(*mail.Message)
		if text == nil {
			t.Fatalf("no link in %s", *mail.Message)
		}
		link, ok := approvals.Open(text[1], [][]byte{[]byte(key)})
		if want := (approvals.Link{Request: row.ID, Approver: approver, Expires: row.Expires.Unix()}); !ok || link != want {
			t.Errorf("link %+v, want %+v", link, want)
		}
		if *mail.TopicArn != "topic" || *mail.MessageAttributes[contract.MessageAttributeApprover].StringValue != approver {
			t.Errorf("mail %+v", mail)
		}
		if strings.Contains(*mail.Message, "the-token") || strings.Contains(*mail.Message, "5 EUR") || !strings.Contains(*mail.Message, `"Pay?"`) {
			t.Errorf("mail %s", *mail.Message)
		}
	}
}

func TestOnlyThoseAreAskedWhomTheTaskNames(t *testing.T) {
	h, w, _ := newHandler(t)
	asked := question("t")
	asked.Approvers = []string{bob}
	if err := h.Handle(t.Context(), asked); err != nil || len(w.mails) != 1 || *w.mails[0].MessageAttributes["approver"].StringValue != bob {
		t.Errorf("%v, %+v", err, w.mails)
	}
}

func TestAHostileTitleMakesNoLineOfAMail(t *testing.T) {
	h, w, _ := newHandler(t)
	asked := question("t")
	asked.Title = "Pay?\n\nhttps://evil.example/\u202e"
	if err := h.Handle(t.Context(), asked); err != nil {
		t.Fatal(err)
	}
	if message := *w.mails[0].Message; !strings.HasSuffix(message, `It is about: "Pay?\n\nhttps://evil.example/\u202e"`+"\n") {
		t.Errorf("mail %s", message)
	}
}

func TestAQuestionThatCannotBeAskedIsRefused(t *testing.T) {
	for name, change := range map[string]func(*contract.Asked){
		"name has 0 bytes":          func(a *contract.Asked) { a.Name = "" },
		"name has 1025 bytes":       func(a *contract.Asked) { a.Name = strings.Repeat("n", 1025) },
		"taskToken is missing":      func(a *contract.Asked) { a.TaskToken = "" },
		"title has 0 characters":    func(a *contract.Asked) { a.Title = "" },
		"title has 201 characters":  func(a *contract.Asked) { a.Title = strings.Repeat("ü", 201) },
		"details have 102401 bytes": func(a *contract.Asked) { a.Details = strings.Repeat("d", 102401) },
		`"eve@e" is no approver`:    func(a *contract.Asked) { a.Approvers = []string{ann, "eve@e"} },
		ann + `" is asked twice`:    func(a *contract.Asked) { a.Approvers = []string{ann, ann} },
	} {
		h, w, tables := newHandler(t)
		asked := question("t")
		change(&asked)
		err := h.Handle(t.Context(), asked)
		if _, ok := err.(contract.RequestInvalid); !ok || !strings.Contains(err.Error(), name) || len(w.mails)+len(tables.All(table)) > 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	h, _, _ := newHandler(t)
	asked := contract.Asked{Name: strings.Repeat("n", 1024), TaskToken: "t", Title: strings.Repeat("ü", 200), Details: strings.Repeat("d", 102400)}
	if err := h.Handle(t.Context(), asked); err != nil {
		t.Errorf("at the limits: %v", err)
	}
}

func TestTheSameQuestionAskedAgainIsAnsweredToTheNewTask(t *testing.T) {
	h, w, tables := newHandler(t)
	for _, token := range []string{"first", "second"} {
		if err := h.Handle(t.Context(), question(token)); err != nil {
			t.Fatal(err)
		}
	}
	items := tables.All(table)
	if len(items) != 1 || attribute.String(items[0], contract.AttrTaskToken) != "second" || len(w.mails) != 4 {
		t.Fatalf("rows %v, %d mails", items, len(w.mails))
	}
	items[0][contract.AttrDecision], items[0][contract.AttrDecidedBy] = attribute.Text(contract.Denied), attribute.Text(ann)
	items[0][contract.AttrDecidedAt], items[0][contract.AttrComment] = attribute.Text("2026-01-02T03:04:05Z"), attribute.Text("no")
	tables.Put(table, items[0])
	if err := h.Handle(t.Context(), question("third")); err != nil {
		t.Fatal(err)
	}
	if want := `third {"decision":"DENIED","by":"ann@example.com","at":"2026-01-02T03:04:05Z","comment":"no","timedOut":false}`; len(w.told) != 1 || w.told[0] != want || len(w.mails) != 4 {
		t.Errorf("told %q, %d mails", w.told, len(w.mails))
	}
}

func TestAMailThatCannotBeSentFailsTheTaskByItsName(t *testing.T) {
	h, w, _ := newHandler(t)
	w.err = errors.New("broken")
	err := h.Handle(t.Context(), question("t"))
	if _, ok := err.(*patience.ServiceRefused); !ok || !strings.Contains(err.Error(), "mail to "+ann) {
		t.Errorf("error %T %v", err, err)
	}
}
