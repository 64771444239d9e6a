// Package instances is the switch for an EC2 instance on this machine: the
// client of those who switch it, and the story that the demo tells.
package instances

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	contract "github.com/tradepost-dev/tradepost/internal/contract/instances"
)

// System is the switch for a laptop.
func System() laptop.System { return laptop.System{Name: "instances"} }

// Switch is a laptop with an instance that can be switched.
type Switch struct {
	*laptop.Laptop
	Stack    string // the system's
	URL      string // of the API
	Instance string // id
	Standard string // ARN of the state machine that waits first
}

// Connect finds the system's addresses.
func Connect(l *laptop.Laptop) (*Switch, error) {
	stack, err := l.Stack("Tradepost-Instances-")
	if err != nil {
		return nil, err
	}
	s := &Switch{Laptop: l, Stack: stack}
	for name, value := range map[string]*string{"URL": &s.URL, "InstanceID": &s.Instance, "StandardARN": &s.Standard} {
		output, err := l.Output(stack, name)
		if err != nil {
			return nil, err
		}
		*value = strings.TrimSuffix(output, "/")
	}
	return s, nil
}

// Answer is what a request is answered with: what was done, or the error.
type Answer struct {
	Status int
	contract.Switched
	Error, Message string
}

// Toggle posts a body to the synchronous route, signed as IAM wants it.
func (s *Switch) Toggle(ctx context.Context, body string) (Answer, error) {
	var answer Answer
	response, err := s.Post(ctx, s.URL+"/express-instance", body)
	if err != nil {
		return answer, fmt.Errorf("toggle an instance: %w", err)
	}
	if err := json.Unmarshal(response.Body, &answer); err != nil {
		return answer, fmt.Errorf("toggle an instance: %d: %s", response.Status, response.Body)
	}
	answer.Status = response.Status
	return answer, nil
}

// Begun is what a request of the asynchronous route is answered with: where its
// execution's status is, or the error.
type Begun struct {
	Status         int
	Location       string // URL
	ExecutionArn   string
	Error, Message string
}

// Begin posts a body to the asynchronous route, under an idempotency key.
func (s *Switch) Begin(ctx context.Context, key, body string) (Begun, error) {
	var begun Begun
	address := s.URL + "/standard-instance"
	response, err := s.Send(ctx, http.MethodPost, address, body, map[string]string{"Idempotency-Key": key})
	if err != nil {
		return begun, fmt.Errorf("begin to toggle an instance: %w", err)
	}
	if err := json.Unmarshal(response.Body, &begun); err != nil {
		return begun, fmt.Errorf("begin to toggle an instance: %d: %s", response.Status, response.Body)
	}
	begun.Status = response.Status
	if location := response.Header.Get("Location"); location != "" {
		begun.Location, err = absolute(address, location)
	}
	return begun, err
}

// absolute is the URL that a Location means in the answer of another URL.
func absolute(base, location string) (string, error) {
	address, err := url.Parse(base)
	if err != nil {
		return "", err
	}
	if address, err = address.Parse(location); err != nil {
		return "", fmt.Errorf("read the Location %q: %w", location, err)
	}
	return address.String(), nil
}

// Outcome is the status of an execution, or the error of asking for it.
type Outcome struct {
	Code           int `json:"-"` // of HTTP
	ExecutionArn   string
	Status         string
	Output         contract.Switched
	Error, Message string
}

// Look asks for the status of an execution at its Location.
func (s *Switch) Look(ctx context.Context, location string) (Outcome, error) {
	var outcome Outcome
	response, err := s.Send(ctx, http.MethodGet, location, "", nil)
	if err != nil {
		return outcome, fmt.Errorf("look at an execution: %w", err)
	}
	if err := json.Unmarshal(response.Body, &outcome); err != nil {
		return outcome, fmt.Errorf("look at an execution: %d: %s", response.Status, response.Body)
	}
	outcome.Code = response.Status
	return outcome, nil
}

// Await is Look once the execution runs no more.
func (s *Switch) Await(ctx context.Context, location string) (Outcome, error) {
	for {
		outcome, err := s.Look(ctx, location)
		if err != nil || outcome.Code == http.StatusOK && outcome.Status != "RUNNING" {
			return outcome, err
		}
		if outcome.Code != http.StatusOK {
			return outcome, fmt.Errorf("look at an execution: %d %s: %s", outcome.Code, outcome.Error, outcome.Message)
		}
		if err := laptop.Pause(ctx); err != nil {
			return outcome, fmt.Errorf("the execution at %s is still running: %w", location, err)
		}
	}
}

// Body names an instance.
func Body(instance string) string {
	text, err := json.Marshal(contract.Request{InstanceID: instance})
	if err != nil {
		panic(err) // a string always marshals
	}
	return string(text)
}

// Settled toggles the instance until it is at rest, and so toggled.
func (s *Switch) Settled(ctx context.Context) (Answer, error) {
	for {
		answer, err := s.Toggle(ctx, Body(s.Instance))
		if err != nil || answer.Status == http.StatusOK {
			return answer, err
		}
		if answer.Error != contract.ErrorInstancePending && answer.Error != contract.ErrorInstanceStopping {
			return answer, fmt.Errorf("toggle instance %s: %d %s: %s", s.Instance, answer.Status, answer.Error, answer.Message)
		}
		if err := laptop.Pause(ctx); err != nil {
			return answer, fmt.Errorf("instance %s is still %s: %w", s.Instance, answer.Error, err)
		}
	}
}
