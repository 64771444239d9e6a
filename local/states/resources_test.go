package states

// This file declares state machines in templates.

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

func TestAMachineIsDescribedWithWhatItsTemplateConfigures(t *testing.T) {
	const logs = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/vendedlogs/m:*"
	services := map[string]fakeService{"logs": {"DescribeLogGroups": func(context.Context, map[string]any) (any, error) {
		return map[string]any{"logGroups": []any{map[string]any{"logGroupName": "/aws/vendedlogs/m"}}}, nil
	}}}
	for name, row := range map[string]struct{ properties, want string }{
		"nothing": {``, `{"encryptionConfiguration": {"type": "AWS_OWNED_KEY"}, "loggingConfiguration": {"level": "OFF", "includeExecutionData": false}, "tracingConfiguration": {"enabled": false}}`},
		"everything": {`, "TracingConfiguration": {"Enabled": true}, "EncryptionConfiguration": {"Type": "CUSTOMER_MANAGED_KMS_KEY", "KmsKeyId": "k", "KmsDataKeyReusePeriodSeconds": 60},
			"LoggingConfiguration": {"Level": "ERROR", "IncludeExecutionData": true, "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": "` + logs + `"}}]}`,
			`{"encryptionConfiguration": {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "k", "kmsDataKeyReusePeriodSeconds": 60}, "tracingConfiguration": {"enabled": true},
			"loggingConfiguration": {"level": "ERROR", "includeExecutionData": true, "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": "` + logs + `"}}]}}`},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, services, func(t *testing.T, w *world) {
				template, err := cfn.Parse([]byte(`{"Resources": {"M": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"RoleArn": "r", "StateMachineName": "m",
					"StateMachineType": "EXPRESS", "DefinitionString": ` + strconv.Quote(passing) + row.properties + `}}}}`))
				if err != nil {
					t.Fatal(err)
				}
				types := map[string]cfn.Type{}
				for _, typ := range w.states.Types() {
					types[typ.Name] = typ
				}
				if faults := template.Check(types); len(faults) > 0 {
					t.Fatal(faults)
				}
				created, err := (&cfn.Stack{Name: "app", Site: w.cloud.Site, Template: template}).Create(t.Context(), types)
				if err != nil {
					t.Fatal(err)
				}
				arn := created.Handles["M"].Ref
				got := w.mustCall("DescribeStateMachine", map[string]any{"stateMachineArn": arn})
				var want map[string]any
				if err := json.Unmarshal([]byte(row.want), &want); err != nil {
					t.Fatal(err)
				}
				want["stateMachineArn"], want["name"], want["type"], want["status"] = arn, "m", "EXPRESS", "ACTIVE"
				want["roleArn"], want["definition"], want["creationDate"] = "r", passing, got["creationDate"]
				if !reflect.DeepEqual(got, want) || got["creationDate"] == nil {
					t.Errorf("got %v\nwant %v", got, want)
				}
			})
		})
	}
}

func TestATemplatesDefinitionMayLieInS3(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		r := cfn.Resource{Stack: "stack", LogicalID: "Machine", Type: "AWS::StepFunctions::StateMachine"}
		declare := func(p stateMachineProperties) (cfn.Handle, error) {
			p.RoleArn, p.DefinitionSubstitutions = "arn:aws:iam::123456789012:role/r", map[string]string{"n": "5"}
			return w.states.declareMachine(t.Context(), r, p)
		}
		at := &definitionLocation{"assets", "m.json", "7"}
		if _, err := declare(stateMachineProperties{DefinitionS3Location: at}); err == nil || !strings.Contains(err.Error(), "there are no objects") {
			t.Errorf("without objects: %v", err)
		}
		text := `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":${n},"End":true}}}`
		w.states.options.Document = func(_ context.Context, bucket, key, version string) ([]byte, error) {
			if bucket+"/"+key+"?"+version != "assets/m.json?7" {
				return nil, errors.New("no such object")
			}
			return []byte(text), nil
		}
		handle, err := declare(stateMachineProperties{DefinitionS3Location: at})
		if err != nil {
			t.Fatal(err)
		}
		seconds := func() any {
			return w.mustCall("DescribeStateMachine", map[string]any{"stateMachineArn": handle.Ref})["definition"]
		}
		if got := seconds(); got != strings.Replace(text, "${n}", "5", 1) {
			t.Errorf("the definition is %s", got)
		}
		text = strings.Replace(text, "W", "V", -1)
		text = strings.Replace(text, `"Vait"`, `"Wait"`, 1)
		if handle, err = w.states.redeclareMachine(t.Context(), r, handle, stateMachineProperties{}, stateMachineProperties{RoleArn: "arn:aws:iam::123456789012:role/r",
			DefinitionS3Location: at, DefinitionSubstitutions: map[string]string{"n": "5"}}); err != nil {
			t.Fatal(err)
		}
		if got := seconds(); got != strings.Replace(text, "${n}", "5", 1) {
			t.Errorf("after the update it is %s", got)
		}
		for want, p := range map[string]stateMachineProperties{
			"no such object":        {DefinitionS3Location: &definitionLocation{"assets", "lost.json", ""}},
			"Bucket and Key":        {DefinitionS3Location: &definitionLocation{Bucket: "assets"}},
			"beside another":        {DefinitionS3Location: at, DefinitionString: passing},
			"beside DefinitionStr":  {DefinitionS3Location: at, DefinitionString: passing, Definition: document(passing)},
			"another definition":    {DefinitionS3Location: at, Definition: document(passing)},
			"must have Bucket and ": {DefinitionS3Location: &definitionLocation{Key: "k"}},
		} {
			p.StateMachineName = "other"
			if _, err := declare(p); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %s", err, want)
			}
		}
	})
}

func TestCloudFormationCreatesMachines(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		r := cfn.Resource{Stack: "stack", LogicalID: "Machine", Type: "AWS::StepFunctions::StateMachine"}
		handle, err := w.states.declareMachine(context.Background(), r, stateMachineProperties{
			RoleArn:                 "arn:aws:iam::123456789012:role/r",
			DefinitionString:        `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":${n},"End":true}}}`,
			DefinitionSubstitutions: map[string]string{"n": "5"},
		})
		if err != nil {
			t.Fatal(err)
		}
		d := w.mustCall("DescribeStateMachine", map[string]any{"stateMachineArn": handle.Ref})
		if handle.Attributes["Arn"] != handle.Ref || d["name"] != handle.Attributes["Name"] || !strings.Contains(d["definition"].(string), `"Seconds":5,`) {
			t.Errorf("%+v, %v", handle, d)
		}
		_, err = w.states.declareMachine(context.Background(), r, stateMachineProperties{
			StateMachineName: "x", RoleArn: "r", Definition: document(`{"StartAt":"X","States":{"Y":{"Type":"Succeed"}}}`)})
		if err == nil || !strings.Contains(err.Error(), `/StartAt: there is no state "X"`) {
			t.Errorf("error %v", err)
		}
	})
}

// document is one as a template's property has it.
func document(text string) (o map[string]any) {
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		panic(err) // the text is a test's own
	}
	return o
}
