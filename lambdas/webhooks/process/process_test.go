package process

import (
	"reflect"
	"testing"

	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
)

func TestWhatASourceRedactsIsNotPassedOnAndAllElseIs(t *testing.T) {
	h := &Handler{Sources: contract.Sources{"acme": {Redact: []string{"/data/email", "/none"}}}}
	for source, want := range map[string]string{
		"acme":  `{"n": 1.10, "data":{"email":null,"id":12345678901234567890}}`,
		"other": `{"n": 1.10, "data":{"email":{"a":["x"]},"id":12345678901234567890}}`,
	} {
		in := contract.Webhook{Source: source, ID: "i", Key: "k", Type: "t", ReceivedAt: 5, Body: []byte(`{"n": 1.10, "data":{"email":{"a":["x"]},"id":12345678901234567890}}`)}
		got, err := h.Handle(t.Context(), in)
		if in.Body = []byte(want); err != nil || !reflect.DeepEqual(got, in) {
			t.Errorf("%s: %s, %v", source, got.Body, err)
		}
	}
}
