package console_test

// This file adds a section to the console, as an application does.

import (
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tradepost-dev/tradepost/local/console"
)

// shop is a section with a page, an action and a file.
func shop(sold *int) console.Section {
	return console.Section{
		Path: "/shop", Title: "The shop",
		Templates: fstest.MapFS{"shop.html": {Data: []byte(`{{template "head" .}}<p>{{loud .Data}}</p>{{template "foot" .}}`)}},
		Functions: map[string]any{"loud": strings.ToUpper},
		Done:      map[string]string{"sold": "It is sold."},
		Serve: func(mux *http.ServeMux, pages *console.Pages) {
			mux.Handle("GET /shop", pages.Page(func(*http.Request) (console.View, error) {
				return console.View{Title: "Goods", Template: "shop.html", Data: "<tea>"}, nil
			}))
			mux.Handle("GET /shop/{good}", pages.Page(func(r *http.Request) (console.View, error) {
				return console.View{}, console.Refuse("There is no %s.", r.PathValue("good"))
			}))
			mux.Handle("POST /shop", pages.Action(func(r *http.Request) (string, error) {
				*sold++
				return "/shop?done=sold", nil
			}))
			mux.Handle("GET /shop/static/", http.StripPrefix("/shop/static/", http.FileServerFS(fs.FS(fstest.MapFS{"shop.css": {Data: []byte("p { color: red }")}}))))
		},
	}
}

func TestASectionsPagesAreTheConsolesInLooksAndManners(t *testing.T) {
	sold := 0
	handler := console.New(console.Options{AWS: aws.Config{Region: "us-east-1"}, Sections: []console.Section{shop(&sold)}})
	for _, test := range []struct {
		name, method, path, site string
		status                   int
		has                      []string
	}{
		{"its page", "GET", "/shop", "", http.StatusOK, []string{`<a href="/queues">Queues</a>`, `<a href="/shop" aria-current="page">The shop</a>`, "<h1>Goods</h1>", "<p>&lt;TEA&gt;</p>"}},
		{"what was done", "GET", "/shop?done=sold", "", http.StatusOK, []string{`role="status">It is sold.</p>`}},
		{"words of others", "GET", "/shop?done=purged", "", http.StatusOK, []string{"<h1>Goods</h1>\n\n"}},
		{"a fault", "GET", "/shop/milk", "", http.StatusBadRequest, []string{`<a href="/shop" aria-current="true">`, `role="alert">There is no milk.</p>`}},
		{"its file", "GET", "/shop/static/shop.css", "", http.StatusOK, []string{"color: red"}},
		{"the way there from another page", "GET", "/none", "", http.StatusNotFound, []string{`<a href="/shop">The shop</a>`}},
		{"an action", "POST", "/shop", "same-origin", http.StatusSeeOther, nil},
		{"an action of another page", "POST", "/shop", "cross-site", http.StatusForbidden, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest(test.method, "http://127.0.0.1"+test.path, nil)
			r.Header.Set("Sec-Fetch-Site", test.site)
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			body, err := io.ReadAll(w.Result().Body)
			if err != nil || w.Code != test.status || !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
				t.Errorf("%d, %v, %v", w.Code, w.Header(), err)
			}
			for _, part := range test.has {
				if !strings.Contains(string(body), part) {
					t.Errorf("it has no %q:\n%s", part, body)
				}
			}
		})
	}
	if sold != 1 {
		t.Errorf("it is sold %d times", sold)
	}
}
