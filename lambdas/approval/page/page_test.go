package page

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/tradepost-dev/tradepost/internal/approvals"
	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/approval"
	"github.com/tradepost-dev/tradepost/internal/dynamotest"
)

const (
	table = "Requests"
	ann   = "ann@example.com"
	bob   = "bob@example.com"
	key   = "0123456789abcdef0123456789abcdef"
)

type secrets struct{}

func (secrets) GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	return &secretsmanager.GetSecretValueOutput{SecretString: aws.String(key)}, nil
}

// machine notes what state machines are told.
type machine struct {
	mu   sync.Mutex
	told []string
	err  error
}

func (m *machine) SendTaskSuccess(_ context.Context, in *sfn.SendTaskSuccessInput, _ ...func(*sfn.Options)) (*sfn.SendTaskSuccessOutput, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return nil, m.err
	}
	m.told = append(m.told, *in.TaskToken+" "+*in.Output)
	return &sfn.SendTaskSuccessOutput{}, nil
}

type lab struct {
	*Handler
	tables  *dynamotest.Tables
	machine *machine
}

// newLab has a question that ann and bob were asked an hour's time for.
func newLab(t *testing.T, title, details string) *lab {
	tables := dynamotest.Empty(t)
	tables.Create(table, contract.AttrRequestID)
	m := &machine{}
	l := &lab{tables: tables, machine: m, Handler: &Handler{
		DynamoDB: tables, StepFunctions: m, Table: table, Keys: &approvals.Keys{SecretsManager: secrets{}, Secret: "key"},
	}}
	l.expire(time.Hour, title, details)
	return l
}

func (l *lab) expire(after time.Duration, title, details string) {
	l.tables.Put(table, map[string]types.AttributeValue{
		contract.AttrRequestID: attribute.Text(approvals.ID("q")), contract.AttrTaskToken: attribute.Text("the-token"),
		contract.AttrTitle: attribute.Text(title), contract.AttrDetails: attribute.Text(details),
		contract.AttrApprovers: &types.AttributeValueMemberSS{Value: []string{ann, bob}},
		contract.AttrExpiresAt: &types.AttributeValueMemberN{Value: strconv.FormatInt(time.Now().Add(after).Unix(), 10)},
	})
}

func linkOf(approver string) string {
	return approvals.Link{Request: approvals.ID("q"), Approver: approver, Expires: time.Now().Add(time.Hour).Unix()}.Sign([]byte(key))
}

func (l *lab) do(t *testing.T, method, link, body string) events.APIGatewayProxyResponse {
	t.Helper()
	response, err := l.Handle(t.Context(), events.APIGatewayProxyRequest{
		HTTPMethod: method, PathParameters: map[string]string{contract.ParameterLink: link}, Body: body,
		Headers: map[string]string{"content-type": "application/x-www-form-urlencoded"},
	})
	if err != nil {
		t.Error(err)
	}
	return response
}

func (l *lab) get(t *testing.T, approver string) events.APIGatewayProxyResponse {
	return l.do(t, http.MethodGet, linkOf(approver), "")
}

func (l *lab) post(t *testing.T, approver string, verdict contract.Verdict, comment string) events.APIGatewayProxyResponse {
	return l.do(t, http.MethodPost, linkOf(approver), url.Values{"decision": {string(verdict)}, "comment": {comment}}.Encode())
}

func wantPage(t *testing.T, got events.APIGatewayProxyResponse, status int, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(got.Body, part) {
			t.Errorf("no %q in %s", part, got.Body)
		}
	}
	if got.StatusCode != status {
		t.Errorf("%d, want %d: %s", got.StatusCode, status, got.Body)
	}
	if strings.Contains(got.Body, "the-token") {
		t.Error("the page has the task's token")
	}
}

func TestOpeningALinkDecidesNothing(t *testing.T) {
	l := newLab(t, "Pay 5 EUR?", "line 1\nline 2")
	for range 2 {
		wantPage(t, l.get(t, ann), 200, "Pay 5 EUR?", "line 1\nline 2", ann, `value="APPROVED"`, `value="DENIED"`)
	}
	wantPage(t, l.do(t, http.MethodHead, linkOf(ann), "decision=APPROVED"), 200)
	if item := l.tables.All(table)[0]; item[contract.AttrDecision] != nil || len(l.machine.told) > 0 {
		t.Errorf("decided: %v, told %q", item, l.machine.told)
	}
}

