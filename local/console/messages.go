package console

// This file looks at the messages of a queue, as they are or were. The engine shows them
// to who asks for them as of a moment; nobody receives them by that.

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/tradepost-dev/tradepost/local/wire"
)

// message is one in a queue.
type message struct {
	types.Message
	queue string
}

// At is the address of its page, and CausesAt of what caused it.
func (m message) At() string       { return queuePage(m.queue) + "/messages/" + m.Place() }
func (m message) CausesAt() string { return messageCauses(m.queue, m.Place()) }

// Place is where it is in the order in which messages have come to the queue.
func (m message) Place() string { return m.Attributes["Place"] }

// State is how it is.
func (m message) State() string {
	switch m.Attributes["State"] {
	case "Delayed":
		return "delayed"
	case "InFlight":
		return "in flight"
	}
	return "visible"
}

// Time is one of its times, which SQS tells in milliseconds; of HiddenUntilTimestamp the
// zero time if it is visible.
func (m message) Time(attribute string) time.Time {
	milliseconds, err := strconv.ParseInt(m.Attributes[attribute], 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(milliseconds)
}

// Begin is what its body begins with.
func (m message) Begin() string { return shortened(*m.Body) }

// look reads messages behind a place, as they are at the moment that a request is about.
func (c *console) look(ctx context.Context, q queue, after string, most int32, options ...func(*middleware.Stack) error) (*sqs.ReceiveMessageOutput, error) {
	moment := wire.Now
	if then := momentOf(ctx); !then.IsZero() {
		moment = asOf(then)
	}
	options = append(options, smithyhttp.SetHeaderValue(wire.AsOf, moment))
	if after != "" {
		options = append(options, smithyhttp.SetHeaderValue(wire.After, after))
	}
	return c.queues.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &q.URL, MaxNumberOfMessages: most, MessageAttributeNames: []string{"All"},
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
	}, sqs.WithAPIOptions(options...))
}

// messageList is a part of a queue's messages.
type messageList struct {
	Part     string // of the body; empty: any
	Messages []message
	Searched int    // how many were looked through
	More     string // the address of what comes after, or empty
}

// messages looks through a queue, so far and no farther at a time.
func (c *console) messages(r *http.Request, q queue) (l messageList, err error) {
	query := r.URL.Query()
	l.Part = query.Get("part")
	most, at := int32(onPage+1), query.Get("from")
	if l.Part != "" {
		most = inList
	}
	for began := time.Now(); l.Searched < atMost && time.Since(began) < patience; {
		told, err := c.look(r.Context(), q, at, most)
		if err != nil || len(told.Messages) == 0 {
			return l, err
		}
		for _, m := range told.Messages {
			if len(l.Messages) == onPage {
				l.More = NextPage(query, "from", at)
				return l, nil
			}
			one := message{m, q.Name}
			at = one.Place()
			l.Searched++
			if strings.Contains(strings.ToLower(*m.Body), strings.ToLower(l.Part)) {
				l.Messages = append(l.Messages, one)
			}
		}
	}
	l.More = NextPage(query, "from", at)
	return l, nil
}

// messageView is the page of a message.
type messageView struct {
	message
	Queue string
}

func (c *console) messagePage(r *http.Request) (View, error) {
	q, err := c.queue(r, r.PathValue("name"))
	if err != nil {
		return View{}, err
	}
	m, _, err := c.message(r.Context(), q, r.PathValue("place"))
	return View{"Message " + aws.ToString(m.MessageId), "message.html", messageView{m, q.Name}}, err
}

// message reads the one at a place.
func (c *console) message(ctx context.Context, q queue, place string, options ...func(*middleware.Stack) error) (message, middleware.Metadata, error) {
	n, err := strconv.Atoi(place)
	if err != nil || n < 1 {
		return message{}, middleware.Metadata{}, errNotHere
	}
	told, err := c.look(ctx, q, strconv.Itoa(n-1), 1, options...)
	if err != nil {
		return message{}, middleware.Metadata{}, err
	}
	for _, m := range told.Messages {
		if found := (message{m, q.Name}); found.Place() == place {
			return found, told.ResultMetadata, nil
		}
	}
	return message{}, middleware.Metadata{}, &Fault{http.StatusNotFound, fmt.Sprintf("The message is not in %s: it has not come yet, or somebody has deleted it, it has expired, or is with the dead letters.", q.Name)}
}

func messageCauses(queue, place string) string {
	return "/causes/message?" + url.Values{"queue": {queue}, "place": {place}}.Encode()
}

func (c *console) causesOfMessage(r *http.Request) (View, error) {
	q, err := c.queue(r, r.URL.Query().Get("queue"))
	if err != nil {
		return View{}, err
	}
	m, answer, err := c.message(r.Context(), q, r.URL.Query().Get("place"), askCause)
	if err != nil {
		return View{}, err
	}
	return causesView(*m.MessageId, m.At(), answer)
}
