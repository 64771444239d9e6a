package constructs_test

// This file runs an importing team's stack in the engine: its machines behind
// an API of this package, and callers that sign as IAM wants it.

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/tradepost-dev/tradepost/internal/cdktest"
	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/pipes"
)

// machine is a state machine as another team makes one.
func machine(stack awscdk.Stack, id, definition string, kind awsstepfunctions.StateMachineType) awsstepfunctions.StateMachine {
	return awsstepfunctions.NewStateMachine(stack, &id, &awsstepfunctions.StateMachineProps{
		DefinitionBody:   awsstepfunctions.DefinitionBody_FromString(&definition),
		StateMachineType: kind,
	})
}

const (
	echo = `{"StartAt": "Echo", "States": {"Echo": {"Type": "Pass", "End": true}}}`

	// fail fails as its input says.
	fail = `{"QueryLanguage": "JSONata", "StartAt": "Fail", "States": {"Fail": {
		"Type": "Fail", "Error": "{% $states.input.error %}", "Cause": "{% $states.input.cause %}"}}}`

	nameless = `{"StartAt": "Fail", "States": {"Fail": {"Type": "Fail"}}}`
	slow     = `{"TimeoutSeconds": 1, "StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 60, "End": true}}}`
	slower   = `{"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 60, "End": true}}}`
)

// lab is the engine with a stack in it.
type lab struct {
	*local.Engine
	base   string // URL of the API, with the slash at its end
	client *http.Client
	fault  atomic.Pointer[cloud.Fault]
}

// newLab runs a stack with one API.
func newLab(t *testing.T, declare func(stack awscdk.Stack)) *lab {
	t.Helper()
	return startLab(t, synthesized(t, declare), local.Options{}, http.DefaultClient)
}

// withVirtualLab runs a test of a stack with one API under a virtual clock.
func withVirtualLab(t *testing.T, declare func(stack awscdk.Stack), test func(t *testing.T, l *lab)) {
	t.Helper()
	folder := synthesized(t, declare)
	synctest.Test(t, func(t *testing.T) {
		var network pipes.Network
		test(t, startLab(t, folder, local.Options{Ports: &network}, network.Client()))
	})
}

// synthesized is the assembly of a stack.
func synthesized(t *testing.T, declare func(stack awscdk.Stack)) string {
	t.Helper()
	stack := cdktest.NewStack(t)
	declare(stack)
	cdktest.Synth(t, stack)
	return *stack.Node().Root().(awscdk.App).Outdir()
}

func startLab(t *testing.T, folder string, options local.Options, client *http.Client) *lab {
	t.Helper()
	l := &lab{client: client}
	options.Assembly = folder
	options.Fault = func(ctx context.Context, call cloud.Call) error {
		if f := l.fault.Load(); f != nil {
			return (*f)(ctx, call)
		}
		return nil
	}
	var err error
	if l.Engine, err = local.Start(t.Context(), options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, url := range l.Endpoints().APIs["Stack"] {
		l.base = url
	}
	return l
}

// breakCalls makes calls of an action fail until the test ends.
func (l *lab) breakCalls(t *testing.T, action string, err error) {
	f := cloud.Fault(func(_ context.Context, call cloud.Call) error {
		if call.Action == action {
			return err
		}
		return nil
	})
	l.fault.Store(&f)
	t.Cleanup(func() { l.fault.Store(nil) })
}

// answer is an answer of the API.
type answer struct {
	status int
	header http.Header
	body   string
}

// member is a member of the answer's body, as text.
func (a answer) member(name string) string {
	var members map[string]any
	if json.Unmarshal([]byte(a.body), &members) != nil {
		return "no JSON object: " + a.body
	}
	if text, ok := members[name].(string); ok {
		return text
	}
	text, _ := json.Marshal(members[name])
	return string(text)
}

// send sends a request, signed unless it says how it is authorized. A path is
// taken as it is, with its escapes.
func (l *lab) send(t testing.TB, method, path, body string, header http.Header) answer {
	t.Helper()
	r, err := http.NewRequest(method, l.base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	for name, values := range header {
		r.Header[name] = values
	}
	if header.Get("Authorization") == "" && header.Get("X-Api-Key") == "" {
		sum := sha256.Sum256([]byte(body))
		err := v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, r,
			hex.EncodeToString(sum[:]), "execute-api", l.Cloud.Region, time.Now())
		if err != nil {
			t.Fatal(err)
		}
	}
	response, err := l.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(got)}
}

func (l *lab) post(t testing.TB, path, body string) answer {
	t.Helper()
	return l.send(t, "POST", path, body, nil)
}

// wantError checks a status and the one form that all errors have.
func wantError(t *testing.T, got answer, status int, name, message string) {
	t.Helper()
	var body map[string]string
	if err := json.Unmarshal([]byte(got.body), &body); err != nil || len(body) != 2 {
		t.Errorf("the body is not that of an error: %s", got.body)
	}
	if got.status != status || body["error"] != name || body["message"] != message {
		t.Errorf("got %d %s\nwant %d, error %q, message %q", got.status, got.body, status, name, message)
	}
	if retry := got.header.Get("Retry-After") != ""; retry != (status == 429 || status == 503) {
		t.Errorf("a %d has Retry-After %q", status, got.header.Get("Retry-After"))
	}
}
