package simulation

// This file is what becomes of a call that is hit.

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/lambda"
)

// perform performs the call, unless something comes between.
func (p *passage) perform(ctx context.Context, perform cloud.Perform) (any, error) {
	if output, err, stopped := p.stopped(ctx); stopped {
		return output, err
	}
	output, err := perform(ctx, p.input())
	p.note(outcome(err))
	switch {
	case err != nil:
		return output, err
	case p.inside && p.hits(DiedAfter):
		lambda.Exit(ctx)
		return nil, errDead
	case p.answers() && p.hits(Lost):
		return p.lose(ctx)
	case p.delivers() && p.hits(Repeated):
		p.repeat(ctx, perform)
	}
	return output, err
}

func outcome(err error) string {
	if err == nil {
		return "ok"
	}
	return cloud.AsError(err).Code
}

// stopped tells whether the call does not come to its service, and what is
// answered then.
func (p *passage) stopped(ctx context.Context) (output any, err error, stopped bool) {
	switch {
	case p.inside && p.hits(Died):
		p.note("the function died")
		lambda.Exit(ctx)
		return nil, errDead, true
	case p.inside && p.hits(Slow):
		p.note("takes too long")
		<-ctx.Done()
		return nil, errDead, true
	case p.answers() && p.hits(Refused):
		p.note("refused")
		return nil, p.internal(), true
	case p.answers() && p.hits(Throttled):
		p.note("throttled")
		return nil, p.throttled(), true
	case p.deletes() && p.hits(Forgotten):
		p.note("forgotten")
		return p.deleted(), nil, true
	}
	return nil, nil, false
}

// answers tells whether the caller can hear of a failure, and is one that has to
// live with it.
func (p *passage) answers() bool { return p.call.Action != "ReceiveMessage" }

// delivers tells whether the call is a delivery that AWS makes at least once.
func (p *passage) delivers() bool {
	switch p.call.Caller.Service {
	case "events.amazonaws.com", "s3.amazonaws.com", "sns.amazonaws.com", "scheduler.amazonaws.com":
		return true
	}
	return false
}

// lose keeps the answer from the caller.
func (p *passage) lose(ctx context.Context) (any, error) {
	if f, ok := ctx.Value(fateKey{}).(*fate); ok {
		f.lost = true
	}
	return nil, p.internal()
}

// repeat makes the call one to four times more, each up to a minute later.
func (p *passage) repeat(ctx context.Context, perform cloud.Perform) {
	ctx = context.WithoutCancel(ctx)
	for n := range 1 + int(p.draw("how often")*4) {
		wait := 1 + time.Duration(p.draw(fmt.Sprint("again ", n))*float64(p.weather.latest()))
		p.weather.come(1)
		p.weather.cloud.Go(func(engine context.Context) {
			defer p.weather.come(-1)
			if cloud.Sleep(engine, wait) {
				_, err := perform(ctx, p.call.Input)
				p.note("again: " + outcome(err))
			}
		})
	}
}

// internal is how a service fails by its own fault.
func (p *passage) internal() error {
	return cloud.Errorf(500, cmp.Or(internalCodes[p.call.Service], "InternalFailure"), "simulated: the service failed")
}

var internalCodes = map[string]string{
	"dynamodb": "InternalServerError", "sqs": "InternalFailure", "lambda": "ServiceException", "s3": "InternalError", "sns": "InternalError",
	"secretsmanager": "InternalServiceError", "states": "InternalFailure", "events": "InternalException",
}

// throttled is how a service says that it was called too often.
func (p *passage) throttled() error {
	switch p.call.Service {
	case "s3":
		return cloud.Errorf(503, "SlowDown", "Please reduce your request rate.")
	case "lambda":
		return cloud.Errorf(429, "TooManyRequestsException", "Rate Exceeded.")
	}
	return cloud.Errorf(400, "ThrottlingException", "Rate exceeded")
}
