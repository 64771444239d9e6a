package statemachines

// This file switches an instance of the engine's, under a virtual clock.

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	contract "github.com/tradepost-dev/tradepost/internal/contract/instances"
	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/ec2"
)

var instances = agreement{
	placeholders: []string{"InstanceId"},
	members:      map[string][]string{"$": append(fields(contract.Request{}), "found", "refused", "StartingInstances", "StoppingInstances")},
	words:        []string{string(contract.Started), string(contract.Stopped)},
}

// power is an account with both machines and an instance.
type power struct {
	*cloud.Cloud
	t       *testing.T
	created *cfn.Created
	refuse  func(action string) error // of calls, unless it is nil
}

const powerTemplate = `{"Resources": {
	"Instance": {"Type": "AWS::EC2::Instance", "Properties": {"ImageId": "ami-0123456789abcdef0"}},
	"Other": {"Type": "AWS::EC2::Instance", "Properties": {"ImageId": "ami-0123456789abcdef0"}},
	"express": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"StateMachineType": "EXPRESS",
		"RoleArn": "arn:aws:iam::111122223333:role/r", "DefinitionString": %s, "DefinitionSubstitutions": {"InstanceId": {"Ref": "Instance"}}}},
	"standard": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {
		"RoleArn": "arn:aws:iam::111122223333:role/r", "DefinitionString": %s, "DefinitionSubstitutions": {"InstanceId": {"Ref": "Instance"}}}}}}`

