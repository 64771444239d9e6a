package endtoend

// This file deploys a list of ten thousand partners, and then another one.

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"golang.org/x/crypto/ssh"

	"github.com/tradepost-dev/tradepost/cmd/internal/b2b"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/directory"
	"github.com/tradepost-dev/tradepost/internal/enrolment"
	"github.com/tradepost-dev/tradepost/internal/partners"
)

// The list is an asset, and the function that applies it is the real one. A stack
// that was for trying things out becomes one whose data stays, on the way.
func TestTenThousandPartnersAreDeployedAndSoIsAChangeOfThree(t *testing.T) {
	t.Parallel()
	// One less: whoever leaves the list keeps its API key while it drains, and a
	// region has no room for more than 10,000.
	const many = 9_999
	state := t.TempDir()
	list, keys := manyPartners(t, state, many)
	began := time.Now()
	s := newSite(t, state, map[string]string{"ephemeral": "true", "partners": listOf(t, list)})
	t.Logf("synthesized and deployed in %v", time.Since(began))
	d := connected(t, s.Laptop)
	keeper, err := d.Keeper()
	if err != nil {
		t.Fatal(err)
	}
	some := map[string]*b2b.Partner{}
	for _, id := range []string{list[0].ID, list[many/2].ID, list[many-1].ID, list[changes].ID, list[leaves].ID} {
		bearer, err := keeper.Rotate(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		some[id] = d.Partner(id, bearer, keys[id])
		trades(t, some[id], "first")
	}
	before := rowsOf(t, keeper)
	if len(before) != many {
		t.Errorf("the directory has %d partners", len(before))
	}

	joined, joinedKey := listed(t, "joined")
	changedKey := newSigner(t)
	next := slices.Delete(slices.Clone(list), leaves, leaves+1)
	next[changes].SSHPublicKeys = []string{authorized(changedKey)}
	next = slices.Insert(next, 5_000, joined)
	began = time.Now()
	if now := s.deploy(t, map[string]string{"partners": listOf(t, next)}); now.StackStatus != types.StackStatusUpdateComplete {
		t.Fatalf("the stack is in %s: %s", now.StackStatus, *now.StackStatusReason)
	}
	t.Logf("synthesized and updated in %v", time.Since(began))

	after := rowsOf(t, keeper)
	var others []string
	for id := range after {
		if !reflect.DeepEqual(before[id], after[id]) {
			others = append(others, id)
		}
	}
	slices.Sort(others)
	if want := []string{"joined", list[changes].ID, list[leaves].ID}; !slices.Equal(others, want) || len(after) != many+1 {
		t.Errorf("of %d rows %q are others than before, want %q", len(after), others, want)
	}
	if row := after[list[leaves].ID]; row.Status != contract.PartnerDraining || row.ValidUntil.IsZero() {
		t.Errorf("who has left the list is %s until %v", row.Status, row.ValidUntil)
	}
	bearer, err := keeper.Rotate(t.Context(), "joined")
	if err != nil {
		t.Fatal(err)
	}
	some["joined"] = d.Partner("joined", bearer, joinedKey)
	former := some[list[changes].ID]
	some[list[changes].ID] = d.Partner(former.ID, former.Token, changedKey)
	gone := some[list[leaves].ID]
	delete(some, gone.ID)
	for _, id := range slices.Sorted(maps.Keys(some)) {
		trades(t, some[id], "second")
	}
	if session, err := former.Dial(deadline(t)); err == nil {
		session.Close()
		t.Error("the former key of a changed partner is still taken")
	}
	if err := gone.Upload(deadline(t), "late.xml", strings.NewReader(batch(record("late", "x")))); err == nil {
		t.Error("who has left the list uploads")
	}
	reply(t, gone, "first.xml", "") // its bucket is as full as before
}

// changes and leaves are places in the list of who changes and who leaves it.
const changes, leaves = 1_234, 7_654

// manyPartners are so many in a list, with the keys of them, among them those that
// the state folder has keys of.
func manyPartners(t *testing.T, state string, many int) ([]partners.Partner, map[string]ssh.Signer) {
	t.Helper()
	if _, err := b2b.Prepare(root, state); err != nil {
		t.Fatal(err)
	}
	known, err := partners.Load(filepath.Join(state, "partners.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list []partners.Partner
	keys := map[string]ssh.Signer{}
	for i := range many - len(known) {
		p, key := listed(t, fmt.Sprintf("many-%05d", i))
		p.Tier = []string{"standard", "basic", "premium"}[i%3]
		list, keys[p.ID] = append(list, p), key
	}
	return slices.Insert(list, 100, known...), keys
}

// listed is a partner with a key of its own.
func listed(t *testing.T, id string) (partners.Partner, ssh.Signer) {
	t.Helper()
	key := newSigner(t)
	return partners.Partner{ID: id, ContactEmail: "edi@many.example", SSHPublicKeys: []string{authorized(key)}}, key
}

func authorized(key ssh.Signer) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key.PublicKey())))
}

// listOf writes a list to a file.
func listOf(t *testing.T, list []partners.Partner) (file string) {
	t.Helper()
	text, err := json.Marshal(map[string]any{"partners": list})
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "partners.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// rowsOf are the rows of the directory, by partner.
func rowsOf(t *testing.T, keeper *enrolment.Keeper) map[string]directory.Row {
	t.Helper()
	rows := map[string]directory.Row{}
	for row, err := range (&directory.Directory{DynamoDB: keeper.DynamoDB, Table: keeper.Table}).List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		rows[row.ID] = row
	}
	return rows
}

// trades lets a partner post a transaction, and upload a file.
func trades(t *testing.T, p *b2b.Partner, name string) {
	t.Helper()
	if answer, body, err := p.Post(deadline(t), name+"-posted", "x"); err != nil || answer.StatusCode != http.StatusAccepted {
		t.Fatalf("%s posts: %v, %v: %s", p.ID, answer, err, body)
	}
	if err := p.Upload(deadline(t), name+".xml", strings.NewReader(batch(record(name+"-uploaded", "x")))); err != nil {
		t.Fatal(err)
	}
	wantTotals(t, reply(t, p, name+".xml", ""), 1, 0, 0, 0)
	if status, err := p.Settled(deadline(t), name+"-posted"); err != nil || status.Status != string(contract.Stored) {
		t.Errorf("what %s has posted is %+v, %v", p.ID, status, err)
	}
}
