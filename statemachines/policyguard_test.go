package statemachines

// This file runs the policy guard under a virtual clock, with functions that
// answer as a test wants it.

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	approvals "github.com/tradepost-dev/tradepost/internal/contract/approval"
	contract "github.com/tradepost-dev/tradepost/internal/contract/policyguard"
	"github.com/tradepost-dev/tradepost/internal/patience"
	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/dynamodb"
)

var policyguard = agreement{
	placeholders: []string{
		"EvaluateFunctionArn", "RollBackFunctionArn", "RestoreFunctionArn", "ApprovalRequestFunctionArn", "ApprovalConcludeFunctionArn", "ApprovalTimeoutSeconds",
		"CasesTable", "NoticesTopicArn", "RestrictedActions", "SecondOpinion", "Verdict", "Deployers",
	},
	attributes: map[string][]string{
		"Record Outcome: CasesTable Key":         {contract.AttrPolicy, contract.AttrEntry},
		"Record Outcome: CasesTable Expressions": {contract.AttrOutcome, contract.AttrClosedAt, contract.AttrChangedBy, contract.AttrDetails, contract.AttrDecidedBy, contract.AttrComment},
	},
	members: map[string][]string{
		"evaluated":             {"eventId", "policy", "key", "own", "unknown", "document", "changedBy", "inForce", "restricted", "title", "details"}, // of a contract.Evaluated
		"decision":              {"decision", "by", "comment", "timedOut"},                                                                            // of an approval.Decision
		"states.input":          {"detail"},                                                                                                           // EventBridge's
		"states.result.Payload": fields(contract.Handled{}),
	},
	words: []string{
		string(contract.Allowed), string(contract.Noted), string(contract.Alerted), string(contract.RolledBack), string(contract.UnderWay),
		string(contract.Restored), string(contract.Denied), string(contract.TimedOut), string(contract.Gone), string(contract.Changed),
		string(contract.Deleted), string(contract.Superseded), string(contract.Unknown), string(approvals.Approved), "PolicyChanged",
		"NOTHING", "ALERT", // verdicts of the construct
		"PASS", "IDENTITY_POLICY", // Access Analyzer's
	},
}

