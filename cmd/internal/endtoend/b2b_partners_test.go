package endtoend

// This file changes partners while the pipeline runs, as docs/operations.md says.

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"golang.org/x/crypto/ssh"

	"github.com/tradepost-dev/tradepost/cmd/internal/b2b"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/directory"
	"github.com/tradepost-dev/tradepost/internal/manual"
	"github.com/tradepost-dev/tradepost/internal/partners"
	"github.com/tradepost-dev/tradepost/lambdas/b2b/authorize"
	"github.com/tradepost-dev/tradepost/local"
	locallambda "github.com/tradepost-dev/tradepost/local/lambda"
)

// forgetful is authorize in a new environment each time, as it is once its
// minute is over.
type forgetful struct{ desk *b2b.Desk }

func (f *forgetful) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	handler := &authorize.Handler{Gate: directory.Gate{
		DynamoDB: dynamodb.NewFromConfig(f.desk.AWS()), Table: f.desk.Endpoints.Outputs[f.desk.Stack]["DirectoryTable"].(string),
	}}
	return lambda.NewHandler(handler.Handle).Invoke(ctx, payload)
}

// office is a pipeline of the test's own, with an operator.
type bureau struct {
	*b2b.Desk
	t    *testing.T
	said []string // all that the verbs have told, but for results
}

func newBureau(t *testing.T) *bureau {
	t.Helper()
	authorizer := &forgetful{}
	authorizer.desk = anotherDesk(t, local.Options{
		Handlers: map[string]locallambda.Handler{desk.Stack + "/" + logicalID(t, desk.Stack, "RESTAuthorize"): authorizer},
	})
	return &bureau{Desk: authorizer.desk, t: t}
}

// operate runs a command of the documentation and returns what it prints as its
// result.
func (b *bureau) operate(command string, variables ...string) string {
	b.t.Helper()
	result, said, err := tryOn(b.t, b.Laptop, command, variables...)
	if err != nil {
		b.t.Fatalf("%s: %v\n%s%s", command, err, result, said)
	}
	b.said = append(b.said, said)
	return strings.TrimSuffix(result, "\n")
}

// fails runs a command that has to fail and say why.
func (b *bureau) fails(why, command string, variables ...string) {
	b.t.Helper()
	result, said, err := tryOn(b.t, b.Laptop, command, variables...)
	b.said = append(b.said, said)
	if err == nil || result != "" || !strings.Contains(said, why) {
		b.t.Errorf("%s: %v, want %q\n%s%s", command, err, why, result, said)
	}
}

