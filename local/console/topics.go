package console

// This file shows topics with who subscribes to them, and publishes.

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
)

func (c *console) serveTopics(mux *http.ServeMux) {
	mux.Handle("GET /topics", c.Page(c.topicList))
	mux.Handle("GET /topics/{arn}", c.Page(c.topicPage))
	mux.Handle("POST /topics/{arn}", c.Action(c.publish))
}

// topicPage is the address of a topic's page.
func topicPage(arn string) string { return "/topics/" + url.PathEscape(arn) }

func (c *console) topicList(r *http.Request) (View, error) {
	query := r.URL.Query()
	listed, err := c.topics.ListTopics(r.Context(), &sns.ListTopicsInput{NextToken: given(query.Get("from"))})
	if err != nil {
		return View{}, err
	}
	return View{"Topics", "topics.html", struct {
		Topics []types.Topic
		More   string // the address of what comes after, or empty
	}{listed.Topics, more(query, listed.NextToken)}}, nil
}

// subscription is one with its attributes, if it is confirmed.
type subscription struct {
	types.Subscription
	Attributes map[string]string
}

// Confirmed tells whether messages come to it.
func (s subscription) Confirmed() bool { return strings.HasPrefix(*s.SubscriptionArn, "arn:") }

// At is where the console shows whom it tells, or empty.
func (s subscription) At() string {
	switch *s.Protocol {
	case "sqs":
		return queuePage(lastPart(*s.Endpoint))
	case "email", "email-json":
		return "/mails"
	}
	return ""
}

// topic is its page.
type topic struct {
	ARN, Name     string
	Attributes    map[string]string
	Subscriptions []subscription
	More          string // the address of what comes after, or empty
}

// FIFO tells whether messages have groups.
func (t topic) FIFO() bool { return strings.HasSuffix(t.ARN, ".fifo") }

func (c *console) topicPage(r *http.Request) (View, error) {
	ctx, query := r.Context(), r.URL.Query()
	t := topic{ARN: r.PathValue("arn"), Name: lastPart(r.PathValue("arn"))}
	told, err := c.topics.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: &t.ARN})
	if err != nil {
		return View{}, err
	}
	t.Attributes = told.Attributes
	listed, err := c.topics.ListSubscriptionsByTopic(ctx, &sns.ListSubscriptionsByTopicInput{TopicArn: &t.ARN, NextToken: given(query.Get("from"))})
	if err != nil {
		return View{}, err
	}
	for _, s := range listed.Subscriptions {
		one := subscription{Subscription: s}
		if one.Confirmed() {
			told, err := c.topics.GetSubscriptionAttributes(ctx, &sns.GetSubscriptionAttributesInput{SubscriptionArn: s.SubscriptionArn})
			if missing(err) { // meanwhile
				continue
			}
			if err != nil {
				return View{}, err
			}
			one.Attributes = told.Attributes
		}
		t.Subscriptions = append(t.Subscriptions, one)
	}
	t.More = more(query, listed.NextToken)
	return View{t.Name, "topic.html", t}, nil
}

func (c *console) publish(r *http.Request) (string, error) {
	fields, err := Form(r)
	if err != nil {
		return "", err
	}
	arn := r.PathValue("arn")
	_, err = c.topics.Publish(r.Context(), &sns.PublishInput{
		TopicArn: &arn, Subject: given(fields.Get("subject")), Message: aws.String(fields.Get("message")),
		MessageGroupId: given(fields.Get("group")), MessageDeduplicationId: given(fields.Get("once")),
	})
	return topicPage(arn) + "?done=published", err
}
