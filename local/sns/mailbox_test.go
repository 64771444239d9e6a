package sns_test

import (
	"fmt"
	"io"
	"mime"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tradepost-dev/tradepost/local/sns"
)

// mails are those of a folder, in the order of their names.
func mails(t *testing.T, folder string) (read []*mail.Message, bodies []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 || filepath.Ext(file) != ".eml" {
			t.Errorf("%s: %v, %v", file, info.Mode(), err)
		}
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m, err := mail.ReadMessage(strings.NewReader(string(content)))
		if err != nil {
			t.Fatalf("%v in %s", err, content)
		}
		body, err := io.ReadAll(m.Body)
		if err != nil {
			t.Fatal(err)
		}
		read, bodies = append(read, m), append(bodies, string(body))
	}
	return read, bodies
}

func TestAMailIsAFileInTheMailbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := filepath.Join(t.TempDir(), "mail")
		e := newEngineWith(t, sns.Options{Mailbox: folder, Localize: func(text string) string { return strings.ReplaceAll(text, "https://api.example", "http://127.0.0.1:1") }})
		e.mustCreate(t, base+subscription("Ops", "email", `"ops@example.com"`, "")+subscription("Inbox2", "sqs", inboxARN, ""))
		const link = "https://example.com/a?b=c&d=" + "e%2Fe"
		id := e.publish(t, map[string]any{"Message": "Grüße\nsee " + link + " https://api.example/v1", "Subject": "Wanted: 50 €"})
		synctest.Wait()
		got, bodies := mails(t, folder)
		if len(got) != 1 {
			t.Fatalf("%d mails", len(got))
		}
		header := func(name string) string {
			text, err := new(mime.WordDecoder).DecodeHeader(got[0].Header.Get(name))
			if err != nil {
				t.Error(err)
			}
			return text
		}
		for name, want := range map[string]string{
			"To": "ops@example.com", "From": `"News" <no-reply@sns.amazonaws.com>`, "Subject": "Wanted: 50 €", "Content-Type": "text/plain; charset=utf-8",
		} {
			if header(name) != want {
				t.Errorf("%s is %q, want %q", name, header(name), want)
			}
		}
		if raw := got[0].Header.Get("Subject"); strings.Contains(raw, "€") {
			t.Errorf("the subject is written %s", raw)
		}
		if !strings.Contains(header("Message-ID"), id) || bodies[0] != "Grüße\nsee "+link+" http://127.0.0.1:1/v1\n" {
			t.Errorf("%q, %q", header("Message-ID"), bodies[0])
		}
	})
}

func TestMailsGoByFilterAndProtocol(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		e := newEngineWith(t, sns.Options{Mailbox: folder})
		e.mustCreate(t, base+
			subscription("Ann", "email", `"ann@example.com"`, `, "FilterPolicy": {"to": ["ann@example.com"]}`)+
			subscription("Bob", "email", `"bob@example.com"`, `, "FilterPolicy": {"to": ["bob@example.com"]}`)+
			subscription("Log", "email-json", `"log@example.com"`, ""))
		e.publish(t, map[string]any{
			"Message": `{"default": "for all", "email": "for people"}`, "MessageStructure": "json",
			"MessageAttributes": map[string]any{"to": attribute("String", "bob@example.com")},
		})
		synctest.Wait()
		got, bodies := mails(t, folder)
		var summary []string
		for i, m := range got {
			text, _, _ := strings.Cut(bodies[i], ",")
			summary = append(summary, m.Header.Get("To")+" "+m.Header.Get("Subject")+" "+m.Header.Get("Content-Type")+" "+strings.TrimSpace(text))
		}
		slices.Sort(summary)
		if want := []string{
			"bob@example.com AWS Notification Message text/plain; charset=utf-8 for people",
			`log@example.com AWS Notification Message application/json; charset=utf-8 {"Type":"Notification"`,
		}; !slices.Equal(summary, want) {
			t.Errorf("mails %q", summary)
		}
	})
}

func TestASubscriberByMailIsTakenAsConfirmedWhereThereIsAMailbox(t *testing.T) {
	e := newEngineWith(t, sns.Options{Mailbox: t.TempDir()})
	e.mustCreate(t, base+subscription("Mail", "email", `"ops@example.com"`, ""))
	var out struct {
		Subscriptions []struct{ SubscriptionArn string }
	}
	if err := e.Do(t.Context(), e.Administrator(), "sns", "ListSubscriptions", map[string]string{}, &out); err != nil {
		t.Fatal(err)
	}
	if len(out.Subscriptions) != 1 || !strings.HasPrefix(out.Subscriptions[0].SubscriptionArn, topicARN+":") {
		t.Errorf("subscriptions %+v", out.Subscriptions)
	}
}

func TestAMailAddressThatIsNoneIsRefused(t *testing.T) {
	for _, address := range []string{"", "ops", "Ops <ops@example.com>", `a@b.example\r\nBcc: c@d.example`, "a@b.example, c@d.example"} {
		if _, err := newEngine(t).create(base + subscription("Mail", "email", `"`+address+`"`, "")); err == nil || !strings.Contains(err.Error(), "Invalid parameter: Email address") {
			t.Errorf("%q: error %v", address, err)
		}
	}
}

func TestAMailboxKeepsTheLastThousandMails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		write := func(name string) {
			if err := os.WriteFile(filepath.Join(folder, name), []byte("From: a\n\nold"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 1000 {
			write(fmt.Sprintf("19991231T%06d.000Z-old.eml", i))
		}
		write("0-a-note-of-mine.txt")
		e := newEngineWith(t, sns.Options{Mailbox: folder})
		e.mustCreate(t, base+subscription("Ops", "email", `"ops@example.com"`, ""))
		e.publish(t, map[string]any{"Message": "first"})
		e.publish(t, map[string]any{"Message": "second"})
		synctest.Wait()
		files, err := filepath.Glob(filepath.Join(folder, "*"))
		if err != nil || len(files) != 1001 || filepath.Base(files[0]) != "0-a-note-of-mine.txt" || filepath.Base(files[1]) != "19991231T000002.000Z-old.eml" {
			t.Errorf("%v, %d files, first %s and %s", err, len(files), files[0], files[1])
		}
		for _, file := range files[999:] {
			if content, err := os.ReadFile(file); err != nil || !strings.Contains(string(content), "To: ops@example.com") {
				t.Errorf("%s: %s, %v", file, content, err)
			}
		}
	})
}
