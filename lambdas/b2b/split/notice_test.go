package split

import (
	"strings"
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

func TestTheServersOwnNoticeIsEnough(t *testing.T) {
	for operation, detail := range map[string]map[string]any{
		"Upload Completed": {"status-code": "COMPLETED", "file-path": "/landing/" + key, "bytes": 100, "etag": "e"},
		"Rename Completed": {"status-code": "COMPLETED", "original-file-path": "/landing/" + key + ".filepart", "renamed-file-path": "/landing/" + key},
	} {
		t.Run(operation, func(t *testing.T) {
			w := newWorld(t)
			w.objects[key+"@v1"] = batchOf(1, 0)
			w.objects[key+"@v2"] = batchOf(2, 0)
			if err := w.handler().Handle(invocation(t.Context(), "server"), serverEvent(operation, detail)); err != nil {
				t.Fatal(err)
			}
			if len(w.messages) != 2 { // the newest version's
				t.Errorf("%d messages", len(w.messages))
			}
			if err := w.handler().Handle(invocation(t.Context(), "S3"), objectCreated(key, "v2")); err != nil {
				t.Fatal(err)
			}
			if len(w.messages) != 2 || len(w.settlements) != 1 {
				t.Errorf("S3 told of the same file: %d messages, settlements %v", len(w.messages), w.settlements)
			}
		})
	}
}

func TestAnUploadThatFailedIsCountedAndNotRead(t *testing.T) {
	w := newWorld(t)
	w.objects[key+"@v1"] = batchOf(1, 0)
	if err := w.handler().Handle(invocation(t.Context(), "r"), serverEvent("Upload Failed", map[string]any{
		"status-code": "FAILED", "file-path": "/landing/" + key, "bytes": 3,
		"failure-code": "PARTIAL_UPLOAD", "failure-message": "File was partially uploaded.",
	})); err != nil {
		t.Fatal(err)
	}
	if len(w.messages) != 0 || len(w.settlements) != 0 {
		t.Errorf("%d messages, settlements %v", len(w.messages), w.settlements)
	}
	if !strings.Contains(w.metrics.String(), `"UploadsFailed":1`) {
		t.Errorf("metrics %s", w.metrics.String())
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
		for _, detailType := range []string{"Object Created", "AWS API Call via CloudTrail", "SFTP Server File Upload Completed", "Object Deleted"} {
			if err := newWorld(t).handler().Handle(invocation(t.Context(), "r"), event(detailType, e)); err == nil {
				t.Errorf("%s with detail %v is accepted", detailType, e)
			}
		}
	}
}
