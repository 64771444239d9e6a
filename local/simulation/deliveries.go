package simulation

// This file is what happens to what AWS hands over by itself: events, notifications,
// schedules, and executions that nobody waits for.

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// atLeastOnce are the services that deliver at least once, and late now and then.
var atLeastOnce = map[string]bool{
	"events.amazonaws.com": true, "s3.amazonaws.com": true, "scheduler.amazonaws.com": true, "sns.amazonaws.com": true,
}

// delivers tells whether the call is a delivery of such a service, be it as itself or
// by a role that it has taken on.
func (p *passage) delivers() bool {
	return atLeastOnce[cmp.Or(p.call.Caller.Service, p.call.Caller.AssumedBy)]
}

// repeat makes the call one to four times more, each up to a minute later.
func (p *passage) repeat(ctx context.Context, perform cloud.Perform) {
	for n := range 1 + int(p.draw("how often")*4) {
		p.again(ctx, fmt.Sprint("again ", n), perform, p.call.Input)
	}
}

// again performs a call once more, up to a minute later.
func (p *passage) again(ctx context.Context, purpose string, perform cloud.Perform, input json.RawMessage) {
	ctx, wait := context.WithoutCancel(ctx), 1+time.Duration(p.draw(purpose)*float64(p.weather.latest()))
	p.weather.come(1)
	p.weather.cloud.Go(func(engine context.Context) {
		defer p.weather.come(-1)
		if cloud.Sleep(engine, wait) {
			_, err := perform(ctx, input)
			p.note("again: " + outcome(err))
		}
	})
}

// starts tells whether the call has started an Express execution that nobody waits
// for, which AWS runs at least once.
func (p *passage) starts(output any) bool {
	return p.call.Service == "states" && p.call.Action == "StartExecution" && strings.Contains(executionOf(output), ":express:")
}

// executionOf is the ARN of the execution that was started.
func executionOf(output any) string {
	var started struct {
		ExecutionARN string `json:"executionArn"`
	}
	if json.Unmarshal(encoded(output), &started) != nil {
		return ""
	}
	return started.ExecutionARN
}

// startAgain has an Express execution run once more, under the same name.
func (p *passage) startAgain(ctx context.Context, perform cloud.Perform, output any) {
	arn := strings.Split(executionOf(output), ":") // arn:aws:states:REGION:ACCOUNT:express:MACHINE:NAME:ID
	input := changed(p.call.Input, func(in map[string]json.RawMessage) { in["name"] = encoded(arn[len(arn)-2]) })
	p.again(ctx, "the second start", perform, input)
}
