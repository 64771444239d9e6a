package wire_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// What a request costs that the last of many routes serves, as S3, Lambda and
// API Gateway have them.
func BenchmarkRoute(b *testing.B) {
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"})
	b.Cleanup(c.Close)
	c.Register("files", cloud.Operations{
		"Count": cloud.Handle(func(context.Context, cloud.Caller, struct {
			Name string `json:"name"`
		}) (struct{}, error) {
			return struct{}{}, nil
		}),
	})
	var routes []wire.Route
	for i := range 150 {
		routes = append(routes, wire.Route{Pattern: fmt.Sprintf("GET /folders/{folder}/kinds%d/{name}", i), Action: "Count"})
	}
	routes = append(routes, wire.Route{Pattern: "GET /files/{name}/parts?count", Action: "Count"})
	h := wire.As(c, c.Administrator(), "files", wire.Protocols{REST: &wire.REST{Routes: routes, Subresources: []string{"count", "size"}}})
	r := httptest.NewRequest("GET", "/files/a/parts?count", nil)
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != 200 {
			b.Fatal(w.Code, w.Body)
		}
	}
}
