package local

// This file tells what stacks there are, as CloudFormation's API does: names,
// ids and outputs.

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// cloudFormation is the service: the type of nested stacks, and DescribeStacks.
// It implements cloud.API.
type cloudFormation struct {
	nested
	cloud.Operations
}

func newCloudFormation(e *Engine) cloudFormation {
	return cloudFormation{nested{e}, cloud.Operations{"DescribeStacks": cloud.Handle(e.describeStacks)}}
}

// Protocols implements wire.Speaker.
func (cloudFormation) Protocols() wire.Protocols {
	return wire.Protocols{Query: &wire.Query{Namespace: "http://cloudformation.amazonaws.com/doc/2010-05-15/"}}
}

type describeStacksInput struct {
	StackName string // or id. Default: all stacks
	NextToken string // all of them come at once
}

type describeStacksOutput struct{ Stacks []stackDescription }

type stackDescription struct {
	StackName    string
	StackId      string
	StackStatus  string
	CreationTime cloud.Time
	Outputs      []stackOutput
}

type stackOutput struct{ OutputKey, OutputValue string }

// describeStacks answers the outputs that Endpoints has: with local addresses.
func (e *Engine) describeStacks(_ context.Context, caller cloud.Caller, in describeStacksInput) (describeStacksOutput, error) {
	resource := "*"
	if in.StackName != "" {
		resource = fmt.Sprintf("arn:aws:cloudformation:%s:%s:stack/%s/*", e.Cloud.Region, e.Cloud.Account, in.StackName)
	}
	var out describeStacksOutput
	if err := e.Cloud.Authorize(caller, "cloudformation:DescribeStacks", resource); err != nil {
		return out, err
	}
	if all := e.described.Load(); all != nil {
		out.Stacks = slices.DeleteFunc(slices.Clone(*all), func(s stackDescription) bool {
			return in.StackName != "" && in.StackName != s.StackName && in.StackName != s.StackId
		})
	}
	if in.StackName != "" && len(out.Stacks) == 0 {
		return out, cloud.Errorf(400, "ValidationError", "Stack with id %s does not exist", in.StackName)
	}
	return out, nil
}

// describe keeps, when all stacks are created, what there is to tell of them.
func (e *Engine) describe() {
	var all []stackDescription
	outputs := e.Endpoints().Outputs
	for _, name := range slices.Sorted(maps.Keys(e.ids)) {
		s := stackDescription{StackName: name, StackId: e.ids[name], StackStatus: "CREATE_COMPLETE", CreationTime: cloud.Time(time.Now())}
		for _, key := range slices.Sorted(maps.Keys(outputs[name])) {
			s.Outputs = append(s.Outputs, stackOutput{key, fmt.Sprint(outputs[name][key])})
		}
		all = append(all, s)
	}
	e.described.Store(&all)
}
