package sns

// This file delivers by HTTP, to endpoints on this machine only.

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/httpcall"
)

// answerTime is how long an endpoint may take.
const answerTime = 15 * time.Second

// newClient returns what messages are sent with: redirects are answers.
func newClient() *http.Client {
	return &http.Client{Timeout: answerTime, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// byHTTP tells a subscription of an endpoint that speaks HTTP.
func (s *subscription) byHTTP() bool { return s.protocol == "http" || s.protocol == "https" }

// reachable is the address of an endpoint that is on this machine, or empty: no
// message leaves the machine.
func (s *SNS) reachable(sub *subscription) string {
	address := sub.endpoint
	if s.options.Localize != nil {
		address = s.options.Localize(address)
	}
	u, err := url.Parse(address)
	if err != nil || !httpcall.IsLoopback(u.Hostname()) {
		return ""
	}
	return address
}

// posted is what the headers of a request tell.
type posted struct {
	kind, id    string
	subscribed  bool // whether the subscription is named
	raw         bool
	contentType string // empty: the usual one
}

// notify sends a message to an endpoint.
func (s *SNS) notify(ctx context.Context, t *topic, sub *subscription, m *message) error {
	policy := sub.delivery.over(t.settings.Load())
	if err := sub.pace.Wait(ctx, policy.most()); err != nil {
		return err
	}
	head := posted{kind: "Notification", id: m.id, subscribed: true, raw: sub.raw, contentType: policy.Request.HeaderContentType}
	if sub.raw {
		return s.post(ctx, t, sub, head, m.text(sub.protocol))
	}
	n, err := s.notification(t, sub, m)
	if err != nil {
		return err
	}
	return s.post(ctx, t, sub, head, n)
}

// post makes a request. What the endpoint is not to be blamed for fails with a
// status from 500.
func (s *SNS) post(ctx context.Context, t *topic, sub *subscription, head posted, content any) error {
	body, isText := content.(string)
	if !isText {
		text, err := json.Marshal(content)
		if err != nil {
			return err
		}
		body = string(text)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.reachable(sub), bytes.NewReader([]byte(body)))
	if err != nil {
		return cloud.Errorf(http.StatusBadRequest, "InvalidEndpoint", "%v", err)
	}
	head.put(r.Header, t, sub)
	answer, err := s.client.Do(r)
	if err != nil {
		return fmt.Errorf("tell %s: %w", sub.endpoint, err)
	}
	answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		return cloud.Errorf(answer.StatusCode, "EndpointRefused", "%s answers %s", sub.endpoint, answer.Status)
	}
	return nil
}

func (p posted) put(h http.Header, t *topic, sub *subscription) {
	h.Set("x-amz-sns-message-type", p.kind)
	h.Set("x-amz-sns-message-id", p.id)
	h.Set("x-amz-sns-topic-arn", t.arn)
	if p.subscribed {
		h.Set("x-amz-sns-subscription-arn", sub.arn)
	}
	if p.raw {
		h.Set("x-amz-sns-rawdelivery", "true")
	}
	h.Set("Content-Type", plainText)
	if p.contentType != "" {
		h.Set("Content-Type", p.contentType)
	}
	h.Set("User-Agent", "Amazon Simple Notification Service Agent")
	h.Set("Accept-Encoding", "gzip,deflate")
}
