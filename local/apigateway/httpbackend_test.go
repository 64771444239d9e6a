package apigateway

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// backendEcho is a web server that tells what it got.
func backendEcho(t *testing.T, status int) *httptest.Server {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("X-Back", "end")
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(map[string]any{"method": r.Method, "uri": r.RequestURI, "header": r.Header, "body": string(body)})
	}))
	t.Cleanup(server.Close)
	return server
}

func TestAnHTTPProxyPassesEverythingOn(t *testing.T) {
	server := backendEcho(t, http.StatusTeapot)
	w := start(t, Options{}, nil, orders(`"Type": "HTTP_PROXY", "IntegrationHttpMethod": "ANY", "Uri": "`+server.URL+`/back/{id}?fixed=1&x=0",
		"RequestParameters": {"integration.request.path.id": "method.request.path.id", "integration.request.header.X-Added": "context.stage"}`))
	got := w.send(t, "PATCH", "/orders/a%20b?x=1&x=2", "text", "X-Who: me", "Content-Type: text/plain")
	var echoed map[string]any
	if err := json.Unmarshal([]byte(got.body), &echoed); err != nil {
		t.Fatalf("%v in %s", err, got.body)
	}
	for path, want := range map[string]any{"method": "PATCH", "uri": "/back/a%20b?fixed=1&x=0&x=1&x=2", "body": "text"} {
		if lookup(echoed, path) != want {
			t.Errorf("%s = %v, want %v", path, lookup(echoed, path), want)
		}
	}
	header := echoed["header"].(map[string]any)
	for name, want := range map[string]string{"X-Who": "me", "X-Added": "prod", "Content-Type": "text/plain"} {
		if values, _ := header[name].([]any); len(values) != 1 || values[0] != want {
			t.Errorf("%s = %v, want %s", name, header[name], want)
		}
	}
	if got.status != http.StatusTeapot || got.header.Get("X-Back") != "end" {
		t.Errorf("got %d %v", got.status, got.header)
	}
}

func TestAnHTTPBackendGetsOnlyWhatIsMapped(t *testing.T) {
	server := backendEcho(t, http.StatusServiceUnavailable)
	w := start(t, Options{}, nil, orders(`"Type": "HTTP", "IntegrationHttpMethod": "POST", "Uri": "`+server.URL+`/back",
		"RequestParameters": {"integration.request.querystring.t": "method.request.querystring.tenant"},
		"RequestTemplates": {"application/json": "{\"id\": \"$input.params('id')\"}"},
		"IntegrationResponses": [{"StatusCode": "200"}, {"StatusCode": "500", "SelectionPattern": "5\\d{2}", "ResponseTemplates": {"application/json": "$input.json('$')"}}]`))
	got := w.send(t, "GET", "/orders/7?tenant=t&x=1", "", "X-Who: me")
	var echoed map[string]any
	if err := json.Unmarshal([]byte(got.body), &echoed); err != nil {
		t.Fatalf("%v in %s", err, got.body)
	}
	if got.status != 500 || echoed["method"] != "POST" || echoed["uri"] != "/back?t=t" || echoed["body"] != `{"id": "7"}` {
		t.Errorf("got %d %v", got.status, echoed)
	}
	for _, name := range []string{"X-Who", "Accept-Encoding"} {
		if lookup(echoed, "header."+name) != nil {
			t.Errorf("%s was sent, which is not mapped", name)
		}
	}
}

func TestAnHTTPBackendThatCannotBeReachedIsAnIntegrationFailure(t *testing.T) {
	server := backendEcho(t, 200)
	server.Close()
	w := start(t, Options{}, nil, orders(`"Type": "HTTP_PROXY", "IntegrationHttpMethod": "GET", "Uri": "`+server.URL+`"`))
	w.send(t, "GET", "/orders/7", "").expect(t, 504, `{"message":"Network error communicating with endpoint"}`)
}
