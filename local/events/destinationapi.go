// The calls and the CloudFormation type of API destinations.

package events

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// changedDestination is the answer to what makes or changes a destination.
type changedDestination struct {
	ApiDestinationArn   string
	ApiDestinationState string
	CreationTime        cloud.Time
	LastModifiedTime    cloud.Time
}

// changed is what is told of a destination. The lock is held.
func (s *EventBridge) changed(d *destination) changedDestination {
	return changedDestination{d.arn, s.stateOf(d.destinationSettings), cloud.Time(d.created), cloud.Time(d.modified)}
}

// openDestination authorizes the caller and finds a destination.
func (s *EventBridge) openDestination(caller cloud.Caller, action, name string) (*destination, error) {
	resource := s.cloud.ARN("events", "api-destination/"+name)
	d, _ := s.findDestination(name)
	if d != nil {
		resource = d.arn
	}
	if err := s.cloud.Authorize(caller, "events:"+action, resource); err != nil {
		return nil, err
	}
	if d == nil {
		verb := strings.ToLower(strings.TrimSuffix(action, "ApiDestination"))
		return nil, cloud.Errorf(http.StatusBadRequest, "ResourceNotFoundException", "Failed to %s the api-destination(s). An api-destination '%s' does not exist.", verb, name)
	}
	return d, nil
}

type createDestinationInput struct {
	Name string
	destinationSettings
}

func (s *EventBridge) createDestinationByCall(_ context.Context, caller cloud.Caller, in createDestinationInput) (out changedDestination, err error) {
	if err := s.cloud.Authorize(caller, "events:CreateApiDestination", s.cloud.ARN("events", "api-destination/"+in.Name)); err != nil {
		return out, err
	}
	in.InvocationRateLimitPerSecond = cmp.Or(in.InvocationRateLimitPerSecond, defaultRate)
	d, err := s.newDestination(in.Name, in.destinationSettings)
	if err != nil {
		return out, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.changed(d), nil
}

type updateDestinationInput struct {
	Name                         string
	Description                  *string
	ConnectionArn                string
	HttpMethod                   string
	InvocationEndpoint           string
	InvocationRateLimitPerSecond int
}

func (s *EventBridge) updateDestinationByCall(_ context.Context, caller cloud.Caller, in updateDestinationInput) (out changedDestination, err error) {
	d, err := s.openDestination(caller, "UpdateApiDestination", in.Name)
	if err != nil {
		return out, err
	}
	err = s.changeDestination(d, func(to *destinationSettings) {
		if in.Description != nil {
			to.Description = *in.Description
		}
		to.ConnectionArn, to.HttpMethod = cmp.Or(in.ConnectionArn, to.ConnectionArn), cmp.Or(in.HttpMethod, to.HttpMethod)
		to.InvocationEndpoint = cmp.Or(in.InvocationEndpoint, to.InvocationEndpoint)
		to.InvocationRateLimitPerSecond = cmp.Or(in.InvocationRateLimitPerSecond, to.InvocationRateLimitPerSecond)
	})
	if err != nil {
		return out, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.changed(d), nil
}

type destinationName struct{ Name string }

func (s *EventBridge) deleteDestination(_ context.Context, caller cloud.Caller, in destinationName) (struct{}, error) {
	d, err := s.openDestination(caller, "DeleteApiDestination", in.Name)
	if err == nil {
		s.dropDestination(d)
	}
	return struct{}{}, err
}

func (s *EventBridge) dropDestination(d *destination) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.destinations[d.name] == d {
		delete(s.destinations, d.name)
	}
}

// listedDestination is what lists tell.
type listedDestination struct {
	changedDestination
	Name                         string
	ConnectionArn                string
	HttpMethod                   string
	InvocationEndpoint           string
	InvocationRateLimitPerSecond int
}

type destinationDescription struct {
	listedDestination
	Description string `json:",omitempty"`
}

// describe is what is told of a destination. The lock is held.
func (s *EventBridge) describe(d *destination) destinationDescription {
	return destinationDescription{listedDestination{s.changed(d), d.name, d.ConnectionArn, d.HttpMethod, d.InvocationEndpoint, d.InvocationRateLimitPerSecond}, d.Description}
}

func (s *EventBridge) describeDestination(_ context.Context, caller cloud.Caller, in destinationName) (destinationDescription, error) {
	d, err := s.openDestination(caller, "DescribeApiDestination", in.Name)
	if err != nil {
		return destinationDescription{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.describe(d), nil
}

type listDestinationsInput struct {
	page
	NamePrefix, ConnectionArn string
}

type listDestinationsOutput struct {
	ApiDestinations []listedDestination
	NextToken       string `json:",omitempty"`
}

func (s *EventBridge) listDestinations(_ context.Context, caller cloud.Caller, in listDestinationsInput) (out listDestinationsOutput, err error) {
	if err := s.cloud.Authorize(caller, "events:ListApiDestinations", s.cloud.ARN("events", "api-destination/*")); err != nil {
		return out, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var all []listedDestination
	for _, name := range slices.Sorted(maps.Keys(s.destinations)) {
		d := s.destinations[name]
		if strings.HasPrefix(name, in.NamePrefix) && (in.ConnectionArn == "" || in.ConnectionArn == d.ConnectionArn) {
			all = append(all, s.describe(d).listedDestination)
		}
	}
	out.ApiDestinations, out.NextToken, err = pageOf(in.page, all)
	return out, err
}

type destinationProperties struct {
	Name string
	destinationSettings
}

func (p destinationProperties) settings() destinationSettings {
	p.InvocationRateLimitPerSecond = cmp.Or(p.InvocationRateLimitPerSecond, defaultRate)
	return p.destinationSettings
}

// createDestination makes a destination that a template declares.
func (s *EventBridge) createDestination(_ context.Context, res cfn.Resource, p destinationProperties) (cfn.Handle, error) {
	d, err := s.newDestination(cmp.Or(p.Name, res.PhysicalName(64)), p.settings())
	if err != nil {
		return cfn.Handle{}, err
	}
	attributes := map[string]any{"Arn": d.arn, "ArnForPolicy": d.arn[:strings.LastIndex(d.arn, "/")]}
	return cfn.Handle{Ref: d.name, Attributes: attributes, Delete: func(context.Context) error {
		s.dropDestination(d)
		return nil
	}}, nil
}

func (s *EventBridge) updateDestination(_ context.Context, _ cfn.Resource, h cfn.Handle, _, after destinationProperties) (cfn.Handle, error) {
	d, _ := s.findDestination(h.Ref)
	if d == nil {
		return h, cloud.Errorf(http.StatusNotFound, "ResourceNotFoundException", "An api-destination '%s' does not exist.", h.Ref)
	}
	return h, s.changeDestination(d, func(to *destinationSettings) { *to = after.settings() })
}