func TestAClickDecidesAndTheNextOneIsToldWhoWhatAndWhen(t *testing.T) {
	l := newLab(t, "Pay?", "")
	wantPage(t, l.post(t, ann, contract.Denied, " too\r\nmuch "), 200, "<strong>Denied</strong> by "+ann, "too\nmuch")
	item := l.tables.All(table)[0]
	at := attribute.String(item, contract.AttrDecidedAt)
	if want := fmt.Sprintf(`the-token {"decision":"DENIED","by":"ann@example.com","at":%q,"comment":"too\nmuch","timedOut":false}`, at); len(l.machine.told) != 1 || l.machine.told[0] != want {
		t.Errorf("told %q, want %q", l.machine.told, want)
	}
	if attribute.String(item, contract.AttrToldAt) == "" {
		t.Error("not noted as told")
	}
	for _, approver := range []string{bob, ann} {
		wantPage(t, l.post(t, approver, contract.Approved, "mine"), 409, "decided before", "<strong>Denied</strong> by "+ann, `<time datetime="`+at, "too\nmuch")
		got := l.get(t, approver)
		wantPage(t, got, 200, "<strong>Denied</strong> by "+ann)
		if strings.Contains(got.Body, "<form") {
			t.Error("there is something to decide")
		}
	}
	if len(l.machine.told) != 1 {
		t.Errorf("told %q", l.machine.told)
	}
}

func TestOfFiftyWhoDecideAtOnceOneDoes(t *testing.T) {
	l := newLab(t, "Pay?", "")
	var wg sync.WaitGroup
	statuses := make([]int, 50)
	for i := range statuses {
		wg.Go(func() {
			statuses[i] = l.post(t, []string{ann, bob}[i%2], []contract.Verdict{contract.Approved, contract.Denied}[i/2%2], strconv.Itoa(i)).StatusCode
		})
	}
	wg.Wait()
	won := 0
	for _, status := range statuses {
		if status == 200 {
			won++
		} else if status != 409 {
			t.Errorf("status %d", status)
		}
	}
	if won != 1 {
		t.Errorf("%d have decided", won)
	}
	for _, told := range l.machine.told {
		if told != l.machine.told[0] {
			t.Errorf("told %q", l.machine.told)
		}
	}
}

func TestWhoHasNoValidLinkLearnsNothing(t *testing.T) {
	l := newLab(t, "Secret matter", "")
	expires := time.Now().Add(time.Hour).Unix()
	want := l.do(t, http.MethodGet, "", "")
	wantPage(t, want, 404)
	for name, link := range map[string]string{
		"a forged one":    linkOf(ann) + "x",
		"another key":     approvals.Link{Request: approvals.ID("q"), Approver: ann, Expires: expires}.Sign([]byte("another")),
		"no such request": approvals.Link{Request: "none", Approver: ann, Expires: expires}.Sign([]byte(key)),
		"nobody asked":    approvals.Link{Request: approvals.ID("q"), Approver: "eve@example.com", Expires: expires}.Sign([]byte(key)),
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if got := l.do(t, method, link, "decision=APPROVED"); got.Body != want.Body || got.StatusCode != 404 {
				t.Errorf("%s, %s: %d %s", name, method, got.StatusCode, got.Body)
			}
		}
	}
	if l.tables.All(table)[0][contract.AttrDecision] != nil {
		t.Error("decided")
	}
}

func TestAfterItsTimeNothingIsDecided(t *testing.T) {
	l := newLab(t, "Pay?", "")
	old := approvals.Link{Request: approvals.ID("q"), Approver: ann, Expires: time.Now().Add(-time.Second).Unix()}.Sign([]byte(key))
	wantPage(t, l.do(t, http.MethodPost, old, "decision=APPROVED"), 410, "counts as denied")
	l.expire(-time.Second, "Pay?", "")
	wantPage(t, l.get(t, ann), 410, "counts as denied")
	wantPage(t, l.post(t, ann, contract.Approved, ""), 410, "counts as denied")
	row, _, err := l.read(t.Context(), approvals.ID("q"))
	if err != nil {
		t.Fatal(err)
	}
	// It expires between the look at it and the decision.
	if _, mine, err := l.decide(t.Context(), approvals.Link{Request: row.ID, Approver: ann}, contract.Approved, ""); mine || err != nil {
		t.Errorf("decided: %v, %v", mine, err)
	}
}

