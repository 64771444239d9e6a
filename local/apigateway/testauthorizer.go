package apigateway

// TestInvokeAuthorizer: an authorizer is asked as a request would ask it, whatever
// has been answered before.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type testAuthorizerInput struct {
	authorizerNamed
	PathWithQueryString string              `json:"pathWithQueryString"`
	Body                string              `json:"body"`
	Headers             map[string]string   `json:"headers"`
	MultiValueHeaders   map[string][]string `json:"multiValueHeaders"`
	StageVariables      map[string]string   `json:"stageVariables"`
}

type testAuthorizerOutput struct {
	ClientStatus  int                 `json:"clientStatus"` // 0: the authorizer has answered
	Log           string              `json:"log"`
	Latency       int64               `json:"latency"` // milliseconds
	PrincipalID   string              `json:"principalId,omitempty"`
	Policy        string              `json:"policy,omitempty"`
	Authorization map[string][]string `json:"authorization,omitempty"`
}

func (c *Control) testAuthorizer(ctx context.Context, caller cloud.Caller, in testAuthorizerInput) (testAuthorizerOutput, error) {
	var z *authorizer
	x, err := onAPI(c, caller, "POST", in.restAPINamed, in.path(), func(a *api) (*exchange, error) {
		var err error
		if z, err = a.authorizer(in.AuthorizerID); err != nil {
			return nil, err
		}
		return in.exchange(a)
	})
	if err != nil {
		return testAuthorizerOutput{}, err
	}
	out := testAuthorizerOutput{}
	result, err := z.test(ctx, x)
	out.Latency, out.Log = time.Since(x.started).Milliseconds(), x.authorizerLog(z, result, err)
	if err != nil {
		f, ok := errors.AsType[*fault](err)
		if !ok {
			return testAuthorizerOutput{}, err
		}
		out.ClientStatus = f.code()
		return out, nil
	}
	out.Policy = result.document
	out.PrincipalID, _ = result.context["principalId"].(string)
	return out, nil
}

// test asks the authorizer, if the request has what identifies it.
func (z *authorizer) test(ctx context.Context, x *exchange) (*authorization, error) {
	identity, err := z.identify(x)
	if err != nil {
		return nil, err
	}
	return z.ask(ctx, x, identity)
}

// exchange is a request to GET / of a stage that nobody knows.
func (in testAuthorizerInput) exchange(a *api) (*exchange, error) {
	parsed, err := url.Parse(cmp.Or(in.PathWithQueryString, "/"))
	if err != nil {
		return nil, badRequest("Invalid path specified: %v", err)
	}
	m := &method{name: "/GET", resource: a.resources[a.rootID()], httpMethod: "GET"}
	s := a.newStage("test-invoke-stage").with(&deployment{settings: a.settings, root: &node{}, methods: []*method{m}}, in.StageVariables, nil)
	r := a.testRequest("GET", parsed, in.Body, in.Headers, in.MultiValueHeaders)
	return &exchange{stage: s, request: r, method: m, id: cloud.UUID(), started: time.Now()}, nil
}

// authorizerLog is what is known of the execution; identities and answers are secrets.
func (x *exchange) authorizerLog(z *authorizer, result *authorization, err error) string {
	at := x.started.UTC().Format(logTime)
	lines := []string{"Execution log for request " + x.id}
	say := func(format string, args ...any) { lines = append(lines, at+" : "+fmt.Sprintf(format, args...)) }
	say("Starting authorizer: %s for request: %s", z.id, x.id)
	if err != nil {
		say("Execution failed due to an authorizer error: %v", err)
	} else {
		say("Using valid authorizer policy for principal: %v", result.context["principalId"])
		say("Successfully completed authorizer execution")
	}
	return strings.Join(lines, "\n") + "\n"
}
