package console_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/console"
)

// A stack and its console, which is where the engine's own address leads a browser.
func ExampleServe() {
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	template := filepath.Join(folder, "Shop.template.json")
	if err := os.WriteFile(template, []byte(`{"Resources": {"Orders": {"Type": "AWS::SQS::Queue"}}}`), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	engine, err := local.Start(context.Background(), local.Options{Assembly: template})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer engine.Close()
	server, err := console.Serve(engine)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	visit, err := http.NewRequest(http.MethodGet, engine.URL(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	visit.Header.Set("Accept", "text/html")
	response, err := http.DefaultClient.Do(visit)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	fmt.Println(response.Status, strings.Contains(string(page), "Shop"), response.Request.URL.String() == server.URL, err)
	// Output: 200 OK true true <nil>
}
