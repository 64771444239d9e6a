package cloudformation

// This file serves custom resources: a function does what has to be done, and
// puts what came of it to an address that it is told.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	// AnswerPath is where ServeHTTP takes answers, below the endpoint. It is no
	// bucket's name.
	AnswerPath = "/_custom-resources/"

	maxAnswer      = 4096 // bytes
	longestTimeout = time.Hour
)

// request is what the function gets.
type request struct {
	RequestType           string // Create, Update, Delete
	ResponseURL           string
	StackId               string
	RequestId             string
	ResourceType          string
	LogicalResourceId     string
	PhysicalResourceId    string         `json:",omitempty"` // not of Create
	ResourceProperties    map[string]any // ServiceToken too; all scalars are texts
	OldResourceProperties map[string]any `json:",omitempty"` // of Update only
}

// answer is what the function puts.
type answer struct {
	Status             string // SUCCESS or FAILED
	Reason             string
	PhysicalResourceId string
	StackId            string
	RequestId          string
	LogicalResourceId  string
	NoEcho             bool
	Data               map[string]any
}

// answers are those that somebody waits for, by the secret in the address.
type answers struct {
	mu      sync.Mutex
	waiting map[string]chan<- []byte
}

func (a *answers) expect() (secret string, put <-chan []byte) {
	secret = rand.Text()
	channel := make(chan []byte, 1)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.waiting == nil {
		a.waiting = map[string]chan<- []byte{}
	}
	a.waiting[secret] = channel
	return secret, channel
}

// take returns where an answer goes; only the first one goes anywhere.
func (a *answers) take(secret string) chan<- []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	channel := a.waiting[secret]
	delete(a.waiting, secret)
	return channel
}

// ServeHTTP takes an answer, as S3 takes an object by a presigned URL.
func (f *CloudFormation) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxAnswer+1))
	if err != nil {
		http.Error(w, "the answer broke off", http.StatusBadRequest)
		return
	}
	var channel chan<- []byte
	if r.Method == http.MethodPut {
		channel = f.answers.take(strings.TrimPrefix(r.URL.Path, AnswerPath))
	}
	if channel == nil {
		http.Error(w, "nobody waits for this answer", http.StatusForbidden)
		return
	}
	channel <- body
}

// CreateCustom creates a custom resource by its function, which is asked again
// when the resource is updated and deleted.
func (f *CloudFormation) CreateCustom(ctx context.Context, r cfn.Resource, properties map[string]any) (cfn.Handle, error) {
	return f.custom(ctx, r, request{RequestType: "Create"}, properties)
}

// UpdateCustom updates a custom resource. The function may answer another one:
// the one that was there is deleted when the update cannot be undone any more.
func (f *CloudFormation) UpdateCustom(ctx context.Context, r cfn.Resource, h cfn.Handle, before, after map[string]any) (cfn.Handle, error) {
	return f.custom(ctx, r, request{RequestType: "Update", PhysicalResourceId: h.Ref, OldResourceProperties: before}, after)
}

// custom asks the function of a custom resource to bring it about.
func (f *CloudFormation) custom(ctx context.Context, r cfn.Resource, q request, properties map[string]any) (cfn.Handle, error) {
	function, _ := properties["ServiceToken"].(string)
	if !strings.HasPrefix(function, "arn:aws:lambda:") {
		return cfn.Handle{}, cfn.Invalidf("ServiceToken", "must be the ARN of a function, got %q", function)
	}
	timeout, err := timeoutOf(properties["ServiceTimeout"])
	if err != nil {
		return cfn.Handle{}, err
	}
	q.ResourceType, q.LogicalResourceId = r.Type, r.LogicalID
	q.ResourceProperties = texts(properties).(map[string]any)
	if q.OldResourceProperties != nil {
		q.OldResourceProperties = texts(q.OldResourceProperties).(map[string]any)
	}
	f.mu.RLock()
	if s := f.named(r.Stack); s != nil {
		q.StackId = s.id
	}
	f.mu.RUnlock()
	a, err := f.ask(ctx, function, timeout, q)
	if a.PhysicalResourceId == "" {
		return cfn.Handle{}, err
	}
	handle := cfn.Handle{Ref: a.PhysicalResourceId, Attributes: map[string]any{}, Delete: func(ctx context.Context) error {
		q := q
		q.RequestType, q.PhysicalResourceId, q.OldResourceProperties = "Delete", a.PhysicalResourceId, nil
		_, err := f.ask(ctx, function, timeout, q)
		return err
	}}
	flatten(handle.Attributes, "", a.Data)
	return handle, err
}

