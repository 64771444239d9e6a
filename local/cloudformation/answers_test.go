package cloudformation

// This file holds whole answers to a file: every member of them, in a story from
// a change set to the end of its stack.

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/internal/golden"
)

var writes = flag.Bool("update", false, "write the files of testdata instead of comparing with them")

var uuid = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// record is what is asked and answered, with numbers for what is made at random.
type record struct {
	*review
	bytes.Buffer
	ids map[string]string
}

// ask performs an action and notes its answer; it returns one member of that.
func (r *record) ask(t *testing.T, action string, input map[string]any, member string) string {
	t.Helper()
	var out json.RawMessage
	if err := r.cloud.Do(t.Context(), site.Administrator(), "cloudformation", action, input, &out); err != nil {
		t.Fatalf("%s: %v", action, err)
	}
	synctest.Wait()
	time.Sleep(time.Second)
	var members map[string]any
	if err := json.Unmarshal(out, &members); err != nil {
		t.Fatal(err)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, out, "", "\t"); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(r, "# %s\n%s\n\n", action, uuid.ReplaceAllStringFunc(indented.String(), func(id string) string {
		if r.ids[id] == "" {
			r.ids[id] = fmt.Sprint("id-", len(r.ids)+1)
		}
		return r.ids[id]
	}))
	text, _ := members[member].(string)
	return text
}

func TestAnswersHaveAllTheirMembers(t *testing.T) {
	const first = `{"Description": "A shop", "Parameters": {"Size": {"Type": "Number", "Default": 3}, "Key": {"Type": "String", "NoEcho": true}},
		"Resources": {"T": {"Type": "Test::Thing", "Metadata": {"of": "one"}, "Properties": {"Name": {"Ref": "Size"}}}, "Q": {"Type": "AWS::SQS::Queue"}},
		"Outputs": {"Queue": {"Description": "Of orders", "Value": {"Ref": "Q"}, "Export": {"Name": "queue"}}}}`
	second := strings.Replace(strings.Replace(first, `{"Ref": "Size"}`, `"b"`, 1), `"Type": "AWS::SQS::Queue"`, `"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": true}`, 1)
	broken := strings.Replace(first, `"Name": {"Ref": "Size"}`, `"Broken": true`, 1)
	onReview(t, func(t *testing.T, review *review) {
		r := &record{review: review, ids: map[string]string{}}
		set := func(name, kind, template string) map[string]any {
			return map[string]any{
				"StackName": "shop", "ChangeSetName": name, "ChangeSetType": kind, "TemplateBody": template, "Description": "As " + name, "OnStackFailure": "ROLLBACK",
				"Parameters": []any{map[string]any{"ParameterKey": "Key", "ParameterValue": "hush"}}, "Capabilities": []string{"CAPABILITY_IAM"},
				"Tags": []any{map[string]any{"Key": "team", "Value": "a"}}, "RoleARN": "arn:aws:iam::111122223333:role/deployer",
			}
		}
		of := map[string]any{"StackName": "shop"}
		ask := func(action string, more ...string) string {
			t.Helper()
			input := map[string]any{"StackName": "shop"}
			for i := 0; i < len(more); i += 2 {
				input[more[i]] = more[i+1]
			}
			return r.ask(t, action, input, "StackDriftDetectionId")
		}
		id := r.ask(t, "CreateChangeSet", set("first", "CREATE", first), "StackId")
		ask("DescribeChangeSet", "ChangeSetName", "first")
		ask("ListChangeSets")
		ask("DescribeStacks")
		ask("ExecuteChangeSet", "ChangeSetName", "first")
		ask("DescribeChangeSet", "ChangeSetName", "first")
		ask("DescribeStacks")
		ask("DescribeStackEvents")
		ask("DescribeStackResources", "LogicalResourceId", "T")
		ask("DescribeStackResource", "LogicalResourceId", "T")
		ask("ListStackResources")
		ask("DescribeStackResourceDrifts")
		r.ask(t, "ListExports", nil, "")
		r.ask(t, "DescribeStackDriftDetectionStatus", map[string]any{"StackDriftDetectionId": ask("DetectStackDrift")}, "")
		r.ask(t, "CreateChangeSet", set("second", "UPDATE", second), "")
		r.ask(t, "DescribeChangeSet", map[string]any{"StackName": "shop", "ChangeSetName": "second", "IncludePropertyValues": true}, "")
		r.ask(t, "CreateChangeSet", set("same", "UPDATE", first), "")
		ask("DescribeEvents", "ChangeSetName", "same")
		ask("ExecuteChangeSet", "ChangeSetName", "second")
		ask("DescribeStacks")
		r.ask(t, "UpdateTerminationProtection", map[string]any{"StackName": "shop", "EnableTerminationProtection": false}, "")
		r.ask(t, "DeleteStack", of, "")
		r.ask(t, "DescribeStacks", map[string]any{"StackName": id}, "")
		r.ask(t, "ListStacks", nil, "")
		r.ask(t, "CreateStack", map[string]any{"StackName": "broken", "TemplateBody": broken, "Parameters": set("", "", "")["Parameters"], "DisableRollback": true}, "")
		r.ask(t, "DescribeStacks", map[string]any{"StackName": "broken"}, "")
		r.ask(t, "DescribeStackEvents", map[string]any{"StackName": "broken"}, "")
		r.ask(t, "ListStackResources", map[string]any{"StackName": "broken"}, "")
		r.stuck["Q"] = true
		r.ask(t, "DeleteStack", map[string]any{"StackName": "broken"}, "")
		r.ask(t, "DescribeStacks", map[string]any{"StackName": "broken"}, "")
		r.stuck["Q"] = false
		r.ask(t, "CreateStack", map[string]any{"StackName": "undone", "TemplateBody": broken, "Parameters": set("", "", "")["Parameters"]}, "")
		r.ask(t, "DescribeStacks", map[string]any{"StackName": "undone"}, "")
		r.ask(t, "GetTemplate", map[string]any{"StackName": "undone"}, "")
		r.ask(t, "GetTemplateSummary", map[string]any{"TemplateBody": first}, "")
		r.ask(t, "ValidateTemplate", map[string]any{"TemplateBody": first}, "")
		golden.Compare(t, filepath.Join("testdata", "answers.txt"), r.String(), *writes)
	})
}
