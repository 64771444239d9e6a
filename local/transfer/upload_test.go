package transfer

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/s3"
)

func TestChunksOutOfOrderMakeTheFile(t *testing.T) {
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-central-1"})
	objects := s3.New(c, s3.Options{Dir: t.TempDir()})
	if err := objects.CreateBucket("landing", s3.BucketOptions{}); err != nil {
		t.Fatal(err)
	}
	client := objects.As(c.Administrator(), s3.Origin{})
	const chunk, window = 32 << 10, 64
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
