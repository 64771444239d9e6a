package sns_test

// This file publishes what SNS refuses of messages.

import (
	"slices"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestWhatSNSRefusesOfMessages(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, base)
	named := func(name string) map[string]any {
		return map[string]any{"MessageAttributes": map[string]any{name: map[string]any{"DataType": "String", "StringValue": "x"}}}
	}
	valued := func(members map[string]any) map[string]any {
		return map[string]any{"MessageAttributes": map[string]any{"a": members}}
	}
	for name, row := range map[string]struct {
		members map[string]any
		want    string
	}{
		"no text":             {valued(map[string]any{"DataType": "String", "StringValue": ""}), "The message attribute 'a' must contain non-empty message attribute value for message attribute type 'String'."},
		"no value":            {valued(map[string]any{"DataType": "Number"}), "must contain non-empty message attribute value for message attribute type 'Number'."},
		"no bytes":            {valued(map[string]any{"DataType": "Binary", "BinaryValue": []byte{}}), "must contain non-empty message attribute value for message attribute type 'Binary'."},
		"no type":             {valued(map[string]any{"StringValue": "x"}), "ValidationError: 1 validation error detected: Value null at 'messageAttributes.a.member.dataType'"},
		"another type":        {valued(map[string]any{"DataType": "Text", "StringValue": "x"}), "The message attribute 'a' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String."},
		"a type with no end":  {valued(map[string]any{"DataType": "String.", "StringValue": "x"}), "The message attribute 'a' has an invalid message attribute type"},
		"bytes of a text":     {valued(map[string]any{"DataType": "String.x", "BinaryValue": []byte("x")}), "The message attribute 'a' with type 'String.x' must use field 'String'."},
		"a text of bytes":     {valued(map[string]any{"DataType": "Binary", "StringValue": "x"}), "The message attribute 'a' with type 'Binary' must use field 'Binary'."},
		"a long name":         {named(strings.Repeat("a", 257)), "Length of message attribute name must be less than 256 bytes."},
		"a strange name":      {named("a^*?"), "Invalid non-alphanumeric character '#x5E' was found in the message attribute name."},
		"a dot before":        {named(".a"), "starting with character '.'"},
		"a dot behind":        {named("a."), "ending with character '.'"},
		"two dots":            {named("a..b"), "Message attribute name can not have successive '.' character."},
		"a long subject":      {map[string]any{"Subject": strings.Repeat("x", 101)}, "Invalid parameter: Subject"},
		"a subject of lines":  {map[string]any{"Subject": "a\nb"}, "Invalid parameter: Subject"},
		"another structure":   {map[string]any{"MessageStructure": "xml"}, "Invalid parameter: MessageStructure"},
		"many bytes":          {map[string]any{"Message": strings.Repeat("x", 256<<10-7), "MessageAttributes": map[string]any{"a": map[string]any{"DataType": "String", "StringValue": "x"}}}, "Invalid parameter: Message too long"},
		"an empty subject":    {map[string]any{"Subject": ""}, "Invalid parameter: Subject"},
		"a default of no use": {map[string]any{"MessageStructure": "json", "Message": `{"default": 1}`}, "No default entry in JSON message body"},
		"no object":           {map[string]any{"MessageStructure": "json", "Message": `[]`}, "JSON message body failed to parse"},
	} {
		t.Run(name, func(t *testing.T) {
			in := map[string]any{"TopicArn": topicARN, "Message": "m"}
			for member, value := range row.members {
				in[member] = value
			}
			err := e.Do(t.Context(), e.Administrator(), "sns", "Publish", in, nil)
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("the error is %v, want %s", err, row.want)
			}
		})
	}
	for name, row := range map[string]struct {
		members map[string]any
		want    string
	}{
		"no topic":          {map[string]any{"Message": "m"}, "InvalidParameter: Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter"},
		"an empty topic":    {map[string]any{"Message": "m", "TopicArn": ""}, "InvalidParameter: Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1"},
		"what is no number": {map[string]any{"Message": "m", "PhoneNumber": "+1a234"}, "InvalidParameter: Invalid parameter: PhoneNumber Reason: +1a234 is not valid to publish to"},
	} {
		if err := e.Do(t.Context(), e.Administrator(), "sns", "Publish", row.members, nil); err == nil || err.Error() != row.want {
			t.Errorf("%s: %v, want %s", name, err, row.want)
		}
	}
	for want, entry := range map[string]map[string]any{ // each of which makes the whole batch fail
		"No default entry in JSON message body":                                                   {"MessageStructure": "json", "Message": `{"sqs": "m"}`},
		"Value null at 'publishBatchRequestEntries.2.member.messageAttributes.a.member.dataType'": {"Message": "m", "MessageAttributes": map[string]any{"a": map[string]any{"StringValue": "x"}}},
		"has an invalid message attribute type":                                                   {"Message": "m", "MessageAttributes": map[string]any{"a": map[string]any{"DataType": "Text", "StringValue": "x"}}},
		"MessageDeduplicationId parameter that is not":                                            {"Message": "m", "MessageDeduplicationId": "d"},
	} {
		entry["Id"] = "b"
		entries := []any{map[string]any{"Id": "a", "Message": "m"}, entry}
		err := e.Do(t.Context(), e.Administrator(), "sns", "PublishBatch", map[string]any{"TopicArn": topicARN, "PublishBatchRequestEntries": entries}, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the batch fails with %v, want %s", err, want)
		}
	}
	for want, entries := range map[string][]any{
		"EmptyBatchRequest":            {},
		"TooManyEntriesInBatchRequest": slices.Repeat([]any{map[string]any{"Id": "a", "Message": "m"}}, 11),
		"BatchRequestTooLong":          {map[string]any{"Id": "a", "Message": strings.Repeat("x", 128<<10)}, map[string]any{"Id": "b", "Message": strings.Repeat("x", 128<<10+1)}},
	} {
		err := e.Do(t.Context(), e.Administrator(), "sns", "PublishBatch", map[string]any{"TopicArn": topicARN, "PublishBatchRequestEntries": entries}, nil)
		if err == nil || cloud.AsError(err).Code != want {
			t.Errorf("the batch fails with %v, want %s", err, want)
		}
	}
	for id, want := range map[string]string{"a.b": "contains an impermissible character: a.b", strings.Repeat("a", 81): "is too long: aaa", "": "InvalidBatchEntryId"} {
		err := e.Do(t.Context(), e.Administrator(), "sns", "PublishBatch", map[string]any{"TopicArn": topicARN, "PublishBatchRequestEntries": []any{map[string]any{"Id": id, "Message": "m"}}}, nil)
		if err == nil || cloud.AsError(err).Code != "InvalidBatchEntryId" || !strings.Contains(err.Error(), want) {
			t.Errorf("an entry %q: %v", id, err)
		}
	}
	err := e.Do(t.Context(), e.Administrator(), "sns", "Publish", map[string]any{"TargetArn": "arn:aws:sns:eu-central-1:123456789012:endpoint/APNS/a/b", "Message": "m"}, nil)
	if err == nil || !strings.Contains(err.Error(), "TargetArn Reason: No endpoint found for the target arn specified") {
		t.Errorf("to a phone: %v", err)
	}
}

// A message of texts by protocol may have members that are none.
func TestTextsByProtocolMayStandBesideAnything(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, base+subscription("Sub", "sqs", inboxARN, `, "RawMessageDelivery": true`))
	e.publish(t, map[string]any{"MessageStructure": "json", "Message": `{"default": "all", "sqs": "queues", "lambda": 7}`})
	if got := e.receive(t, "inbox", 1); len(got) != 1 || got[0].Body != "queues" {
		t.Errorf("messages %+v", got)
	}
}

// What comes of a FIFO topic is not signed.
func TestMessagesOfAFIFOTopicHaveNoSignature(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, ordered("")+subscription("Sub", "sqs", plainARN, ""))
	in := map[string]any{"TopicArn": topicARN + ".fifo", "Message": "m", "MessageGroupId": "g", "MessageDeduplicationId": "d"}
	if err := e.Do(t.Context(), e.Administrator(), "sns", "Publish", in, nil); err != nil {
		t.Fatal(err)
	}
	if got := e.receive(t, "plain", 1); len(got) != 1 || strings.Contains(got[0].Body, "Sign") || !strings.Contains(got[0].Body, "UnsubscribeURL") {
		t.Errorf("messages %+v", got)
	}
}