// withPower runs a test under a virtual clock.
func withPower(t *testing.T, test func(t *testing.T, p *power)) {
	synctest.Test(t, func(t *testing.T) {
		p := &power{Cloud: cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"}), t: t}
		defer p.Close()
		p.Fault = func(_ context.Context, call cloud.Call) error {
			if p.refuse == nil || call.Caller.Root {
				return nil
			}
			return p.refuse(call.Action)
		}
		types := map[string]cfn.Type{}
		machines, servers := newStates(t, p.Cloud), ec2.New(p.Cloud)
		p.Register("states", machines)
		p.Register("ec2", servers)
		for _, kind := range append(machines.Types(), servers.Types()...) {
			types[kind.Name] = kind
		}
		var definitions []any
		for _, name := range []string{"express", "standard"} {
			text, err := json.Marshal(Definition("instances/" + name + ".asl.json"))
			if err != nil {
				t.Fatal(err)
			}
			definitions = append(definitions, text)
		}
		template, err := cfn.Parse(fmt.Appendf(nil, powerTemplate, definitions...))
		if err != nil {
			t.Fatal(err)
		}
		stack := cfn.Stack{Name: "test", Site: p.Site, Template: template}
		if p.created, err = stack.Create(t.Context(), types); err != nil {
			t.Fatal(err)
		}
		test(t, p)
	})
}

func (p *power) do(service, action string, in, out any) {
	p.t.Helper()
	if err := p.Do(p.t.Context(), p.Administrator(), service, action, in, out); err != nil {
		p.t.Fatalf("%s: %v", action, err)
	}
}

// act performs an operation of EC2's on the instance.
func (p *power) act(action string) {
	p.t.Helper()
	p.do("ec2", action, map[string]any{"InstanceIds": []string{p.created.Handles["Instance"].Ref}}, nil)
}

// toggle runs the express machine on an input, in which INSTANCE stands for the
// instance and OTHER for another one. It returns the output, or the error.
func (p *power) toggle(input string) string {
	p.t.Helper()
	input = strings.NewReplacer("INSTANCE", p.created.Handles["Instance"].Ref, "OTHER", p.created.Handles["Other"].Ref).Replace(input)
	var d struct{ Output, Error string }
	p.do("states", "StartSyncExecution", map[string]any{"stateMachineArn": p.created.Handles["express"].Ref, "input": input}, &d)
	return strings.ReplaceAll(d.Output+d.Error, p.created.Handles["Instance"].Ref, "INSTANCE")
}

const theInstance = `{"instance_id": "INSTANCE"}`

func TestAStoppedInstanceIsStartedAndARunningOneStopped(t *testing.T) {
	withPower(t, func(t *testing.T, p *power) {
		for _, want := range []string{
			`{"instance_id":"INSTANCE","previous":"running","current":"stopping","action":"STOPPED"}`,
			`{"instance_id":"INSTANCE","previous":"stopped","current":"pending","action":"STARTED"}`,
			`{"instance_id":"INSTANCE","previous":"running","current":"stopping","action":"STOPPED"}`,
		} {
			got := p.toggle(theInstance)
			if got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			var switched contract.Switched
			if err := json.Unmarshal([]byte(got), &switched); err != nil || switched.Action == "" || switched.Previous == "" || switched.Current == "" {
				t.Errorf("%+v, %v", switched, err)
			}
			time.Sleep(time.Minute)
		}
	})
}

func TestTheStandardMachineDoesTheSame29SecondsLater(t *testing.T) {
	withPower(t, func(t *testing.T, p *power) {
		began := time.Now()
		var started struct {
			ExecutionArn string `json:"executionArn"`
		}
		p.do("states", "StartExecution", map[string]any{"stateMachineArn": p.created.Handles["standard"].Ref,
			"input": `{"instance_id": "` + p.created.Handles["Instance"].Ref + `"}`}, &started)
		for {
			var d struct{ Status, Output string }
			p.do("states", "DescribeExecution", map[string]any{"executionArn": started.ExecutionArn}, &d)
			if d.Status == "RUNNING" {
				time.Sleep(time.Second)
				continue
			}
			if took := time.Since(began); d.Status != "SUCCEEDED" || !strings.Contains(d.Output, `"STOPPED"`) || took < 29*time.Second || took > 31*time.Second {
				t.Errorf("%s with %s after %v", d.Status, d.Output, took)
			}
			return
		}
	})
	var express, standard map[string]any
	for name, machine := range map[string]*map[string]any{"express": &express, "standard": &standard} {
		if err := json.Unmarshal([]byte(Definition("instances/"+name+".asl.json")), machine); err != nil {
			t.Fatal(err)
		}
	}
	others := standard["States"].(map[string]any)
	delete(others, "Wait")
	if !reflect.DeepEqual(express["States"], any(others)) {
		t.Error("but for its Wait, the standard machine has other states than the express one")
	}
}

func TestAnInstanceThatCannotBeSwitchedGetsItsOwnAnswer(t *testing.T) {
	for _, row := range []struct {
		name, input string
		actions     []string // of EC2, before
		wait        time.Duration
		want        string
	}{
		{"pending", theInstance, []string{"StopInstances", "StartInstances"}, time.Second, contract.ErrorInstancePending},
		{"stopping", theInstance, []string{"StopInstances"}, time.Second, contract.ErrorInstanceStopping},
		{"shutting down", theInstance, []string{"TerminateInstances"}, time.Second, contract.ErrorInstanceShuttingDown},
		{"terminated", theInstance, []string{"TerminateInstances"}, time.Minute, contract.ErrorInstanceTerminated},
		{"forgotten", theInstance, []string{"TerminateInstances"}, 2 * time.Hour, contract.ErrorInstanceUnknown},
		{"none", `{"instance_id": "i-00000000"}`, nil, 0, contract.ErrorInstanceUnknown},
		{"another one, which is there", `{"instance_id": "OTHER"}`, nil, 0, contract.ErrorInstanceUnknown},
		{"no id", `{"instance_id": "server"}`, nil, 0, contract.ErrorInstanceUnknown},
		{"a list", `{"instance_id": ["INSTANCE"]}`, nil, 0, contract.ErrorInstanceUnknown},
		{"null", `{"instance_id": null}`, nil, 0, contract.ErrorInstanceUnknown},
		{"not named", `{}`, nil, 0, contract.ErrorInstanceNotNamed},
		{"a text for an input", `"INSTANCE"`, nil, 0, contract.ErrorInstanceNotNamed},
		{"a list for an input", `["INSTANCE"]`, nil, 0, contract.ErrorInstanceNotNamed},
	} {
		t.Run(row.name, func(t *testing.T) {
			withPower(t, func(t *testing.T, p *power) {
				for _, action := range row.actions {
					p.act(action)
					if action != row.actions[len(row.actions)-1] {
						time.Sleep(time.Minute)
					}
				}
				time.Sleep(row.wait)
				if got := p.toggle(row.input); got != row.want {
					t.Errorf("got %s, want %s", got, row.want)
				}
			})
		})
	}
}

func TestWhatEC2RefusesIsTriedAgainAndThenToldAsWhatItIs(t *testing.T) {
	for _, row := range []struct {
		name   string
		refuse func(p *power) func(action string) error
		want   string
	}{
		{"busy for a moment", func(*power) func(string) error {
			n := 0
			return func(string) error {
				if n++; n > 2 {
					return nil
				}
				return cloud.Errorf(503, "RequestLimitExceeded", "Request limit exceeded.")
			}
		}, `"STOPPED"`},
		{"not allowed", func(*power) func(string) error {
			return func(action string) error {
				if action == "StopInstances" {
					return cloud.Errorf(403, "UnauthorizedOperation", "You are not authorized to perform this operation.")
				}
				return nil
			}
		}, "Ec2.Ec2Exception"},
		{"terminated by somebody meanwhile", func(p *power) func(string) error {
			return func(action string) error {
				if action == "StopInstances" {
					p.act("TerminateInstances")
				}
				return nil
			}
		}, contract.ErrorInstanceChanged},
	} {
		t.Run(row.name, func(t *testing.T) {
			withPower(t, func(t *testing.T, p *power) {
				p.refuse = row.refuse(p)
				began := time.Now()
				if got := p.toggle(theInstance); !strings.Contains(got, row.want) {
					t.Errorf("got %s, want %s", got, row.want)
				}
				if took := time.Since(began); took > 28*time.Second {
					t.Errorf("that took %v", took)
				}
			})
		})
	}
}

func TestEveryErrorOfTheSwitchHasAStatus(t *testing.T) {
	var m struct {
		States map[string]struct{ Error string }
	}
	if err := json.Unmarshal([]byte(Definition("instances/express.asl.json")), &m); err != nil {
		t.Fatal(err)
	}
	var errors []string
	for _, s := range m.States {
		if s.Error != "" {
			errors = append(errors, s.Error)
		}
	}
	slices.Sort(errors)
	if want := slices.Sorted(maps.Keys(contract.Statuses)); !slices.Equal(errors, want) {
		t.Errorf("the machine has %q, the contract %q", errors, want)
	}
}
