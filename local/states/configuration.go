// This file holds the configurations of a machine: of its log (journal.go), and of
// its traces and its encryption, which change nothing of what it does here.

package states

import (
	"cmp"
	"context"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// recorded is what is told of a machine besides its definition and its role.
type recorded struct {
	logging    loggingConfiguration
	tracing    tracingConfiguration
	encryption encryptionConfiguration
}

func (r recorded) withDefaults() recorded {
	r.logging.Level, r.encryption = cmp.Or(r.logging.Level, "OFF"), r.encryption.orOwned()
	return r
}

// loggingConfiguration has the members that CloudFormation and the API share,
// but for the case of their first letters.
type loggingConfiguration struct {
	Level                string           `json:"level"`
	IncludeExecutionData bool             `json:"includeExecutionData"`
	Destinations         []logDestination `json:"destinations,omitzero"`
}

type logDestination struct {
	CloudWatchLogsLogGroup struct {
		LogGroupArn string `json:"logGroupArn"`
	} `json:"cloudWatchLogsLogGroup"`
}

// checkLogging checks that there is one group for a log that is written, and that
// it exists.
func (s *StepFunctions) checkLogging(l loggingConfiguration) error {
	const invalid = "Invalid Logging Configuration: %s"
	if n := len(l.Destinations); n > 1 || n == 0 && l.Level != "OFF" {
		return cloud.Errorf(400, "InvalidLoggingConfiguration", invalid, "Must specify exactly one Log Destination.")
	}
	for _, destination := range l.Destinations {
		if !s.hasLogGroup(destination.CloudWatchLogsLogGroup.LogGroupArn) {
			return cloud.Errorf(400, "InvalidLoggingConfiguration", invalid, "Log Destination not found.")
		}
	}
	return nil
}

// checkLogAccess asks whether the role may have the log written: its rights are
// those of CloudWatch's deliveries of logs.
// https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
func (s *StepFunctions) checkLogAccess(r *revision) error {
	if len(r.logging.Destinations) == 0 {
		return nil
	}
	for _, action := range []string{
		"CreateLogDelivery", "GetLogDelivery", "UpdateLogDelivery", "DeleteLogDelivery", "ListLogDeliveries",
		"PutResourcePolicy", "DescribeResourcePolicies", "DescribeLogGroups",
	} {
		if s.cloud.Authorize(r.caller, "logs:"+action, "*") != nil {
			return cloud.Errorf(400, "AccessDeniedException", "The state machine IAM Role is not authorized to access the Log Destination")
		}
	}
	return nil
}

// traceOnce uses the rights by which the first execution of a revision is traced.
// Without them AWS runs executions all the same.
func (r *revision) traceOnce(c *cloud.Cloud) {
	if !r.tracing.Enabled {
		return
	}
	r.traced.Do(func() {
		for _, action := range []string{"PutTraceSegments", "PutTelemetryRecords", "GetSamplingRules", "GetSamplingTargets"} {
			_ = c.Authorize(r.caller, "xray:"+action, "*") // a refusal is told by the engine's report
		}
	})
}

// hasLogGroup asks for the group, whose ARN ends in ":*".
func (s *StepFunctions) hasLogGroup(arn string) bool {
	name := groupOf(arn)
	if name == "" {
		return false
	}
	var found struct {
		LogGroups []struct{ LogGroupName string }
	}
	request := map[string]string{"logGroupNamePrefix": name}
	if err := s.cloud.Do(context.Background(), s.cloud.Administrator(), "logs", "DescribeLogGroups", request, &found); err != nil {
		return false
	}
	for _, group := range found.LogGroups {
		if group.LogGroupName == name {
			return true
		}
	}
	return false
}

type tracingConfiguration struct {
	Enabled bool `json:"enabled"`
}

type encryptionConfiguration struct {
	Type                         string `json:"type"`
	KmsKeyId                     string `json:"kmsKeyId,omitempty"`
	KmsDataKeyReusePeriodSeconds int    `json:"kmsDataKeyReusePeriodSeconds,omitempty"`
}

func (e encryptionConfiguration) orOwned() encryptionConfiguration {
	e.Type = cmp.Or(e.Type, "AWS_OWNED_KEY")
	return e
}
