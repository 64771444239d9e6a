// This file moves an alias from one version to another as a template prefers it: all
// at once, or step by step under the eyes of alarms.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-stepfunctions-statemachinealias-deploymentpreference.html

package states

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// How traffic is moved.
const (
	allAtOnce = "ALL_AT_ONCE"
	canary    = "CANARY" // a part of it, and all of it after an interval
	linear    = "LINEAR" // a part of it after each interval
)

// alarmCheck is how often alarms are looked at while traffic is moved.
const alarmCheck = 10 * time.Second

// A preference is how an alias is to be moved to a version.
type preference struct {
	StateMachineVersionArn string
	Type                   string
	Percentage             int // of the traffic, at each step
	Interval               int // minutes
	Alarms                 []string
}

// check returns what cannot be honoured. On AWS the resource's schema refuses it.
func (p preference) check() error {
	unsupported := func(property, reason string) error {
		return &cfn.Unsupported{Property: "DeploymentPreference." + property, Reason: reason}
	}
	switch {
	case p.Type == allAtOnce:
	case p.Type != canary && p.Type != linear:
		return unsupported("Type", "must be LINEAR, CANARY or ALL_AT_ONCE, not "+p.Type)
	case p.Percentage < 1 || p.Percentage > 99:
		return unsupported("Percentage", fmt.Sprintf("must be between 1 and 99, not %d", p.Percentage))
	case p.Interval < 1 || p.Interval > 2100:
		return unsupported("Interval", fmt.Sprintf("must be between 1 and 2100 minutes, not %d", p.Interval))
	}
	if p.Alarms != nil && (len(p.Alarms) == 0 || len(p.Alarms) > 100) {
		return unsupported("Alarms", "must be 1 to 100 names")
	}
	return nil
}

// steps are the percentages of the traffic that the new version gets, one after
// the other.
func (p preference) steps() []int {
	switch p.Type {
	case canary:
		return []int{p.Percentage, 100}
	case linear:
		var steps []int
		for percent := p.Percentage; percent < 100; percent += p.Percentage {
			steps = append(steps, percent)
		}
		return append(steps, 100)
	default:
		return []int{100}
	}
}

// shift moves an alias to the preferred version. If an alarm goes off on the way,
// or the deployment is broken off, it goes back to where it was.
func (m *machine) shift(ctx context.Context, name, description string, p preference) error {
	m.published.mu.Lock()
	a := m.published.alias(name)
	m.published.mu.Unlock()
	if a == nil {
		return noAlias()
	}
	before := a.routes
	from, err := origin(before, p.StateMachineVersionArn)
	if err != nil {
		return err
	}
	if from == "" {
		p.Type = allAtOnce // there is nothing to move
	}
	for i, percent := range p.steps() {
		if i > 0 {
			err = m.states.watch(ctx, p.Alarms, time.Duration(p.Interval)*time.Minute)
		} else {
			err = m.states.quiet(ctx, p.Alarms)
		}
		if err != nil {
			break
		}
		routes := []route{{p.StateMachineVersionArn, percent}}
		if percent < 100 {
			routes = append(routes, route{from, 100 - percent})
		}
		if _, err = m.updateAlias(name, updateAliasRequest{Description: &description, Routes: routes}); err != nil {
			break
		}
	}
	if err == nil {
		return nil
	}
	if _, back := m.updateAlias(name, updateAliasRequest{Description: &a.description, Routes: before}); back != nil {
		return fmt.Errorf("%w; and the alias could not be moved back: %w", err, back)
	}
	return err
}

// origin is the one version that traffic is moved away from, or empty.
func origin(routes []route, to string) (string, error) {
	from := ""
	for _, r := range routes {
		if r.VersionARN == to || r.Weight == 0 {
			continue
		}
		if from != "" {
			return "", cloud.Errorf(400, "ValidationException", "Traffic can be shifted gradually from one version only. Received: %s", listed(routes, route.version))
		}
		from = r.VersionARN
	}
	return from, nil
}

// watch lets time pass, unless an alarm goes off.
func (s *StepFunctions) watch(ctx context.Context, alarms []string, interval time.Duration) error {
	for end := time.Now().Add(interval); ; {
		if err := s.quiet(ctx, alarms); err != nil {
			return err
		}
		left := time.Until(end)
		if left <= 0 {
			return nil
		}
		select {
		case <-time.After(min(left, alarmCheck)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// quiet returns an error that names the alarms that have gone off. One that is not
// there has not, as on AWS.
func (s *StepFunctions) quiet(ctx context.Context, alarms []string) error {
	if len(alarms) == 0 {
		return nil
	}
	var found struct {
		MetricAlarms, CompositeAlarms []struct{ AlarmName string }
	}
	request := map[string]any{"AlarmNames": alarms, "AlarmTypes": []string{"MetricAlarm", "CompositeAlarm"}, "StateValue": "ALARM"}
	if err := s.cloud.Do(ctx, s.cloud.Administrator(), "cloudwatch", "DescribeAlarms", request, &found); err != nil {
		return fmt.Errorf("look at the alarms of a deployment: %w", err)
	}
	var names []string
	for _, a := range append(found.MetricAlarms, found.CompositeAlarms...) {
		names = append(names, a.AlarmName)
	}
	if len(names) == 0 {
		return nil
	}
	return cloud.Errorf(400, "DeploymentFailed", "The deployment was rolled back, as these alarms are in the ALARM state: %s", strings.Join(names, ", "))
}
