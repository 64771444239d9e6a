package cloud

import "testing"

func TestAnARNIsReadInItsParts(t *testing.T) {
	for _, row := range []struct {
		text string
		want ARN
		url  string
	}{
		{"arn:aws:sqs:eu-west-1:111122223333:orders", ARN{"aws", "sqs", "eu-west-1", "111122223333", "orders"}, "https://sqs.eu-west-1.amazonaws.com/111122223333/orders"},
		{"arn:aws:states:::sqs:sendMessage.waitForTaskToken", ARN{"aws", "states", "", "", "sqs:sendMessage.waitForTaskToken"}, "https://sqs..amazonaws.com//sqs:sendMessage.waitForTaskToken"},
		{"arn:aws:s3:::files", ARN{"aws", "s3", "", "", "files"}, "https://sqs..amazonaws.com//files"},
		{"arn:aws:sqs:eu-west-1:111122223333", ARN{}, ""},
		{"urn:aws:sqs:eu-west-1:111122223333:orders", ARN{}, ""},
		{"orders", ARN{}, ""},
		{"", ARN{}, ""},
	} {
		if got, ok := ParseARN(row.text); got != row.want || ok != (row.want != ARN{}) {
			t.Errorf("%q: got %+v %t, want %+v", row.text, got, ok, row.want)
		}
		if got := QueueURL(row.text); got != row.url {
			t.Errorf("%q: got URL %q, want %q", row.text, got, row.url)
		}
	}
}
