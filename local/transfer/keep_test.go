// What is there stays, unless a client says otherwise.

package transfer_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pkg/sftp"
)

const (
	read    = os.O_RDWR
	write   = os.O_WRONLY
	create  = os.O_WRONLY | os.O_CREATE
	cut     = os.O_WRONLY | os.O_TRUNC
	claimed = os.O_WRONLY | os.O_CREATE | os.O_EXCL
)

func TestOpeningAFileKeepsWhatIsThere(t *testing.T) {
	for _, row := range []struct {
		name    string
		there   string // "" for no file
		flags   int
		write   string
		want    string // "absent" for no file
		refused bool   // somewhere between the opening and the end
	}{
		{name: "open and close", there: "old", flags: write, want: "old"},
		{name: "open with CREAT and close", there: "old", flags: create, want: "old"},
		{name: "the same bytes", there: "old", flags: create, write: "new", want: "new"},
		{name: "more bytes", there: "old", flags: write, write: "newer", want: "newer"},
		{name: "fewer bytes, whose rest S3 cannot keep", there: "old", flags: write, write: "ne", want: "old", refused: true},
		{name: "open with TRUNC and close", there: "old", flags: cut, want: ""},
		{name: "TRUNC and fewer bytes", there: "old", flags: cut, write: "n", want: "n"},
		{name: "CREAT, TRUNC and fewer bytes", there: "old", flags: writeNew, write: "n", want: "n"},
		{name: "EXCL", there: "old", flags: claimed, write: "new", want: "old", refused: true},
		{name: "reading and writing", there: "old", flags: read, write: "new", want: "old", refused: true},
		{name: "no CREAT", flags: write, write: "new", want: "absent", refused: true},
		{name: "TRUNC without CREAT", flags: cut, write: "new", want: "absent", refused: true},
		{name: "CREAT and close", flags: create, want: ""},
		{name: "EXCL of what is not there", flags: claimed, write: "new", want: "new"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t, "DEFAULT")
			if row.there != "" {
				w.put(t, "inbox/acme/f", row.there)
			}
			c, _ := w.sftp(t, "acme")
			if err := writeText(c, "/inbox/f", row.flags, row.write); (err != nil) != row.refused {
				t.Errorf("got %v", err)
			}
			got, o := w.object(t, "inbox/acme/f")
			if o == nil {
				got = "absent"
			}
			if got != row.want {
				t.Errorf("the file is %q, want %q", got, row.want)
			}
		})
	}
}

// writeText opens a file, writes the text if there is any, and closes it.
func writeText(c *sftp.Client, path string, flags int, text string) error {
	f, err := c.OpenFile(path, flags)
	if err != nil {
		return err
	}
	if text != "" {
		_, err = f.Write([]byte(text))
	}
	return errors.Join(err, f.Close())
}

func TestOpeningWithoutCREATSaysThatThereIsNoSuchFile(t *testing.T) {
	w := newWorld(t, "DEFAULT")
	c, _ := w.sftp(t, "acme")
	if _, err := c.OpenFile("/inbox/f", write); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestAFileThatCameMeanwhileIsNotReplaced(t *testing.T) {
	for name, flags := range map[string]int{"CREAT": create, "EXCL": claimed} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "DEFAULT")
			c, _ := w.sftp(t, "acme")
			f, err := c.OpenFile("/inbox/f", flags)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.Write([]byte("mine")); err != nil {
				t.Fatal(err)
			}
			w.put(t, "inbox/acme/f", "theirs")
			if err := f.Close(); err == nil {
				t.Error("no error")
			}
			if got, _ := w.object(t, "inbox/acme/f"); got != "theirs" {
				t.Errorf("the file became %q", got)
			}
		})
	}
}

func TestAConnectionThatBreaksBeforeAByteCameCutsNothingOff(t *testing.T) {
	w := newWorld(t, "DEFAULT")
	w.put(t, "inbox/acme/f", "old")
	c, conn := w.sftp(t, "acme")
	if _, err := c.OpenFile("/inbox/f", writeNew); err != nil {
		t.Fatal(err)
	}
	conn.Close()
	w.cloud.Close() // ends when the connection's work has ended
	if got, _ := w.object(t, "inbox/acme/f"); got != "old" {
		t.Errorf("the file became %q", got)
	}
}

func TestAResumedUploadKeepsWhatIsThere(t *testing.T) {
	whole := bytes.Repeat([]byte("0123456789"), 20_000)
	for name, c := range clients() {
		t.Run(name+" of a whole file", func(t *testing.T) {
			w := newWorld(t, "DEFAULT")
			local := filepath.Join(t.TempDir(), "f")
			if err := os.WriteFile(local, whole, 0o600); err != nil {
				t.Fatal(err)
			}
			w.put(t, "inbox/acme/f", string(whole))
			c.resume(t, w, "acme", local, "/inbox/f") // clients differ in whether they complain
			if got, _ := w.object(t, "inbox/acme/f"); got != string(whole) {
				t.Errorf("%d bytes of %d are left", len(got), len(whole))
			}
		})
		t.Run(name+" of a part", func(t *testing.T) {
			w := newWorld(t, "DEFAULT")
			local := filepath.Join(t.TempDir(), "f")
			if err := os.WriteFile(local, whole, 0o600); err != nil {
				t.Fatal(err)
			}
			part := string(whole[:100_000])
			w.put(t, "inbox/acme/f", part)
			err := c.resume(t, w, "acme", local, "/inbox/f")
			if err == nil || !strings.Contains(strings.ToLower(err.Error()), "unsupported") {
				t.Errorf("the client is told %v", err)
			}
			if got, _ := w.object(t, "inbox/acme/f"); got != part {
				t.Errorf("%d bytes of %d are left", len(got), len(part))
			}
		})
	}
}
