package lambda

// This file reads the ARNs of other services' resources.

import (
	"fmt"
	"strings"
)

// serviceOf returns the service of an ARN: "sqs".
func serviceOf(arn string) string {
	parts := strings.SplitN(arn, ":", 4)
	if len(parts) < 4 || parts[0] != "arn" {
		return ""
	}
	return parts[2]
}

// queueURL returns the URL of a queue; of its host SQS takes no notice.
func queueURL(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return ""
	}
	return fmt.Sprintf("https://sqs.%s.amazonaws.com/%s/%s", parts[3], parts[4], parts[5])
}
