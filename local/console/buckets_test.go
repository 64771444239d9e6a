package console_test

// This file uses the pages of buckets as a person does.

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tradepost-dev/tradepost/internal/browser"
)

// hostileObject would act in the console's name if it were shown as a page.
const hostileObject = `<!doctype html><title>x</title><script>document.title = "run"; fetch("/queues/orders/purge", {method: "POST"})</script>`

func (d *desk) objects() *s3.Client {
	return s3.NewFromConfig(d.aws, func(o *s3.Options) { o.UsePathStyle = true })
}

func (d *desk) putObject(t *testing.T, key, kind, content string) {
	t.Helper()
	if _, err := d.objects().PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("landing"), Key: &key, ContentType: &kind, Body: strings.NewReader(content)}); err != nil {
		t.Fatal(err)
	}
}

func buckets(t *testing.T, d *desk, tab *browser.Tab) {
	for i := range 60 {
		d.putObject(t, fmt.Sprintf("inbox/acme/%02d.txt", i), "text/plain", "x")
	}
	d.putObject(t, "inbox/page.html", "text/html", "first")
	d.putObject(t, "inbox/page.html", "text/html", hostileObject)
	d.putObject(t, "inbox/picture", "image/png", "\x89PNG\x00\x01")
	tab.Open(d.url + "buckets")
	tab.Follow("landing")
	tab.Shows("Versioning: Enabled", "inbox/", "folder")
	tab.Follow("inbox/")
	tab.Shows("acme/", "folder", "page.html", "picture")
	tab.Follow("acme/")
	tab.Shows("00.txt", "49.txt", "Go on")
	tab.Follow("Go on")
	tab.Shows("50.txt", "59.txt")

	tab.Open(d.url + "buckets/landing?prefix=inbox/p")
	tab.Follow("page.html")
	tab.Shows("text/html", "Content", "<!doctype html>", "Versions", "latest")
	if title := tab.Run("document.title"); title != "inbox/page.html - console" {
		t.Errorf("the page has the title %q", title)
	}
	tab.Readable()
	tab.Document("object", 1250)
	tab.Open(tab.Run(`document.querySelectorAll("tbody a")[1].href`)) // the version before
	tab.Shows("Content", "first", "Versions")
	tab.Open(d.url + "buckets/landing/object?key=inbox/picture")
	tab.Shows("image/png", "It is no text.")
	if status := tab.Open(d.url + "buckets/landing/object?key=none"); status != http.StatusNotFound {
		t.Errorf("an object that is not there is answered with %d", status)
	}

	file := filepath.Join(t.TempDir(), "order.json")
	if err := os.WriteFile(file, []byte(`{"n": 1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	tab.Open(d.url + "buckets/landing?prefix=outbox/")
	tab.Attach("File", file)
	tab.Submit("Upload")
	tab.Shows("outbox/order.json", "The file is uploaded.", "application/json", `"n": 1`)
	if _, err := d.objects().DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("landing"), Key: aws.String("outbox/order.json")}); err != nil {
		t.Fatal(err)
	}
	tab.Open(d.url + "buckets/landing/object?key=outbox/order.json")
	tab.Shows("It is deleted.", "deleted latest", "8")
}

func TestWhatAnObjectHasIsAFileAndNoPage(t *testing.T) {
	d := open(t)
	for _, key := range []string{"page.html", "folder/", "a\nb\".html"} {
		d.putObject(t, key, "text/html", hostileObject)
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.url+"buckets/landing/download", nil)
		if err != nil {
			t.Fatal(err)
		}
		query := request.URL.Query()
		query.Set("key", key)
		request.URL.RawQuery = query.Encode()
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || string(content) != hostileObject {
			t.Errorf("%q: %s, %v, %q", key, response.Status, err, content)
		}
		for name, want := range map[string]string{
			"Content-Type": "application/octet-stream", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'",
		} {
			if got := response.Header.Get(name); got != want {
				t.Errorf("%q: %s is %q", key, name, got)
			}
		}
		if got := response.Header.Get("Content-Disposition"); !strings.HasPrefix(got, "attachment") {
			t.Errorf("%q: Content-Disposition is %q", key, got)
		}
	}
}
