package sns

// This file is how often, and how fast, endpoints that speak HTTP are told.
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

const plainText = "text/plain; charset=UTF-8"

// topicDelivery is a topic's delivery policy, with what it does not say.
type topicDelivery struct {
	HTTP struct {
		Retry            httpRetry   `json:"defaultHealthyRetryPolicy"`
		DisableOverrides bool        `json:"disableSubscriptionOverrides"`
		Throttle         *throttle   `json:"defaultThrottlePolicy,omitempty"`
		Request          httpRequest `json:"defaultRequestPolicy"`
	} `json:"http"`
}

// subscriptionDelivery is that of a subscription. What is nil is the topic's.
type subscriptionDelivery struct {
	Retry      *httpRetry   `json:"healthyRetryPolicy"`
	Sickly     *httpRetry   `json:"sicklyRetryPolicy"` // AWS takes it, and says of it nothing
	Throttle   *throttle    `json:"throttlePolicy"`
	Request    *httpRequest `json:"requestPolicy"`
	Guaranteed bool         `json:"guaranteed"`
}

type httpRetry struct {
	MinDelayTarget     int    `json:"minDelayTarget"` // seconds
	MaxDelayTarget     int    `json:"maxDelayTarget"`
	NumRetries         int    `json:"numRetries"`
	NumMaxDelayRetries int    `json:"numMaxDelayRetries"`
	NumNoDelayRetries  int    `json:"numNoDelayRetries"`
	NumMinDelayRetries int    `json:"numMinDelayRetries"`
	BackoffFunction    string `json:"backoffFunction"`
}

type throttle struct {
	MaxReceivesPerSecond int `json:"maxReceivesPerSecond"`
}

type httpRequest struct {
	HeaderContentType string `json:"headerContentType"`
}

func usualRetry() httpRetry {
	return httpRetry{MinDelayTarget: 20, MaxDelayTarget: 20, NumRetries: 3, BackoffFunction: "linear"}
}

// UnmarshalJSON fills what is not said.
func (r *httpRetry) UnmarshalJSON(raw []byte) error {
	type plain httpRetry
	filled := plain(usualRetry())
	err := json.Unmarshal(raw, &filled)
	*r = httpRetry(filled)
	return err
}

var backoffs = []string{"arithmetic", "exponential", "geometric", "linear"}

// check refuses what lies outside of AWS's bounds.
func (r httpRetry) check() error {
	switch {
	case r.MinDelayTarget < 1 || r.MinDelayTarget > r.MaxDelayTarget || r.MaxDelayTarget > 3600:
		return invalid("DeliveryPolicy: minDelayTarget and maxDelayTarget must be from 1 to 3600, and the first not above the second")
	case r.NumRetries < 0 || r.NumRetries > 100:
		return invalid("DeliveryPolicy: numRetries must be from 0 to 100")
	case min(r.NumNoDelayRetries, r.NumMinDelayRetries, r.NumMaxDelayRetries) < 0 || r.NumNoDelayRetries+r.NumMinDelayRetries+r.NumMaxDelayRetries > r.NumRetries:
		return invalid("DeliveryPolicy: numNoDelayRetries, numMinDelayRetries and numMaxDelayRetries must be within numRetries")
	case !slices.Contains(backoffs, r.BackoffFunction):
		return invalid("DeliveryPolicy: backoffFunction must be one of %s", strings.Join(backoffs, ", "))
	}
	return nil
}

func (t *throttle) check() error {
	if t != nil && t.MaxReceivesPerSecond < 1 {
		return invalid("DeliveryPolicy: maxReceivesPerSecond must be at least 1")
	}
	return nil
}

