package simulation

// This file is what happens to queues, to what is sent to them and to what is
// received from them.

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// fifo tells whether the call is to a FIFO queue or topic.
func (p *passage) fifo() bool { return bytes.Contains(p.call.Input, []byte(".fifo")) }

// deletes tells whether the call deletes messages of a standard queue.
func (p *passage) deletes() bool {
	return p.call.Service == "sqs" && (p.call.Action == "DeleteMessage" || p.call.Action == "DeleteMessageBatch") && !p.fifo()
}

// deleted is what a queue answers to a deletion.
func (p *passage) deleted() any {
	var input struct{ Entries []struct{ Id string } }
	if json.Unmarshal(p.call.Input, &input) != nil || p.call.Action == "DeleteMessage" {
		return json.RawMessage("{}")
	}
	return encoded(map[string]any{"Successful": input.Entries, "Failed": []any{}})
}

// shortest is how many seconds a message is hidden at most whose visibility runs out.
const shortest = 3

// receives tells whether the call receives messages. An answer that has none is lost or
// late without anybody's harm.
func (p *passage) receives() bool {
	return p.call.Service == "sqs" && p.call.Action == "ReceiveMessage"
}

// received is how messages come out of a queue.
func (p *passage) received(perform cloud.Perform) cloud.Perform {
	if !p.receives() {
		return perform
	}
	var asked struct{ MaxNumberOfMessages int }
	if json.Unmarshal(p.call.Input, &asked) != nil {
		return perform
	}
	return func(ctx context.Context, input json.RawMessage) (any, error) {
		if asked.MaxNumberOfMessages > 1 && p.hits(Cut) {
			most := 1 + int(p.draw("cut")*float64(asked.MaxNumberOfMessages-1))
			input = changed(input, func(in map[string]json.RawMessage) { in["MaxNumberOfMessages"] = encoded(most) })
		}
		output, err := perform(ctx, input)
		if err != nil {
			return nil, err
		}
		var answer struct{ Messages []json.RawMessage }
		if json.Unmarshal(encoded(output), &answer) != nil || len(answer.Messages) == 0 {
			return output, nil
		}
		p.brought = len(answer.Messages)
		if p.hits(Expired) {
			p.show(ctx, answer.Messages)
		}
		if len(answer.Messages) > 1 && !p.fifo() && p.hits(Shuffled) {
			p.shuffle(answer.Messages)
		}
		return encoded(answer), nil
	}
}

// show lets received messages be hidden for a few seconds only.
func (p *passage) show(ctx context.Context, messages []json.RawMessage) {
	type entry struct {
		Id, ReceiptHandle string
		VisibilityTimeout int
	}
	var in struct {
		QueueUrl string
		Entries  []entry
	}
	if json.Unmarshal(p.call.Input, &in) != nil {
		return
	}
	hidden := int(p.draw("hidden") * (shortest + 1))
	p.note(fmt.Sprintf("hidden for %d seconds", hidden))
	for i, message := range messages {
		e := entry{Id: fmt.Sprint(i), VisibilityTimeout: hidden}
		if json.Unmarshal(message, &e) == nil {
			in.Entries = append(in.Entries, e)
		}
	}
	c := p.weather.cloud
	_ = c.Do(ctx, c.Administrator(), "sqs", "ChangeMessageVisibilityBatch", in, nil) // unless the queue is gone by now
}

// shuffle puts received messages into another order.
func (p *passage) shuffle(messages []json.RawMessage) {
	order := rand.New(rand.NewPCG(p.weather.seed, uint64(p.draw("order")*(1<<53))))
	order.Shuffle(len(messages), func(i, j int) { messages[i], messages[j] = messages[j], messages[i] })
}

// sent is how messages get into a standard queue: some can be received later only
// than the queue says. What another service delivers is late as a whole.
func (p *passage) sent(perform cloud.Perform) cloud.Perform {
	if p.call.Service != "sqs" || p.call.Action != "SendMessage" && p.call.Action != "SendMessageBatch" || p.fifo() || p.delivers() || !p.hits(Late) {
		return perform
	}
	return func(ctx context.Context, input json.RawMessage) (any, error) {
		delay := p.delayOf(ctx)
		return perform(ctx, changed(input, func(in map[string]json.RawMessage) {
			var entries []map[string]json.RawMessage
			if json.Unmarshal(in["Entries"], &entries) != nil {
				p.delay(in, delay, 0)
				return
			}
			for i, entry := range entries {
				p.delay(entry, delay, i)
			}
			in["Entries"] = encoded(entries)
		}))
	}
}

// latest is how many seconds a message is late at most.
const latest = 60

// delay lets a message be late, beyond the delay that its sender or the queue wants.
func (p *passage) delay(message map[string]json.RawMessage, queues, n int) {
	if given := message["DelaySeconds"]; given != nil && json.Unmarshal(given, &queues) != nil {
		return
	}
	const most = 900 // that SQS takes
	message["DelaySeconds"] = encoded(min(most, queues+int(p.draw(fmt.Sprint("late ", n))*(latest+1))))
}

// delayOf is how many seconds the queue delays messages.
func (p *passage) delayOf(ctx context.Context) int {
	var in struct{ QueueUrl string }
	var out struct{ Attributes struct{ DelaySeconds string } }
	if json.Unmarshal(p.call.Input, &in) != nil {
		return 0
	}
	c := p.weather.cloud
	asked := map[string]any{"QueueUrl": in.QueueUrl, "AttributeNames": []string{"DelaySeconds"}}
	if c.Do(ctx, c.Administrator(), "sqs", "GetQueueAttributes", asked, &out) != nil {
		return 0 // there is no such queue, as the sender is told in a moment
	}
	seconds, err := strconv.Atoi(out.Attributes.DelaySeconds)
	if err != nil {
		return 0
	}
	return seconds
}
