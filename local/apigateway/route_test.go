package apigateway

import (
	"maps"
	"strings"
	"testing"
)

func TestTheMostSpecificResourceServesAPath(t *testing.T) {
	tree := &node{}
	for _, path := range []string{
		"/", "/orders", "/orders/{id}", "/orders/new", "/orders/{id}/lines/{line}", "/orders/new/draft",
		"/files/{proxy+}", "/{any}/lines", "/{rest+}",
	} {
		for _, httpMethod := range []string{"GET", "ANY"} {
			if err := tree.insert(&method{resource: &resource{path: path}, httpMethod: httpMethod}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for path, row := range map[string]struct {
		resource   string
		parameters map[string]string
	}{
		"/":                       {"/", nil},
		"":                        {"/", nil},
		"/orders":                 {"/orders", nil},
		"/orders/":                {"/orders", nil},
		"/orders/new":             {"/orders/new", nil},
		"/orders/n%65w":           {"/orders/new", nil},
		"/orders/7":               {"/orders/{id}", map[string]string{"id": "7"}},
		"/orders/a%2Fb%20c":       {"/orders/{id}", map[string]string{"id": "a%2Fb%20c"}},
		"/orders/7/lines/8":       {"/orders/{id}/lines/{line}", map[string]string{"id": "7", "line": "8"}},
		"/orders/new/lines/8":     {"/orders/{id}/lines/{line}", map[string]string{"id": "new", "line": "8"}},
		"/files/a/b/c":            {"/files/{proxy+}", map[string]string{"proxy": "a/b/c"}},
		"/files":                  {"/{rest+}", map[string]string{"rest": "files"}},
		"/other/lines":            {"/{any}/lines", map[string]string{"any": "other"}},
		"/other":                  {"/{rest+}", map[string]string{"rest": "other"}},
		"/orders/7/lines":         {"/{rest+}", map[string]string{"rest": "orders/7/lines"}},
		"/orders/new/draft/final": {"/{rest+}", map[string]string{"rest": "orders/new/draft/final"}},
	} {
		got, ok := tree.match("GET", path)
		if !ok {
			t.Errorf("%s matches nothing", path)
			continue
		}
		if got.method.resource.path != row.resource || !maps.Equal(got.parameters, row.parameters) {
			t.Errorf("%s matches %s with %v, want %s with %v", path, got.method.resource.path, got.parameters, row.resource, row.parameters)
		}
	}
}

func TestAnExactMethodGoesBeforeAny(t *testing.T) {
	tree := &node{}
	for _, httpMethod := range []string{"GET", "ANY"} {
		if err := tree.insert(&method{resource: &resource{path: "/"}, httpMethod: httpMethod}); err != nil {
			t.Fatal(err)
		}
	}
	for asked, want := range map[string]string{"GET": "GET", "PATCH": "ANY"} {
		if got, _ := tree.match(asked, "/"); got.method.httpMethod != want {
			t.Errorf("%s is served by %s, want %s", asked, got.method.httpMethod, want)
		}
	}
}

func TestAResourceWithoutTheMethodLeavesARequestToTheNextOne(t *testing.T) {
	tree := &node{}
	for path, httpMethod := range map[string]string{"/test": "POST", "/test/any": "ANY", "/{proxy+}": "OPTIONS"} {
		if err := tree.insert(&method{resource: &resource{path: path}, httpMethod: httpMethod}); err != nil {
			t.Fatal(err)
		}
	}
	for _, row := range []struct{ method, path, want, proxy string }{
		{"POST", "/test", "/test", ""},
		{"OPTIONS", "/test", "/{proxy+}", "test"},
		{"OPTIONS", "/test/any", "/test/any", ""},
		{"OPTIONS", "/test/other", "/{proxy+}", "test/other"},
	} {
		if got, ok := tree.match(row.method, row.path); !ok || got.method.resource.path != row.want || got.parameters["proxy"] != row.proxy {
			t.Errorf("%s %s: %+v, want %s", row.method, row.path, got, row.want)
		}
	}
	if got, ok := tree.match("GET", "/test"); ok {
		t.Errorf("GET is served by %s", got.method.resource.path)
	}
}

func TestSeveralSlashesAroundAStageAreOne(t *testing.T) {
	w := start(t, Options{}, nil, orders(`"Type": "MOCK", "RequestTemplates": {"application/json": "{\"statusCode\": 200}"},
		"IntegrationResponses": [{"StatusCode": "200", "ResponseTemplates": {"application/json": "$context.path"}}]`))
	address := strings.TrimSuffix(w.endpoint(), "/prod")
	for path, told := range map[string]string{"/prod/orders/7": "/prod/orders/7", "//prod/orders/7": "/prod/orders/7", "/prod//orders/7": "/prod//orders/7"} {
		w.sendTo(t, "GET", address+path, "").expect(t, 200, told)
	}
}

func TestAnAsteriskOnTheLeftIsNoBinaryType(t *testing.T) {
	for declared, want := range map[string]bool{"*/*": true, "image/*": true, "image/png": true, "*/png": false} {
		if got := matchesMedia([]string{declared}, "image/png"); got != want {
			t.Errorf("%s: %t", declared, got)
		}
	}
	if matchesMedia([]string{"*/test"}, "*/test") {
		t.Error("*/test is its own type")
	}
}

func TestSiblingParametersMustHaveOneName(t *testing.T) {
	tree := &node{}
	if err := tree.insert(&method{resource: &resource{path: "/{a}"}, httpMethod: "GET"}); err != nil {
		t.Fatal(err)
	}
	if err := tree.insert(&method{resource: &resource{path: "/{b}/c"}, httpMethod: "GET"}); err == nil {
		t.Error("two names for one segment were accepted")
	}
}
