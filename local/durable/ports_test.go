package durable

import (
	"net"
	"path/filepath"
	"strings"
	"testing"
)

// open listens for each name in turn, closes the sockets, and returns the ports.
func open(t *testing.T, first int, file string, names ...string) map[string]int {
	t.Helper()
	p, err := OpenPorts(first, file)
	if err != nil {
		t.Fatal(err)
	}
	ports := map[string]int{}
	for _, name := range names {
		listener, err := p.Listen(name)
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		address := listener.Addr().(*net.TCPAddr)
		if !address.IP.IsLoopback() {
			t.Errorf("%s listens on %v", name, address)
		}
		ports[name] = address.Port
	}
	return ports
}

func TestPortsAreTheSameInTheNextRun(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ports.json")
	first := open(t, 0, file, "aws", "b", "c")
	if first["aws"] < 10_000 || first["aws"] >= 32_768 {
		t.Errorf("port %d may be taken by an outgoing connection", first["aws"])
	}
	again := open(t, 0, file, "aws", "c", "a", "b")
	for name, port := range first {
		if again[name] != port {
			t.Errorf("%s moved from %d to %d", name, port, again[name])
		}
	}
	if a := again["a"]; a == first["aws"] || a == first["b"] || a == first["c"] {
		t.Errorf("a new listener got the port %d of another", a)
	}
}

func TestPortsBeginWhereTheUserSays(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ports.json")
	base := open(t, 0, file, "aws")["aws"]
	for _, remembering := range []string{"", file} {
		got := open(t, base+100, remembering, "aws", "b")
		if got["aws"] != base+100 || got["b"] != base+101 {
			t.Errorf("got %v, want them from %d on", got, base+100)
		}
	}
	if got := open(t, 0, file, "aws", "b"); got["aws"] != base+100 {
		t.Errorf("the user's choice was not remembered: %v", got)
	}
}

func TestAPortInUseIsSaidWithTheWayOut(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ports.json")
	port := open(t, 0, file, "the AWS APIs")["the AWS APIs"]
	taken := listenOn(t, port)
	defer taken.Close()
	for name, first := range map[string]int{"remembered": 0, "chosen": port} {
		p, err := OpenPorts(first, file)
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.Listen("the AWS APIs")
		if err == nil || !strings.Contains(err.Error(), taken.Addr().String()) || !strings.Contains(err.Error(), "the AWS APIs") || !strings.Contains(err.Error(), "Options.Port (-port)") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestAFreePortIsFoundForANewListenerThatWillBeRemembered(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ports.json")
	port := open(t, 0, file, "aws")["aws"]
	taken := listenOn(t, port+1)
	defer taken.Close()
	if got := open(t, 0, file, "aws", "b"); got["b"] == port+1 || got["b"] == 0 {
		t.Errorf("got %v", got)
	}
}

func listenOn(t *testing.T, port int) net.Listener {
	t.Helper()
	listener, err := listen("the test", port)
	if err != nil {
		t.Fatal(err)
	}
	return listener
}
