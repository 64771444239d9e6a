package console_test

// This file is what other pages may not do.

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/tradepost-dev/tradepost/internal/browser"
	"github.com/tradepost-dev/tradepost/local/console"
)

func TestTheConsoleAnswersOnThisMachinesNamesOnly(t *testing.T) {
	d := open(t)
	for host, want := range map[string]int{
		"":                         http.StatusOK, // as it is
		"localhost":                http.StatusOK,
		"localhost:8080":           http.StatusOK,
		"[::1]:8080":               http.StatusOK,
		"example.com":              http.StatusMisdirectedRequest,
		"localhost.example.com:80": http.StatusMisdirectedRequest,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if response.StatusCode != want || strings.Contains(string(body), "Market") != (want == http.StatusOK) {
			t.Errorf("as %q: %s", host, response.Status)
		}
		if policy := response.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") {
			t.Errorf("as %q: the policy is %q", host, policy)
		}
	}
}

// hostile is a page that a user happens to visit. It tries to see the console, to act
// by a request of its own and by one of the engine's API, and to act by a form.
const hostile = `<!doctype html><title>Kittens</title><body>
<form method="post" action="%[1]s/stop"><button>More kittens</button></form>
<iframe src="%[1]s"></iframe>
<script>
addEventListener("load", async () => {
	const tries = await Promise.allSettled([
		fetch("%[1]s").then(r => r.text()),
		fetch("%[1]s/stop", {method: "POST"}).then(r => r.text()),
		fetch("%[2]s", {method: "POST", body: "Action=ListQueues"}).then(r => r.text()),
	]);
	await fetch("%[1]s/stop", {method: "POST", mode: "no-cors"}).catch(() => {});
	navigator.sendBeacon("%[1]s/stop");
	const heard = (make, well, ill) => new Promise(resolve => { const o = make(); o[well] = () => resolve("heard"); o[ill] = () => resolve("") });
	tries.push({value: await heard(() => new EventSource("%[1]s"), "onopen", "onerror")});
	tries.push({value: await heard(() => new WebSocket("%[1]s".replace("http", "ws")), "onopen", "onerror")});
	for (const [tag, address] of [["script", "/static/console.js"], ["img", "/"], ["link", "/static/console.css"]]) {
		tries.push({value: await heard(() => {
			const e = document.createElement(tag);
			e.rel = "stylesheet";
			e[tag === "link" ? "href" : "src"] = new URL(address, "%[1]s");
			document.body.append(e);
			return e;
		}, "onload", "onerror")});
	}
	const frame = document.querySelector("iframe");
	let framed = "";
	try { framed = frame.contentDocument && frame.contentDocument.body.innerText || "" } catch (e) {}
	document.title = JSON.stringify([tries.map(t => t.value || ""), framed]);
});
</script>`

func TestAPageFromElsewhereCanNeitherSeeNorDoAnything(t *testing.T) {
	d := open(t)
	d.start(t, "Waits", "mine", "{}")
	query := url.Values{"AWSAccessKeyId": {"x"}, "Signature": {"x"}, "Expires": {"9999999999"}}
	page := fmt.Sprintf(hostile, d.execution("Waits", "mine"), d.engine.URL()+"/?"+query.Encode())
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, page) }))
	defer elsewhere.Close()
	tab := browser.Start(t).Tab(t)
	tab.Open(elsewhere.URL)
	tab.Wait(`document.title != "Kittens"`)
	if title := tab.Run("document.title"); title != `[["","","","","","","",""],""]` {
		t.Errorf("the page has seen %s", title)
	}
	if status := tab.Submit("More kittens"); status != http.StatusForbidden {
		t.Errorf("its form is answered with %d:\n%s", status, tab.Text())
	}
	d.status(t, "Waits", "mine", types.ExecutionStatusRunning)
}

// Whatever a browser says of who asks, only links of others come here.
func TestAPageFromElsewhereCanOnlyLeadHere(t *testing.T) {
	handler := console.New(console.Options{AWS: aws.Config{Region: "us-east-1"}})
	for _, row := range []struct {
		method, site, mode, dest string
		status                   int
	}{
		{"GET", "", "", "", http.StatusOK}, // no browser
		{"GET", "none", "navigate", "document", http.StatusOK},
		{"GET", "same-origin", "cors", "empty", http.StatusOK},
		{"GET", "cross-site", "navigate", "document", http.StatusOK},
		{"GET", "same-site", "navigate", "document", http.StatusOK},
		{"GET", "cross-site", "navigate", "iframe", http.StatusForbidden},
		{"GET", "cross-site", "navigate", "object", http.StatusForbidden},
		{"GET", "cross-site", "no-cors", "image", http.StatusForbidden},
		{"GET", "cross-site", "no-cors", "script", http.StatusForbidden},
		{"GET", "cross-site", "cors", "empty", http.StatusForbidden},
		{"GET", "same-site", "cors", "empty", http.StatusForbidden},
		{"GET", "cross-site", "websocket", "websocket", http.StatusForbidden},
		{"HEAD", "cross-site", "cors", "empty", http.StatusForbidden},
		{"POST", "cross-site", "navigate", "document", http.StatusForbidden},
	} {
		r := httptest.NewRequest(row.method, "http://127.0.0.1/static/console.css", nil)
		for name, value := range map[string]string{"Sec-Fetch-Site": row.site, "Sec-Fetch-Mode": row.mode, "Sec-Fetch-Dest": row.dest} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != row.status {
			t.Errorf("%+v is answered with %d", row, w.Code)
		}
	}
}
