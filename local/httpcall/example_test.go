package httpcall_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/events"
	"github.com/tradepost-dev/tradepost/local/httpcall"
	"github.com/tradepost-dev/tradepost/local/secrets"
)

// A call with the API key of a connection.
func Example() {
	ctx := context.Background()
	c := cloud.New(cloud.Site{Account: "123456789012", Region: "eu-central-1"})
	defer c.Close()
	bus := events.New(c)
	c.Register("events", bus)
	c.Register("secretsmanager", secrets.New(c))
	c.Register("http", httpcall.New(c, bus))
	c.Authorizer = anyone{}
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"customer": %q, "key": %q}`, r.URL.Query().Get("id"), r.Header.Get("X-Api-Key"))
	}))
	defer endpoint.Close()

	var connection struct{ ConnectionArn string }
	err := c.Do(ctx, c.Administrator(), "events", "CreateConnection", json.RawMessage(`{"Name": "crm", "AuthorizationType": "API_KEY",
		"AuthParameters": {"ApiKeyAuthParameters": {"ApiKeyName": "X-Api-Key", "ApiKeyValue": "s3cret"}}}`), &connection)
	if err != nil {
		panic(err)
	}
	var answer struct {
		StatusCode   int
		ResponseBody map[string]string
	}
	err = c.Do(ctx, c.Administrator(), "http", "Invoke", map[string]any{"Machine": "arn:aws:states:eu-central-1:123456789012:stateMachine:m", "Parameters": map[string]any{
		"ApiEndpoint": endpoint.URL + "/customers", "Method": "GET", "QueryParameters": map[string]string{"id": "17"},
		"InvocationConfig": connection,
	}}, &answer)
	if err != nil {
		panic(err)
	}
	fmt.Println(answer.StatusCode, answer.ResponseBody)
	// Output:
	// 200 map[customer:17 key:s3cret]
}

type anyone struct{}

func (anyone) Authorize(cloud.Caller, string, string) error              { return nil }
func (anyone) MayPass(cloud.Caller, string, string) error                { return nil }
func (anyone) Assume(cloud.Caller, string, string) (cloud.Caller, error) { return cloud.Caller{}, nil }
