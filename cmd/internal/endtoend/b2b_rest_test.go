package endtoend

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tradepost-dev/tradepost/cmd/internal/b2b"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/manual"
	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestAPostedTransactionIsStoredAndItsStatusTold(t *testing.T) {
	t.Parallel()
	acme := desk.Partners["acme"]
	response, body, err := acme.Post(deadline(t), "posted", `with "quotes" and {% expression %}`)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusAccepted || !strings.HasSuffix(response.Header.Get("Location"), "/transactions/posted") {
		t.Fatalf("%s, Location %q: %s", response.Status, response.Header.Get("Location"), body)
	}
	status, err := acme.Settled(deadline(t), "posted")
	if err != nil || status.Status != string(contract.Stored) || status.TransactionID != "posted" {
		t.Fatalf("%+v, %v", status, err)
	}
	if got := fields(t, "acme", "posted", contract.ElementNotes); got[0] != `with "quotes" and {% expression %}` {
		t.Errorf("stored %q", got)
	}
}

func TestTheQueryStringOfTheReferenceTextIsAcceptedAsTheREADMESaysIt(t *testing.T) {
	t.Parallel()
	const message = " Transaction made between user 687 and user 329."
	page := read(t, filepath.Join(root, "README.md"))
	commands := manual.Commands(t, "README.md", "Partners")
	if len(commands) != 1 || !strings.Contains(page, "`transactionId=12&transactionMessage="+message+"`") {
		t.Fatal("README.md does not show the call")
	}
	acme := desk.Partners["acme"]
	sh := newShell(t)
	sh.prelude = fmt.Sprintf("RESTURL='%s/' TOKEN='%s'\n", acme.API, acme.Token)
	said, ok := sh.run(commands[0], "")
	if !ok {
		query := url.Values{"transactionId": {"12"}, "transactionMessage": {message}}
		response, body, err := acme.Request(deadline(t), http.MethodPost, "transactions?"+query.Encode(), nil)
		if err != nil {
			t.Fatal(err)
		}
		said = response.Status + string(body)
	}
	if !strings.Contains(said, "202 Accepted") {
		t.Fatalf("it is answered with %s", said)
	}
	if status, err := acme.Settled(deadline(t), "12"); err != nil || status.Status != string(contract.Stored) {
		t.Fatalf("%+v, %v", status, err)
	}
	if got := fields(t, "acme", "12", contract.ElementNotes); got[0] != message {
		t.Errorf("stored %q", got)
	}
}

