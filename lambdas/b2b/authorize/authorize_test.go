package authorize

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/directory"
)

// rows answers by key, and counts the calls.
type rows struct {
	known map[string]directory.Row
	err   error
	calls int
}

func (r *rows) GetItem(_ context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	r.calls++
	row, ok := r.known[in.Key["partner"].(*types.AttributeValueMemberS).Value]
	if r.err != nil || !ok || *in.TableName != "Directory" {
		return &dynamodb.GetItemOutput{}, r.err
	}
	return &dynamodb.GetItemOutput{Item: row.Item()}, nil
}

const (
	token = "s3cret.with.dots"
	home  = "192.0.2.7"
)

func known() *rows {
	row := func(id string, status contract.PartnerStatus) directory.Row {
		return directory.Row{
			ID: id, Status: status, TokenHash: directory.Hash(token), AddressRanges: []string{"192.0.2.0/24"}, UsageKey: id + "-usage-key", Version: 1,
		}
	}
	return &rows{known: map[string]directory.Row{
		"acme":     row("acme", contract.PartnerEnabled),
		"draining": row("draining", contract.PartnerDraining),
		"disabled": row("disabled", contract.PartnerDisabled),
	}}
}

func newHandler(r *rows) *Handler {
	return &Handler{Gate: directory.Gate{DynamoDB: r, Table: "Directory"}}
}

const method = "arn:aws:execute-api:us-east-1:111122223333:abc/prod/POST/transactions"

func request(header string) events.APIGatewayCustomAuthorizerRequestTypeRequest {
	return requestFrom(home, map[string][]string{"Authorization": {header}})
}

func requestFrom(source string, headers map[string][]string) events.APIGatewayCustomAuthorizerRequestTypeRequest {
	return events.APIGatewayCustomAuthorizerRequestTypeRequest{
		Type: "REQUEST", MethodArn: method, MultiValueHeaders: headers,
		RequestContext: events.APIGatewayCustomAuthorizerRequestTypeRequestContext{
			Identity: events.APIGatewayCustomAuthorizerRequestTypeRequestIdentity{SourceIP: source},
		},
	}
}

func TestAPartnersTokenOpensTheStage(t *testing.T) {
	h := newHandler(known())
	for _, header := range []string{"Bearer acme." + token, "bearer acme." + token, "Bearer   acme." + token + " "} {
		got, err := h.Handle(t.Context(), request(header))
		want := events.APIGatewayCustomAuthorizerResponse{
			PrincipalID: "acme",
			PolicyDocument: events.APIGatewayCustomAuthorizerPolicy{Version: "2012-10-17", Statement: []events.IAMPolicyStatement{{
				Action: []string{"execute-api:Invoke"}, Effect: "Allow",
				Resource: []string{"arn:aws:execute-api:us-east-1:111122223333:abc/prod/*"},
			}}},
			Context:            map[string]any{"partner": "acme"},
			UsageIdentifierKey: "acme-usage-key",
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %+v, %v", header, got, err)
		}
	}
	if got, err := h.Handle(t.Context(), requestFrom(home, map[string][]string{"authorization": {"Bearer acme." + token}})); err != nil || got.PrincipalID != "acme" {
		t.Errorf("a header in small letters: %v", err)
	}
}

