package authenticate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/crypto/ssh"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/directory"
)

// rows answers by key, and remembers what was asked.
type rows struct {
	known []directory.Row
	err   error
	asked []*dynamodb.GetItemInput
}

func (r *rows) GetItem(_ context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	r.asked = append(r.asked, in)
	for _, row := range r.known {
		if r.err == nil && row.ID == in.Key["partner"].(*types.AttributeValueMemberS).Value {
			return &dynamodb.GetItemOutput{Item: row.Item()}, nil
		}
	}
	return &dynamodb.GetItemOutput{}, r.err
}

const (
	roleARN = "arn:aws:iam::111122223333:role/Sessions"
	bucket  = "arn:aws:s3:::landing"
	home    = "192.0.2.7"
)

func partner(id string, change ...func(*directory.Row)) directory.Row {
	row := directory.Row{ID: id, Status: contract.PartnerEnabled, SSHKeys: []string{"ssh-ed25519 A", "ssh-ed25519 B"}, Version: 1}
	for _, c := range change {
		c(&row)
	}
	return row
}

func newHandler(r *rows) *Handler {
	return New(r, "Directory", contract.Sessions{Role: roleARN, Bucket: bucket})
}

func login(user string) contract.Login {
	return contract.Login{Username: user, Protocol: "SFTP", ServerID: "s-1", SourceIP: home}
}

// allows reads a session's policy as IAM does, for what the tests ask.
func allows(t *testing.T, s contract.Session, action, resource string) bool {
	t.Helper()
	var p policy
	if err := json.Unmarshal([]byte(s.Policy), &p); err != nil || p.Version != "2012-10-17" {
		t.Fatalf("policy %s: %v", s.Policy, err)
	}
	covers := func(patterns []string, text string) bool {
		return slices.ContainsFunc(patterns, func(pattern string) bool {
			start, wild := strings.CutSuffix(pattern, "*")
			return pattern == text || wild && strings.HasPrefix(text, start)
		})
	}
	allowed := false
	for _, s := range p.Statement {
		if covers(s.Action, action) && covers(s.Resource, resource) && s.Condition == nil {
			if s.Effect == "Deny" {
				return false
			}
			allowed = s.Effect == "Allow" || allowed
		}
	}
	return allowed
}

func TestAPartnerIsGivenItsKeysAndItsOwnFoldersOnly(t *testing.T) {
	h := newHandler(&rows{known: []directory.Row{partner("acme")}})
	got, err := h.Handle(t.Context(), login("acme"))
	if err != nil {
		t.Fatal(err)
	}
	if got.Role != roleARN || !slices.Equal(got.PublicKeys, []string{"ssh-ed25519 A", "ssh-ed25519 B"}) || got.HomeDirectoryType != "LOGICAL" ||
		got.HomeDirectoryDetails != `[{"Entry":"/inbox","Target":"/landing/inbox/acme"},{"Entry":"/outbox","Target":"/landing/outbox/acme"}]` {
		t.Errorf("got %+v", got)
	}
	for _, test := range []struct {
		action, resource string
		want             bool
	}{
		{"s3:PutObject", bucket + "/inbox/acme/a.xml", true},
		{"s3:AbortMultipartUpload", bucket + "/inbox/acme/a.xml", true},
		{"s3:GetObject", bucket + "/inbox/acme/a.xml", true},
		{"s3:DeleteObject", bucket + "/inbox/acme/a/b.xml", true},
		{"s3:GetObject", bucket + "/outbox/acme/a.xml.reply.json", true},
		{"s3:DeleteObject", bucket + "/outbox/acme/a.xml.reply.json", false},
		{"s3:PutObject", bucket + "/outbox/acme/a.xml", false},
		{"s3:PutObject", bucket + "/inbox/acme2/a.xml", false},
		{"s3:GetObject", bucket + "/outbox/acme2/a.xml", false},
		{"s3:GetObject", bucket + "/outbox/globex/a.xml", false},
		{"s3:GetObject", bucket + "/quarantine/acme/a.xml", false},
		{"s3:GetObject", bucket + "2/outbox/acme/a.xml", false},
		{"s3:DeleteObjectVersion", bucket + "/inbox/acme/a.xml", false},
		{"kms:Decrypt", "arn:aws:kms:eu-west-1:111122223333:key/1", false},
	} {
		if got := allows(t, got, test.action, test.resource); got != test.want {
			t.Errorf("%s of %s is %v", test.action, test.resource, got)
		}
	}
	var p policy
	if err := json.Unmarshal([]byte(got.Policy), &p); err != nil {
		t.Fatal(err)
	}
	want := statement{
		Effect: "Allow", Action: []string{"s3:ListBucket"}, Resource: []string{bucket},
		Condition: map[string]map[string][]string{"StringLike": {"s3:prefix": {"inbox/acme", "inbox/acme/*", "outbox/acme", "outbox/acme/*"}}},
	}
	if !slices.ContainsFunc(p.Statement, func(s statement) bool { return reflect.DeepEqual(s, want) }) {
		t.Errorf("it may list as in %+v", p.Statement)
	}
}

