// The events of Transfer Family.

package transfer_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// heard returns the events of Transfer Family.
func (w *world) heard() []cloud.Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	var heard []cloud.Event
	for _, e := range w.events {
		if e.Source == "aws.transfer" {
			heard = append(heard, e)
		}
	}
	return heard
}

// members returns the members of an event's detail, and checks those that are
// the same in all or that time decides.
func members(t *testing.T, w *world, e cloud.Event) string {
	t.Helper()
	var detail map[string]any
	if err := json.Unmarshal(e.Detail, &detail); err != nil {
		t.Fatal(err)
	}
	server := w.endpoint.ServerID
	if want := []string{"arn:aws:transfer:eu-central-1:111122223333:server/" + server}; !slices.Equal(e.Resources, want) {
		t.Errorf("resources %q", e.Resources)
	}
	for name, want := range map[string]any{"protocol": "SFTP", "client-ip": "127.0.0.1", "server-id": server, "username": "acme"} {
		if detail[name] != want {
			t.Errorf("%s: %v", name, detail[name])
		}
		delete(detail, name)
	}
	var times []time.Time
	for _, name := range []string{"start-timestamp", "end-timestamp"} {
		text, _ := detail[name].(string)
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		times = append(times, at)
		delete(detail, name)
	}
	if times[1].Before(times[0]) || time.Since(times[0]) > time.Hour || !e.Time.Equal(times[1].Truncate(time.Second)) {
		t.Errorf("from %v to %v, at %v", times[0], times[1], e.Time)
	}
	if len(e.ID) != 36 || e.Version != "0" || e.Account != "111122223333" || e.Region != "eu-central-1" {
		t.Errorf("event %+v", e)
	}
	if id, _ := detail["session-id"].(string); len(id) != 16 {
		t.Errorf("session-id %q", id)
	}
	delete(detail, "session-id")
	raw, err := json.Marshal(detail) // in the order of names
	if err != nil {
		t.Fatal(err)
	}
	return e.DetailType + " " + string(raw)
}

func TestOperationsAreToldToEventBridge(t *testing.T) {
	w := newWorld(t, "DEFAULT")
	c, _ := w.sftp(t, "acme")
	check := func(what string, err error, want ...string) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		var got []string
		for _, e := range w.heard() {
			got = append(got, members(t, w, e))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\ngot  %s\nwant %s", what, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
		}
		w.mu.Lock()
		w.events = nil
		w.mu.Unlock()
	}
	const abc = `"900150983cd24fb0d6963f7d28e17f72"`
	check("upload", writeText(c, "/inbox/f", writeNew, "abc"),
		`SFTP Server File Upload Completed {"bytes":3,"etag":`+abc+`,"file-path":"/landing/inbox/acme/f","status-code":"COMPLETED"}`)
	check("close without a write", writeText(c, "/inbox/f", write, ""))

	f, err := c.Open("/inbox/f")
	if err == nil {
		_, err = f.WriteTo(&strings.Builder{})
		f.Close()
	}
	check("download", err, `SFTP Server File Download Completed {"bytes":3,"etag":`+abc+`,"file-path":"/landing/inbox/acme/f","status-code":"COMPLETED"}`)
	if f, err = c.Open("/inbox/f"); err == nil {
		_, err = f.ReadAt(make([]byte, 2), 0)
		f.Close()
	}
	check("a part of a download", err, `SFTP Server File Download Failed {"bytes":2,"etag":`+abc+`,"failure-code":"PARTIAL_DOWNLOAD","failure-message":"File was partially downloaded.","file-path":"/landing/inbox/acme/f","status-code":"FAILED"}`)

	check("rename", c.Rename("/inbox/f", "/inbox/g"),
		`SFTP Server File Rename Completed {"original-file-path":"/landing/inbox/acme/f","renamed-file-path":"/landing/inbox/acme/g","status-code":"COMPLETED"}`)
	check("remove", c.Remove("/inbox/g"), `SFTP Server File Delete Completed {"file-path":"/landing/inbox/acme/g","status-code":"COMPLETED"}`)
	check("mkdir", c.Mkdir("/inbox/d"), `SFTP Server Directory Create Completed {"directory-path":"/landing/inbox/acme/d","status-code":"COMPLETED"}`)
	check("rmdir", c.RemoveDirectory("/inbox/d"), `SFTP Server Directory Delete Completed {"directory-path":"/landing/inbox/acme/d","status-code":"COMPLETED"}`)
}

func TestWhatFailsIsToldToEventBridge(t *testing.T) {
	w := newWorld(t, "DEFAULT")
	w.put(t, "inbox/acme/f", "old")
	w.put(t, "outbox/acme/f", "reply")
	c, _ := w.sftp(t, "acme")
	for want, err := range map[string]error{
		"SFTP Server File Upload Failed":      writeText(c, "/inbox/f", write, "n"),
		"SFTP Server File Rename Failed":      c.Rename("/inbox/absent", "/inbox/g"),
		"SFTP Server File Delete Failed":      c.Remove("/outbox/f"),
		"SFTP Server Directory Create Failed": c.Mkdir("/outbox/d"),
		"SFTP Server Directory Delete Failed": c.RemoveDirectory("/inbox/absent"),
	} {
		if err == nil {
			t.Errorf("%s: it succeeded", want)
		}
		i := slices.IndexFunc(w.heard(), func(e cloud.Event) bool { return e.DetailType == want })
		if i < 0 {
			t.Errorf("%s was not told", want)
			continue
		}
		if got := members(t, w, w.heard()[i]); !strings.Contains(got, `"failure-code":"UNKNOWN_ERROR"`) || !strings.Contains(got, `"failure-message":"`) || !strings.Contains(got, `"status-code":"FAILED"`) {
			t.Errorf("got %s", got)
		}
	}
}

func TestAnUploadBrokenOffIsToldAsPartial(t *testing.T) {
	for _, text := range []string{"", "abc"} {
		t.Run(fmt.Sprint(len(text), " bytes"), func(t *testing.T) {
			w := newWorld(t, "DEFAULT")
			c, conn := w.sftp(t, "acme")
			f, err := c.OpenFile("/inbox/f", writeNew)
			if err != nil {
				t.Fatal(err)
			}
			if text != "" {
				if _, err := f.Write([]byte(text)); err != nil {
					t.Fatal(err)
				}
			}
			conn.Close()
			w.cloud.Close() // ends when the connection's work has ended
			if len(w.heard()) != 1 {
				t.Fatalf("events %v", w.heard())
			}
			got := members(t, w, w.heard()[0])
			for _, want := range []string{
				"SFTP Server File Upload Failed ", fmt.Sprintf(`"bytes":%d,`, len(text)), `"failure-code":"PARTIAL_UPLOAD"`,
				`"failure-message":"File was partially uploaded."`, `"file-path":"/landing/inbox/acme/f"`, `"status-code":"FAILED"`,
			} {
				if !strings.Contains(got, want) {
					t.Errorf("got %s\nwant %s", got, want)
				}
			}
		})
	}
}
