package ec2

// This file has the operations that describe instances.

import (
	"context"
	"strconv"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// description is what the describing operations are asked.
type description struct {
	selection
	Filters                 []filter `query:"Filter"`
	IncludeManagedResources bool     // there are none
	MaxResults              *int
	NextToken               string
}

// describe returns a page of the instances that in asks for, in the shape that
// of makes, and the token of the next one.
func describe[T any](e *EC2, caller cloud.Caller, action string, in description, of func(*instance) (T, bool)) ([]T, string, error) {
	if err := e.cloud.Authorize(caller, "ec2:"+action, "*"); err != nil { // EC2 lets nobody describe one instance only
		return nil, "", err
	}
	if err := dryRun(in.DryRun); err != nil {
		return nil, "", err
	}
	matches, err := compile(in.Filters)
	if err != nil {
		return nil, "", err
	}
	start, size, err := in.page()
	if err != nil {
		return nil, "", err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	chosen, err := e.selected(in.InstanceIDs)
	if err != nil {
		return nil, "", err
	}
	shapes := []T{}
	for _, i := range chosen {
		if shape, ok := of(i); ok && matches(i) {
			shapes = append(shapes, shape)
		}
	}
	start = min(start, len(shapes))
	if rest := shapes[start:]; len(rest) > size {
		return rest[:size], strconv.Itoa(start + size), nil
	}
	return shapes[start:], "", nil
}

// page is where the page starts, and how long it may be.
func (d *description) page() (start, size int, err error) {
	size = 1000
	if d.MaxResults != nil {
		size = *d.MaxResults
		switch {
		case len(d.InstanceIDs) > 0:
			return 0, 0, cloud.Errorf(400, "InvalidParameterCombination", "The parameter instancesSet cannot be used with the parameter maxResults")
		case size < 5 || size > 1000:
			return 0, 0, cloud.Errorf(400, "InvalidParameterValue", "Value ( %d ) for parameter maxResults is invalid. Expecting a value from 5 to 1000.", size)
		}
	}
	if d.NextToken != "" {
		if start, err = strconv.Atoi(d.NextToken); err != nil || start < 0 {
			return 0, 0, cloud.Errorf(400, "InvalidNextToken", "The token '%s' is invalid", d.NextToken)
		}
	}
	return start, size, nil
}

type describeInstancesOutput struct {
	NextToken    string        `json:",omitempty" xml:"nextToken"`
	Reservations []reservation `xml:"reservationSet"`
}

func (e *EC2) describeInstances(_ context.Context, caller cloud.Caller, in description) (describeInstancesOutput, error) {
	found, next, err := describe(e, caller, "DescribeInstances", in, func(i *instance) (reservation, bool) {
		return i.reservation(), true
	})
	return describeInstancesOutput{NextToken: next, Reservations: found}, err
}

type describeInstanceStatusInput struct {
	description
	IncludeAllInstances bool // also those that do not run
}

type describeInstanceStatusOutput struct {
	InstanceStatuses []instanceStatus `xml:"instanceStatusSet"`
	NextToken        string           `json:",omitempty" xml:"nextToken"`
}

func (e *EC2) describeInstanceStatus(_ context.Context, caller cloud.Caller, in describeInstanceStatusInput) (describeInstanceStatusOutput, error) {
	found, next, err := describe(e, caller, "DescribeInstanceStatus", in.description, func(i *instance) (instanceStatus, bool) {
		return i.status(), in.IncludeAllInstances || i.state == running
	})
	return describeInstanceStatusOutput{InstanceStatuses: found, NextToken: next}, err
}
