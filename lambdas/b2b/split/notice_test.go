package split

import (
	"testing"
)

func TestOnlyFinishedFilesOfAPartnerAreSplit(t *testing.T) {
	tests := []struct {
		name, key string
		split     bool
	}{
		{"a file", "inbox/acme/orders.xml", true},
		{"a file in a folder", "inbox/acme/a/b/orders.xml", true},
		{"a file without a suffix", "inbox/acme/orders", true},
		{"a file with an odd name", "inbox/acme/ä b+c%20.part.xml", true},
		{"an upload of WinSCP", "inbox/acme/orders.xml.filepart", false},
		{"an unfinished download", "inbox/acme/orders.xml.part", false},
		{"a temporary file", "inbox/acme/orders.TMP", false},
		{"a hidden file", "inbox/acme/.orders.xml", false},
		{"a folder", "inbox/acme/a/", false},
		{"the partner's folder", "inbox/acme/", false},
		{"a file of no partner", "inbox/orders.xml", false},
		{"a file of a partner without a name", "inbox//orders.xml", false},
		{"a reply", "outbox/acme/orders.xml.reply.json", false},
		{"a file elsewhere", "x/inbox/acme/orders.xml", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.objects[test.key+"@v1"] = batchOf(1, 0)
			if err := w.handler().Handle(invocation(t.Context(), "r"), objectCreated(test.key, "v1")); err != nil {
				t.Fatal(err)
			}
			if got := len(w.messages) == 1; got != test.split {
				t.Errorf("split: %v", got)
			}
		})
	}
}

func TestACallThatFailedIsNoUpload(t *testing.T) {
	w := newWorld(t)
	w.objects[key+"@v1"] = batchOf(1, 0)
	if err := w.handler().Handle(invocation(t.Context(), "r"), cloudTrail(key, "", "AccessDenied")); err != nil || len(w.messages) != 0 {
		t.Errorf("%v, %d messages", err, len(w.messages))
	}
}

func TestAFileThatIsGoneIsForgotten(t *testing.T) {
	w := newWorld(t)
	if err := w.handler().Handle(invocation(t.Context(), "r"), cloudTrail(key, "", "")); err != nil || len(w.settlements) != 0 {
		t.Errorf("%v, settlements %v", err, w.settlements)
	}
}

func TestAnUnknownEventIsAnError(t *testing.T) {
	for _, e := range []any{map[string]any{}, "text", nil} {
		for _, detailType := range []string{"Object Created", "AWS API Call via CloudTrail", "Object Deleted"} {
			if err := newWorld(t).handler().Handle(invocation(t.Context(), "r"), event(detailType, e)); err == nil {
				t.Errorf("%s with detail %v is accepted", detailType, e)
			}
		}
	}
}
