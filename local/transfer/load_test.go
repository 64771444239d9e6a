// Many at once.

package transfer_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"github.com/tradepost-dev/tradepost/local/lambda"
)

func TestTwoHundredLogInAtOnceEachAsHimself(t *testing.T) {
	const partners = 200
	d := &directory{}
	w := newFunctionWorld(t, d, map[string]string{})
	answers := map[string]any{}
	for i := range partners {
		answers[fmt.Sprintf("partner%d", i)] = partner(authorized(t, w.key))
	}
	d.knows(answers)
	var all sync.WaitGroup
	for i := range partners {
		all.Go(func() {
			name := fmt.Sprintf("partner%d", i)
			conn, err := w.dial(t, name, ssh.PublicKeys(signer(t, w.key)))
			if err != nil {
				t.Errorf("%s: %v", name, err)
				return
			}
			defer conn.Close()
			c, err := sftp.NewClient(conn)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				return
			}
			defer c.Close()
			if err := writeText(c, "/inbox/"+name, writeNew, name); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if err := writeText(c, "/globex/"+name, writeNew, name); err == nil {
				t.Errorf("%s writes into another's inbox", name)
			}
		})
	}
	all.Wait()
	for name := range answers {
		if got, _ := w.object(t, "inbox/"+name+"/"+name); got != name {
			t.Errorf("%s: the object is %q", name, got)
		}
	}
	asked := d.questions()
	slices.Sort(asked)
	if len(asked) != partners || len(slices.Compact(asked)) != partners {
		t.Errorf("the function was asked %d times", len(asked))
	}
}

// A function that is busy answers 429: whoever comes meanwhile is refused, as
// anybody who is.
func TestAFunctionThatIsThrottledLetsNobodyIn(t *testing.T) {
	d := &directory{}
	w := makeWorld(t)
	w.handlers["Stack/Authenticate"] = lambda.HandlerOf(d.authenticate)
	w.create(t, strings.Replace(functionTemplate, `"Timeout": {"Ref"`, `"ReservedConcurrentExecutions": 1, "Timeout": {"Ref"`, 1), map[string]string{"Methods": "PUBLIC_KEY"})
	begun, end := make(chan struct{}), make(chan struct{})
	answer := partner(authorized(t, w.key))
	d.knows(map[string]any{"slow": func() any { close(begun); <-end; return answer }, "acme": answer})
	first := make(chan error)
	go func() {
		conn, err := w.dial(t, "slow", ssh.PublicKeys(signer(t, w.key)))
		if err == nil {
			err = conn.Close()
		}
		first <- err
	}()
	<-begun
	if _, err := w.dial(t, "acme", ssh.PublicKeys(signer(t, w.key))); err == nil || !strings.Contains(err.Error(), "unable to authenticate") {
		t.Errorf("while the function is busy: %v", err)
	}
	close(end)
	if err := <-first; err != nil {
		t.Errorf("the one whom it was busy with: %v", err)
	}
	if got := d.questions(); !slices.Equal(got, []string{"slow"}) {
		t.Errorf("asked for %q", got)
	}
	lines := w.logged(t)["acme"]
	if len(lines) != 2 || lines[0]["activity-type"] != "ERROR" || !strings.Contains(lines[0]["message"], "TooManyRequestsException") || lines[1]["activity-type"] != "AUTH_FAILURE" {
		t.Errorf("logged %v", lines)
	}
}
