package sns

// This file asks endpoints whether they want what they are subscribed to, and takes
// their answers: requests that nobody has signed.
// https://docs.aws.amazon.com/sns/latest/dg/http-subscription-confirmation-json.html

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// tokenTime is how long a token is good.
const tokenTime = 48 * time.Hour

// invitation is what a token stands for: a subscription that may be confirmed, or
// taken up again.
type invitation struct {
	topic *topic
	sub   *subscription
	until time.Time
}

// The types of messages that carry a token.
const (
	subscriptionConfirmation = "SubscriptionConfirmation"
	unsubscribeConfirmation  = "UnsubscribeConfirmation"
)

// confirmation is such a message.
type confirmation struct {
	Type         string
	MessageID    string `json:"MessageId"`
	Token        string
	TopicARN     string `json:"TopicArn"`
	Message      string
	SubscribeURL string
	Timestamp    string
	signature
}

// invite sends an endpoint a token, if it is one that is asked. The lock is held.
func (s *SNS) invite(t *topic, sub *subscription, kind string) {
	if !sub.byHTTP() || s.reachable(sub) == "" {
		return
	}
	random := make([]byte, 128)
	rand.Read(random) // never fails
	token, now := hex.EncodeToString(random), time.Now()
	for old, i := range s.invitations {
		if now.After(i.until) {
			delete(s.invitations, old)
		}
	}
	s.invitations[token] = invitation{t, sub, now.Add(tokenTime)}
	s.cloud.Go(func(ctx context.Context) {
		_ = cloud.Retry(ctx, s.retries(t, sub), func() error {
			c, err := s.confirmation(t, sub, kind, token, now)
			if err != nil {
				return err
			}
			return s.post(ctx, t, sub, posted{kind: kind, id: c.MessageID, subscribed: kind != subscriptionConfirmation}, c)
		})
	})
}

func (s *SNS) confirmation(t *topic, sub *subscription, kind, token string, at time.Time) (confirmation, error) {
	text := "You have chosen to subscribe to the topic " + t.arn + ".\nTo confirm the subscription, visit the SubscribeURL included in this message."
	if kind == unsubscribeConfirmation {
		text = "You have chosen to deactivate subscription " + sub.arn + ".\nTo cancel this operation and restore the subscription, visit the SubscribeURL included in this message."
	}
	c := confirmation{
		Type: kind, MessageID: cloud.UUID(), Token: token, TopicARN: t.arn, Message: text,
		SubscribeURL: s.address() + "/?Action=ConfirmSubscription&TopicArn=" + t.arn + "&Token=" + token, Timestamp: stamp(at),
	}
	var err error
	c.signature, err = s.sign("1", "Message", c.Message, "MessageId", c.MessageID, "SubscribeURL", c.SubscribeURL, "Timestamp", c.Timestamp, "Token", c.Token, "TopicArn", c.TopicARN, "Type", c.Type)
	return c, err
}

// visitor calls without a signature.
var visitor = cloud.Caller{ARN: "anonymous", Root: true}

func isVisitor(caller cloud.Caller) bool { return caller.ARN == visitor.ARN }

// unsigned answers what is asked by who has an address from a message: the
// certificate, and the two actions that need no signature.
func (s *SNS) unsigned(r *http.Request) http.Handler {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return nil
	}
	switch action := r.URL.Query().Get("Action"); {
	case action == "ConfirmSubscription" || action == "Unsubscribe":
		return wire.As(s.cloud, visitor, "sns", s.Protocols())
	case !strings.HasPrefix(r.URL.Path, "/SimpleNotificationService-"):
		return nil
	}
	signer, err := s.signer()
	if err != nil || r.URL.Path != signer.page {
		return http.NotFoundHandler()
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-pem-file")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(signer.pem))
	})
}

type confirmInput struct {
	TopicArn                  string
	Token                     string
	AuthenticateOnUnsubscribe string
}

// confirmSubscription confirms what a token is of, whatever the topic: as on AWS.
func (s *SNS) confirmSubscription(_ context.Context, caller cloud.Caller, in confirmInput) (subscriptionARN, error) {
	if err := s.checkTopicARN("TopicArn", in.TopicArn); err != nil {
		if isVisitor(caller) {
			err = invalid("Topic")
		}
		return subscriptionARN{}, err
	}
	if err := s.cloud.Authorize(caller, "sns:ConfirmSubscription", in.TopicArn); err != nil {
		return subscriptionARN{}, err
	}
	if len(in.Token) < 100 && !isVisitor(caller) {
		return subscriptionARN{}, cloud.Errorf(400, "InvalidParameter", "Invalid token")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.invitations[in.Token]
	if !ok || time.Now().After(i.until) || s.topics[i.topic.arn] != i.topic {
		return subscriptionARN{}, invalid("Token")
	}
	confirmed := *i.sub
	if _, at, err := s.find(i.sub.arn); err == nil { // it may have changed since
		confirmed = *i.topic.subscriptions[at]
	} else {
		i.topic.subscriptions = append(i.topic.subscriptions, &confirmed)
		i.topic.unsubscribed--
	}
	confirmed.confirmed, confirmed.authenticated = true, !isVisitor(caller)
	confirmed.guarded = confirmed.authenticated && in.AuthenticateOnUnsubscribe == "true"
	return subscriptionARN{confirmed.arn}, s.replace(&confirmed)
}