// delay is how long to wait after so many attempts, if there is one more.
func (r httpRetry) delay(attempts int) (time.Duration, bool) {
	if attempts > r.NumRetries {
		return 0, false
	}
	backoff := r.NumRetries - r.NumNoDelayRetries - r.NumMinDelayRetries - r.NumMaxDelayRetries
	switch at := attempts - r.NumNoDelayRetries - r.NumMinDelayRetries; {
	case attempts <= r.NumNoDelayRetries:
		return 0, true
	case at <= 0:
		return seconds(float64(r.MinDelayTarget)), true
	case at > backoff:
		return seconds(float64(r.MaxDelayTarget)), true
	default:
		return seconds(float64(r.MinDelayTarget) + float64(r.MaxDelayTarget-r.MinDelayTarget)*r.curve(float64(at)/float64(backoff))), true
	}
}

// curve is how far the delay has come from its least to its most, from 0 to 1. AWS
// shows the curves in a picture, without their formulas.
func (r httpRetry) curve(part float64) float64 {
	switch r.BackoffFunction {
	case "arithmetic":
		return part * (part + 1) / 2
	case "geometric":
		return part * part
	case "exponential":
		return (math.Pow(2, 10*part) - 1) / (math.Pow(2, 10) - 1)
	}
	return part
}

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }

// readDelivery reads a topic's delivery policy, or none. It returns the policy as it
// is told: without what is null, and with what it always says.
func readDelivery(given string) (d topicDelivery, told string, err error) {
	d.HTTP.Retry, d.HTTP.Request = usualRetry(), httpRequest{plainText}
	if given == "" {
		return d, "", nil
	}
	value, err := jsonvalue.Decode([]byte(given))
	policy, _ := value.(*jsonvalue.Object)
	if err != nil || policy == nil {
		return d, "", notJSON("DeliveryPolicy", given)
	}
	said := jsonvalue.NewObject(4)
	inner, _ := policy.Get("http")
	http, _ := inner.(*jsonvalue.Object)
	for name, member := range http.All() {
		if member != nil {
			said.Set(name, member)
		}
	}
	if _, ok := said.Get("disableSubscriptionOverrides"); !ok {
		said.Set("disableSubscriptionOverrides", false)
	}
	told = jsonvalue.Text(jsonvalue.NewObject(1).Set("http", said))
	if err := json.Unmarshal([]byte(told), &d); err != nil {
		return d, "", notJSON("DeliveryPolicy", given)
	}
	if err := d.HTTP.Throttle.check(); err != nil {
		return d, "", err
	}
	return d, told, d.HTTP.Retry.check()
}

// readSubscriptionDelivery reads a subscription's delivery policy; nil is of none.
func readSubscriptionDelivery(given string) (*subscriptionDelivery, error) {
	if given == "" {
		return nil, nil
	}
	d := &subscriptionDelivery{}
	if err := json.Unmarshal([]byte(given), d); err != nil {
		return nil, notJSON("DeliveryPolicy", given)
	}
	for _, r := range []*httpRetry{d.Retry, d.Sickly} {
		if r != nil {
			if err := r.check(); err != nil {
				return nil, err
			}
		}
	}
	return d, d.Throttle.check()
}

// over is what counts for a subscription: its own policy, and what that does not say
// of its topic's.
func (d *subscriptionDelivery) over(topic *topicSettings) subscriptionDelivery {
	t := topic.delivery.HTTP
	effective := subscriptionDelivery{Retry: &t.Retry, Throttle: t.Throttle, Request: &t.Request}
	if d == nil || t.DisableOverrides {
		return effective
	}
	if d.Retry != nil {
		effective.Retry = d.Retry
	}
	if d.Throttle != nil {
		effective.Throttle = d.Throttle
	}
	if d.Request != nil {
		effective.Request = d.Request
	}
	effective.Sickly, effective.Guaranteed = d.Sickly, d.Guaranteed
	return effective
}

// most is how many messages a second an endpoint gets; 0 is as many as there are.
func (d subscriptionDelivery) most() int {
	if d.Throttle == nil {
		return 0
	}
	return d.Throttle.MaxReceivesPerSecond
}

// text is a policy as it is told.
func (d *subscriptionDelivery) text() (string, error) {
	if d == nil {
		return "", nil
	}
	text, err := cloud.Encode(d)
	return string(text), err
}