func TestADrainingPartnerReadsAndWritesNothing(t *testing.T) {
	h := newHandler(&rows{known: []directory.Row{partner("acme", func(r *directory.Row) { r.Status = contract.PartnerDraining })}})
	got, err := h.Handle(t.Context(), login("acme"))
	if err != nil || len(got.PublicKeys) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, action := range []string{"s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObject"} {
		if allows(t, got, action, bucket+"/inbox/acme/a.xml") {
			t.Errorf("%s is allowed", action)
		}
	}
	if !allows(t, got, "s3:GetObject", bucket+"/outbox/acme/a.xml") || !allows(t, got, "s3:GetObject", bucket+"/inbox/acme/a.xml") {
		t.Error("it cannot read")
	}
}

func TestPartnersDeleteRepliesAndUseTheBucketsKeyIfThatIsSaid(t *testing.T) {
	const key = "arn:aws:kms:eu-west-1:111122223333:key/1"
	h := New(&rows{known: []directory.Row{partner("acme")}}, "Directory",
		contract.Sessions{Role: roleARN, Bucket: bucket, BucketKey: key, DeletesReplies: true})
	got, err := h.Handle(t.Context(), login("acme"))
	if err != nil {
		t.Fatal(err)
	}
	for action, resource := range map[string]string{
		"s3:DeleteObject": bucket + "/outbox/acme/a.xml", "kms:Decrypt": key, "kms:GenerateDataKey": key,
	} {
		if !allows(t, got, action, resource) {
			t.Errorf("%s of %s is denied", action, resource)
		}
	}
	if allows(t, got, "kms:Decrypt", key+"2") {
		t.Error("any key will do")
	}
}

// IAM takes session policies of up to 2,048 characters.
func TestTheLongestPolicyIsShortEnough(t *testing.T) {
	id := strings.Repeat("a", 31)
	h := New(&rows{known: []directory.Row{partner(id)}}, "Directory", contract.Sessions{
		Role: roleARN, Bucket: "arn:aws-us-gov:s3:::" + strings.Repeat("b", 63), DeletesReplies: true,
		BucketKey: "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/mrk-" + strings.Repeat("1", 32),
	})
	got, err := h.Handle(t.Context(), login(id))
	if err != nil || len(got.Policy) > 2048 || len(got.PublicKeys) != 2 {
		t.Errorf("%d characters, %v", len(got.Policy), err)
	}
}

// refused are all the ways not to be let in.
func refused() map[string]contract.Login {
	foreign := login("acme")
	foreign.SourceIP = "198.51.100.1"
	return map[string]contract.Login{
		"unknown": login("nobody"), "disabled": login("disabled"), "expired": login("expired"), "without keys": login("keyless"),
		"from a foreign address": foreign, "no id": login("../acme"), "too long": login(strings.Repeat("a", 100)), "in capitals": login("Acme"), "empty": login(""),
	}
}

func directoryOfRefused() *rows {
	return &rows{known: []directory.Row{
		partner("acme", func(r *directory.Row) { r.AddressRanges = []string{"192.0.2.0/24"} }),
		partner("disabled", func(r *directory.Row) { r.Status = contract.PartnerDisabled }),
		partner("expired", func(r *directory.Row) { r.ValidUntil = time.Now().Add(-time.Second) }),
		partner("keyless", func(r *directory.Row) { r.SSHKeys = nil }),
	}}
}

// AWS goes on with all of them as with a partner whose key is wrong: it asks
// for the key, compares, and refuses.
func TestWhoIsRefusedGetsAnAnswerAsAPartnerDoesAfterTheSameCalls(t *testing.T) {
	r := directoryOfRefused()
	h := newHandler(r)
	let, err := h.Handle(t.Context(), login("acme"))
	if err != nil || len(let.PublicKeys) != 2 {
		t.Fatalf("%+v, %v", let, err)
	}
	call := r.asked[0]
	for name, in := range refused() {
		r.asked = nil
		got, err := h.Handle(t.Context(), in)
		if err != nil || got.Role != roleARN || got.HomeDirectoryType != "LOGICAL" || !strings.Contains(got.HomeDirectoryDetails, "/inbox") {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if len(r.asked) != 1 || *r.asked[0].TableName != *call.TableName || *r.asked[0].ConsistentRead != *call.ConsistentRead {
			t.Errorf("%s: it asks %+v", name, r.asked)
		}
		want := in.Username
		if !contract.IsPartner(want) {
			want = nobody
		}
		if key := r.asked[0].Key["partner"].(*types.AttributeValueMemberS).Value; key != want {
			t.Errorf("%s: it asks for %q", name, key)
		}
		if len(got.PublicKeys) != 1 || got.PublicKeys[0] != h.decoy {
			t.Errorf("%s: the keys are %q", name, got.PublicKeys)
		}
		for _, action := range []string{"s3:GetObject", "s3:PutObject", "s3:ListBucket", "sts:AssumeRole"} {
			if allows(t, got, action, bucket+"/inbox/acme/a.xml") || !strings.Contains(got.Policy, `"Deny"`) {
				t.Errorf("%s: it may do %s", name, action)
			}
		}
	}
}

func TestNobodyHasTheKeyOfTheRefused(t *testing.T) {
	a, b := newHandler(&rows{}), newHandler(&rows{})
	if a.decoy == b.decoy {
		t.Error("two functions have the same")
	}
	key, comment, options, rest, err := ssh.ParseAuthorizedKey([]byte(a.decoy))
	if err != nil || key.Type() != ssh.KeyAlgoED25519 || comment != "" || len(options) > 0 || len(rest) > 0 {
		t.Errorf("%s is no key: %v", a.decoy, err)
	}
	if text := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key))); text != a.decoy {
		t.Errorf("%s is written as %s", text, a.decoy)
	}
}

