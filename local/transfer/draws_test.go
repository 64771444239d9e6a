package transfer_test

// This file counts what is drawn: in a simulation ids are drawn from one source.

import (
	"crypto/rand"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"github.com/tradepost-dev/tradepost/local/internal/chance"
)

// counted counts the bytes that are read of a source.
type counted struct {
	io.Reader
	bytes atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	c.bytes.Add(int64(len(p)))
	return c.Reader.Read(p)
}

// How many packets a connection takes depends on how its two ends are scheduled, and
// each is padded by chance: an id that is drawn afterwards would be another one.
func TestASessionDrawsAsMuchOfManyPacketsAsOfFew(t *testing.T) {
	drawn := map[int]int64{}
	for _, writes := range []int{1, 200} {
		t.Run(fmt.Sprint(writes, " writes"), func(t *testing.T) {
			machines := rand.Reader
			count := &counted{Reader: machines}
			rand.Reader = count
			t.Cleanup(func() { // when the server has ended
				rand.Reader, drawn[writes] = machines, count.bytes.Load()
			})
			w := newWorld(t, "DEFAULT")
			count.bytes.Store(0) // without its keys
			uploadIn(t, w, writes)
		})
	}
	if drawn[1] != drawn[200] || drawn[1] == 0 {
		t.Errorf("a file is uploaded in so many writes, and so many bytes are drawn: %v", drawn)
	}
}

// uploadIn uploads a file in so many writes, by a client that draws apart.
func uploadIn(t *testing.T, w *world, writes int) {
	t.Helper()
	host, _, _, _, err := ssh.ParseAuthorizedKey([]byte(w.endpoint.HostKey))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := ssh.Dial("tcp", w.endpoint.Address, &ssh.ClientConfig{
		User: "acme", Auth: []ssh.AuthMethod{ssh.PublicKeys(signer(t, w.key))}, HostKeyCallback: ssh.FixedHostKey(host), Config: ssh.Config{Rand: chance.Apart()},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	client, err := sftp.NewClient(conn)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	file, err := client.OpenFile("/inbox/many", writeNew)
	if err != nil {
		t.Fatal(err)
	}
	for range writes {
		if _, err := file.Write([]byte(strings.Repeat("x", 20_000/writes))); err != nil {
			t.Fatal(err)
		}
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}