func TestADecisionThatTheWorkflowDidNotHearOfIsToldAgain(t *testing.T) {
	l := newLab(t, "Pay?", "")
	l.machine.err = errors.New("connection refused")
	wantPage(t, l.post(t, ann, contract.Approved, ""), 503, "could not be told", "Tell the workflow again", "<strong>Approved</strong>")
	l.machine.err = nil
	wantPage(t, l.get(t, bob), 200, "Tell the workflow again")
	if len(l.machine.told) != 0 {
		t.Error("opening the link told it")
	}
	wantPage(t, l.do(t, http.MethodPost, linkOf(bob), ""), 409, "<strong>Approved</strong> by "+ann)
	if len(l.machine.told) != 1 || !strings.Contains(l.machine.told[0], `"APPROVED","by":"ann@`) {
		t.Errorf("told %q", l.machine.told)
	}
	if got := l.get(t, bob); strings.Contains(got.Body, "again") {
		t.Errorf("still to be told: %s", got.Body)
	}
}

func TestAnEndedWorkflowIsNoFailure(t *testing.T) {
	for _, err := range []error{&sfntypes.TaskTimedOut{}, &sfntypes.TaskDoesNotExist{}} {
		l := newLab(t, "Pay?", "")
		l.machine.err = err
		wantPage(t, l.post(t, ann, contract.Approved, ""), 200, "<strong>Approved</strong>")
		if got := l.get(t, ann); strings.Contains(got.Body, "again") {
			t.Errorf("it is to be told again: %s", got.Body)
		}
	}
}

func TestAFormThatIsNoneDecidesNothing(t *testing.T) {
	l := newLab(t, "Pay?", "")
	long := strings.Repeat("ü", contract.MaxComment)
	for name, body := range map[string]string{
		"nothing": "", "no decision": "comment=c", "another word": "decision=approved", "two": "decision=APPROVED&decision=DENIED", "no form": "decision=%zz",
		"a long comment": "decision=APPROVED&comment=" + long + "x", "bytes that are no text": "decision=APPROVED&comment=%ff",
	} {
		got := l.do(t, http.MethodPost, linkOf(ann), body)
		wantPage(t, got, 400, `role="status"`, `value="APPROVED"`)
		if name == "a long comment" && !strings.Contains(got.Body, long+"x") {
			t.Error("the comment is lost")
		}
	}
	response, _ := l.Handle(t.Context(), events.APIGatewayProxyRequest{HTTPMethod: http.MethodPost, PathParameters: map[string]string{contract.ParameterLink: linkOf(ann)}, Body: "decision=APPROVED"})
	wantPage(t, response, 400)
	if l.tables.All(table)[0][contract.AttrDecision] != nil {
		t.Fatal("decided")
	}
	response, _ = l.Handle(t.Context(), events.APIGatewayProxyRequest{
		HTTPMethod: http.MethodPost, PathParameters: map[string]string{contract.ParameterLink: linkOf(ann)}, IsBase64Encoded: true,
		Headers: map[string]string{"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"},
		Body:    base64.StdEncoding.EncodeToString([]byte("decision=APPROVED&comment=" + long)),
	})
	wantPage(t, response, 200, long)
}

func TestHostileTextsStayTexts(t *testing.T) {
	for _, hostile := range []string{`<script>alert(1)</script>`, `</pre></textarea><img src=x onerror=alert(1)>`, `{{.Row}}`, `"><form action="https://evil.example">`, "\u202etxt"} {
		l := newLab(t, hostile, hostile)
		for _, got := range []events.APIGatewayProxyResponse{l.get(t, ann), l.post(t, ann, "", hostile), l.post(t, ann, contract.Approved, hostile), l.get(t, bob)} {
			for tag := range strings.SplitSeq(got.Body, "<") {
				name := regexp.MustCompile(`^/?[a-z]*`).FindString(tag)
				if strings.Contains(" /form script img ", " "+name+" ") && name != "/form" {
					t.Errorf("%q made <%s", hostile, tag)
				}
			}
			if strings.Contains(got.Body, `action=`) && !strings.Contains(got.Body, `&#34;&gt;&lt;form action=`) {
				t.Errorf("a form leads elsewhere: %s", got.Body)
			}
		}
	}
}

func TestAPageLoadsAndSendsNothingElsewhere(t *testing.T) {
	l := newLab(t, "Pay?", "")
	for _, got := range []events.APIGatewayProxyResponse{l.get(t, ann), l.do(t, http.MethodGet, "x", "")} {
		csp := got.Headers["Content-Security-Policy"]
		if !regexp.MustCompile(`^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$`).MatchString(csp) {
			t.Errorf("policy %s", csp)
		}
		if !strings.Contains(got.Body, "<style>"+style+"</style>") {
			t.Error("the style is not what the policy allows")
		}
		for name, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "Content-Type": "text/html; charset=utf-8"} {
			if got.Headers[name] != want {
				t.Errorf("%s: %s", name, got.Headers[name])
			}
		}
	}
}
