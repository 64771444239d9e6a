// API destinations: HTTP endpoints that rules have as targets.

package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/httpcall"
)

const (
	defaultRate = 300             // invocations a second
	callTimeout = 5 * time.Second // for an endpoint
)

// destination has what it says under the service's lock.
type destination struct {
	name, arn string
	destinationSettings
	created, modified time.Time

	pace cloud.Pace
}

type destinationSettings struct {
	ConnectionArn                string
	Description                  string
	HttpMethod                   string
	InvocationEndpoint           string
	InvocationRateLimitPerSecond int
}

var (
	connectionPattern = regexp.MustCompile(`^arn:aws([a-z]|\-)*:events:([a-z]|\d|\-)*:([0-9]{12})?:connection\/[\.\-_A-Za-z0-9]+\/[\-A-Za-z0-9]+$`)
	endpointPattern   = regexp.MustCompile(`^((%[0-9A-Fa-f]{2}|[-()_.!~*';/?:@\x26=+$,A-Za-z0-9])+)([).!';/?:,])?$`)
)

// check refuses what AWS refuses.
func (d destinationSettings) check(name string) error {
	var v violations
	v.named(name, "name", 64)
	v.matching(connectionPattern, connectionPattern.String(), d.ConnectionArn, "connectionArn")
	v.oneOf(d.HttpMethod, "httpMethod", "HEAD", "POST", "PATCH", "DELETE", "PUT", "GET", "OPTIONS")
	v.matching(endpointPattern, endpointPattern.String(), d.InvocationEndpoint, "invocationEndpoint")
	v.atLeast(1, d.InvocationRateLimitPerSecond, "invocationRateLimitPerSecond")
	if err := v.err(); err != nil {
		return err
	}
	if err := httpcall.CheckEndpoint(d.InvocationEndpoint); err != nil {
		return notValid("Parameter InvocationEndpoint is not valid. Reason: %v", err)
	}
	return nil
}

// newDestination makes a destination.
func (s *EventBridge) newDestination(name string, settings destinationSettings) (*destination, error) {
	if err := settings.check(name); err != nil {
		return nil, err
	}
	if err := s.checkConnection(settings.ConnectionArn); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.destinations[name] != nil {
		return nil, cloud.Errorf(http.StatusBadRequest, "ResourceAlreadyExistsException", "An api-destination '%s' already exists.", name)
	}
	now := time.Now()
	d := &destination{name: name, arn: s.cloud.ARN("events", "api-destination/"+name+"/"+cloud.UUID()), destinationSettings: settings, created: now, modified: now}
	s.destinations[name] = d
	return d, nil
}

// changeDestination gives a destination other settings.
func (s *EventBridge) changeDestination(d *destination, change func(*destinationSettings)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	changed := d.destinationSettings
	change(&changed)
	if err := changed.check(d.name); err != nil {
		return err
	}
	if err := s.checkConnection(changed.ConnectionArn); err != nil {
		return err
	}
	d.destinationSettings, d.modified = changed, time.Now()
	return nil
}

func (s *EventBridge) checkConnection(arn string) error {
	if _, ok := s.Connection(arn); !ok {
		name := strings.Split(arn, "/")
		return cloud.Errorf(http.StatusBadRequest, "ResourceNotFoundException", "Connection '%s' does not exist.", name[len(name)-2])
	}
	return nil
}

// state tells whether a destination can be invoked.
func (s *EventBridge) stateOf(settings destinationSettings) string {
	if c, ok := s.Connection(settings.ConnectionArn); ok && c.State == authorized {
		return "ACTIVE"
	}
	return "INACTIVE"
}

// findDestination finds a destination by its name or its ARN.
func (s *EventBridge) findDestination(nameOrARN string) (*destination, destinationSettings) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, d := range s.destinations {
		if d.name == nameOrARN || d.arn == nameOrARN {
			return d, d.destinationSettings
		}
	}
	return nil, destinationSettings{}
}

// caller returns how a target is invoked that is an API destination.
func (s *EventBridge) caller(r *rule, p targetProperties) send {
	return func(ctx context.Context, _ *event, payload json.RawMessage) error {
		caller, err := s.assume(r, p.RoleArn)
		if err != nil {
			return err
		}
		if err := s.cloud.Authorize(caller, "events:InvokeApiDestination", p.Arn); err != nil {
			return err
		}
		d, settings := s.findDestination(p.Arn)
		if d == nil {
			return cloud.Errorf(http.StatusNotFound, "ResourceNotFoundException", "ApiDestination %s does not exist.", p.Arn)
		}
		if err := d.pace.Wait(ctx, settings.InvocationRateLimitPerSecond); err != nil {
			return err
		}
		return s.call(ctx, settings, p.HttpParameters, payload)
	}
}

// call makes the call of an endpoint.
func (s *EventBridge) call(ctx context.Context, d destinationSettings, p targetHTTP, payload json.RawMessage) error {
	connection, ok := s.Connection(d.ConnectionArn)
	if !ok || connection.State != authorized {
		return unreachable{"The connection is not authorized.", true, 0}
	}
	credentials, err := s.connections.stored(ctx, d.ConnectionArn, connection.Secret)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	response, err := s.calls.Deliver(ctx, &credentials, httpcall.Event{
		Connection: d.ConnectionArn, Endpoint: p.path(d.InvocationEndpoint), Method: d.HttpMethod, Header: p.HeaderParameters, Query: p.QueryStringParameters, Body: payload,
	})
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return unreachable{"Timeout calling endpoint for API Destination: socket closed.", true, 0}
	case err != nil:
		return unreachable{"API destination endpoint cannot be reached.", true, 0}
	}
	response.Body.Close()
	return refusal(response)
}

// refusal is what an answer of an endpoint means, nil for a good one.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
func refusal(response *http.Response) error {
	code := response.StatusCode
	if code/100 == 2 {
		return nil
	}
	again := code >= 500 || code == http.StatusUnauthorized || code == http.StatusProxyAuthRequired || code == http.StatusConflict || code == http.StatusTooManyRequests
	seconds, err := strconv.Atoi(response.Header.Get("Retry-After"))
	if err == nil && seconds < 0 {
		again = false
	}
	return unreachable{fmt.Sprintf("The API destination endpoint answers with the status %d.", code), again, time.Duration(seconds) * time.Second}
}

// unreachable is why an endpoint has not taken an event.
type unreachable struct {
	why   string
	again bool          // whether it is tried again
	after time.Duration // but not before that
}

func (u unreachable) Error() string { return "Unable to invoke ApiDestination endpoint: " + u.why }

// targetHTTP is what a target adds to a request.
type targetHTTP struct {
	PathParameterValues   []string          `json:",omitempty"`
	HeaderParameters      map[string]string `json:",omitempty"`
	QueryStringParameters map[string]string `json:",omitempty"`
}

// path puts the target's values in the places of the asterisks of an endpoint.
func (p targetHTTP) path(endpoint string) string {
	for _, value := range p.PathParameterValues {
		endpoint = strings.Replace(endpoint, "*", value, 1)
	}
	return endpoint
}

// IsZero leaves it out of what is told of a target that has none.
func (p targetHTTP) IsZero() bool {
	return p.PathParameterValues == nil && p.HeaderParameters == nil && p.QueryStringParameters == nil
}
