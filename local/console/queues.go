package console

// This file shows queues, and acts on them. Their messages are in messages.go.

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func (c *console) serveQueues(mux *http.ServeMux) {
	mux.Handle("GET /queues", c.Page(c.queueList))
	mux.Handle("GET /queues/{name}", c.Page(c.queuePage))
	mux.Handle("GET /queues/{name}/messages/{place}", c.Page(c.messagePage))
	mux.Handle("POST /queues/{name}/send", c.Action(c.send))
	mux.Handle("POST /queues/{name}/redrive", c.Action(c.moveBack))
	mux.Handle("GET /queues/{name}/purge", c.Page(c.askPurge))
	mux.Handle("POST /queues/{name}/purge", c.Action(c.purge))
}

// queuePage is the address of a queue's page.
func queuePage(name string) string { return "/queues/" + url.PathEscape(name) }

// queue is one with its attributes as SQS tells them.
type queue struct {
	Name, URL  string
	Attributes map[string]string
}

// deadLetters say where a queue's messages go that nobody could work on.
type deadLetters struct {
	Target string `json:"deadLetterTargetArn"`
	// Receives is how often a message is received before. SQS tells it as a number,
	// takes it as a text as well, and tells that as it was.
	Receives json.Number `json:"maxReceiveCount"`
}

func (q queue) Visible() string  { return q.Attributes["ApproximateNumberOfMessages"] }
func (q queue) InFlight() string { return q.Attributes["ApproximateNumberOfMessagesNotVisible"] }
func (q queue) Delayed() string  { return q.Attributes["ApproximateNumberOfMessagesDelayed"] }
func (q queue) FIFO() bool       { return q.Attributes["FifoQueue"] == "true" }

// Seconds is an attribute that is a number of seconds, as people read it.
func (q queue) Seconds(attribute string) string {
	n, _ := strconv.Atoi(q.Attributes[attribute])
	return span(n)
}

// DeadLetters is nil if a queue has no dead-letter queue.
func (q queue) DeadLetters() *deadLetters {
	var d deadLetters
	if json.Unmarshal([]byte(q.Attributes["RedrivePolicy"]), &d) != nil || d.Target == "" {
		return nil
	}
	return &d
}

// queue reads one by its name.
func (c *console) queue(r *http.Request, name string) (queue, error) {
	found, err := c.queues.GetQueueUrl(r.Context(), &sqs.GetQueueUrlInput{QueueName: &name})
	if err != nil {
		return queue{}, err
	}
	return c.described(r, *found.QueueUrl)
}

func (c *console) described(r *http.Request, address string) (queue, error) {
	told, err := c.queues.GetQueueAttributes(r.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: &address, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
	})
	if err != nil {
		return queue{}, err
	}
	return queue{lastPart(address), address, told.Attributes}, nil
}

// queueList is the page of queues.
type queueList struct {
	Prefix string
	Queues []queue
	More   string // the address of what comes after, or empty
}

func (c *console) queueList(r *http.Request) (View, error) {
	query := r.URL.Query()
	l := queueList{Prefix: strings.TrimSpace(query.Get("prefix"))}
	in := &sqs.ListQueuesInput{MaxResults: aws.Int32(onPage), QueueNamePrefix: given(l.Prefix), NextToken: given(query.Get("from"))}
	listed, err := c.queues.ListQueues(r.Context(), in)
	if err != nil {
		return View{}, err
	}
	for _, address := range listed.QueueUrls {
		q, err := c.described(r, address)
		if missing(err) { // meanwhile
			continue
		}
		if err != nil {
			return View{}, err
		}
		l.Queues = append(l.Queues, q)
	}
	l.More = more(query, listed.NextToken)
	return View{"Queues", "queues.html", l}, nil
}

// queueView is the page of a queue.
type queueView struct {
	queue
	Sources  []string // names of the queues whose dead letters it has
	Moves    []types.ListMessageMoveTasksResultEntry
	Messages messageList
}

func (c *console) queuePage(r *http.Request) (View, error) {
	q, err := c.queue(r, r.PathValue("name"))
	if err != nil {
		return View{}, err
	}
	v := queueView{queue: q}
	for pages := sqs.NewListDeadLetterSourceQueuesPaginator(c.queues, &sqs.ListDeadLetterSourceQueuesInput{QueueUrl: &q.URL}); pages.HasMorePages(); {
		page, err := pages.NextPage(r.Context())
		if err != nil {
			return View{}, err
		}
		for _, address := range page.QueueUrls {
			v.Sources = append(v.Sources, lastPart(address))
		}
	}
	if len(v.Sources) > 0 {
		moves, err := c.queues.ListMessageMoveTasks(r.Context(), &sqs.ListMessageMoveTasksInput{SourceArn: aws.String(q.Attributes["QueueArn"]), MaxResults: aws.Int32(10)})
		if err != nil {
			return View{}, err
		}
		v.Moves = moves.Results
	}
	v.Messages, err = c.messages(r, q)
	return View{q.Name, "queue.html", v}, err
}

// Started is when a move began, which SQS tells in milliseconds.
func (queueView) Started(move types.ListMessageMoveTasksResultEntry) time.Time {
	return time.UnixMilli(move.StartedTimestamp)
}

func (c *console) send(r *http.Request) (string, error) {
	fields, err := Form(r)
	if err != nil {
		return "", err
	}
	q, err := c.queue(r, r.PathValue("name"))
	if err != nil {
		return "", err
	}
	in := &sqs.SendMessageInput{
		QueueUrl: &q.URL, MessageBody: aws.String(fields.Get("body")),
		MessageGroupId: given(fields.Get("group")), MessageDeduplicationId: given(fields.Get("once")),
	}
	if text := fields.Get("delay"); text != "" {
		seconds, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return "", &Fault{http.StatusBadRequest, strconv.Quote(text) + " is no number of seconds."}
		}
		in.DelaySeconds = int32(seconds)
	}
	_, err = c.queues.SendMessage(r.Context(), in)
	return queuePage(q.Name) + "?done=sent", err
}

// moveBack has SQS move dead letters to the queues that they have come from.
func (c *console) moveBack(r *http.Request) (string, error) {
	q, err := c.queue(r, r.PathValue("name"))
	if err != nil {
		return "", err
	}
	_, err = c.queues.StartMessageMoveTask(r.Context(), &sqs.StartMessageMoveTaskInput{SourceArn: aws.String(q.Attributes["QueueArn"])})
	return queuePage(q.Name) + "?done=moving", err
}

func (c *console) askPurge(r *http.Request) (View, error) {
	q, err := c.queue(r, r.PathValue("name"))
	if err != nil {
		return View{}, err
	}
	return View{"Purge " + q.Name + "?", "confirm.html", confirmation{
		Text:   "All messages of the queue will be deleted: " + q.Visible() + " visible, " + q.InFlight() + " in flight, " + q.Delayed() + " delayed. Nothing brings them back.",
		Button: "Purge", Back: queuePage(q.Name),
	}}, nil
}

func (c *console) purge(r *http.Request) (string, error) {
	q, err := c.queue(r, r.PathValue("name"))
	if err != nil {
		return "", err
	}
	_, err = c.queues.PurgeQueue(r.Context(), &sqs.PurgeQueueInput{QueueUrl: &q.URL})
	return queuePage(q.Name) + "?done=purged", err
}
