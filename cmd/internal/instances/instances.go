// Package instances is the switch for an EC2 instance on this machine: the
// client of those who switch it, and the story that the demo tells.
package instances

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
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
