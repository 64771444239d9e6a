package cloudformation

// This file answers whether resources have drifted from their template. The
// engine does not look: it says that they have not.

import (
	"context"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type detectDriftInput struct {
	StackName          string
	LogicalResourceIds []string
}

type detectDriftOutput struct{ StackDriftDetectionId string }

// detectStackDrift answers an id that has the stack's in it.
func (f *CloudFormation) detectStackDrift(_ context.Context, caller cloud.Caller, in detectDriftInput) (out detectDriftOutput, err error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	s, err := f.existing(caller, "DetectStackDrift", in.StackName)
	if err != nil {
		return out, err
	}
	return detectDriftOutput{s.id[strings.LastIndex(s.id, "/")+1:]}, nil
}

type driftStatusInput struct{ StackDriftDetectionId string }

type driftStatusOutput struct {
	StackId, StackDriftDetectionId, StackDriftStatus, DetectionStatus string
	DriftedStackResourceCount                                         int
	Timestamp                                                         cloud.Time
}

func (f *CloudFormation) describeStackDriftDetectionStatus(_ context.Context, caller cloud.Caller, in driftStatusInput) (out driftStatusOutput, err error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if err := f.authorize(caller, "DescribeStackDriftDetectionStatus", ""); err != nil {
		return out, err
	}
	for _, s := range f.stacks {
		if in.StackDriftDetectionId != "" && strings.HasSuffix(s.id, "/"+in.StackDriftDetectionId) {
			return driftStatusOutput{
				StackId: s.id, StackDriftDetectionId: in.StackDriftDetectionId, StackDriftStatus: "IN_SYNC", DetectionStatus: "DETECTION_COMPLETE",
				Timestamp: cloud.Time(s.moment()),
			}, nil
		}
	}
	return out, invalid("Drift detection [%s] does not exist", in.StackDriftDetectionId)
}

type resourceDriftsInput struct {
	StackName                       string
	StackResourceDriftStatusFilters []string
	NextToken                       string
	MaxResults                      int
}

type resourceDriftsOutput struct {
	StackResourceDrifts []resourceDrift
	NextToken           string `json:",omitempty"`
}

type resourceDrift struct {
	StackId, LogicalResourceId, PhysicalResourceId, ResourceType, StackResourceDriftStatus string
	Timestamp                                                                              cloud.Time
}

func (f *CloudFormation) describeStackResourceDrifts(_ context.Context, caller cloud.Caller, in resourceDriftsInput) (out resourceDriftsOutput, err error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	s, err := f.existing(caller, "DescribeStackResourceDrifts", in.StackName)
	if err != nil {
		return out, err
	}
	all := []resourceDrift{}
	for _, r := range s.told() {
		if wanted := in.StackResourceDriftStatusFilters; len(wanted) == 0 || slices.Contains(wanted, "IN_SYNC") {
			all = append(all, resourceDrift{s.id, r.LogicalResourceId, r.PhysicalResourceId, r.ResourceType, "IN_SYNC", r.LastUpdatedTimestamp})
		}
	}
	out.StackResourceDrifts, out.NextToken, err = page(all, in.NextToken)
	return out, err
}
