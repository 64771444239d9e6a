// A Lambda function as the identity provider of a server.
// https://docs.aws.amazon.com/transfer/latest/userguide/custom-lambda-idp.html

package transfer

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// function asks a Lambda function who somebody is, each time anew.
type function struct {
	cloud  *cloud.Cloud
	arn    string // of the function
	server *server
}

// question is the event that the function is invoked with.
type question struct {
	Username string  `json:"username"`
	Password *string `json:"password,omitempty"`
	Protocol string  `json:"protocol"`
	ServerID string  `json:"serverId"`
	SourceIP string  `json:"sourceIp"`
}

// answer is what the function may return for a user of S3; PosixProfile is EFS's.
type answer struct {
	Role                 string
	PublicKeys           []string
	Policy               string
	HomeDirectoryType    string
	HomeDirectory        string
	HomeDirectoryDetails string // JSON in a text
}

func (f *function) identify(ctx context.Context, a attempt) (*user, error) {
	raw, err := f.ask(ctx, a)
	if err != nil {
		return nil, err
	}
	return f.read(raw, a)
}

// read makes of what the function answered whom it stands for.
func (f *function) read(raw json.RawMessage, a attempt) (*user, error) {
	got, err := readAnswer(raw)
	if err != nil {
		return nil, fmt.Errorf("read the answer of the identity provider's function: %w", err)
	}
	switch {
	case got.Role == "":
		return nil, unrecognized
	case a.password != nil && got.PublicKeys != nil:
		return nil, errors.New("the identity provider's function returned public keys to a password")
	case a.password == nil && len(got.PublicKeys) == 0:
		return nil, withoutKeys
	}
	return got.user(f.server.userARN(a.user), a.user)
}

// ask invokes the function and returns what it answers. Its errors say nothing
// of what the function wrote: that is in the function's own log.
func (f *function) ask(ctx context.Context, a attempt) (json.RawMessage, error) {
	event := question{Username: a.user, Password: a.password, Protocol: cmp.Or(a.protocol, protocol), ServerID: f.server.id, SourceIP: a.sourceIP}
	payload, err := json.Marshal(event)
	if err != nil {
		panic(err) // of texts
	}
	caller := f.cloud.ServiceCaller(principal, f.server.arn())
	var out struct {
		FunctionError string
		Payload       json.RawMessage
	}
	in := map[string]any{"FunctionName": f.arn, "InvocationType": "RequestResponse", "Payload": json.RawMessage(payload)}
	if err := f.cloud.Do(ctx, caller, "lambda", "Invoke", in, &out); err != nil {
		return nil, fmt.Errorf("invoke the identity provider's function: %w", err)
	}
	if out.FunctionError != "" {
		return nil, fmt.Errorf("the identity provider's function failed: %s", errorType(out.Payload))
	}
	return out.Payload, nil
}

// errorType is what a function's error is called.
func errorType(payload json.RawMessage) string {
	var failure struct {
		ErrorType string `json:"errorType"`
	}
	if json.Unmarshal(payload, &failure) != nil || failure.ErrorType == "" {
		return "Unhandled"
	}
	return failure.ErrorType
}

// readAnswer takes members by the case that AWS has them in, as encoding/json
// would not.
func readAnswer(raw json.RawMessage) (answer, error) {
	var a answer
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return a, fmt.Errorf("it is no JSON object: %w", err)
	}
	for name, into := range map[string]any{
		"Role": &a.Role, "PublicKeys": &a.PublicKeys, "Policy": &a.Policy,
		"HomeDirectoryType": &a.HomeDirectoryType, "HomeDirectory": &a.HomeDirectory, "HomeDirectoryDetails": &a.HomeDirectoryDetails,
	} {
		if value, ok := members[name]; ok {
			if err := json.Unmarshal(value, into); err != nil {
				return a, fmt.Errorf("member %s: %w", name, err)
			}
		}
	}
	return a, nil
}

// user makes of the answer whom it stands for.
func (a answer) user(arn, name string) (*user, error) {
	u := &user{arn: arn, name: name, role: a.Role}
	var err error
	if u.keys, err = publicKeys("member PublicKeys", a.PublicKeys); err != nil {
		return nil, err
	}
	settings := homeSettings{kind: a.HomeDirectoryType, directory: a.HomeDirectory, source: "HomeDirectoryDetails"}
	if a.HomeDirectoryDetails != "" {
		if err := json.Unmarshal([]byte(a.HomeDirectoryDetails), &settings.entries); err != nil {
			return nil, fmt.Errorf("member HomeDirectoryDetails: %w", err)
		}
	}
	if u.home, err = newHome(settings, name); err != nil {
		return nil, err
	}
	if u.policy, err = sessionPolicy(a.Policy, u); err != nil {
		return nil, fmt.Errorf("member Policy: %w", err)
	}
	return u, nil
}

// maxPolicy is how many characters the policy of a user may have.
const maxPolicy = 2048

// sessionPolicy fills the variables of a user's policy.
func sessionPolicy(text string, u *user) (string, error) {
	switch {
	case text == "":
		return "", nil
	case utf8.RuneCountInString(text) > maxPolicy:
		return "", fmt.Errorf("it has more than %d characters", maxPolicy)
	case !json.Valid([]byte(text)):
		return "", errors.New("it is no JSON")
	}
	return u.home.fill(text, u.name), nil
}