// With a password, AWS lets in whoever is answered a role.
func TestPasswordsAndOtherProtocolsAreRefusedAlikeWhoeverItIs(t *testing.T) {
	r := directoryOfRefused()
	h := newHandler(r)
	for _, user := range []string{"acme", "nobody", "disabled"} {
		password, ftp := login(user), login(user)
		password.Password, ftp.Protocol = "s3cret", "FTPS"
		for _, in := range []contract.Login{password, ftp} {
			got, err := h.Handle(t.Context(), in)
			if text, _ := json.Marshal(got); err != nil || string(text) != "{}" || len(r.asked) > 0 {
				t.Errorf("%+v: %s, %v", in, text, err)
			}
		}
	}
}

func TestTheLogSaysWhyAndHoldsNoSecret(t *testing.T) {
	var said bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&said, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	reasons := map[string]directory.Refusal{
		"unknown": directory.Unknown, "disabled": directory.Disabled, "expired": directory.Expired, "without keys": directory.NoKey,
		"from a foreign address": directory.ForeignAddress, "no id": directory.Unknown,
	}
	h := newHandler(directoryOfRefused())
	for name, reason := range reasons {
		said.Reset()
		in := refused()[name]
		if _, err := h.Handle(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		user, _ := json.Marshal(in.Username)
		if text := said.String(); !strings.Contains(text, string(reason)) || !strings.Contains(text, string(user)) || !strings.Contains(text, in.SourceIP) || strings.Contains(text, "ssh-ed25519") {
			t.Errorf("%s: %s", name, text)
		}
	}
	said.Reset()
	password := login("acme")
	password.Password = "s3cret"
	if _, err := h.Handle(t.Context(), password); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Handle(t.Context(), login("acme")); err != nil {
		t.Fatal(err)
	}
	if text := said.String(); strings.Count(text, "\n") != 2 || strings.Contains(text, "s3cret") || strings.Contains(text, "ssh-ed25519") {
		t.Errorf("the log has %s", text)
	}
}

// Who is refused, and who is not until his key is compared, is worth one line: who
// reads none of it must not tell them apart by how much there is to write.
func TestEachLoginIsOneLineOfTheLog(t *testing.T) {
	var said bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&said, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	h := newHandler(directoryOfRefused())
	logins := refused()
	logins["acme"] = login("acme")
	for name, in := range logins {
		said.Reset()
		if _, err := h.Handle(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		var line map[string]any
		if err := json.Unmarshal(said.Bytes(), &line); err != nil || line["level"] != "INFO" {
			t.Errorf("%s: %s, %v", name, said.String(), err)
		}
	}
}

func TestADirectoryThatCannotBeReadLetsNobodyIn(t *testing.T) {
	h := newHandler(&rows{err: errors.New("connection refused")})
	for _, user := range []string{"acme", "../acme"} {
		if got, err := h.Handle(t.Context(), login(user)); err == nil || got.Role != "" {
			t.Errorf("%s: %+v, %v", user, got, err)
		}
	}
}

// These are AWS's names, to the letter.
func TestTheEventAndTheAnswerHaveAWSsNames(t *testing.T) {
	var in contract.Login
	event := `{"username":"acme","password":"p","protocol":"SFTP","serverId":"s-1","sourceIp":"192.0.2.7"}`
	if err := json.Unmarshal([]byte(event), &in); err != nil || in != (contract.Login{Username: "acme", Password: "p", Protocol: "SFTP", ServerID: "s-1", SourceIP: "192.0.2.7"}) {
		t.Errorf("%+v, %v", in, err)
	}
	text, err := json.Marshal(contract.Session{Role: "r", PublicKeys: []string{"k"}, HomeDirectoryType: "LOGICAL", HomeDirectoryDetails: "[]", Policy: "{}"})
	if want := `{"Role":"r","PublicKeys":["k"],"HomeDirectoryType":"LOGICAL","HomeDirectoryDetails":"[]","Policy":"{}"}`; err != nil || string(text) != want {
		t.Errorf("%s, %v", text, err)
	}
}
