package transfer

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/pkg/sftp"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/s3"
)

// landing is a bucket of that name.
func landing(t *testing.T) (*cloud.Cloud, *s3.Client) {
	t.Helper()
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-central-1"})
	objects := s3.New(c, s3.Options{Dir: t.TempDir()})
	if err := objects.CreateBucket("landing", s3.BucketOptions{}); err != nil {
		t.Fatal(err)
	}
	return c, objects.As(c.Administrator(), s3.Origin{})
}

func TestChunksOutOfOrderMakeTheFile(t *testing.T) {
	c, client := landing(t)
	const chunk, window = 30_000, 64 // parts end within chunks
	body := make([]byte, 17<<20+123)
	for i := range body {
		body[i] = byte(rand.Uint32())
	}
	var offsets []int64
	for at := 0; at < len(body); at += chunk {
		offsets = append(offsets, int64(at))
	}
	for start := 0; start < len(offsets); start += window {
		part := offsets[start:min(len(offsets), start+window)]
		rand.Shuffle(len(part), func(i, j int) { part[i], part[j] = part[j], part[i] })
	}
	u := &upload{s3: client, session: &session{cloud: c}, bucket: "landing", key: "k"}
	for _, at := range offsets {
		p := bytes.Clone(body[at:min(int64(len(body)), at+chunk)])
		if _, err := u.WriteAt(p, at); err != nil {
			t.Fatal(err)
		}
		clear(p) // the caller may use it again
		if u.buffer.Len() > partSize || u.held > maxAhead {
			t.Fatalf("%d and %d bytes are held", u.buffer.Len(), u.held)
		}
	}
	if u.held != 0 || len(u.ahead) != 0 {
		t.Errorf("%d bytes are held of chunks that were taken", u.held)
	}
	if err := u.Close(); err != nil {
		t.Fatal(err)
	}
	o, err := client.Get(t.Context(), "landing", "k", "")
	if err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(body))
	if _, err := o.Body.ReadAt(got, 0); err != nil || !bytes.Equal(got, body) || o.Size != int64(len(body)) || o.Parts != 3 {
		t.Errorf("object of %d bytes and %d parts differs from the file's %d: %v", o.Size, o.Parts, len(body), err)
	}
}

func TestAFileThatStartsTooFarAheadIsRefusedBeforeItFillsTheMemory(t *testing.T) {
	u := &upload{}
	chunk := make([]byte, 1<<20)
	var err error
	for i := int64(1); err == nil; i++ {
		if i > maxAhead>>20+1 {
			t.Fatalf("%d MiB were held", i)
		}
		_, err = u.WriteAt(chunk, i<<20)
	}
}

// fill writes so many bytes from the start on, in chunks.
func (u *upload) fill(t *testing.T, size int) {
	t.Helper()
	chunk := bytes.Repeat([]byte("x"), 1<<20)
	for at := 0; at < size; at += len(chunk) {
		if _, err := u.WriteAt(chunk[:min(len(chunk), size-at)], int64(at)); err != nil {
			t.Fatal(err)
		}
	}
}

// Below partSize a file is put at once, beyond it in parts.
var sizes = map[string]int{"small": 100, "in parts": partSize + 1}

func TestWhatOthersWroteMeanwhileIsNotReplaced(t *testing.T) {
	for name, size := range sizes {
		for _, before := range []string{"", "old"} {
			t.Run(name+" over "+before, func(t *testing.T) {
				c, client := landing(t)
				put := func(body string) {
					t.Helper()
					if _, err := client.Put(t.Context(), s3.PutInput{Bucket: "landing", Key: "k", Body: strings.NewReader(body)}); err != nil {
						t.Fatal(err)
					}
				}
				if before != "" {
					put(before)
				}
				u := &upload{s3: client, session: &session{cloud: c}, bucket: "landing", key: "k"}
				if err := u.open(t.Context(), sftp.FileOpenFlags{Write: true, Creat: true}); err != nil {
					t.Fatal(err)
				}
				u.fill(t, size)
				put("theirs")
				if err := u.Close(); err == nil {
					t.Error("no error")
				}
				o, err := client.Get(t.Context(), "landing", "k", "")
				if err != nil || o.Size != int64(len("theirs")) {
					t.Errorf("the object is %+v, %v", o, err)
				}
				if left, err := client.ListUploads(t.Context(), "landing", ""); err != nil || len(left) > 0 {
					t.Errorf("%d uploads are left, %v", len(left), err)
				}
			})
		}
	}
}

func TestAFileWithAGapLeavesNothing(t *testing.T) {
	for name, size := range sizes {
		t.Run(name, func(t *testing.T) {
			c, client := landing(t)
			u := &upload{s3: client, session: &session{cloud: c}, bucket: "landing", key: "k", creates: true}
			u.fill(t, size)
			if _, err := u.WriteAt([]byte("beyond"), int64(size)+1); err != nil {
				t.Fatal(err)
			}
			if err := u.Close(); err == nil {
				t.Error("no error")
			}
			if o, err := client.Head(t.Context(), "landing", "k", ""); err == nil {
				t.Errorf("there is %+v", o)
			}
			if left, err := client.ListUploads(t.Context(), "landing", ""); err != nil || len(left) > 0 {
				t.Errorf("%d uploads are left, %v", len(left), err)
			}
		})
	}
}

func TestAFilesObjectIsOfBytes(t *testing.T) {
	for name, size := range sizes {
		c, client := landing(t)
		u := &upload{s3: client, session: &session{cloud: c}, bucket: "landing", key: "k", creates: true}
		u.fill(t, size)
		if err := u.Close(); err != nil {
			t.Fatal(err)
		}
		o, err := client.Head(t.Context(), "landing", "k", "")
		if err != nil || o.Header["Content-Type"] != "application/octet-stream" || o.Size != int64(size) {
			t.Errorf("%s: %+v, %v", name, o, err)
		}
	}
}

func TestNoByteIsWrittenTwice(t *testing.T) {
	u := &upload{}
	for _, offset := range []int64{0, 10} { // at its turn, and ahead of it
		if _, err := u.WriteAt([]byte("abc"), offset); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := (&upload{ahead: map[int64][]byte{10: []byte("abc")}}).WriteAt([]byte("xyz"), 10); err == nil {
		t.Error("what came ahead of its turn was replaced")
	}
	if _, err := u.WriteAt([]byte("xyz"), 0); err == nil {
		t.Error("what was written was replaced")
	}
	if _, err := u.WriteAt([]byte("def"), 3); err == nil {
		t.Error("an upload that has failed goes on")
	}
}

func TestAnUploadBrokenOffHasWhatCameWithoutAGap(t *testing.T) {
	c, client := landing(t)
	u := &upload{s3: client, session: &session{cloud: c}, bucket: "landing", key: "k", creates: true}
	u.fill(t, 100)
	if _, err := u.WriteAt([]byte("beyond"), 101); err != nil {
		t.Fatal(err)
	}
	u.TransferError(nil)
	if err := u.Close(); err != nil {
		t.Error(err)
	}
	if o, err := client.Head(t.Context(), "landing", "k", ""); err != nil || o.Size != 100 {
		t.Errorf("the object is %+v, %v", o, err)
	}
}
