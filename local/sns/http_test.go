package sns_test

// This file subscribes endpoints that speak HTTP.

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/sns"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// request is what an endpoint was sent.
type request struct {
	header http.Header
	body   string
	told   map[string]string // its members, where it is JSON
}

// endpoint is a server that is subscribed, and answers as it is told.
type endpoint struct {
	*httptest.Server
	came chan request

	mu      sync.Mutex
	answers []int // the next ones; then 200
}

func newEndpoint(t *testing.T) *endpoint {
	e := &endpoint{came: make(chan request, 100)}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got := request{header: r.Header, body: string(body)}
		_ = json.Unmarshal(body, &got.told)
		e.mu.Lock()
		if len(e.answers) > 0 {
			w.Header().Set("Location", "/elsewhere") // which only a redirect means
			w.WriteHeader(e.answers[0])
			e.answers = e.answers[1:]
		}
		e.mu.Unlock()
		e.came <- got
	}))
	t.Cleanup(e.Close)
	return e
}

// take is the next request.
func (e *endpoint) take(t *testing.T) request {
	t.Helper()
	select {
	case got := <-e.came:
		return got
	case <-time.After(10 * time.Second):
		t.Fatal("nothing came")
		return request{}
	}
}

// served is an engine that can be asked without a signature.
func served(t *testing.T) *engine {
	t.Helper()
	var address string
	e := newEngineWith(t, sns.Options{Endpoint: func() string { return address }})
	server := httptest.NewServer(wire.New(e.Cloud, func(*http.Request) (cloud.Caller, string, error) {
		return cloud.Caller{}, "", cloud.Errorf(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
	}, map[string]wire.Protocols{"sns": e.sns.Protocols()}))
	t.Cleanup(server.Close)
	address = server.URL
	e.mustCreate(t, base)
	return e
}

func (e *engine) call(t *testing.T, action string, in map[string]any) map[string]any {
	t.Helper()
	var out map[string]any
	if err := e.Do(t.Context(), e.Administrator(), "sns", action, in, &out); err != nil {
		t.Fatalf("%s: %v", action, err)
	}
	return out
}

func visit(t *testing.T, address string) (int, string) {
	t.Helper()
	answer, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

// verify checks a message's signature as AWS says to.
func verify(t *testing.T, told map[string]string) {
	t.Helper()
	status, text := visit(t, told["SigningCertURL"])
	block, _ := pem.Decode([]byte(text))
	if status != 200 || block == nil {
		t.Fatalf("the certificate is %d %s", status, text)
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	signed := ""
	for _, name := range []string{"Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"} {
		if value, ok := told[name]; ok {
			signed += name + "\n" + value + "\n"
		}
	}
	signature, err := base64.StdEncoding.DecodeString(told["Signature"])
	if err != nil {
		t.Fatal(err)
	}
	hash, one, two := crypto.SHA1, sha1.Sum([]byte(signed)), sha256.Sum256([]byte(signed))
	digest := one[:]
	if told["SignatureVersion"] == "2" {
		hash, digest = crypto.SHA256, two[:]
	}
	if now := time.Now(); now.Before(certificate.NotBefore) || now.After(certificate.NotAfter) {
		t.Errorf("the certificate is good from %v to %v", certificate.NotBefore, certificate.NotAfter)
	}
	if err := rsa.VerifyPKCS1v15(certificate.PublicKey.(*rsa.PublicKey), hash, digest, signature); err != nil {
		t.Errorf("the signature of %v: %v", told, err)
	}
}

// subscribe subscribes an endpoint and returns the subscription's ARN with its invitation.
func (e *engine) subscribe(t *testing.T, at *endpoint, attributes map[string]string) (arn string, invited request) {
	t.Helper()
	out := e.call(t, "Subscribe", map[string]any{"TopicArn": topicARN, "Protocol": "http", "Endpoint": at.URL + "/news", "Attributes": attributes, "ReturnSubscriptionArn": true})
	return out["SubscriptionArn"].(string), at.take(t)
}

func TestAnEndpointIsToldWhatItHasConfirmed(t *testing.T) {
	e, at := served(t), newEndpoint(t)
	arn, invited := e.subscribe(t, at, nil)
	const usual = "X-Amz-Sns-Message-Type X-Amz-Sns-Topic-Arn X-Amz-Sns-Subscription-Arn X-Amz-Sns-Rawdelivery Content-Type User-Agent Accept-Encoding"
	heads := func(r request) string {
		var values []string
		for _, name := range strings.Fields(usual) {
			values = append(values, r.header.Get(name))
		}
		return strings.Join(values, "|")
	}
	if got, want := heads(invited), "SubscriptionConfirmation|"+topicARN+"|||text/plain; charset=UTF-8|Amazon Simple Notification Service Agent|gzip,deflate"; got != want {
		t.Errorf("the invitation has %s, want %s", got, want)
	}
	told := invited.told
	verify(t, told)
	address, _, _ := strings.Cut(told["SubscribeURL"], "/?")
	if told["SubscribeURL"] != address+"/?Action=ConfirmSubscription&TopicArn="+topicARN+"&Token="+told["Token"] || told["MessageId"] != invited.header.Get("X-Amz-Sns-Message-Id") ||
		told["Message"] != "You have chosen to subscribe to the topic "+topicARN+".\nTo confirm the subscription, visit the SubscribeURL included in this message." {
		t.Errorf("the invitation is %v", told)
	}
	if answer, err := http.Head(told["SigningCertURL"]); err != nil || answer.StatusCode != 200 || answer.Header.Get("Content-Type") != "application/x-pem-file" {
		t.Errorf("%v, the certificate's head is %+v", err, answer)
	}
	state := func(name string) string {
		return e.attributes(t, "GetSubscriptionAttributes", "SubscriptionArn", arn)[name]
	}
	e.publish(t, map[string]any{"Message": "too early"})
	for bad, want := range map[string]string{
		strings.Replace(told["SubscribeURL"], topicARN, "x", 1):                    "Invalid parameter: Topic<",
		strings.Replace(told["SubscribeURL"], "eu-central-1", "eu-west-1", 1):      "Invalid parameter: Topic<",
		strings.Replace(told["SubscribeURL"], told["Token"], "abc123", 1):          "Invalid parameter: Token",
		address + "/?Action=DeleteTopic&TopicArn=" + topicARN:                      "",
		address + "/SimpleNotificationService-" + strings.Repeat("0", 32) + ".pem": "404 page not found",
	} {
		if status, text := visit(t, bad); status < 400 || !strings.Contains(text, want) {
			t.Errorf("%s: %d %s", bad, status, text)
		}
	}
	if state("PendingConfirmation") != "true" || state("ConfirmationWasAuthenticated") != "false" {
		t.Error("it is confirmed")
	}
	for _, topic := range []string{topicARN, topicARN + "x"} { // AWS looks at the token only, and takes it again; a guard has to be asked for by who signs
		if status, text := visit(t, strings.Replace(told["SubscribeURL"], topicARN, topic, 1)+"&AuthenticateOnUnsubscribe=true"); status != 200 || !strings.Contains(text, "<SubscriptionArn>"+arn+"</SubscriptionArn>") {
			t.Fatalf("%d %s", status, text)
		}
	}
	if state("PendingConfirmation") != "false" || state("ConfirmationWasAuthenticated") != "false" {
		t.Error("it is not confirmed by who has not signed")
	}
	e.publish(t, map[string]any{"Message": "hello", "Subject": "greeting"})
	got := at.take(t)
	verify(t, got.told)
	if got.told["Type"] != "Notification" || got.told["Message"] != "hello" || got.told["Subject"] != "greeting" || got.told["UnsubscribeURL"] != address+"/?Action=Unsubscribe&SubscriptionArn="+arn {
		t.Errorf("it is told %v", got.told)
	}
	if got, want := heads(got), "Notification|"+topicARN+"|"+arn+"||text/plain; charset=UTF-8|Amazon Simple Notification Service Agent|gzip,deflate"; got != want {
		t.Errorf("the message has %s, want %s", got, want)
	}
	if status, text := visit(t, got.told["UnsubscribeURL"]); status != 200 || !strings.Contains(text, "UnsubscribeResponse") {
		t.Errorf("%d %s", status, text)
	}
	farewell := at.take(t)
	verify(t, farewell.told)
	if farewell.told["Type"] != "UnsubscribeConfirmation" || farewell.header.Get("X-Amz-Sns-Subscription-Arn") != arn || !strings.HasPrefix(farewell.told["Message"], "You have chosen to deactivate subscription "+arn+".\n") {
		t.Errorf("the last message is %v", farewell.told)
	}
	if got := e.attributes(t, "GetTopicAttributes", "TopicArn", topicARN); got["SubscriptionsConfirmed"] != "0" || got["SubscriptionsDeleted"] != "1" {
		t.Errorf("the topic has %v", got)
	}
	visit(t, farewell.told["SubscribeURL"])
	if got := e.attributes(t, "GetTopicAttributes", "TopicArn", topicARN); got["SubscriptionsConfirmed"] != "1" || got["SubscriptionsDeleted"] != "0" || state("PendingConfirmation") != "false" {
		t.Errorf("taken up again, the topic has %v", got)
	}
}

func TestAConfirmationThatIsSignedGuardsTheSubscription(t *testing.T) {
	e, at := served(t), newEndpoint(t)
	arn, invited := e.subscribe(t, at, map[string]string{"RawMessageDelivery": "true"})
	out := e.call(t, "ConfirmSubscription", map[string]any{"TopicArn": topicARN, "Token": invited.told["Token"], "AuthenticateOnUnsubscribe": "true"})
	if out["SubscriptionArn"] != arn || e.attributes(t, "GetSubscriptionAttributes", "SubscriptionArn", arn)["ConfirmationWasAuthenticated"] != "true" {
		t.Errorf("confirmed is %v", out)
	}
	e.publish(t, map[string]any{"Message": `{"default": "for all", "http": "for you"}`, "MessageStructure": "json"})
	if got := at.take(t); got.body != "for you" || got.header.Get("X-Amz-Sns-Rawdelivery") != "true" {
		t.Errorf("it is told %+v", got)
	}
	address, _, _ := strings.Cut(invited.told["SubscribeURL"], "/?")
	if status, text := visit(t, address+"/?Action=Unsubscribe&SubscriptionArn="+arn); status != 403 || !strings.Contains(text, "AuthorizationError") {
		t.Errorf("unsubscribed without a signature: %d %s", status, text)
	}
	e.call(t, "Unsubscribe", map[string]any{"SubscriptionArn": arn})
	if got := e.attributes(t, "GetTopicAttributes", "TopicArn", topicARN); got["SubscriptionsDeleted"] != "1" || len(at.came) != 0 {
		t.Errorf("the topic has %v, and the endpoint %d messages", got, len(at.came))
	}
}

func TestAnEndpointElsewhereIsNotAsked(t *testing.T) {
	e := served(t)
	out := e.call(t, "Subscribe", map[string]any{"TopicArn": topicARN, "Protocol": "https", "Endpoint": "https://example.com/news"})
	if out["SubscriptionArn"] != "pending confirmation" {
		t.Errorf("it is %v", out)
	}
	if n := sns.Invitations(e.sns); n != 0 {
		t.Errorf("%d invitations were sent", n)
	}
}

func TestAnEndpointThatIsSubscribedAgainIsAskedAgainUntilItConfirms(t *testing.T) {
	e, at := served(t), newEndpoint(t)
	arn, first := e.subscribe(t, at, nil)
	again, second := e.subscribe(t, at, nil)
	if again != arn || second.told["Token"] == first.told["Token"] {
		t.Errorf("it is %s, was %s; it was asked with %s, then with %s", again, arn, first.told["Token"], second.told["Token"])
	}
	e.call(t, "ConfirmSubscription", map[string]any{"TopicArn": topicARN, "Token": first.told["Token"]})
	e.call(t, "Subscribe", map[string]any{"TopicArn": topicARN, "Protocol": "http", "Endpoint": at.URL + "/news"})
	if n := sns.Invitations(e.sns); n != 2 {
		t.Errorf("%d invitations", n)
	}
	short := map[string]any{"TopicArn": topicARN, "Token": "short"}
	if err := e.Do(t.Context(), e.Administrator(), "sns", "ConfirmSubscription", short, nil); err == nil || err.Error() != "InvalidParameter: Invalid token" {
		t.Errorf("a short token: %v", err)
	}
}

func TestAnEndpointThatFailsIsTriedAgainAsItsPolicySays(t *testing.T) {
	e, at := served(t), newEndpoint(t)
	deadLetters, err := json.Marshal(map[string]string{"deadLetterTargetArn": e.ARN("sqs", "dead")})
	if err != nil {
		t.Fatal(err)
	}
	_, invited := e.subscribe(t, at, map[string]string{
		"DeliveryPolicy": `{"healthyRetryPolicy": {"numRetries": 2, "numNoDelayRetries": 2}, "requestPolicy": {"headerContentType": "text/csv"}}`, "RedrivePolicy": string(deadLetters), "RawMessageDelivery": "true",
	})
	e.call(t, "ConfirmSubscription", map[string]any{"TopicArn": topicARN, "Token": invited.told["Token"]})
	told := func(message string, answers ...int) (times int) {
		t.Helper()
		at.mu.Lock()
		at.answers = answers
		at.mu.Unlock()
		e.publish(t, map[string]any{"Message": message})
		for range answers {
			if got := at.take(t); got.body != message || got.header.Get("Content-Type") != "text/csv" {
				t.Errorf("it is told %+v", got)
			}
		}
		return len(e.receive(t, "dead", 1))
	}
	for _, row := range []struct {
		message string
		answers []int
		dead    bool
	}{{"again", []int{500, 429, 200}, false}, {"in vain", []int{503, 503, 503}, true}, {"refused", []int{404}, true}, {"moved", []int{302}, true}} {
		if row.dead {
			if told(row.message, row.answers...) != 1 {
				t.Errorf("%s: there is no dead letter", row.message)
			}
			continue
		}
		at.mu.Lock()
		at.answers = row.answers
		at.mu.Unlock()
		e.publish(t, map[string]any{"Message": row.message})
		for range row.answers {
			at.take(t)
		}
	}
}

func TestHowLongIsWaitedBetweenAttempts(t *testing.T) {
	for _, row := range []struct {
		policy string
		want   []float64 // seconds
	}{
		{``, []float64{20, 20, 20}},
		{`{"minDelayTarget": 1, "maxDelayTarget": 5, "numRetries": 7, "numNoDelayRetries": 1, "numMinDelayRetries": 1, "numMaxDelayRetries": 1}`, []float64{0, 1, 2, 3, 4, 5, 5}},
		{`{"minDelayTarget": 1, "maxDelayTarget": 5, "numRetries": 2, "backoffFunction": "arithmetic"}`, []float64{2.5, 5}},
		{`{"minDelayTarget": 1, "maxDelayTarget": 5, "numRetries": 2, "backoffFunction": "geometric"}`, []float64{2, 5}},
		{`{"minDelayTarget": 1, "maxDelayTarget": 1024, "numRetries": 2, "backoffFunction": "exponential"}`, []float64{32, 1024}},
		{`{"numRetries": 0}`, nil},
	} {
		var got []float64
		for _, d := range sns.Delays(row.policy) {
			got = append(got, d.Seconds())
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("%s: %v, want %v", row.policy, got, row.want)
		}
	}
}

func TestDeliveryPoliciesAreToldAsTheyAre(t *testing.T) {
	e, at := served(t), newEndpoint(t)
	arn, _ := e.subscribe(t, at, nil)
	topic := func(policy string) {
		t.Helper()
		e.call(t, "SetTopicAttributes", map[string]any{"TopicArn": topicARN, "AttributeName": "DeliveryPolicy", "AttributeValue": policy})
	}
	const retry = `{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"}`
	effective := func() string {
		return e.attributes(t, "GetSubscriptionAttributes", "SubscriptionArn", arn)["EffectiveDeliveryPolicy"]
	}
	if want := `{"healthyRetryPolicy":` + retry + `,"sicklyRetryPolicy":null,"throttlePolicy":null,"requestPolicy":{"headerContentType":"text/plain; charset=UTF-8"},"guaranteed":false}`; effective() != want {
		t.Errorf("it is %s", effective())
	}
	topic(`{"http": {"defaultRequestPolicy": {"headerContentType": "application/json"}, "defaultHealthyRetryPolicy": null}}`)
	if got, want := e.attributes(t, "GetTopicAttributes", "TopicArn", topicARN)["DeliveryPolicy"], `{"http":{"defaultRequestPolicy":{"headerContentType":"application/json"},"disableSubscriptionOverrides":false}}`; got != want {
		t.Errorf("the topic's is %s, want %s", got, want)
	}
	set := map[string]any{"SubscriptionArn": arn, "AttributeName": "DeliveryPolicy", "AttributeValue": `{"throttlePolicy": {"maxReceivesPerSecond": 7}, "healthyRetryPolicy": {"numRetries": 1}}`}
	e.call(t, "SetSubscriptionAttributes", set)
	own := strings.Replace(retry, `"numRetries":3`, `"numRetries":1`, 1)
	if want := `{"healthyRetryPolicy":` + own + `,"sicklyRetryPolicy":null,"throttlePolicy":{"maxReceivesPerSecond":7},"requestPolicy":{"headerContentType":"application/json"},"guaranteed":false}`; effective() != want {
		t.Errorf("it is %s, want %s", effective(), want)
	}
	if got, want := e.attributes(t, "GetSubscriptionAttributes", "SubscriptionArn", arn)["DeliveryPolicy"], `{"healthyRetryPolicy":`+own+`,"sicklyRetryPolicy":null,"throttlePolicy":{"maxReceivesPerSecond":7},"requestPolicy":null,"guaranteed":false}`; got != want {
		t.Errorf("the subscription's is %s, want %s", got, want)
	}
	set["AttributeValue"] = `{"sicklyRetryPolicy": {"numRetries": 2}, "guaranteed": true}`
	e.call(t, "SetSubscriptionAttributes", set)
	if got := effective(); !strings.Contains(got, `"sicklyRetryPolicy":`+strings.Replace(retry, `"numRetries":3`, `"numRetries":2`, 1)) || !strings.HasSuffix(got, `"guaranteed":true}`) {
		t.Errorf("it is %s", got)
	}
	topic(`{"http": {"disableSubscriptionOverrides": true}}`)
	if want := `"numRetries":3,`; !strings.Contains(effective(), want) || !strings.Contains(effective(), `"sicklyRetryPolicy":null`) {
		t.Errorf("without its own it is %s", effective())
	}
	for _, bad := range []string{`[`, `{"healthyRetryPolicy": {"minDelayTarget": 0}}`, `{"healthyRetryPolicy": {"minDelayTarget": 30}}`, `{"healthyRetryPolicy": {"maxDelayTarget": 3601}}`, `{"healthyRetryPolicy": {"numRetries": 101}}`,
		`{"healthyRetryPolicy": {"numNoDelayRetries": 4}}`, `{"sicklyRetryPolicy": {"backoffFunction": "sudden"}}`, `{"throttlePolicy": {"maxReceivesPerSecond": 0}}`} {
		set["AttributeValue"] = bad
		if err := e.Do(t.Context(), e.Administrator(), "sns", "SetSubscriptionAttributes", set, nil); err == nil || !strings.Contains(err.Error(), "DeliveryPolicy: ") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestATemplatesEndpointIsAskedAndKeepsItsAnswer(t *testing.T) {
	e, at := served(t), newEndpoint(t)
	s := e.stack(t, `"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "declared", "Subscription": [{"Protocol": "http", "Endpoint": "`+at.URL+`/inline"}]}},
		"Subscription": {"Type": "AWS::SNS::Subscription", "Properties": {"TopicArn": {"Ref": "Topic"}, "Protocol": "http", "Endpoint": "`+at.URL+`"}}`)
	for range 2 {
		invited := at.take(t)
		if status, text := visit(t, invited.told["SubscribeURL"]); status != 200 {
			t.Fatal(text)
		}
	}
	s.Put(t, "Subscription", `{"Type": "AWS::SNS::Subscription", "Properties": {"TopicArn": {"Ref": "Topic"}, "Protocol": "http", "Endpoint": "`+at.URL+`", "DeliveryPolicy": {"requestPolicy": {"headerContentType": "text/csv"}}}}`)
	told := e.attributes(t, "GetSubscriptionAttributes", "SubscriptionArn", s.Ref("Subscription"))
	if told["PendingConfirmation"] != "false" || !strings.Contains(told["DeliveryPolicy"], "text/csv") {
		t.Errorf("updated, it is %v", told)
	}
	if got := e.attributes(t, "GetTopicAttributes", "TopicArn", s.Ref("Topic")); got["SubscriptionsConfirmed"] != "2" {
		t.Errorf("the topic has %v", got)
	}
}

func TestATokenIsGoodForATimeAndForItsTopic(t *testing.T) {
	e, at := served(t), newEndpoint(t)
	arn, invited := e.subscribe(t, at, nil)
	e.call(t, "SetSubscriptionAttributes", map[string]any{"SubscriptionArn": arn, "AttributeName": "RawMessageDelivery", "AttributeValue": "true"})
	confirm := func(token string) (int, string) {
		return visit(t, strings.Replace(invited.told["SubscribeURL"], invited.told["Token"], token, 1))
	}
	if status, text := confirm(invited.told["Token"]); status != 200 {
		t.Fatal(text)
	}
	if got := e.attributes(t, "GetSubscriptionAttributes", "SubscriptionArn", arn)["RawMessageDelivery"]; got != "true" {
		t.Error("what was changed before the confirmation is lost")
	}
	sns.Expire(e.sns)
	if status, text := confirm(invited.told["Token"]); status != 400 || !strings.Contains(text, "Invalid parameter: Token") {
		t.Errorf("after its time: %d %s", status, text)
	}
	e.call(t, "Unsubscribe", map[string]any{"SubscriptionArn": arn})
	_, again := e.subscribe(t, at, nil)
	if n := sns.Invitations(e.sns); n != 1 {
		t.Errorf("%d tokens are kept", n)
	}
	e.call(t, "DeleteTopic", map[string]any{"TopicArn": topicARN})
	if status, text := confirm(again.told["Token"]); status != 400 || !strings.Contains(text, "Invalid parameter: Token") {
		t.Errorf("of a topic that is gone: %d %s", status, text)
	}
	answer, err := http.Post(again.told["SubscribeURL"], "text/plain", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != 403 {
		t.Errorf("a POST without a signature: %s", answer.Status)
	}
}

func TestAnEndpointIsToldSoManyMessagesASecond(t *testing.T) {
	e, at := served(t), newEndpoint(t)
	e.call(t, "SetTopicAttributes", map[string]any{"TopicArn": topicARN, "AttributeName": "SignatureVersion", "AttributeValue": "2"})
	_, invited := e.subscribe(t, at, map[string]string{"DeliveryPolicy": `{"throttlePolicy": {"maxReceivesPerSecond": 20}}`})
	verify(t, invited.told)
	e.call(t, "ConfirmSubscription", map[string]any{"TopicArn": topicARN, "Token": invited.told["Token"]})
	start := time.Now()
	for range 3 {
		e.publish(t, map[string]any{"Message": "m"})
	}
	for range 3 {
		got := at.take(t)
		if verify(t, got.told); got.told["SignatureVersion"] != "2" {
			t.Errorf("it is told %v", got.told)
		}
	}
	if took := time.Since(start); took < 100*time.Millisecond {
		t.Errorf("three at twenty a second take %v", took)
	}
}
