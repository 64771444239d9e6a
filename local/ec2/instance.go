package ec2

// This file is one instance: its state, and how that changes over time.

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// state is the code of an instance's state in the API.
type state int

const (
	pending      state = 0
	running      state = 16
	shuttingDown state = 32
	terminated   state = 48
	stopping     state = 64
	stopped      state = 80
)

var stateNames = map[state]string{
	pending: "pending", running: "running", shuttingDown: "shutting-down",
	terminated: "terminated", stopping: "stopping", stopped: "stopped",
}

func (s state) String() string { return stateNames[s] }

// passing are the states that end by themselves: in what, and after how long.
// On AWS it takes from a few seconds to some minutes.
var passing = map[state]struct {
	next  state
	after time.Duration
}{
	pending:      {running, 4 * time.Second},
	stopping:     {stopped, 6 * time.Second},
	shuttingDown: {terminated, 6 * time.Second},
}

// instance has what its service guards in its state, and otherwise what does
// not change.
type instance struct {
	cloud.Changes

	service *EC2
	id      string
	declared

	state    state
	since    time.Time // in this state
	launched time.Time // or started last
	reason   *stateReason
	comment  string        // why it is in its state, and since when
	turns    uint64        // how often the state has changed
	turned   chan struct{} // closed when it changes again
	gone     chan struct{} // closed when it is terminated
}

// declared is what the template says.
type declared struct {
	image, kind, key, zone, subnet, vpc, address, name string
	profile                                            string // ARN
	tags                                               []tag
	groups                                             []string
	monitored, protected, ebsOptimized                 bool
}

// enter changes the state, and sees to it that a passing state passes. It is
// called under the service's lock.
func (i *instance) enter(to state) {
	i.state, i.since = to, time.Now()
	i.turns++
	close(i.turned)
	i.turned = make(chan struct{})
	i.Changed()
	i.announce()
	after, ok := passing[to]
	if to == terminated {
		close(i.gone)
	}
	if !ok {
		return
	}
	turn := i.turns
	i.service.cloud.Go(func(ctx context.Context) {
		select {
		case <-ctx.Done():
		case <-time.After(after.after):
			i.pass(turn, after.next)
		}
	})
}

// pass ends a passing state, unless another one came before.
func (i *instance) pass(turn uint64, next state) {
	i.service.mu.Lock()
	defer i.service.mu.Unlock()
	if i.turns == turn {
		i.enter(next)
	}
}

// launch starts an instance that is stopped, or new.
func (i *instance) launch() {
	i.launched = time.Now().Truncate(time.Second)
	i.reason, i.comment = nil, ""
	i.enter(pending)
}

// end stops or terminates an instance at a user's request.
func (i *instance) end(to state) {
	i.reason = &stateReason{"Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown"}
	i.comment = fmt.Sprintf("User initiated (%s GMT)", time.Now().UTC().Format(time.DateTime))
	i.enter(to)
}

// become gives an instance what its template says now. For another type it is
// stopped first and started afterwards, if it runs.
func (i *instance) become(ctx context.Context, next declared) error {
	e := i.service
	e.mu.Lock()
	defer e.mu.Unlock()
	started := false
	if next.kind != i.kind || next.ebsOptimized != i.ebsOptimized {
		if err := i.settled(ctx); err != nil {
			return err
		}
		if started = i.state == running; started {
			i.end(stopping)
		}
		if err := i.settled(ctx); err != nil {
			return err
		}
	}
	i.declared = next
	if !started {
		return nil
	}
	i.launch()
	return i.settled(ctx)
}

// settled waits until the state does not pass by itself. The service's lock is
// held, but while it waits.
func (i *instance) settled(ctx context.Context) error {
	for {
		if _, passes := passing[i.state]; !passes {
			return nil
		}
		turned := i.turned
		i.service.mu.Unlock()
		var err error
		select {
		case <-turned:
		case <-ctx.Done():
			err = ctx.Err()
		}
		i.service.mu.Lock()
		if err != nil {
			return err
		}
	}
}

// delete terminates an instance and waits until it has ended. CloudFormation
// does not take off the protection that its template asked for.
func (i *instance) delete(ctx context.Context) error {
	e := i.service
	e.mu.Lock()
	switch {
	case i.state == terminated:
		e.mu.Unlock()
		return e.cloud.Forget(e.arn(i.id))
	case i.protected:
		e.mu.Unlock()
		return terminationProtected(i)
	case i.state != shuttingDown:
		i.end(shuttingDown)
	}
	e.mu.Unlock()
	select {
	case <-i.gone:
		return e.cloud.Forget(e.arn(i.id))
	case <-ctx.Done():
		return ctx.Err()
	}
}

func terminationProtected(i *instance) error {
	return cloud.Errorf(400, "OperationNotPermitted",
		"The instance '%s' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.", i.id)
}

// announce tells EventBridge of the state.
func (i *instance) announce() {
	detail, err := json.Marshal(map[string]string{"instance-id": i.id, "state": i.state.String()})
	if err != nil {
		panic(err) // texts only
	}
	site := i.service.cloud.Site
	i.service.cloud.Emit(cloud.Event{
		Version: "0", ID: cloud.UUID(), DetailType: "EC2 Instance State-change Notification", Source: "aws.ec2",
		Account: site.Account, Region: site.Region, Time: time.Now().UTC().Truncate(time.Second),
		Resources: []string{i.service.arn(i.id)}, Detail: detail,
	})
}
