// Package ec2 is Amazon EC2 for the local engine: instances that are nothing
// but their state. They start, stop and end, over time, as those of AWS do, and
// nothing runs on them. The network around them is accepted and carries nothing.
package ec2

// This file is the service itself, and how it finds instances.

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// EC2 is the service. It implements cloud.API: inputs and outputs have the
// members of the SDKs' shapes.
type EC2 struct {
	cloud.Operations

	cloud   *cloud.Cloud
	metrics metrics

	mu        sync.Mutex // guards what follows, and the state of instances
	instances map[string]*instance
	subnets   map[string]subnet          // by id
	templates map[string]launchTemplates // by id and by name
}

var _ cloud.API = (*EC2)(nil)

// New returns a service without instances.
func New(c *cloud.Cloud) *EC2 {
	e := &EC2{
		cloud: c, metrics: newMetrics(c),
		instances: map[string]*instance{}, subnets: map[string]subnet{}, templates: map[string]launchTemplates{},
	}
	e.Operations = cloud.Operations{
		"DescribeInstances":      cloud.Handle(e.describeInstances),
		"DescribeInstanceStatus": cloud.Handle(e.describeInstanceStatus),
		"RebootInstances":        cloud.Handle(e.rebootInstances),
		"StartInstances":         cloud.Handle(e.startInstances),
		"StopInstances":          cloud.Handle(e.stopInstances),
		"TerminateInstances":     cloud.Handle(e.terminateInstances),
	}
	c.Go(e.measure)
	return e
}

// Protocols implements wire.Speaker.
func (e *EC2) Protocols() wire.Protocols {
	return wire.Protocols{
		Query: &wire.Query{Namespace: "http://ec2.amazonaws.com/doc/2016-11-15/"},
		Codes: map[string]string{
			"AccessDeniedException":  "UnauthorizedOperation",
			"InternalFailure":        "InternalError",
			"SerializationException": "InvalidParameterValue",
			"ThrottlingException":    "RequestLimitExceeded",
		},
	}
}

func (e *EC2) arn(id string) string { return e.cloud.ARN("ec2", "instance/"+id) }

var instanceID = regexp.MustCompile(`^i-([0-9a-f]{8}|[0-9a-f]{17})$`)

// selected returns the instances with the ids, or all, oldest first. What was
// terminated more than an hour ago does not exist any more. It is called under
// the service's lock.
func (e *EC2) selected(ids []string) ([]*instance, error) {
	e.forget(time.Now())
	for _, id := range ids {
		if !instanceID.MatchString(id) {
			return nil, cloud.Errorf(400, "InvalidInstanceID.Malformed", "Invalid id: %q", id)
		}
	}
	var found []*instance
	var missing []string
	for _, id := range ids {
		if i, ok := e.instances[id]; !ok {
			missing = append(missing, id)
		} else if !slices.Contains(found, i) {
			found = append(found, i)
		}
	}
	switch {
	case len(missing) == 1:
		return nil, cloud.Errorf(400, "InvalidInstanceID.NotFound", "The instance ID '%s' does not exist", missing[0])
	case len(missing) > 1:
		return nil, cloud.Errorf(400, "InvalidInstanceID.NotFound", "The instance IDs '%s' do not exist", strings.Join(missing, ", "))
	case len(ids) == 0:
		found = slices.Collect(maps.Values(e.instances))
	}
	slices.SortFunc(found, func(a, b *instance) int { return cmp.Compare(a.id, b.id) })
	return found, nil
}

// visible is how long a terminated instance can still be described.
const visible = time.Hour

func (e *EC2) forget(now time.Time) {
	maps.DeleteFunc(e.instances, func(_ string, i *instance) bool {
		return i.state == terminated && now.Sub(i.since) > visible
	})
}

// dryRun is the answer to a caller who is permitted, and wanted to know just that.
func dryRun(wanted bool) error {
	if !wanted {
		return nil
	}
	return cloud.Errorf(412, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
}
