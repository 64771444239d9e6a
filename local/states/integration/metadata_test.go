package integration

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// answering is a task whose service gives one answer to all calls.
type answering struct {
	Task
	answer string
}

func (a answering) Perform(context.Context, string, string, json.RawMessage) (any, error) {
	return json.RawMessage(a.answer), nil
}

// Recorded: the headers of each service, and the lengths of such answers.
func TestResultsTellTheHeadersOfTheirService(t *testing.T) {
	const usual = "Content-Length Content-Type Date connection x-amzn-RequestId"
	uuid := strings.Repeat("0", 36)
	for _, row := range []struct{ integration, answer, names, header, value string }{
		{"dynamodb:putItem", `{}`, "Connection Content-Length Content-Type Date Server x-amz-crc32 x-amzn-RequestId", "x-amz-crc32", "2745614147"},
		{"dynamodb:getItem", `{}`, "Connection Content-Length Content-Type Date Server x-amz-crc32 x-amzn-requestid", "Server", "Server"},
		{"sqs:sendMessage", `{"MessageId":"m"}`, usual, "Content-Length", "17"},
		{"sqs:sendMessage", `{}`, usual, "Content-Type", "application/x-amz-json-1.0"},
		{"glue:startJobRun", `{}`, usual, "Content-Type", "application/x-amz-json-1.1"},
		{"sns:publish", `{"MessageId":"` + uuid + `"}`, usual, "Content-Length", "294"},
		{"sns:publish", `{"MessageId":"` + uuid + `","SequenceNumber":"10000000000000000000"}`, usual, "Content-Length", "352"},
		{"sns:publish", `{}`, usual, "Content-Type", "text/xml"},
		{"states:startExecution", `{"executionArn":"arn","startDate":1762446487.883}`, usual, "Content-Length", "51"},
		{"lambda:invoke", `{"Payload":{"a": 1},"ExecutedVersion":"7"}`,
			"Connection Content-Length Content-Type Date X-Amz-Executed-Version X-Amzn-Trace-Id x-amzn-Remapped-Content-Length x-amzn-RequestId", "Content-Length", "8"},
		{"lambda:invoke", `{"Payload":null,"LogResult":"bG9n"}`,
			"Connection Content-Length Content-Type Date X-Amz-Log-Result X-Amzn-Trace-Id x-amzn-Remapped-Content-Length x-amzn-RequestId", "X-Amz-Log-Result", "bG9n"},
	} {
		result, err := Find(row.integration).Call(t.Context(), answering{answer: row.answer}, Document{Value: jsonvalue.NewObject(0), Text: "{}"})
		if err != nil {
			t.Fatalf("%s: %v", row.integration, err)
		}
		text, _ := jsonvalue.Encode(result.Value)
		var told struct {
			SdkHttpMetadata struct {
				HttpHeaders    map[string]string
				AllHttpHeaders map[string][]string
				HttpStatusCode int
			}
			SdkResponseMetadata struct{ RequestId string }
		}
		if err := json.Unmarshal([]byte(text), &told); err != nil {
			t.Fatal(err)
		}
		single, all := told.SdkHttpMetadata.HttpHeaders, told.SdkHttpMetadata.AllHttpHeaders
		names := slices.Sorted(maps.Keys(single))
		if strings.Join(names, " ") != row.names || single[row.header] != row.value {
			t.Errorf("%s of %s: headers %v, want %s, and %s: %s", row.integration, row.answer, single, row.names, row.header, row.value)
		}
		if len(all) != len(single) || all[row.header][0] != row.value || told.SdkHttpMetadata.HttpStatusCode != 200 || told.SdkResponseMetadata.RequestId != single[names[len(names)-1]] {
			t.Errorf("%s: %s", row.integration, text)
		}
	}
}

// A call that ends as its execution is stopped draws no id: at that moment the
// execution's event draws one, and which came first would be anybody's guess.
func TestAnExecutionThatIsOverDrawsNoIDForItsCall(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	result, err := Find("sqs:sendMessage").Call(ctx, answering{answer: `{"MessageId":"m"}`}, Document{Value: jsonvalue.NewObject(0), Text: "{}"})
	if err != nil {
		t.Fatal(err)
	}
	if text, _ := jsonvalue.Encode(result.Value); text != `{"MessageId":"m"}` {
		t.Errorf("the result is %s", text)
	}
	failed := cloud.Errorf(500, "InternalError", "oops")
	if _, err := Find("sqs:sendMessage").Call(ctx, failing{err: failed}, Document{Value: jsonvalue.NewObject(0), Text: "{}"}); err != failed {
		t.Errorf("the error is %v, in which an id may be", err)
	}
}

// failing is a task whose service fails all calls.
type failing struct {
	Task
	err error
}

func (f failing) Perform(context.Context, string, string, json.RawMessage) (any, error) {
	return nil, f.err
}
