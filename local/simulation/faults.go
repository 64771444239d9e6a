package simulation

// This file is what becomes of a call that is hit.

import (
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
	if p.delivers() && p.hits(Late) && !p.pass(ctx, Late, p.weather.latest()) {
		return nil, errDead
	}
	output, err := p.altered(perform)(ctx, p.call.Input)
	p.note(outcome(err))
	switch {
	case err != nil:
		return output, err
	case p.inside && p.hits(DiedAfter):
		lambda.Exit(ctx)
		return nil, errDead
	case !p.receives() && p.hits(Lost), p.brought > 0 && p.hits(Unheard):
		return p.lose(ctx)
	case p.delivers() && p.hits(Repeated):
		p.repeat(ctx, perform)
	case p.starts(output) && p.hits(Twice):
		p.startAgain(ctx, perform, output)
	}
	if (!p.receives() || p.brought > 0) && p.hits(Tardy) {
		p.pass(ctx, Tardy, tardiest)
	}
	return output, err
}

// altered is what performs the call, if not all of it is performed, or not as the
// caller wants it.
func (p *passage) altered(perform cloud.Perform) cloud.Perform {
	for _, alter := range []func(cloud.Perform) cloud.Perform{p.received, p.sent, p.inPart, p.reads} {
		perform = alter(perform)
	}
	return perform
}

// tardiest is how long an answer takes at most: longer than API Gateway waits.
const tardiest = 40 * time.Second

// pass lets time go by, up to some, and tells whether the caller is still there.
func (p *passage) pass(ctx context.Context, kind Kind, most time.Duration) bool {
	wait := 1 + time.Duration(p.draw(string(kind)+" by")*float64(most))
	p.note(fmt.Sprintf("%s by %v", kind, wait))
	return cloud.Sleep(ctx, wait)
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
	case p.starved():
		p.note("the function takes no batch")
		return nil, p.throttled(), true
	case p.hits(Refused):
		p.note("refused")
		return nil, p.internal(), true
	case p.hits(Throttled):
		p.note("throttled")
		return nil, p.throttled(), true
	case p.busy():
		p.note("throttled for a while")
		return nil, p.exceeded(), true
	case p.deletes() && p.hits(Forgotten):
		p.note("forgotten")
		return p.deleted(), nil, true
	}
	return nil, nil, false
}

// lose keeps the answer from the caller.
func (p *passage) lose(ctx context.Context) (any, error) {
	if f, ok := ctx.Value(fateKey{}).(*fate); ok {
		f.lost = true
	}
	return nil, p.internal()
}