func TestErrorsOfThePolicyGuardHaveTheNamesOfTheirTypes(t *testing.T) {
	for want, err := range map[string]error{
		"PolicyLocked": contract.PolicyLocked{}, "PolicyChanged": contract.PolicyChanged{}, "ServiceBusy": &patience.ServiceBusy{},
	} {
		if got := errorType(err); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	for _, row := range []struct{ some, all []string }{
		{policyguard.members["evaluated"], fields(contract.Evaluated{})},
		{policyguard.members["decision"], fields(approvals.Decision{})},
	} {
		for _, name := range row.some {
			if !slices.Contains(row.all, name) {
				t.Errorf("%s is none of %q", name, row.all)
			}
		}
	}
}

// guard is an account with the machine, its table, and its functions.
type guard struct {
	*cloud.Cloud
	t       *testing.T
	created *cfn.Created

	mu      sync.Mutex
	calls   []string // of functions, and of Access Analyzer
	notices []notice

	evaluated contract.Evaluated
	rollBack  func() (any, error)
	restored  contract.Outcome
	decide    func(asked approvals.Asked) // nil: nobody does
	decision  approvals.Decision          // what conclude answers
	analyze   func(input string) (any, error)
}

type notice struct{ Subject, Message string }

// api answers calls of one service.
type api func(action string, input json.RawMessage) (any, error)

func (a api) Supports(string) bool { return true }

func (a api) Call(_ context.Context, _ cloud.Caller, action string, input json.RawMessage) (json.RawMessage, error) {
	answer, err := a(action, input)
	if err != nil {
		return nil, err
	}
	return json.Marshal(answer)
}

const guardTemplate = `{"Resources": {
	"Cases": {"Type": "AWS::DynamoDB::Table", "Properties": {"BillingMode": "PAY_PER_REQUEST",
		"AttributeDefinitions": [{"AttributeName": "policy", "AttributeType": "S"}, {"AttributeName": "entry", "AttributeType": "S"}],
		"KeySchema": [{"AttributeName": "policy", "KeyType": "HASH"}, {"AttributeName": "entry", "KeyType": "RANGE"}]}},
	"Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {
		"RoleArn": "arn:aws:iam::111122223333:role/r", "DefinitionString": %s, "DefinitionSubstitutions": {"CasesTable": {"Ref": "Cases"},
		"EvaluateFunctionArn": "evaluate", "RollBackFunctionArn": "rollback", "RestoreFunctionArn": "restore", "ApprovalRequestFunctionArn": "request",
		"ApprovalConcludeFunctionArn": "conclude", "ApprovalTimeoutSeconds": "3660", "NoticesTopicArn": "arn:aws:sns:us-east-1:111122223333:notices",
		"RestrictedActions": "['iam:*', 's3:DeleteBucket']", "SecondOpinion": "%s", "Verdict": "%s", "Deployers": "['arn:deployer']"}}}}}`

// inGuard runs a test under a virtual clock, with a policy that grants what is
// restricted.
func inGuard(t *testing.T, verdict, secondOpinion string, test func(t *testing.T, g *guard)) {
	synctest.Test(t, func(t *testing.T) {
		g := &guard{Cloud: cloud.New(cloud.Site{Account: "111122223333", Region: "us-east-1"}), t: t, restored: contract.Restored}
		defer g.Close()
		g.evaluated = contract.Evaluated{
			EventID: "e1", Policy: contract.Policy{Kind: contract.Managed, ARN: "arn:p"}, Key: "arn:p", Version: "v1", Document: `{"Statement":[]}`,
			ChangedBy: "arn:eve", InForce: true, Restricted: true, Findings: []contract.Finding{}, Title: "Restore p?", Details: "It grants 'iam:*' \"x\".",
		}
		g.rollBack = func() (any, error) { return contract.Handled{Outcome: contract.RolledBack}, nil }
		tables, machines := dynamodb.New(g.Cloud, dynamodb.Options{}), newStates(t, g.Cloud)
		g.Register("dynamodb", tables)
		g.Register("states", machines)
		g.Register("sns", api(func(_ string, input json.RawMessage) (any, error) {
			var n notice
			err := json.Unmarshal(input, &n)
			g.notices = append(g.notices, n)
			return map[string]string{"MessageId": "m"}, err
		}))
		g.Register("access-analyzer", api(func(_ string, input json.RawMessage) (any, error) { return g.analyze(string(input)) }))
		g.Register("lambda", g.functions())
		definition, err := json.Marshal(Definition("policyguard/policyguard.asl.json"))
		if err != nil {
			t.Fatal(err)
		}
		template, err := cfn.Parse(fmt.Appendf(nil, guardTemplate, definition, secondOpinion, verdict))
		if err != nil {
			t.Fatal(err)
		}
		types := map[string]cfn.Type{}
		for _, kind := range append(tables.Types(), machines.Types()...) {
			types[kind.Name] = kind
		}
		stack := cfn.Stack{Name: "test", Site: g.Site, Template: template}
		if g.created, err = stack.Create(t.Context(), types); err != nil {
			t.Fatal(err)
		}
		test(t, g)
	})
}

func (g *guard) functions() functions {
	called := func(name string, do func(payload json.RawMessage) (any, error)) func(json.RawMessage) (any, error) {
		return func(payload json.RawMessage) (any, error) {
			g.mu.Lock()
			g.calls = append(g.calls, name)
			g.mu.Unlock()
			return do(payload)
		}
	}
	return functions{
		"evaluate": called("evaluate", func(payload json.RawMessage) (any, error) {
			var change contract.Change
			if err := json.Unmarshal(payload, &change); err != nil || change.EventID != "e1" {
				g.t.Errorf("evaluate got %s, %v", payload, err)
			}
			return g.evaluated, nil
		}),
		"rollback": called("rollback", func(payload json.RawMessage) (any, error) {
			var in contract.RollBack
			if err := json.Unmarshal(payload, &in); err != nil || in.Evaluated.Key != g.evaluated.Key || !strings.HasPrefix(in.Execution, "arn:aws:states:") {
				g.t.Errorf("rollback got %s, %v", payload, err)
			}
			return g.rollBack()
		}),
		"request": called("request", func(payload json.RawMessage) (any, error) {
			var asked approvals.Asked
			if err := json.Unmarshal(payload, &asked); err != nil || asked.Title != g.evaluated.Title || !strings.HasPrefix(asked.Details, g.evaluated.Details) {
				g.t.Errorf("request got %s, %v", payload, err)
			}
			if g.decide != nil {
				g.decide(asked)
			}
			return nil, nil
		}),
		"conclude": called("conclude", func(payload json.RawMessage) (any, error) {
			var in approvals.Concluded
			if err := json.Unmarshal(payload, &in); err != nil || !strings.HasSuffix(in.Name, "/Ask Administrators") {
				g.t.Errorf("conclude got %s, %v", payload, err)
			}
			return g.decision, nil
		}),
		"restore": called("restore", func(payload json.RawMessage) (any, error) {
			var in contract.Restore
			if err := json.Unmarshal(payload, &in); err != nil || in.EventID != "e1" || in.Policy != g.evaluated.Policy || !strings.HasPrefix(in.Execution, "arn:aws:states:") {
				g.t.Errorf("restore got %s, %v", payload, err)
			}
			return contract.Handled{Outcome: g.restored}, nil
		}),
	}
}

// answer has a person decide, a minute later.
func (g *guard) answer(d approvals.Decision) {
	g.decide = func(asked approvals.Asked) {
		g.Go(func(context.Context) {
			time.Sleep(time.Minute)
			output, _ := json.Marshal(d)
			g.do("states", "SendTaskSuccess", map[string]string{"taskToken": asked.TaskToken, "output": string(output)}, nil)
		})
	}
}

func (g *guard) do(service, action string, in, out any) {
	g.t.Helper()
	if err := g.Do(g.t.Context(), g.Administrator(), service, action, in, out); err != nil {
		g.t.Errorf("%s: %v", action, err)
	}
}

// run runs an execution, and returns its output or "error: cause", and the time
// it took.
func (g *guard) run() (string, time.Duration) {
	g.t.Helper()
	begin := time.Now()
	var started struct {
		ExecutionArn string `json:"executionArn"`
	}
	g.do("states", "StartExecution", map[string]any{"stateMachineArn": g.created.Handles["Machine"].Ref, "input": `{"detail": {"eventID": "e1"}}`}, &started)
	for {
		var d struct{ Status, Output, Error, Cause string }
		g.do("states", "DescribeExecution", map[string]any{"executionArn": started.ExecutionArn}, &d)
		switch d.Status {
		case "SUCCEEDED":
			return d.Output, time.Since(begin)
		case "RUNNING":
			time.Sleep(time.Second)
			continue
		}
		return d.Error + ": " + d.Cause, time.Since(begin)
	}
}

// recorded are the attributes of the case's row, all texts.
func (g *guard) recorded() map[string]string {
	g.t.Helper()
	var got struct{ Item map[string]struct{ S string } }
	g.do("dynamodb", "GetItem", map[string]any{"TableName": g.created.Handles["Cases"].Ref, "ConsistentRead": true, "Key": map[string]any{
		contract.AttrPolicy: map[string]string{"S": g.evaluated.Key}, contract.AttrEntry: map[string]string{"S": contract.PrefixCase + g.evaluated.EventID}}}, &got)
	texts := map[string]string{}
	for name, value := range got.Item {
		texts[name] = value.S
	}
	return texts
}

// want checks an execution's end: output, calls, what is recorded and told.
func (g *guard) want(outcome contract.Outcome, told bool, calls string) {
	g.t.Helper()
	if got, _ := g.run(); got != `{"policy":"`+g.evaluated.Key+`","outcome":"`+string(outcome)+`"}` {
		g.t.Errorf("output %s, want %s", got, outcome)
	}
	if got := strings.Join(g.calls, " "); got != calls {
		g.t.Errorf("calls %s, want %s", got, calls)
	}
	if row := g.recorded()[contract.AttrOutcome]; told && row != string(outcome) {
		g.t.Errorf("recorded %q", row)
	}
	if told != (len(g.notices) == 1) || told && (g.notices[0].Subject != "Policy guard: "+string(outcome) || !strings.Contains(g.notices[0].Message, g.evaluated.Details)) {
		g.t.Errorf("told %q", g.notices)
	}
}

func TestWhatGrantsNothingRestrictedIsLeftAlone(t *testing.T) {
	for name, change := range map[string]func(*contract.Evaluated){
		"a policy without": func(*contract.Evaluated) {}, "a version that is not in force": func(e *contract.Evaluated) { e.InForce = false },
	} {
		t.Run(name, func(t *testing.T) {
			inGuard(t, "ROLL_BACK", "false", func(t *testing.T, g *guard) {
				g.evaluated.Restricted = false
				change(&g.evaluated)
				g.want(contract.Allowed, false, "evaluate")
				if row := g.recorded(); len(row) != 0 {
					t.Errorf("recorded %q", row)
				}
			})
		})
	}
}

func TestWhoeverMayAndWhateverIsTheGuardsOwnIsToldOnly(t *testing.T) {
	for name, row := range map[string]struct {
		verdict string
		change  func(*contract.Evaluated)
		want    contract.Outcome
		told    bool
	}{
		"the verdict is to tell":    {"ALERT", func(*contract.Evaluated) {}, contract.Alerted, true},
		"the verdict is nothing":    {"NOTHING", func(*contract.Evaluated) {}, contract.Noted, false},
		"a deployer":                {"ROLL_BACK", func(e *contract.Evaluated) { e.ChangedBy = "arn:deployer" }, contract.Alerted, true},
		"a policy of the guard":     {"ROLL_BACK", func(e *contract.Evaluated) { e.Own = true }, contract.Alerted, true},
		"nobody knows which it is":  {"ROLL_BACK", func(e *contract.Evaluated) { e.Unknown = true }, contract.Unknown, true},
		"nothing beats a deployer":  {"NOTHING", func(e *contract.Evaluated) { e.ChangedBy = "arn:deployer" }, contract.Noted, false},
		"telling beats rolling one": {"ALERT", func(e *contract.Evaluated) { e.Own = true }, contract.Alerted, true},
	} {
		t.Run(name, func(t *testing.T) {
			inGuard(t, row.verdict, "false", func(t *testing.T, g *guard) {
				row.change(&g.evaluated)
				g.want(row.want, row.told, "evaluate")
				if got := g.recorded(); got[contract.AttrOutcome] != string(row.want) || got[contract.AttrChangedBy] != g.evaluated.ChangedBy || got[contract.AttrDetails] != g.evaluated.Details {
					t.Errorf("recorded %q", got)
				}
			})
		})
	}
}

func TestADeployersNameIsNoPartOfAnother(t *testing.T) {
	inGuard(t, "ROLL_BACK", "false", func(t *testing.T, g *guard) {
		g.evaluated.ChangedBy = "arn:deployer2"
		g.answer(approvals.Decision{Decision: approvals.Approved, By: "ann@example.com"})
		g.want(contract.Restored, true, "evaluate rollback request restore")
	})
}

func TestAnApprovedChangeIsRestoredAndADeniedOneIsNot(t *testing.T) {
	for _, row := range []struct {
		name     string
		decision approvals.Decision
		restored contract.Outcome
		want     contract.Outcome
		calls    string
	}{
		{"approved", approvals.Decision{Decision: approvals.Approved, By: "ann@example.com", Comment: "fine \"x\""}, contract.Restored, contract.Restored, "evaluate rollback request restore"},
		{"approved, but changed", approvals.Decision{Decision: approvals.Approved, By: "ann@example.com"}, contract.Changed, contract.Changed, "evaluate rollback request restore"},
		{"approved, but deleted", approvals.Decision{Decision: approvals.Approved, By: "ann@example.com"}, contract.Deleted, contract.Deleted, "evaluate rollback request restore"},
		{"approved, but superseded", approvals.Decision{Decision: approvals.Approved, By: "ann@example.com"}, contract.Superseded, contract.Superseded, "evaluate rollback request restore"},
		{"denied", approvals.Decision{Decision: approvals.Denied, By: "bob@example.com", Comment: "no"}, "", contract.Denied, "evaluate rollback request"},
	} {
		t.Run(row.name, func(t *testing.T) {
			inGuard(t, "ROLL_BACK", "false", func(t *testing.T, g *guard) {
				g.answer(row.decision)
				g.restored = row.restored
				g.want(row.want, true, row.calls)
				got := g.recorded()
				if got[contract.AttrDecidedBy] != row.decision.By || got[contract.AttrComment] != row.decision.Comment || got[contract.AttrClosedAt] == "" {
					t.Errorf("recorded %q", got)
				}
				if len(g.notices) == 1 && !strings.Contains(g.notices[0].Message, "Decided by "+row.decision.By) {
					t.Errorf("told %q", g.notices)
				}
			})
		})
	}
}

// The question's row decides, also when the task has run out of time.
func TestWhatNobodyDecidesStaysRolledBack(t *testing.T) {
	for want, decision := range map[contract.Outcome]approvals.Decision{
		contract.TimedOut: {Decision: approvals.Denied, TimedOut: true}, contract.Restored: {Decision: approvals.Approved, By: "ann@example.com"},
	} {
		t.Run(string(want), func(t *testing.T) {
			inGuard(t, "ROLL_BACK", "false", func(t *testing.T, g *guard) {
				g.decision = decision
				begin := time.Now()
				g.want(want, true, strings.TrimSpace("evaluate rollback request conclude "+map[contract.Outcome]string{contract.Restored: "restore"}[want]))
				if took := time.Since(begin); took < 3660*time.Second || took > 3700*time.Second {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

func TestWhatCannotBeRolledBackIsTold(t *testing.T) {
	for _, row := range []struct {
		name   string
		answer any
		err    error
		want   contract.Outcome
		told   bool
		times  int
	}{
		{"deleted", contract.Handled{Outcome: contract.Deleted}, nil, contract.Deleted, true, 1},
		{"another execution's", contract.Handled{Outcome: contract.UnderWay}, nil, contract.UnderWay, false, 1},
		{"replaced", nil, contract.PolicyChanged{}, contract.Gone, true, 5},
	} {
		t.Run(row.name, func(t *testing.T) {
			inGuard(t, "ROLL_BACK", "false", func(t *testing.T, g *guard) {
				g.rollBack = func() (any, error) { return row.answer, row.err }
				g.want(row.want, row.told, "evaluate"+strings.Repeat(" rollback", row.times))
			})
		})
	}
}

// A policy that IAM does not show yet, or that is locked by an invocation that
// has died, is come back to.
func TestRollingBackGoesOnUntilItCan(t *testing.T) {
	for name, err := range map[string]error{"changed": contract.PolicyChanged{}, "locked": contract.PolicyLocked{}, "busy": failure("ServiceBusy")} {
		t.Run(name, func(t *testing.T) {
			inGuard(t, "ROLL_BACK", "false", func(t *testing.T, g *guard) {
				tries := 0
				g.rollBack = func() (any, error) {
					if tries++; tries < 4 {
						return nil, err
					}
					return contract.Handled{Outcome: contract.RolledBack}, nil
				}
				g.answer(approvals.Decision{Decision: approvals.Denied, By: "ann@example.com"})
				g.want(contract.Denied, true, "evaluate rollback rollback rollback rollback request")
			})
		})
	}
}

func TestALockIsWaitedForLongerThanItsLease(t *testing.T) {
	inGuard(t, "ROLL_BACK", "false", func(t *testing.T, g *guard) {
		begin := time.Now()
		g.rollBack = func() (any, error) { return nil, contract.PolicyLocked{} }
		if got, _ := g.run(); !strings.HasPrefix(got, "PolicyLocked") || len(g.calls) != 14 || time.Since(begin) < 20*time.Second {
			t.Errorf("%s, %q after %v", got, g.calls, time.Since(begin))
		}
	})
}

// What the analyzer finds counts; that it cannot be asked counts as well.
func TestASecondOpinionIsAskedForWhatPassesAndLetsNothingPassByFailing(t *testing.T) {
	for name, row := range map[string]struct {
		answer any
		err    error
		want   contract.Outcome
		says   string
	}{
		"nothing found":      {map[string]any{"result": "PASS", "message": "fine", "reasons": []any{}}, nil, contract.Allowed, ""},
		"found":              {map[string]any{"result": "FAIL", "message": "not fine", "reasons": []any{map[string]any{"description": "statement 0"}}}, nil, contract.Denied, `IAM Access Analyzer says: ["not fine","statement 0"]`},
		"no answer":          {map[string]any{}, nil, contract.Denied, "IAM Access Analyzer"},
		"no permission":      {nil, cloud.Errorf(403, "AccessDeniedException", "no"), contract.Denied, "could not be asked"},
		"an outage":          {nil, cloud.Errorf(500, "InternalServerException", "down"), contract.Denied, "could not be asked"},
		"an invalid request": {nil, cloud.Errorf(400, "ValidationException", "no policy"), contract.Denied, "could not be asked"},
	} {
		t.Run(name, func(t *testing.T) {
			inGuard(t, "ROLL_BACK", "true", func(t *testing.T, g *guard) {
				g.evaluated.Restricted = false
				g.analyze = func(input string) (any, error) {
					if !strings.Contains(input, `{\"Statement\":[]}`) || !strings.Contains(input, `["iam:*","s3:DeleteBucket"]`) || !strings.Contains(input, `"IDENTITY_POLICY"`) {
						t.Errorf("asked %s", input)
					}
					return row.answer, row.err
				}
				g.answer(approvals.Decision{Decision: approvals.Denied, By: "ann@example.com"})
				told := row.want != contract.Allowed
				g.want(row.want, told, map[bool]string{false: "evaluate", true: "evaluate rollback request"}[told])
				if told && len(g.notices) == 1 && !strings.Contains(g.notices[0].Message, row.says) {
					t.Errorf("told %s", g.notices[0].Message)
				}
			})
		})
	}
	inGuard(t, "ROLL_BACK", "true", func(t *testing.T, g *guard) {
		g.analyze = func(string) (any, error) { t.Error("asked about what was found"); return nil, nil }
		g.answer(approvals.Decision{Decision: approvals.Denied, By: "ann@example.com"})
		g.want(contract.Denied, true, "evaluate rollback request")
	})
	inGuard(t, "ROLL_BACK", "true", func(t *testing.T, g *guard) {
		g.evaluated.Restricted, g.evaluated.InForce = false, false
		g.analyze = func(string) (any, error) { t.Error("asked about what is not in force"); return nil, nil }
		g.want(contract.Allowed, false, "evaluate")
	})
}