func timeoutOf(property any) (time.Duration, error) {
	if property == nil {
		return longestTimeout, nil
	}
	seconds, err := strconv.Atoi(fmt.Sprint(property))
	timeout := time.Duration(seconds) * time.Second
	if err != nil || timeout < time.Second || timeout > longestTimeout {
		return 0, cfn.Invalidf("ServiceTimeout", "must be 1 to 3600 seconds, got %v", property)
	}
	return timeout, nil
}

// ask invokes the function and waits for what it puts.
func (f *CloudFormation) ask(ctx context.Context, function string, timeout time.Duration, q request) (answer, error) {
	secret, put := f.answers.expect()
	defer f.answers.take(secret)
	q.RequestId = cloud.UUID()
	q.ResponseURL = f.options.Endpoint() + AnswerPath + secret
	payload, err := json.Marshal(q)
	if err != nil {
		return answer{}, err
	}
	err = f.cloud.Do(ctx, f.cloud.Administrator(), "lambda", "Invoke", map[string]any{
		"FunctionName": function, "InvocationType": "Event", "Payload": json.RawMessage(payload),
	}, nil)
	if err != nil {
		return answer{}, fmt.Errorf("invoke %s: %w", function, err)
	}
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case body := <-put:
		return q.read(body)
	case <-timer.C:
		return answer{}, failed("CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId [%s]", q.RequestId)
	case <-ctx.Done():
		return answer{}, ctx.Err()
	}
}

// failure is why a custom resource failed, as CloudFormation says it.
type failure string

func (f failure) Error() string { return string(f) }

func failed(format string, arguments ...any) error { return failure(fmt.Sprintf(format, arguments...)) }

// read makes sense of an answer's body.
func (q request) read(body []byte) (answer, error) {
	var a answer
	switch err := json.Unmarshal(body, &a); {
	case len(body) > maxAnswer:
		return a, failed("Response object is too long: a custom resource answers at most %d bytes", maxAnswer)
	case err != nil:
		return a, failed("Invalid response from the custom resource: %v", err)
	case a.Status == "FAILED":
		return a, failed("Received response status [FAILED] from custom resource. Message returned: %s (RequestId: %s)", a.Reason, q.RequestId)
	case a.Status != "SUCCESS":
		return a, failed("Invalid response from the custom resource: its Status is %q", a.Status)
	case a.StackId != q.StackId || a.RequestId != q.RequestId || a.LogicalResourceId != q.LogicalResourceId:
		return a, failed("Invalid response from the custom resource: StackId, RequestId or LogicalResourceId are not those of the request")
	case a.PhysicalResourceId == "":
		return a, failed("Invalid PhysicalResourceId: the custom resource answered none")
	}
	return a, nil
}

// texts turns all scalars into texts, as CloudFormation does in what it sends.
func texts(value any) any {
	switch v := value.(type) {
	case map[string]any:
		all := make(map[string]any, len(v))
		for key, element := range v {
			all[key] = texts(element)
		}
		return all
	case []any:
		all := make([]any, len(v))
		for i, element := range v {
			all[i] = texts(element)
		}
		return all
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case nil:
		return nil
	}
	return fmt.Sprint(value)
}

// flatten makes attributes of data: what is within is named with dots.
func flatten(into map[string]any, prefix string, data map[string]any) {
	for key, value := range data {
		into[prefix+key] = value
		if inner, ok := value.(map[string]any); ok {
			flatten(into, prefix+key+".", inner)
		}
	}
}
