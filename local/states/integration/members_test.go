package integration

import (
	"context"
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/states/integration/shapes"
)

// Names of the AWS SDK for Java's fields, with their first letter in upper case.
func TestMembersAreNamedAfterTheSDKForJava(t *testing.T) {
	for member, want := range map[string]string{
		"Bucket": "Bucket", "bucket": "Bucket", "logGroupName": "LogGroupName", "ETag": "ETag", "ACL": "Acl", "SSEKMSKeyId": "SsekmsKeyId",
		"MD5OfMessageBody": "Md5OfMessageBody", "ChecksumCRC32": "ChecksumCRC32", "RoleARN": "RoleARN", "KMSKeyArn": "KmsKeyArn", "VPCId": "VpcId",
		"BOOL": "Bool", "NULL": "Nul", "SS": "Ss", "S": "S", "": "", "GrantReadACP": "GrantReadACP", "AWSAccountIds": "AwsAccountIds", "überweisung": "Überweisung",
	} {
		if got := shapes.TaskName(member); got != want {
			t.Errorf("%s: %s, want %s", member, got, want)
		}
	}
}

func decoded(t *testing.T, text string) any {
	t.Helper()
	value, err := jsonvalue.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// tree is a value that is written as another one.
type tree struct{ Leaf bool }

type writtenTree struct {
	BOOL *bool                  `json:",omitzero"`
	M    map[string]writtenTree `json:",omitzero"`
}

func (v tree) Shape() any { return writtenTree{M: map[string]writtenTree{"BOOL": {BOOL: &v.Leaf}}} }

func (v tree) MarshalJSON() ([]byte, error) { return json.Marshal(v.Shape()) }

func (*tree) UnmarshalJSON([]byte) error { return nil }

type opaque struct{ cloud.Ignored }

type inside struct {
	SSEKey string `json:"sseKey,omitempty"`
}

type shape struct {
	inside
	KMSKeyArn string            `json:",omitempty"`
	LogName   string            `json:"logName,omitempty"`
	Tags      map[string]string `json:"tags,omitempty"`
	Steps     []*inside         `json:"steps,omitempty"`
	Item      map[string]tree   `json:",omitempty"`
	Any       any               `json:",omitempty"`
	Free      map[string]any    `json:"free,omitempty"`
	Own       *opaque           `json:",omitempty"`
	At        *cloud.Time       `json:",omitempty"`
	Never     string            `json:"-"`
}

func TestRequestsAreTranslatedByTheTypesOfTheirMembers(t *testing.T) {
	for _, row := range []struct {
		name, task, api string
		lower, untyped  bool
	}{
		{"members and keys", `{"LogName":"a","Tags":{"Team":"t","team":"u"},"KmsKeyArn":"k"}`, `{"logName":"a","tags":{"Team":"t","team":"u"},"KMSKeyArn":"k"}`, true, false},
		{"the API's own spelling", `{"KMSKeyArn":"k"}`, `{"KMSKeyArn":"k"}`, false, false},
		{"of an embedded struct, and in a list", `{"SseKey":"a","Steps":[{"SseKey":"b"},1]}`, `{"sseKey":"a","steps":[{"sseKey":"b"},1]}`, true, false},
		{"by shape", `{"Item":{"Bool":{"Bool":true},"m":{"M":{"Nul":{"BOOL":false}}}}}`, `{"Item":{"Bool":{"BOOL":true},"m":{"M":{"Nul":{"BOOL":false}}}}}`, false, false},
		{"what reads itself", `{"Own":{"X":1,"y":[{"z":2}]},"Any":{"A":1,"b":2}}`, `{"Own":{"X":1,"y":[{"z":2}]},"Any":{"A":1,"b":2}}`, false, false},
		{"untyped", `{"LogName":{"InIt":[{"More":1}]}}`, `{"logName":{"inIt":[{"more":1}]}}`, true, true},
		{"untyped, of an API in upper case", `{"LogName":{"InIt":1,"l":2}}`, `{"LogName":{"InIt":1,"l":2}}`, false, true},
	} {
		is := reflect.TypeFor[*shape]()
		if row.untyped {
			is = nil
		}
		m := &members{lower: row.lower}
		got, err := m.toAPI("Do", decoded(t, row.task), is)
		if err != nil {
			t.Fatalf("%s: %v", row.name, err)
		}
		if text, _ := jsonvalue.Encode(got); text != row.api {
			t.Errorf("%s: %s, want %s", row.name, text, row.api)
		}
	}
}

func TestAnswersAreTranslatedByTheirValues(t *testing.T) {
	at, whole := cloud.Time(time.Unix(1, 250e6)), cloud.Time(time.Unix(1, 0))
	for _, row := range []struct {
		name   string
		answer any
		want   string
		lower  bool
	}{
		{"members and keys", shape{LogName: "a", Tags: map[string]string{"team": "t"}, KMSKeyArn: "k"}, `{"KmsKeyArn":"k","LogName":"a","Tags":{"team":"t"}}`, true},
		{"of an embedded struct, and in a list", &shape{inside: inside{"a"}, Steps: []*inside{{"b"}}}, `{"SseKey":"a","Steps":[{"SseKey":"b"}]}`, true},
		{"by shape", shape{Item: map[string]tree{"NULL": {true}}}, `{"Item":{"NULL":{"M":{"BOOL":{"Bool":true}}}}}`, false},
		{"times", shape{At: &at}, `{"At":"1970-01-01T00:00:01.25Z"}`, false},
		{"a time without a fraction, in what may be anything", shape{Any: map[string]any{"when": whole}}, `{"Any":{"When":"1970-01-01T00:00:01Z"}}`, false},
		{"a map in the place of a struct", shape{Free: map[string]any{"aName": map[string][]string{"bName": {"c"}}}}, `{"Free":{"AName":{"bName":["c"]}}}`, true},
		{"an answer that is a map", map[string]map[string]string{"aName": {"bName": "c"}}, `{"AName":{"bName":"c"}}`, true},
		{"JSON, of an API in lower case", json.RawMessage(`{"aName":[{"bName":1}]}`), `{"AName":[{"BName":1}]}`, true},
		{"JSON, of an API in upper case", json.RawMessage(`{"AName":{"SSE":1}}`), `{"AName":{"SSE":1}}`, false},
	} {
		i := &Integration{members: &members{lower: row.lower}}
		result, err := i.Call(t.Context(), answeringWith{value: row.answer}, Document{Value: jsonvalue.NewObject(0), Text: "{}"})
		if err != nil {
			t.Fatalf("%s: %v", row.name, err)
		}
		if text, _ := jsonvalue.Encode(result.Value); text != row.want {
			t.Errorf("%s: %s, want %s", row.name, text, row.want)
		}
	}
}

// answeringWith is a task whose service answers with a Go value.
type answeringWith struct {
	Task
	value any
}

func (a answeringWith) Perform(context.Context, string, string, json.RawMessage) (any, error) {
	return a.value, nil
}

func (answeringWith) Input(string, string) reflect.Type { return reflect.TypeFor[shape]() }

func TestWhatIsNotAMemberIsRefused(t *testing.T) {
	for _, row := range []struct{ name, task, failure, cause string }{
		{"in lower case", `{"logName":1}`, "States.Runtime", `The Parameters '{"logName":1}' could not be used to start the Task: [The field 'logName' is not supported by Step Functions]`},
		{"in lower case, inside", `{"Steps":[{"sseKey":1}]}`, "States.Runtime", `The Parameters '{"Steps":[{"sseKey":1}]}' could not be used to start the Task: [The field 'sseKey' is not supported by Step Functions]`},
		{"that the engine does not know", `{"Other":1}`, "States.Runtime", "the local engine does not serve the parameter Other of SendMessage"},
		{"of which no JSON tells", `{"Never":1}`, "States.Runtime", "the local engine does not serve the parameter Never of SendMessage"},
	} {
		_, err := Find("aws-sdk:sqs:sendMessage").Call(t.Context(), answeringWith{}, Document{Value: decoded(t, row.task), Text: row.task})
		f, ok := err.(*Failure)
		if !ok || f.Name != row.failure || row.cause != "" && f.Cause != row.cause {
			t.Errorf("%s: %v, want %s: %s", row.name, err, row.failure, row.cause)
		}
	}
}
