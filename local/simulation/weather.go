package simulation

// This file decides what becomes of each API call.

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/lambda"
)

// Kind is what can happen to a call.
type Kind string

const (
	// Refused: the call fails before it has an effect, as the service's own fault.
	Refused Kind = "refused"

	// Throttled: the call fails before it has an effect, as one too many.
	Throttled Kind = "throttled"

	// Lost: the call takes effect, and its caller hears that it failed.
	Lost Kind = "answer lost"

	// Died: the function dies before the call.
	Died Kind = "died before"

	// DiedAfter: the function dies when the call has taken effect.
	DiedAfter Kind = "died after"

	// Slow: the call takes longer than its function may.
	Slow Kind = "slow"

	// Repeated: what an AWS service delivers (an event, a notification) comes
	// one to four times more, each up to a minute later.
	Repeated Kind = "delivered again"

	// Forgotten: a message that was deleted from a queue is received once more.
	Forgotten Kind = "delete forgotten"

	// Cut: a queue answers fewer messages than there are.
	Cut Kind = "batch cut"
)

// weather is what happens to the calls of one run.
type weather struct {
	seed  uint64
	rates Rates
	only  func(Fault) bool // nil: all
	plan  *plan            // nil: the rates decide

	mu    sync.Mutex
	cloud *cloud.Cloud   // nil before the scenario begins
	began time.Time      // until then, when the engine was started
	ended bool           // no more faults
	alike map[string]int // calls so far, by what they are
	trace bytes.Buffer
	hit   []Fault
}

func newWeather(seed uint64, rates Rates, only func(Fault) bool) *weather {
	return &weather{seed: seed, rates: rates, only: only, began: time.Now(), alike: map[string]int{}}
}

// begin lets the faults begin.
func (w *weather) begin(c *cloud.Cloud) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cloud, w.began = c, time.Now()
}

func (w *weather) calm() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
}

// end ends the faults, and returns what has happened.
func (w *weather) end() (trace []byte, hit []Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	return bytes.Clone(w.trace.Bytes()), slices.Clone(w.hit)
}

// errDead is what a function's calls come to after it has died.
var errDead = cloud.Errorf(500, "ServiceUnavailable", "the function that called is no more")

// before lets calls through to what else stands around them; nil is nothing.
func (w *weather) before(next cloud.Around) cloud.Around {
	if next == nil {
		return w.around
	}
	return func(ctx context.Context, call cloud.Call, perform cloud.Perform) (any, error) {
		return w.around(ctx, call, func(ctx context.Context, input json.RawMessage) (any, error) {
			call.Input = input
			return next(ctx, call, perform)
		})
	}
}

// around lets a call through, more or less.
func (w *weather) around(ctx context.Context, call cloud.Call, perform cloud.Perform) (any, error) {
	if ctx.Err() != nil {
		return nil, errDead
	}
	if call.Caller.Root {
		return perform(ctx, call.Input)
	}
	c := w.meet(ctx, call)
	if !cloud.Sleep(ctx, c.latency("there")) {
		return nil, errDead
	}
	output, err := c.perform(cloud.WithTurn(ctx, func() { c.turn(ctx) }), perform)
	cloud.Sleep(ctx, c.latency("back"))
	return output, err
}

// passage is one call on its way.
type passage struct {
	weather *weather
	call    cloud.Call
	id      string // the same in every run of the seed, and of this call only
	inside  bool   // of a function in this process
	turns   int    // that it has had
	spot    *spot  // if there is a plan
}

// meet gives a call its id.
func (w *weather) meet(ctx context.Context, call cloud.Call) *passage {
	sum := sha256.Sum256(canonical(call.Input))
	id := fmt.Sprintf("%s %s:%s %s", who(call.Caller), call.Service, call.Action, hex.EncodeToString(sum[:4]))
	_, inside := lambdacontext.FromContext(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.alike[id]++
	p := &passage{weather: w, call: call, id: fmt.Sprintf("%s #%d", id, w.alike[id]), inside: inside}
	if w.plan != nil && w.cloud != nil && !w.ended {
		p.spot = w.plan.spot(ctx, call)
	}
	return p
}

// canonical is a JSON document whose members are in order: SDKs write maps in any.
func canonical(document json.RawMessage) []byte {
	var value any
	if json.Unmarshal(document, &value) != nil {
		return document
	}
	ordered, err := json.Marshal(value)
	if err != nil {
		return document
	}
	return ordered
}

// who is a caller in few words.
func who(c cloud.Caller) string {
	name := c.ARN[strings.LastIndexByte(c.ARN, '/')+1:]
	if source := c.Context["aws:SourceArn"]; source != "" {
		name += " of " + source[strings.LastIndexAny(source, ":/")+1:]
	}
	return name
}

// draw is a number from 0 to 1 that follows from the seed, the call and a purpose.
func (p *passage) draw(purpose string) float64 { return p.weather.draw(p.id, purpose) }

// draw does so for whatever has an id.
func (w *weather) draw(id, purpose string) float64 {
	hash := sha256.New()
	binary.Write(hash, binary.LittleEndian, w.seed)
	fmt.Fprintf(hash, "%s\x00%s", id, purpose)
	return float64(binary.LittleEndian.Uint64(hash.Sum(nil))>>11) / (1 << 53)
}

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
	w := p.weather
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cloud == nil || w.ended || !p.due(kind) {
		return false
	}
	fault := Fault{kind, p.id, time.Since(w.began)}
	if w.only != nil && !w.only(fault) {
		return false
	}
	w.hit = append(w.hit, fault)
	return true
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
		wait := 1 + time.Duration(p.draw(fmt.Sprint("again ", n))*float64(time.Minute))
		p.weather.cloud.Go(func(engine context.Context) {
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

// deletes tells whether the call deletes messages of a standard queue.
func (p *passage) deletes() bool {
	return p.call.Service == "sqs" && (p.call.Action == "DeleteMessage" || p.call.Action == "DeleteMessageBatch") && !bytes.Contains(p.call.Input, []byte(".fifo"))
}

// deleted is what a queue answers to a deletion.
func (p *passage) deleted() any {
	var input struct{ Entries []struct{ Id string } }
	if json.Unmarshal(p.call.Input, &input) != nil || p.call.Action == "DeleteMessage" {
		return json.RawMessage("{}")
	}
	output, err := json.Marshal(map[string]any{"Successful": input.Entries, "Failed": []any{}})
	if err != nil {
		panic(err) // strings
	}
	return json.RawMessage(output)
}

// input is what the service gets: a receiver may get fewer messages than it asks for.
func (p *passage) input() json.RawMessage {
	if p.call.Action != "ReceiveMessage" || !p.hits(Cut) {
		return p.call.Input
	}
	var input map[string]json.RawMessage
	if json.Unmarshal(p.call.Input, &input) != nil {
		return p.call.Input
	}
	var most int
	if json.Unmarshal(input["MaxNumberOfMessages"], &most) != nil || most < 2 {
		return p.call.Input
	}
	input["MaxNumberOfMessages"] = json.RawMessage(fmt.Sprint(1 + int(p.draw("cut")*float64(most-1))))
	cut, err := json.Marshal(input)
	if err != nil {
		panic(err) // what was decoded
	}
	return cut
}
