package cloud

import (
	"fmt"
	"strings"
)

// ARN is the name of a resource: arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE.
// Region and Account may be empty; Resource may have colons of its own.
type ARN struct{ Partition, Service, Region, Account, Resource string }

// ParseARN reads an ARN; false for a text that is none.
func ParseARN(text string) (ARN, bool) {
	parts := strings.SplitN(text, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" {
		return ARN{}, false
	}
	return ARN{parts[1], parts[2], parts[3], parts[4], parts[5]}, true
}

// QueueURL returns the URL of the queue with an ARN, by which SQS's actions
// call it; empty for a text that is no ARN. SQS takes no notice of the host.
func QueueURL(arn string) string {
	queue, ok := ParseARN(arn)
	if !ok {
		return ""
	}
	return fmt.Sprintf("https://sqs.%s.amazonaws.com/%s/%s", queue.Region, queue.Account, queue.Resource)
}