func TestADrainingPartnerMayReadOnly(t *testing.T) {
	got, err := newHandler(known()).Handle(t.Context(), request("Bearer draining."+token))
	want := []string{"arn:aws:execute-api:us-east-1:111122223333:abc/prod/GET/*"}
	if err != nil || !reflect.DeepEqual(got.PolicyDocument.Statement[0].Resource, want) || got.UsageIdentifierKey != "draining-usage-key" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestAnythingElseIsUnauthorized(t *testing.T) {
	h := newHandler(known())
	requests := map[string]events.APIGatewayCustomAuthorizerRequestTypeRequest{
		"no header":         requestFrom(home, nil),
		"two headers":       requestFrom(home, map[string][]string{"Authorization": {"Bearer acme." + token, "Bearer acme." + token}}),
		"two by letters":    requestFrom(home, map[string][]string{"Authorization": {"Bearer acme." + token}, "authorization": {"Bearer acme." + token}}),
		"a foreign address": requestFrom("198.51.100.1", map[string][]string{"Authorization": {"Bearer acme." + token}}),
		"no address":        requestFrom("", map[string][]string{"Authorization": {"Bearer acme." + token}}),
	}
	for _, header := range []string{
		"", "Bearer", "Bearer ", "Bearer acme", "Bearer acme.", "Bearer .s3cret.with.dots", "acme.s3cret.with.dots",
		"Basic acme.s3cret.with.dots", "Bearer acme.s3cret", "Bearer acme.S3cret.with.dots", "Bearer acme.s3cret.with.dotsx",
		"Bearer nobody.s3cret.with.dots", "Bearer disabled.s3cret.with.dots", "Bearer ../acme.s3cret.with.dots",
		"Bearer acme/x.s3cret.with.dots", "Bearer acme .s3cret.with.dots", "Bearer " + strings.Repeat("a", 200) + ".x",
		"Bearer acme." + strings.Repeat("x", 513),
	} {
		requests[header] = request(header)
	}
	for name, r := range requests {
		// API Gateway answers 401 for exactly this text.
		if _, err := h.Handle(t.Context(), r); err == nil || err.Error() != "Unauthorized" {
			t.Errorf("%q: got %v", name, err)
		}
	}
}

func TestWhatIsNoTokenIsNotLookedFor(t *testing.T) {
	r := known()
	h := newHandler(r)
	for _, header := range []string{"", "Bearer x.y", "Bearer acme", "Bearer acme.", "Basic acme.x", "Bearer acme." + strings.Repeat("x", 513)} {
		if _, err := h.Handle(t.Context(), request(header)); err == nil || r.calls > 0 {
			t.Errorf("%.40q: %d calls, %v", header, r.calls, err)
		}
	}
}

// Who exists cannot be told by the time that a refusal takes.
func TestEveryRefusalOfAPartnersNameTakesOneReading(t *testing.T) {
	r := known()
	h := newHandler(r)
	if _, err := h.Handle(t.Context(), request("Bearer acme."+token)); err != nil || r.calls != 1 {
		t.Fatal(err)
	}
	for _, header := range []string{"Bearer nobody.x", "Bearer acme.x", "Bearer disabled." + token, "Bearer draining.x"} {
		for range 2 {
			before := r.calls
			if _, err := h.Handle(t.Context(), request(header)); err == nil || r.calls != before+1 {
				t.Errorf("%s: %d calls, %v", header, r.calls-before, err)
			}
		}
	}
}

func TestTroubleIsNoMatterOfTheToken(t *testing.T) {
	r := known()
	r.err = errors.New("connection refused")
	if _, err := newHandler(r).Handle(t.Context(), request("Bearer acme.s3cret")); err == nil || err.Error() == "Unauthorized" || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("an outage: got %v", err)
	}
	odd := request("Bearer acme." + token)
	for _, arn := range []string{"arn:odd", "arn:odd/prod"} {
		odd.MethodArn = arn
		if _, err := newHandler(known()).Handle(t.Context(), odd); err == nil || err.Error() == "Unauthorized" {
			t.Errorf("the method %s: %v", arn, err)
		}
	}
}

func TestTheLogSaysWhyAndHoldsNoToken(t *testing.T) {
	var said bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&said, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	r := known()
	h := newHandler(r)
	for partner, reason := range map[string]directory.Refusal{"nobody": directory.Unknown, "disabled": directory.Disabled, "acme": directory.WrongToken} {
		said.Reset()
		_, _ = h.Handle(t.Context(), request("Bearer "+partner+".wr0ng"))
		if text := said.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, `"level":"INFO"`) || !strings.Contains(text, string(reason)) || !strings.Contains(text, partner) || !strings.Contains(text, home) || strings.Contains(text, "wr0ng") {
			t.Errorf("%s: %s", partner, text)
		}
	}
	said.Reset()
	if _, err := h.Handle(t.Context(), request("Bearer acme."+token)); err != nil || said.Len() > 0 {
		t.Errorf("whom it lets in: %s, %v", said.String(), err)
	}
	r.err = errors.New("connection refused")
	_, _ = h.Handle(t.Context(), request("Bearer acme.wr0ng"))
	if text := said.String(); !strings.Contains(text, "connection refused") || strings.Contains(text, "wr0ng") {
		t.Errorf("an outage: %s", text)
	}
}
