// This file holds the configurations of a machine that change nothing of what it
// does here: of its log, its traces and its encryption.

package states

import (
	"cmp"
	"context"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// recorded is what is only told, as nothing here is logged, traced or encrypted.
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

// hasLogGroup asks for the group, whose ARN ends in ":*".
func (s *StepFunctions) hasLogGroup(arn string) bool {
	_, name, ok := strings.Cut(strings.TrimSuffix(arn, ":*"), ":log-group:")
	if !ok {
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
