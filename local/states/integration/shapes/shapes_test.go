package shapes_test

import (
	"testing"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/states/integration/shapes"
)

// said is what is wrong with a text, or "".
func said(t *testing.T, o shapes.Output, text string, mode shapes.Mode) string {
	t.Helper()
	value, err := jsonvalue.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Check(value, mode); err != nil {
		return err.Error()
	}
	return ""
}

// The first rows of each service are as AWS answers TestState.
func TestAnOutputIsHeldToItsShape(t *testing.T) {
	events := shapes.Output{Service: "events", Operation: "PutEvents"}
	start := shapes.Output{Service: "states", Operation: "StartExecution"}
	item := shapes.Output{Service: "dynamodb", Operation: "GetItem"}
	object := shapes.Output{Service: "s3", Operation: "GetObject"}
	function := shapes.Output{Service: "lambda", Operation: "GetFunction"}
	run := shapes.Output{Service: "glue", Operation: "GetJobRun", Within: "JobRun", NumericTimes: true}
	for _, row := range []struct {
		output     shapes.Output
		text, want string
	}{
		{events, `{}`, ""},
		{events, `{"random": "json"}`, ""},
		{events, `{"Entries": "text"}`, "Field 'Entries' must be an array"},
		{events, `{"Entries": [{"EventId": "e"}, {"EventId": ["e"]}]}`, "Field 'EventId' must be a string"},
		{events, `[]`, "the output must be a JSON object"},
		{start, `{}`, "Required field 'ExecutionArn' is missing"},
		{start, `{"executionArn": "a", "startDate": "d"}`, "Required field 'ExecutionArn' is missing"},
		{start, `{"ExecutionArn": "a", "StartDate": true}`, "Field 'StartDate' must be a string"},
		{start, `{"ExecutionArn": "a", "StartDate": 1764103483}`, "Field 'StartDate' must be a string"},
		{start, `{"ExecutionArn": "a", "StartDate": "2026-01-01"}`, ""},
		{item, `{"ConsumedCapacity": {"CapacityUnits": "123.45"}}`, "Field 'CapacityUnits' must be a number"},
		{item, `{"Item": {"a": {"M": {"b": {"S": 1}}}}}`, "Field 'S' must be a string"},
		{item, `{"Item": {"a": {"M": {"b": {"L": [{"N": "1"}, {"BOOL": "x"}]}}}}}`, "Field 'BOOL' must be a boolean"},
		{item, `{"Item": {"a": {"Bool": "x"}}}`, "Field 'Bool' must be a boolean"},
		{shapes.Output{Service: "sqs", Operation: "SendMessage"}, `{"MessageId": "m", "Md5OfMessageBody": 1}`, "Field 'Md5OfMessageBody' must be a string"},
		{item, `{"Item": [1]}`, "Field 'Item' must be an object"},
		{item, `{"Item": null}`, "Field 'Item' must be an object"},
		{object, `{"ContentLength": "9000"}`, "Field 'ContentLength' must be a number"},
		{object, `{"StorageClass": "Papyrus"}`, "Field 'StorageClass' is not an expected value"},
		{object, `{"StorageClass": "GLACIER"}`, ""},
		{shapes.Output{Service: "kms", Operation: "Encrypt"}, `{"CiphertextBlob": 123}`, "Field 'CiphertextBlob' must be a string"},
		{shapes.Output{Service: "kms", Operation: "Encrypt"}, `{"CiphertextBlob": ""}`, "Field 'CiphertextBlob' is smaller than the minimum length"},
		{function, `{"Configuration": {"MemorySize": 127}}`, "Field 'MemorySize' is less than the minimum value"},
		{function, `{"Configuration": {"MemorySize": 128}}`, ""},
		{function, `{"Configuration": {"MemorySize": 32769}}`, "Field 'MemorySize' exceeds the maximum value"},
		{run, `{"Id": 1}`, "Field 'Id' must be a string"},
		{run, `{"Id": "r", "StartedOn": 1764103483000}`, ""},
		{run, `{"Id": "r", "StartedOn": "2026-01-01"}`, ""},
		{run, `{"Id": "r", "StartedOn": true}`, "Field 'StartedOn' must be a string"},
		{shapes.Output{Service: "logs", Operation: "DescribeLogGroups"}, `{"LogGroups": [{"StoredBytes": "1"}]}`, "Field 'StoredBytes' must be a number"},
		{shapes.Output{Service: "lambda", Operation: "Invoke"}, `{"Payload": {}}`, "Field 'Payload' must be a string"},
		{shapes.Output{Service: "lambda", Operation: "Invoke", Free: []string{"Payload"}}, `{"Payload": {}}`, ""},
		{shapes.Output{Service: "execute-api", Operation: "Invoke"}, `{"StatusCode": "x"}`, ""},
		{shapes.Output{Service: "sqs", Operation: "DeleteQueue"}, `{"X": 1}`, ""}, // it answers nothing
	} {
		if got := said(t, row.output, row.text, shapes.Strict); got != row.want {
			t.Errorf("%s %s: %q, want %q", row.output.Operation, row.text, got, row.want)
		}
	}
	for _, row := range []struct {
		mode       shapes.Mode
		text, want string
	}{
		{shapes.Present, `{}`, ""}, {shapes.Present, `{"StartDate": true}`, "Field 'StartDate' must be a string"},
		{shapes.None, `{"StartDate": true}`, ""}, {shapes.None, `[]`, ""},
	} {
		if got := said(t, start, row.text, row.mode); got != row.want {
			t.Errorf("%s %s: %q, want %q", row.mode, row.text, got, row.want)
		}
	}
}
