package pipes_test

import (
	"io"
	"net"
	"testing"
	"testing/synctest"

	"github.com/tradepost-dev/tradepost/local/pipes"
)

// both are the two ends of a connection.
func both(t *testing.T) (near, far net.Conn) {
	t.Helper()
	var network pipes.Network
	listener, err := network.Listen("")
	if err != nil {
		t.Fatal(err)
	}
	accepted := make(chan net.Conn, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			t.Error(err)
		}
		accepted <- conn
	}()
	near, err = network.Dial(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return near, <-accepted
}

func TestBothEndsMayWriteBeforeTheyReadAndNothingIsLostByClosing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := both(t)
		for _, end := range []net.Conn{near, far} {
			for _, text := range []string{"hello ", "there"} {
				if n, err := io.WriteString(end, text); n != len(text) || err != nil {
					t.Fatalf("wrote %d, %v", n, err)
				}
			}
		}
		if err := near.Close(); err != nil {
			t.Error(err)
		}
		if _, err := near.Write([]byte("x")); err == nil {
			t.Error("wrote to a closed end")
		}
		if text, err := io.ReadAll(far); string(text) != "hello there" || err != nil {
			t.Errorf("read %q, %v", text, err)
		}
		far.Close()
	})
}

func TestAServerKnowsWhereItsClientIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := both(t)
		defer near.Close()
		defer far.Close()
		host, _, err := net.SplitHostPort(far.RemoteAddr().String())
		if host != "127.0.0.1" || err != nil || far.RemoteAddr().String() != near.LocalAddr().String() || near.RemoteAddr().String() != far.LocalAddr().String() {
			t.Errorf("%v to %v, and %v to %v", near.LocalAddr(), near.RemoteAddr(), far.LocalAddr(), far.RemoteAddr())
		}
	})
}
