package ec2

// This file has the operations that change instances. Each changes all that it
// is asked for, or none.

import (
	"context"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// change authorizes the caller for each instance and finds them; check refuses
// one that cannot be changed, and apply changes it.
func (e *EC2) change(caller cloud.Caller, action string, in selection, check func(*instance) error, apply func(*instance)) ([]stateChange, error) {
	if len(in.InstanceIDs) == 0 {
		return nil, cloud.Errorf(400, "MissingParameter", "The request must contain the parameter InstanceId")
	}
	for _, id := range in.InstanceIDs {
		if err := e.cloud.Authorize(caller, "ec2:"+action, e.arn(id)); err != nil {
			return nil, err
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	chosen, err := e.selected(in.InstanceIDs)
	if err != nil {
		return nil, err
	}
	if err := dryRun(in.DryRun); err != nil {
		return nil, err
	}
	for _, i := range chosen {
		if err := check(i); err != nil {
			return nil, err
		}
	}
	changes := make([]stateChange, len(chosen))
	for n, i := range chosen {
		before := i.state
		apply(i)
		changes[n] = stateChange{CurrentState: i.state.shape(), InstanceID: i.id, PreviousState: before.shape()}
	}
	return changes, nil
}

func incorrectState(format, id string) error {
	return cloud.Errorf(400, "IncorrectInstanceState", format, id)
}

type startInstancesInput struct {
	selection
	AdditionalInfo string // reserved
}

type startInstancesOutput struct {
	StartingInstances []stateChange `xml:"instancesSet"`
}

func (e *EC2) startInstances(_ context.Context, caller cloud.Caller, in startInstancesInput) (startInstancesOutput, error) {
	changes, err := e.change(caller, "StartInstances", in.selection, func(i *instance) error {
		switch i.state {
		case stopping, shuttingDown, terminated:
			return incorrectState("The instance '%s' is not in a state from which it can be started.", i.id)
		}
		return nil
	}, func(i *instance) {
		if i.state == stopped {
			i.launch()
		}
	})
	return startInstancesOutput{changes}, err
}

type stopInstancesInput struct {
	selection
	Force          bool
	Hibernate      bool
	SkipOsShutdown bool
}

type stopInstancesOutput struct {
	StoppingInstances []stateChange `xml:"instancesSet"`
}

func (e *EC2) stopInstances(_ context.Context, caller cloud.Caller, in stopInstancesInput) (stopInstancesOutput, error) {
	changes, err := e.change(caller, "StopInstances", in.selection, func(i *instance) error {
		switch {
		case i.state == shuttingDown || i.state == terminated:
			return incorrectState("This instance '%s' is not in a state from which it can be stopped.", i.id)
		case in.Hibernate: // HibernationOptions are refused
			return cloud.Errorf(400, "UnsupportedHibernationConfiguration", "The instance '%s' is not enabled for hibernation.", i.id)
		}
		return nil
	}, func(i *instance) {
		if i.state == pending || i.state == running {
			i.end(stopping)
		}
	})
	return stopInstancesOutput{changes}, err
}

type terminateInstancesInput struct {
	selection
	Force          bool
	SkipOsShutdown bool
}

type terminateInstancesOutput struct {
	TerminatingInstances []stateChange `xml:"instancesSet"`
}

func (e *EC2) terminateInstances(_ context.Context, caller cloud.Caller, in terminateInstancesInput) (terminateInstancesOutput, error) {
	changes, err := e.change(caller, "TerminateInstances", in.selection, func(i *instance) error {
		if i.protected {
			return terminationProtected(i)
		}
		return nil
	}, func(i *instance) {
		if i.state != shuttingDown && i.state != terminated {
			i.end(shuttingDown)
		}
	})
	return terminateInstancesOutput{changes}, err
}

// rebootInstances changes no state: a reboot does not show.
func (e *EC2) rebootInstances(_ context.Context, caller cloud.Caller, in selection) (struct{}, error) {
	_, err := e.change(caller, "RebootInstances", in, func(i *instance) error {
		if i.state == stopping || i.state == stopped {
			return incorrectState("The instance '%s' is not in the 'running' state.", i.id)
		}
		return nil
	}, func(*instance) {})
	return struct{}{}, err
}