// answer is what a request under a bearer token gets. API Gateway remembers its
// decision by the whole header, so that a scheme in other letters is decided
// anew: a caller's way not to wait for the minute.
func (b *bureau) answer(method, scheme, bearer, id string) int {
	b.t.Helper()
	body := strings.NewReader(`{"transactionId": "` + id + `", "transactionMessage": "x"}`)
	address := b.Partners["acme"].API + "/transactions"
	if method == http.MethodGet {
		address += "/" + id
	}
	request, err := http.NewRequestWithContext(deadline(b.t), method, address, body)
	if err != nil {
		b.t.Fatal(err)
	}
	request.Header.Set("Authorization", scheme+" "+bearer)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

func (b *bureau) want(status int, method, scheme, bearer, id string) {
	b.t.Helper()
	if got := b.answer(method, scheme, bearer, id); got != status {
		b.t.Errorf("%s of %s under %s %s is answered with %d, want %d", method, id, scheme, bearer, got, status)
	}
}

// newKey makes an SSH key, and a file with its public half.
func newKey(t *testing.T) (signer ssh.Signer, file string) {
	t.Helper()
	signer = newSigner(t)
	file = filepath.Join(t.TempDir(), "key.pub")
	if err := os.WriteFile(file, []byte(authorized(signer)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return signer, file
}

func newSigner(t *testing.T) ssh.Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// listFile writes a list of acme, globex and others.
func (b *bureau) listFile(change func([]partners.Partner) []partners.Partner) string {
	b.t.Helper()
	list, err := partners.Load(filepath.Join(b.State, "partners.json"))
	if err != nil {
		b.t.Fatal(err)
	}
	return listOf(b.t, change(list))
}

func TestAPartnerComesAndGoesAsTheRunbookSays(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	commands := manual.Commands(t, "docs/operations.md", "Partners")
	if len(commands) != 9 {
		t.Fatalf("the runbook has other commands: %q", commands)
	}
	apply, list, add, addKey, moveKey, drain, disable, enable, release := commands[0], commands[1], commands[2], commands[3], commands[4], commands[5], commands[6], commands[7], commands[8]
	key, keyFile := newKey(t)
	newer, newerFile := newKey(t)
	variables := []string{"PARTNER=initech", "EMAIL=edi@initech.example", "KEYS=" + keyFile, "NEWKEY=" + newerFile}
	b.fails(`there is no such partner`, drain, variables...)

	// It posts and uploads at once.
	bearer := b.operate(add, variables...)
	if !regexp.MustCompile(`^initech\.[0-9a-f]{64}$`).MatchString(bearer) {
		t.Fatalf("add prints %q", bearer)
	}
	b.fails("there is such a partner already", add, variables...)
	b.want(http.StatusAccepted, http.MethodPost, "Bearer", bearer, "come-1")
	initech := b.Partner("initech", bearer, key)
	if err := initech.Upload(deadline(t), "come.xml", strings.NewReader(batch(record("come-2", "x")))); err != nil {
		t.Fatal(err)
	}
	wantTotals(t, reply(t, initech, "come.xml", ""), 1, 0, 0, 0)
	if status, err := initech.Settled(deadline(t), "come-1"); err != nil || status.Status != string(contract.Stored) {
		t.Errorf("what it has posted is %+v, %v", status, err)
	}

	// It changes its key over; from elsewhere nobody comes.
	b.operate(addKey, variables...)
	for _, signer := range []ssh.Signer{key, newer} {
		b.enters(b.Partner("initech", bearer, signer))
	}
	b.operate(moveKey, variables...)
	b.enters(b.Partner("initech", bearer, newer))
	b.staysOut(b.Partner("initech", bearer, key))
	b.operate(strings.Replace(moveKey, `--remove-ssh-key "$KEYS" --ranges 127.0.0.0/8,::1/128`, "--ranges 192.0.2.0/24", 1), variables...)
	b.staysOut(b.Partner("initech", bearer, newer))
	b.want(http.StatusUnauthorized, http.MethodGet, "bearer", bearer, "come-1")
	b.operate(strings.Replace(moveKey, `--remove-ssh-key "$KEYS" --ranges 127.0.0.0/8,::1/128`, "--ranges any --until never", 1), variables...)

	// Drained, it reads and sends nothing.
	b.operate(drain, variables...)
	b.want(http.StatusOK, http.MethodGet, "BEARER", bearer, "come-1")
	b.want(http.StatusForbidden, http.MethodPost, "BEARER", bearer, "come-3")
	session := b.enters(b.Partner("initech", bearer, newer))
	if err := session.Upload("drained.xml", strings.NewReader("<Transactions/>")); err == nil {
		t.Error("a draining partner uploads")
	}
	if r, _, err := session.Reply(deadline(t), "come.xml", func(contract.Reply) bool { return true }); err != nil || r.Totals.Stored != 1 {
		t.Errorf("its reply is %+v, %v", r, err)
	}

	b.operate(disable, variables...)
	b.staysOut(b.Partner("initech", bearer, newer))
	b.want(http.StatusUnauthorized, http.MethodGet, "bEARER", bearer, "come-1")

	// It is the operator's: a list leaves it as it is, until it is released.
	file := b.listFile(func(list []partners.Partner) []partners.Partner {
		return append(list, partners.Partner{ID: "initech", Name: "Initech", ContactEmail: "new@initech.example"})
	})
	for range 2 {
		b.operate(apply, "FILE="+file)
		if said := b.said[len(b.said)-1]; !strings.Contains(said, "0 added, 0 changed, 3 unchanged, 0 drained, of 3") || !strings.Contains(said, "initech") {
			t.Errorf("a list of the same partners: %s", said)
		}
	}
	if table := b.operate(list); !regexp.MustCompile(`(?m)^initech +DISABLED +basic +1 +1 +- +\w+,`).MatchString(table) || !regexp.MustCompile(`(?m)^acme +ENABLED +premium +1 +1 +- +-$`).MatchString(table) {
		t.Errorf("the list is\n%s", table)
	}
	b.operate(enable, variables...)
	b.enters(b.Partner("initech", bearer, newer))
	b.want(http.StatusOK, http.MethodGet, "beaRER", bearer, "come-1")
	b.operate(release, variables...)
	b.operate(apply, "FILE="+file)
	if table := b.operate(list); !regexp.MustCompile(`(?m)^initech +ENABLED +standard +0 +1 +- +-$`).MatchString(table) {
		t.Errorf("the list is\n%s", table)
	}

	// It leaves the list, and still sees what became of all.
	b.operate(apply, "FILE="+b.listFile(func(list []partners.Partner) []partners.Partner { return list }))
	b.want(http.StatusOK, http.MethodGet, "bEarer", bearer, "come-1")
	b.want(http.StatusForbidden, http.MethodPost, "bEarer", bearer, "come-4")
	b.wantNoSecret(bearer)
}

func (b *bureau) enters(p *b2b.Partner) *b2b.Session {
	b.t.Helper()
	session, err := p.Dial(deadline(b.t))
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { session.Close() })
	return session
}

func (b *bureau) staysOut(p *b2b.Partner) {
	b.t.Helper()
	if session, err := p.Dial(deadline(b.t)); err == nil {
		session.Close()
		b.t.Errorf("%s is let in", p.ID)
	} else if !strings.Contains(err.Error(), "unable to authenticate") {
		b.t.Errorf("%s is kept out by %v", p.ID, err)
	}
}

func TestATokenIsRotatedAsTheRunbookSaysAndTheOneBeforeStaysValidUntilItIsRevoked(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	commands := manual.Commands(t, "docs/operations.md", "Tokens")
	if len(commands) != 3 {
		t.Fatalf("the runbook has other commands than rotate, replace and revoke: %q", commands)
	}
	rotate, replace, revoke := commands[0], commands[1], commands[2]
	const valid, refused = http.StatusNotFound, http.StatusUnauthorized // there is no such transaction
	want := func(status int, scheme, bearer string) {
		t.Helper()
		b.want(status, http.MethodGet, scheme, bearer, "none")
	}
	first := b.Partners["acme"].Token
	second := b.operate(rotate, "PARTNER=acme")
	if second == first || !strings.HasPrefix(second, "acme.") {
		t.Fatalf("the rotation prints %q", second)
	}
	want(valid, "Bearer", first)
	want(valid, "Bearer", second)
	b.fails("revoke that first", rotate, "PARTNER=acme")
	third := b.operate(replace, "PARTNER=acme")
	want(valid, "bearer", first)
	want(refused, "bearer", second)
	want(valid, "bearer", third)
	b.operate(revoke, "PARTNER=acme")
	want(refused, "BEARER", first)
	want(valid, "BEARER", third)
	b.operate(revoke, "PARTNER=acme") // a second time there is nothing to do
	want(valid, "bEARER", third)
	b.fails(`there is no such partner`, rotate, "PARTNER=nobody")

	// A token from before is taken over.
	given := filepath.Join(t.TempDir(), "token")
	former := "acme." + strings.Repeat("aB3", 16)
	if err := os.WriteFile(given, []byte(former+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if result := b.operate(rotate+" --given "+given, "PARTNER=acme"); result != "" {
			t.Errorf("it prints %q", result)
		}
	}
	want(valid, "Bearer", former)
	want(valid, "beARER", third)
	b.wantNoSecret(second, third, former)
}
