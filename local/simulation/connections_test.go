package simulation_test

import (
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/pipes"
	"github.com/tradepost-dev/tradepost/local/simulation"
)

// sent is what came of a connection that a client sent a lot by.
type sent struct {
	taken    int // of all that it sent
	received int // by the server
	after    time.Duration
	hits     int
}

// sendBytes sends up to so many bytes by a connection that may break off, and closes it.
func sendBytes(t *testing.T, seed uint64, rates simulation.Rates, most int) (s sent) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var network pipes.Network
		listener, err := network.Listen("")
		if err != nil {
			t.Fatal(err)
		}
		heard := make(chan int)
		go func() {
			server, err := listener.Accept()
			if err != nil {
				t.Error(err)
				return
			}
			defer server.Close()
			io.WriteString(server, "hello") // which nobody has read yet
			n, err := io.Copy(io.Discard, server)
			if err != nil {
				t.Error(err)
			}
			heard <- int(n)
		}()
		plain, err := network.Dial(t.Context(), "tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conn, faults := simulation.Breakable(seed, rates, plain)
		piece, began := []byte(strings.Repeat("x", 1000)), time.Now()
		for s.taken < most && err == nil {
			var n int
			n, err = conn.Write(piece)
			s.taken += n
		}
		if s.hits = len(faults()); s.hits > 0 {
			wantReset(t, conn, err)
		}
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
		s.received, s.after = <-heard, time.Since(began)
	})
	return s
}

// wantReset wants the client to hear that its connection is gone, whatever it does.
func wantReset(t *testing.T, conn net.Conn, err error) {
	t.Helper()
	_, again := conn.Write([]byte("x"))
	_, read := io.ReadAll(conn)
	for what, err := range map[string]error{"writes": err, "writes again": again, "reads": read} {
		if !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the client %s: %v", what, err)
		}
	}
}

func TestAConnectionBreaksOffWithinWhatTheClientSendsAndTheServerHearsOfItAMomentLater(t *testing.T) {
	var small, large int
	for seed := range uint64(64) {
		s := sendBytes(t, seed, simulation.Rates{simulation.Broken: 1}, 200_000)
		if s.hits != 1 || s.taken < 4<<10 || s.taken > 128<<10 || s.received != s.taken || s.after <= 0 || s.after > time.Second {
			t.Errorf("seed %d: %+v", seed, s)
		}
		count(s.taken < 16<<10, &small, &large)
		if again := sendBytes(t, seed, simulation.Rates{simulation.Broken: 1}, 200_000); again != s {
			t.Errorf("seed %d: %+v, and then %+v", seed, s, again)
		}
	}
	if min(small, large) < 16 {
		t.Errorf("%d break off early, and %d late", small, large)
	}
}

func TestAServerMayTakeABrokenConnectionForOpenForMinutes(t *testing.T) {
	var soon, late int
	for seed := range uint64(32) {
		s := sendBytes(t, seed, simulation.Rates{simulation.Broken: 1, simulation.Unnoticed: 0.5}, 200_000)
		if unnoticed := s.hits == 2; s.received != s.taken || s.after <= 0 || s.after > 5*time.Minute+time.Second || s.after > time.Second && !unnoticed {
			t.Errorf("seed %d: %+v", seed, s)
		}
		count(s.after < time.Minute, &soon, &late)
		if again := sendBytes(t, seed, simulation.Rates{simulation.Broken: 1, simulation.Unnoticed: 0.5}, 200_000); again != s {
			t.Errorf("seed %d: %+v, and then %+v", seed, s, again)
		}
	}
	if min(soon, late) < 8 {
		t.Errorf("the server hears of it within a minute %d times, and later %d", soon, late)
	}
}

func count(is bool, yes, no *int) {
	if is {
		*yes++
	} else {
		*no++
	}
}

func TestAConnectionThatEndsBeforeItsLimitIsNotHit(t *testing.T) {
	for seed := range uint64(8) {
		for name, s := range map[string]sent{
			"a short one":    sendBytes(t, seed, simulation.Rates{simulation.Broken: 1}, 4000),
			"without a rate": sendBytes(t, seed, simulation.Rates{simulation.Unnoticed: 1}, 200_000),
		} {
			if s.hits != 0 || s.received != s.taken || s.after > 0 {
				t.Errorf("seed %d, %s: %+v", seed, name, s)
			}
		}
	}
}