// In an engine of its own, no transaction of a file gets started while one is
// posted.
func TestAPostedTransactionDoesNotWaitBehindAFile(t *testing.T) {
	t.Parallel()
	const all = 200
	full, free := make(chan struct{}), make(chan struct{})
	var once sync.Once
	d := anotherDesk(t, local.Options{Fault: func(ctx context.Context, call cloud.Call) error {
		if call.Action != "StartExecution" || !about(call, `ahead-`) {
			return nil
		}
		once.Do(func() { close(full) })
		select {
		case <-free:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}})
	var records []string
	for i := range all {
		records = append(records, record(fmt.Sprintf("ahead-%d", i), "x"))
	}
	acme, globex := d.Partners["acme"], d.Partners["globex"]
	if err := acme.Upload(deadline(t), "ahead.xml", strings.NewReader(batch(records...))); err != nil {
		t.Fatal(err)
	}
	<-full
	response, body, err := globex.Post(deadline(t), "overtakes", "x")
	if err != nil || response.StatusCode != http.StatusAccepted {
		t.Fatalf("%v, %v: %s", response, err, body)
	}
	status, err := globex.Settled(deadline(t), "overtakes")
	close(free)
	if err != nil || status.Status != string(contract.Stored) {
		t.Fatalf("%+v, %v", status, err)
	}
	wantTotals(t, reply(t, acme, "ahead.xml", ""), all, 0, 0, 0)
}

func TestTheStatusAddressFitsEveryID(t *testing.T) {
	t.Parallel()
	acme := desk.Partners["acme"]
	for _, id := range []string{"a/b", "with space", "plus+plus", "100%", "%2F", "ünïcode-😀", `quote"quote'`, `back\\slash`, "question?mark#hash", "007", strings.Repeat("x", 128)} {
		response, body, err := acme.Post(deadline(t), id, "x")
		if err != nil || response.StatusCode != http.StatusAccepted {
			t.Fatalf("%q: %v, %v: %s", id, response, err, body)
		}
		location := response.Header.Get("Location")
		_, resource, _ := strings.Cut(location, "/transactions/")
		if status, err := acme.Settled(deadline(t), resource); err != nil || status.Status != string(contract.Stored) || status.TransactionID != id {
			t.Errorf("%q at %s: %+v, %v", id, location, status, err)
		}
	}
}

func TestAPostedConflictIsToldAtOnceAndLeavesTheStoredTransaction(t *testing.T) {
	t.Parallel()
	acme := desk.Partners["acme"]
	wantTotals(t, settle(t, "acme", "before-post.xml", batch(record("post-conflict", "from the file"))), 1, 0, 0, 0)
	response, body, err := acme.Post(deadline(t), "post-conflict", "from the post")
	if err != nil || response.StatusCode != http.StatusConflict || !bytes.Contains(body, []byte("stored with other content")) {
		t.Fatalf("%v, %v: %s", response, err, body)
	}
	if got := fields(t, "acme", "post-conflict", contract.ElementNotes); got[0] != "from the file" {
		t.Errorf("the stored transaction is now %q", got)
	}
	// A file and a post of the same content are the same transaction.
	response, body, err = acme.Post(deadline(t), "post-conflict", "from the file")
	if err != nil || response.StatusCode != http.StatusAccepted {
		t.Fatalf("%v, %v: %s", response, err, body)
	}
	wantCode(t, response, contract.CodeDuplicate)
}

// wantCode waits for the outcome of an accepted post.
func wantCode(t *testing.T, accepted *http.Response, code string) {
	t.Helper()
	fileID := contract.RequestID(accepted.Header.Get("x-amzn-RequestId"))
	eventually(t, "the outcome", func() bool { return outcome(t, fileID, 1) != nil })
	got, ok := outcome(t, fileID, 1)[contract.AttrCode].(*types.AttributeValueMemberS)
	if !ok || got.Value != code {
		t.Errorf("outcome %v, want code %s", outcome(t, fileID, 1), code)
	}
}

// Neither of two posts is stored when the other is accepted, so it is the
// workflow that finds the conflict.
func TestAConflictOfPostsUnderWayIsFoundByTheWorkflow(t *testing.T) {
	t.Parallel()
	acme := desk.Partners["acme"]
	posted, stored := make(chan struct{}), make(chan struct{})
	fault.add(func(ctx context.Context, call cloud.Call) error {
		var after chan struct{}
		switch {
		case call.Action == "TransactWriteItems" && about(call, `"under way, first"`):
			after = posted
		case call.Action == "TransactWriteItems" && about(call, `"under way, second"`):
			after = stored
		default:
			return nil
		}
		select {
		case <-after:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	var second *http.Response
	for _, message := range []string{"under way, first", "under way, second"} {
		response, body, err := acme.Post(deadline(t), "under-way", message)
		if err != nil || response.StatusCode != http.StatusAccepted {
			t.Fatalf("%v, %v: %s", response, err, body)
		}
		second = response
	}
	close(posted)
	if status, err := acme.Settled(deadline(t), "under-way"); err != nil || status.Status != string(contract.Stored) {
		t.Fatalf("%+v, %v", status, err)
	}
	close(stored)
	wantCode(t, second, contract.CodeContentConflict)
	if got := fields(t, "acme", "under-way", contract.ElementNotes); got[0] != "under way, first" {
		t.Errorf("stored %q", got)
	}
}

// A refused request has a body that a person can read, and queues nothing.
func TestRequestsAreRefusedWithAReadableAnswer(t *testing.T) {
	t.Parallel()
	acme := desk.Partners["acme"]
	wantTotals(t, settle(t, "acme", "for-status.xml", batch(record("of-acme", "x"))), 1, 0, 0, 0)
	other := desk.Partners[partnerIDs()[1]]
	stranger := *acme
	stranger.Token = "acme.wrong"
	nobody := *acme
	nobody.Token = "nobody.wrong"
	valid := `{"transactionId":"refused","transactionMessage":"x"}`
	for _, tt := range []struct {
		name     string
		as       *b2b.Partner
		method   string
		resource string
		body     string
		want     []int
		says     string
	}{
		{"a wrong token", &stranger, "POST", "transactions", valid, []int{401, 403}, ""},
		{"an unknown partner's token", &nobody, "POST", "transactions", valid, []int{401, 403}, ""},
		{"another partner's status", other, "GET", "transactions/of-acme", "", []int{404}, "no such transaction"},
		{"a status of nothing", acme, "GET", "transactions/no-such-id", "", []int{404}, "no such transaction"},
		{"a status of an id that is no key", acme, "GET", "transactions/" + strings.Repeat("x", 3000), "", []int{404}, "no such transaction"},
		{"malformed JSON", acme, "POST", "transactions", `{"transactionId":`, []int{400}, ""},
		{"a missing field", acme, "POST", "transactions", `{"transactionId":"refused"}`, []int{400}, "transactionMessage"},
		{"an unknown field", acme, "POST", "transactions", `{"transactionId":"refused","transactionMessage":"x","amount":1}`, []int{400}, "amount"},
		{"a field of another type", acme, "POST", "transactions", `{"transactionId":7,"transactionMessage":"x"}`, []int{400}, ""},
		{"an empty id", acme, "POST", "transactions", `{"transactionId":"","transactionMessage":"x"}`, []int{400}, ""},
		{"an id of 200 characters", acme, "POST", "transactions", `{"transactionId":"` + strings.Repeat("x", 200) + `","transactionMessage":"x"}`, []int{400}, ""},
		{"an array", acme, "POST", "transactions", `[]`, []int{400}, ""},
		{"a body of 300 KiB", acme, "POST", "transactions", `{"transactionId":"refused","transactionMessage":"` + strings.Repeat("x", 300*1024) + `"}`, []int{413}, ""},
		{"neither body nor query", acme, "POST", "transactions", "", []int{400}, ""},
		{"an unknown resource", acme, "GET", "orders", "", []int{403, 404}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			response, body, err := tt.as.Request(deadline(t), tt.method, tt.resource, []byte(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			matches := false
			for _, status := range tt.want {
				matches = matches || response.StatusCode == status
			}
			var answer struct{ Message string }
			if err := json.Unmarshal(body, &answer); err != nil || answer.Message == "" || !strings.Contains(answer.Message, tt.says) || !matches {
				t.Errorf("%s: %s; want %v and a message with %q", response.Status, body, tt.want, tt.says)
			}
		})
	}
	t.Run("no token", func(t *testing.T) {
		response, err := http.Post(acme.API+"/transactions", "application/json", strings.NewReader(valid))
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s, want 401", response.Status)
		}
	})
	if item := row(t, "acme", "refused"); item != nil {
		t.Errorf("a refused request left a row: %v", item)
	}
}

func TestAPartnerOverItsRateIsTold429(t *testing.T) {
	t.Parallel()
	// A partner of its own, so that its bucket is nobody else's.
	partner := desk.Partners[partnerIDs()[len(desk.Partners)-1]]
	throttled := 0
	for i := range 500 {
		response, body, err := partner.Request(deadline(t), http.MethodGet, fmt.Sprintf("transactions/rate-%d", i), nil)
		if err != nil {
			t.Fatal(err)
		}
		if response.StatusCode == http.StatusTooManyRequests {
			throttled++
			if !bytes.Contains(body, []byte("message")) {
				t.Fatalf("429 with body %q", body)
			}
		}
		if throttled > 3 {
			return
		}
	}
	t.Errorf("%d of 500 requests in a row were throttled", throttled)
}

// Without a token there is nobody to ask about.
func TestARequestWithoutATokenNeverReachesTheAuthorizer(t *testing.T) {
	t.Parallel()
	var asked atomic.Bool
	fault.add(func(_ context.Context, call cloud.Call) error {
		if call.Service == "lambda" && about(call, "knocks-1") {
			asked.Store(true)
		}
		return nil
	})
	for header, reaches := range map[string]bool{"": false, "Bearer acme.made-up": true} {
		request, err := http.NewRequestWithContext(deadline(t), http.MethodGet, desk.Partners["acme"].API+"/transactions/knocks-1", nil)
		if err != nil {
			t.Fatal(err)
		}
		if header != "" {
			request.Header.Set("Authorization", header)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if got := asked.Swap(false); got != reaches || response.StatusCode != http.StatusUnauthorized {
			t.Errorf("%q: the authorizer was asked: %v; %s", header, got, response.Status)
		}
	}
}
