package instances

// This file runs the stack under a virtual clock: its template as it was
// reviewed, with a network in memory. Nobody waits for the 29 seconds.

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	contract "github.com/tradepost-dev/tradepost/internal/contract/instances"
	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/pipes"
)

// template is that of testdata, with the definitions that it leaves out.
func template(t *testing.T) string {
	t.Helper()
	root := filepath.Join("..", "..", "..")
	var template map[string]any
	if err := json.Unmarshal([]byte(read(t, filepath.Join(root, "testdata", "Tradepost-Instances-dev.template.json"))), &template); err != nil {
		t.Fatal(err)
	}
	definitions := map[string]string{"InstancesExpress": "instances/express", "InstancesStandard": "instances/standard", "InstancesAPI": "workflowapi/start"}
	for id, resource := range template["Resources"].(map[string]any) {
		resource := resource.(map[string]any)
		for prefix, definition := range definitions {
			if resource["Type"] == "AWS::StepFunctions::StateMachine" && strings.HasPrefix(id, prefix) {
				resource["Properties"].(map[string]any)["DefinitionString"] = read(t, filepath.Join(root, "statemachines", definition+".asl.json"))
			}
		}
	}
	text, err := json.Marshal(template)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "Tradepost-Instances-dev.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// withSwitch runs a test of the system under a virtual clock.
func withSwitch(t *testing.T, test func(t *testing.T, s *Switch)) {
	synctest.Test(t, func(t *testing.T) {
		var network pipes.Network
		engine, err := local.Start(t.Context(), local.Options{
			Assembly: template(t),
			Ports:    &network,
		})
		if err != nil {
			t.Fatal(err)
		}
		defer engine.Close()
		s, err := Connect(&laptop.Laptop{Engine: engine, Endpoints: engine.Endpoints(), HTTP: network.Client()})
		if err != nil {
			t.Fatal(err)
		}
		test(t, s)
	})
}

func TestTheStoryComesOut(t *testing.T) {
	withSwitch(t, func(t *testing.T, s *Switch) {
		account, err := s.tell(t.Context())
		if want := "stopped=2 started=1 again=1 early=1 unknown=1"; err != nil || account != want {
			t.Errorf("got %s, %v, want %s", account, err, want)
		}
	})
}

func TestTheAsynchronousRouteAnswersAtOnceAndTellsWhatCameOfIt29SecondsLater(t *testing.T) {
	withSwitch(t, func(t *testing.T, s *Switch) {
		begin := func(body string) Begun {
			t.Helper()
			asked := time.Now()
			begun, err := s.Begin(t.Context(), "", body)
			if err != nil || begun.Status != 202 || begun.ExecutionArn == "" || time.Since(asked) > 3*time.Second {
				t.Fatalf("got %+v, %v after %v", begun, err, time.Since(asked))
			}
			return begun
		}
		began := time.Now()
		begun, other := begin(Body(s.Instance)), begin(Body("i-00000000"))
		for time.Since(began) < 28*time.Second {
			outcome, err := s.Look(t.Context(), begun.Location)
			if err != nil || outcome.Code != 200 || outcome.Status != "RUNNING" || outcome.ExecutionArn != begun.ExecutionArn {
				t.Fatalf("got %+v, %v after %v", outcome, err, time.Since(began))
			}
			time.Sleep(7 * time.Second)
		}
		await := func(location string) Outcome {
			t.Helper()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			outcome, err := s.Await(ctx, location)
			if err != nil {
				t.Fatal(err)
			}
			return outcome
		}
		switched := contract.Switched{InstanceID: s.Instance, Action: contract.Stopped, Previous: "running", Current: "stopping"}
		got := await(begun.Location)
		if took := time.Since(began); got.Status != "SUCCEEDED" || got.Output != switched || took < 29*time.Second || took > 33*time.Second {
			t.Errorf("got %+v after %v, want %+v", got, took, switched)
		}
		if got := await(other.Location); got.Status != "FAILED" || got.Error != contract.ErrorInstanceUnknown {
			t.Errorf("got %+v for an instance that there is not", got)
		}
	})
}
