package sns_test

// This file calls the service with forms that no SDK sends.

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/wire"
)

func TestTheQueryProtocolNamesItsFailures(t *testing.T) {
	e := newEngine(t)
	for _, test := range []struct{ name, form, want string }{
		{"an unknown action", "Action=Shout", "InvalidAction"},
		{"no action", "Message=m", "InvalidAction"},
		{"a list in the place of a text", "Action=Publish&Message.member.1=m", "MalformedInput"},
		{"a member in another case", "Action=Publish&topicArn=" + topicARN, "MalformedInput"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(test.form))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			wire.As(e.Cloud, e.Administrator(), "sns", e.sns.Protocols()).ServeHTTP(w, r)
			if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "<Code>"+test.want+"</Code>") {
				t.Errorf("got %d %s, want 400 %s", w.Code, w.Body, test.want)
			}
		})
	}
}
