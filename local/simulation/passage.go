package simulation

// This file is a call on its way: what it is called, how long it takes, and whether
// something happens to it.

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// passage is one call on its way.
type passage struct {
	weather *weather
	call    cloud.Call
	id      string // the same in every run of the seed, and of this call only
	part    string // of its caller: a state
	inside  bool   // of a function in this process
	anew    bool   // of another process, and none was like it: it may be tried again
	turns   int    // that it has had
	brought int    // messages that it has received
	spot    *spot  // if there is a plan
}

// meet gives a call its id.
func (w *weather) meet(ctx context.Context, call cloud.Call) *passage {
	sum := sha256.Sum256(canonical(call.Input))
	id := fmt.Sprintf("%s %s:%s %s", who(call.Caller), call.Service, call.Action, hex.EncodeToString(sum[:4]))
	invocation, inside := lambdacontext.FromContext(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.alike[id]++
	p := &passage{weather: w, call: call, id: fmt.Sprintf("%s #%d", id, w.alike[id]), part: cloud.PartOf(ctx), inside: inside, anew: remote(ctx, call) && w.alike[id] == 1}
	if w.plan != nil && w.cloud != nil && !w.ended {
		p.spot = w.plan.spot(p.site(), invocation)
	}
	return p
}

// site is where the call is made.
func (p *passage) site() Site { return p.weather.named.site(p.call, p.part, p.inside) }

// remote tells whether a call came by HTTP, from another process. What API Gateway
// calls for a request is its own.
func remote(ctx context.Context, call cloud.Call) bool {
	return ctx.Value(http.ServerContextKey) != nil && call.Caller.Service == ""
}

// who is a caller in few words.
func who(c cloud.Caller) string {
	name := c.ARN[strings.LastIndexByte(c.ARN, '/')+1:]
	if source := c.Context["aws:SourceArn"]; source != "" {
		name += " of " + last(source)
	}
	return name
}

// draw is a number from 0 to 1 that follows from the seed, the call and a purpose.
func (p *passage) draw(purpose string) float64 { return p.weather.draw(p.id, purpose) }

// meanLatency is about what a call of DynamoDB or SQS takes on AWS.
const meanLatency = 5 * time.Millisecond

// latency is how long the way takes: most calls a few milliseconds, few much longer.
func (p *passage) latency(way string) time.Duration {
	return 1 + time.Duration(-math.Log(1-p.draw(way))*float64(meanLatency))
}

// turn waits for the call's turn among those that were woken with it.
func (p *passage) turn(ctx context.Context) {
	p.turns++
	cloud.Sleep(ctx, 1+time.Duration(p.draw(fmt.Sprintf("turn %d", p.turns))*float64(time.Millisecond)))
}

// hits tells whether a fault hits the call, and writes it down.
func (p *passage) hits(kind Kind) bool {
	if p.weather.real && !p.anew && kind != Repeated {
		return false
	}
	return p.weather.hits(Fault{Kind: kind, Call: p.id}, p.site, func() bool { return p.due(kind) })
}

// due tells whether the call's turn has come for a kind of fault.
func (p *passage) due(kind Kind) bool {
	if p.weather.plan != nil {
		return p.weather.plan.due(p.spot, kind)
	}
	rate := p.weather.rates[kind]
	return rate > 0 && p.draw(string(kind)) < rate
}

// note writes a line of the trace.
func (p *passage) note(what string) {
	w := p.weather
	w.mu.Lock()
	defer w.mu.Unlock()
	fmt.Fprintf(&w.trace, "%v %s: %s\n", time.Since(w.began), p.id, what)
}
