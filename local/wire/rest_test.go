package wire_test

import (
	"context"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/wire"
)

func TestARouteSaysWhereTheInputIsAndHowTheAnswerLooks(t *testing.T) {
	type input struct {
		Body   string   `json:"body"`
		Tags   []string `json:"tags"`
		Strict bool     `json:"strict"`

		Others map[string]string `json:"others"`
	}
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"})
	t.Cleanup(c.Close)
	c.Register("files", cloud.Operations{
		"Import": cloud.Handle(func(_ context.Context, _ cloud.Caller, in input) (map[string]any, error) {
			return map[string]any{"lines": strings.Count(in.Body, "\n")}, nil
		}),
		"Count": cloud.Handle(func(_ context.Context, _ cloud.Caller, in input) (any, error) {
			return struct {
				Tags   string `json:"tags"`
				Strict bool   `json:"strict"`
			}{strings.Join(in.Tags, "+"), in.Strict}, nil
		}),
		"List": cloud.Handle(func(_ context.Context, _ cloud.Caller, in input) (any, error) {
			return struct {
				Others map[string]string `json:"others"`
				Strict bool              `json:"strict"`
			}{in.Others, in.Strict}, nil
		}),
		"Remove": cloud.Handle(func(context.Context, cloud.Caller, struct{}) (struct{}, error) { return struct{}{}, nil }),
	})
	h := wire.As(c, c.Administrator(), "files", wire.Protocols{REST: &wire.REST{Routes: []wire.Route{
		{Pattern: "POST /files?mode=import", Action: "Import", Payload: "body", Text: true, Success: 201},
		{Pattern: "POST /files", Action: "Count", Query: []string{"tags", "strict"}, Headers: map[string]string{"X-Amzn-FileStore-Strict": "strict"}},
		{Pattern: "PUT /files", Action: "Count", Query: []string{"name"}, Renamed: map[string]string{"name": "tags"}},
		{Pattern: "GET /files", Action: "List", Query: []string{"strict"}, Others: "others"},
		{Pattern: "DELETE /files", Action: "Remove", Success: 202},
	}}})
	refused := func(what string) string {
		message := `"the local engine does not serve the parameter ` + what + `"`
		return `{"Message":` + message + `,"Type":"Service","message":` + message + `}`
	}
	for name, row := range map[string]struct {
		request request
		status  int
		want    string
	}{
		"a text goes in, and JSON comes out": {request{path: "/files?mode=import", body: "a,b\n1,2\n"}, 201, `{"lines":2}`},
		"without the parameter":              {request{path: "/files"}, 200, `{"tags":"","strict":false}`},
		"a list of one":                      {request{path: "/files?tags=a&strict=true"}, 200, `{"tags":"a","strict":true}`},
		"a list":                             {request{path: "/files?tags=a&tags=b.1&tags="}, 200, `{"tags":"a+b.1+","strict":false}`},
		"all other parameters":               {request{method: "GET", path: "/files?b.1=x.y&strict=true&a=1&a=2"}, 200, `{"others":{"a":"1","b.1":"x.y"},"strict":true}`},
		"nothing comes out":                  {request{method: "DELETE", path: "/files"}, 202, `{}`},
		"another name in the query":          {request{method: "PUT", path: "/files?name=a"}, 200, `{"tags":"a","strict":false}`},
		"another name in the body":           {request{method: "PUT", path: "/files", body: `{"name":["b","c"],"strict":true}`}, 200, `{"tags":"b+c","strict":true}`},
		"an unknown parameter":               {request{path: "/files?strict=true&colour=red"}, 501, refused("colour of Count")},
		"one of a signature":                 {request{path: "/files?strict=true&X-Amz-Expires=60"}, 200, `{"tags":"","strict":true}`},
		"the one by which a route is chosen": {request{path: "/files?mode=import&strict=true", body: "a"}, 501, refused("strict of Import")},
		"an unknown header of AWS's":         {request{path: "/files", header: header("X-Amz-Tenant-Id", "t")}, 501, refused("X-Amz-Tenant-Id of Count")},
		"headers of any request":             {request{path: "/files", header: header("X-Amz-Date", "d", "X-Amzn-Trace-Id", "r", "X-Colour", "red")}, 200, `{"tags":"","strict":false}`},
		"a header of the operation":          {request{path: "/files", header: header("x-amzn-filestore-strict", "true")}, 200, `{"tags":"","strict":true}`},
	} {
		if w := row.request.to(h); w.Code != row.status || w.Body.String() != row.want {
			t.Errorf("%s: got %d %s, want %d %s", name, w.Code, w.Body, row.status, row.want)
		}
	}
}
