package partners

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// testKey and otherKey are public keys that nobody has the other half of.
const (
	testKey  = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIMyJXzFErdyFxwBs6PvqsGul3QppbppKFARvchBKI8U"
	otherKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBWQG422AqTmebkDCInrJZKbWZyzOilnTinFz8OvC237 someone@example.com"
)

func TestEveryMemberOfAPartnerIsRead(t *testing.T) {
	got, err := Parse([]byte(`{"partners": [{
		"id": "acme", "name": "Acme", "contactEmail": "edi@acme.example", "sshPublicKeys": ["` + otherKey + `"],
		"addressRanges": ["192.0.2.0/24"], "tier": "gold", "validUntil": "2027-01-31T12:00:00+01:00", "status": "DRAINING"
	}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []Partner{{
		ID: "acme", Name: "Acme", ContactEmail: "edi@acme.example", SSHPublicKeys: []string{otherKey},
		AddressRanges: []string{"192.0.2.0/24"}, Tier: "gold", ValidUntil: time.Date(2027, 1, 31, 11, 0, 0, 0, time.UTC), Status: contract.PartnerDraining,
	}}
	if len(got) == 1 {
		got[0].ValidUntil = got[0].ValidUntil.UTC()
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestEqualPartnersAreCompletedToOneForm(t *testing.T) {
	got := Partner{
		ID: "acme", ContactEmail: "edi@acme.example", SSHPublicKeys: []string{"  " + otherKey + "\n", testKey},
		AddressRanges: []string{"192.0.2.77/24", "2001:DB8::1/32"}, ValidUntil: time.Date(2027, 1, 31, 12, 0, 0, 5, time.FixedZone("", 3600)),
	}.Complete()
	bare, _, _ := strings.Cut(otherKey, " someone")
	want := Partner{
		ID: "acme", Name: "acme", ContactEmail: "edi@acme.example", SSHPublicKeys: []string{bare, testKey},
		AddressRanges: []string{"192.0.2.0/24", "2001:db8::/32"}, Tier: "standard",
		ValidUntil: time.Date(2027, 1, 31, 11, 0, 0, 0, time.UTC), Status: contract.PartnerEnabled,
	}
	if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(got.Complete(), want) {
		t.Errorf("got %+v", got)
	}
	full := Partner{ID: "acme", Name: "Acme", Tier: "gold", Status: contract.PartnerDisabled}.Complete()
	if full.Name != "Acme" || full.Tier != "gold" || full.Status != contract.PartnerDisabled || !full.ValidUntil.IsZero() {
		t.Errorf("what is given is replaced: %+v", full)
	}
}

func TestEveryFaultOfAPartnersFileIsReportedWithItsPlace(t *testing.T) {
	const dss = "ssh-dss AAAAB3NzaC1kc3MAAACBAP"
	for name, test := range map[string]struct {
		file string
		want []string
	}{
		"not JSON":       {"{\n\"partners\": [\n}", []string{"line 3"}},
		"a list":         {`[]`, []string{"the file: give a JSON object"}},
		"nobody":         {`{"partners": []}`, []string{"list at least one partner"}},
		"unknown at top": {`{"partner": []}`, []string{`unknown member "partner"`}},
		"unknown in a partner": {
			`{"partners": [{"id": "acme", "contactEmail": "a@b.example", "contactEmial": "x", "rate": 1}]}`,
			[]string{`partners[0]: unknown member "contactEmial"`, `partners[0]: unknown member "rate"`},
		},
		"rates of its own": {
			`{"partners": [{"id": "acme", "contactEmail": "a@b.example", "requestsPerSecond": 5, "burst": 7, "dailyQuota": 1}]}`,
			[]string{"partners[0]: requestsPerSecond: partners have no rate", "partners[0]: burst: partners", `partners[0]: dailyQuota: partners have no rate of their own any more: name a tier that has it, such as {"tier": "standard"}`},
		},
		"wrong types": {
			`{"partners": [{"id": 7, "contactEmail": "a@b.example", "addressRanges": "many"}]}`,
			[]string{"partners[0]: id: ", "partners[0]: addressRanges: "},
		},
		"a member given twice": {
			`{"partners": [{"id": "acme", "id": "globex", "contactEmail": "a@b.example"}]}`,
			[]string{`partners[0]: member "id" is given twice`},
		},
		"bad ids": {
			`{"partners": [{"id": "ab", "contactEmail": "a@b.example"}, {"id": "Acme", "contactEmail": "a@b.example"}, {"id": "../x", "contactEmail": "a@b.example"}, {"contactEmail": "a@b.example"}]}`,
			[]string{`partners[0] (ab): id is "ab"`, `partners[1] (Acme)`, `partners[2] (../x)`, `partners[3] (): id is ""`},
		},
		"id given twice": {
			`{"partners": [{"id": "acme", "contactEmail": "a@b.example"}, {"id": "acme", "contactEmail": "a@b.example"}]}`,
			[]string{"partners[1] (acme): id is taken by partners[0]"},
		},
		"bad addresses": {
			`{"partners": [{"id": "acme"}, {"id": "globex", "contactEmail": "Bob <bob@b.example>"}]}`,
			[]string{`partners[0] (acme): contactEmail is ""`, `partners[1] (globex): contactEmail is "Bob <bob@b.example>"`},
		},
		"bad keys": {
			`{"partners": [{"id": "acme", "contactEmail": "a@b.example", "sshPublicKeys": ["nonsense", "` + testKey + `", "` + otherKey + `", "` + testKey + ` me",
				"command=\"ls\" ` + otherKey + `", "-----BEGIN OPENSSH PRIVATE KEY-----", "` + dss + `",
				"` + otherKey + `\n` + testKey + `"]}]}`,
			[]string{
				"sshPublicKeys[0]: is not a public key", "sshPublicKeys[3]: is given twice", "sshPublicKeys[4]: has options",
				"sshPublicKeys[5]: is a private key", "sshPublicKeys[6]: is not a public key",
				"sshPublicKeys[7]: has more than one line",
			},
		},
		"too many keys": {
			`{"partners": [{"id": "acme", "contactEmail": "a@b.example", "sshPublicKeys": [` + strings.Repeat(`"x",`, 10) + `"x"]}]}`,
			[]string{"has 11 sshPublicKeys"},
		},
		"bad ranges": {
			`{"partners": [{"id": "acme", "contactEmail": "a@b.example", "addressRanges": ["192.0.2.1", "192.0.2.0/33", "::ffff:192.0.2.0/120", "192.0.2.0/24", "192.0.2.9/24"]}]}`,
			[]string{
				`addressRanges[0]: "192.0.2.1" is no range`, "addressRanges[1]: ", "addressRanges[2]: ", "addressRanges[4]: is given twice",
			},
		},
		"too many ranges": {
			`{"partners": [{"id": "acme", "contactEmail": "a@b.example", "addressRanges": [` + strings.Repeat(`"x",`, 50) + `"x"]}]}`,
			[]string{"has 51 addressRanges"},
		},
		"a long name": {
			`{"partners": [{"id": "acme", "contactEmail": "a@b.example", "name": "` + strings.Repeat("ü", 257) + `"}]}`,
			[]string{"name has 257 characters"},
		},
		"bad tiers": {
			`{"partners": [{"id": "acme", "contactEmail": "a@b.example", "tier": "Gold"}, {"id": "globex", "contactEmail": "a@b.example", "tier": "a,b"}]}`,
			[]string{`(acme): tier is "Gold"`, `(globex): tier is "a,b"`},
		},
		"bad times": {
			`{"partners": [{"id": "acme", "contactEmail": "a@b.example", "validUntil": "tomorrow"}, {"id": "globex", "contactEmail": "a@b.example", "validUntil": "1969-01-01T00:00:00Z"}]}`,
			[]string{"partners[0]: validUntil: ", "partners[1] (globex): validUntil is 1969-01-01T00:00:00Z"},
		},
		"a bad status": {
			`{"partners": [{"id": "acme", "contactEmail": "a@b.example", "status": "enabled"}]}`,
			[]string{`status is "enabled": give ENABLED, DRAINING or DISABLED`},
		},
		"a token": {
			`{"partners": [{"id": "acme", "contactEmail": "a@b.example", "token": "s3cret"}]}`,
			[]string{`partners[0]: unknown member "token"`},
		},
		"faults of several partners": {
			`{"partners": [{"id": "A", "contactEmail": "a@b.example"}, {"id": "acme", "contactEmail": "", "colour": "red"}]}`,
			[]string{`partners[0] (A): id`, `partners[1]: unknown member "colour"`, `partners[1] (acme): contactEmail`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			partners, err := Parse([]byte(test.file))
			if err == nil {
				t.Fatalf("accepted: %+v", partners)
			}
			for _, part := range test.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("no %q in:\n%v", part, err)
				}
			}
		})
	}
}

// line is a key as in authorized_keys.
func line(t *testing.T, public any) string {
	t.Helper()
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
}

func TestKeysOfTheTypesThatTransferFamilyTakesAreTaken(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	taken := []string{testKey, line(t, rsaKey.Public())}
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		taken = append(taken, line(t, key.Public()))
	}
	if faults := Validate([]Partner{{ID: "acme", ContactEmail: "a@b.example", SSHPublicKeys: taken}}); len(faults) > 0 {
		t.Errorf("%v", faults)
	}
	// One of a hardware key: this library knows it, AWS does not.
	blob := ssh.Marshal(struct {
		Type string
		Key  []byte
		App  string
	}{ssh.KeyAlgoSKED25519, make([]byte, 32), "ssh:"})
	token := ssh.KeyAlgoSKED25519 + " " + base64.StdEncoding.EncodeToString(blob)
	if _, _, _, _, err := ssh.ParseAuthorizedKey([]byte(token)); err != nil {
		t.Fatal(err)
	}
	faults := Validate([]Partner{{ID: "acme", ContactEmail: "a@b.example", SSHPublicKeys: []string{token}}})
	if len(faults) != 1 || !strings.Contains(faults[0].Error(), "sshPublicKeys[0]: is of type sk-ssh-ed25519@openssh.com: give one of ssh-rsa, ssh-ed25519, ecdsa") {
		t.Errorf("%v", faults)
	}
}

func TestWhatJustFitsIsAPartner(t *testing.T) {
	var keys []string
	for range 10 {
		public, _, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, line(t, public))
	}
	ranges := make([]string, 50)
	for i := range ranges {
		ranges[i] = fmt.Sprintf("10.0.%d.0/24", i)
	}
	for _, id := range []string{"abc", "a" + strings.Repeat("9", 30)} {
		p := Partner{ID: id, Name: strings.Repeat("ü", 256), ContactEmail: "a@b.example", SSHPublicKeys: keys, AddressRanges: ranges, Tier: "a" + strings.Repeat("-", 30), ValidUntil: time.Unix(1, 0)}
		if faults := Validate([]Partner{p}); len(faults) > 0 || !contract.IsPartner(id) {
			t.Errorf("%s: %v", id, faults)
		}
	}
	if contract.IsPartner("ab") || contract.IsPartner("acme/x") || contract.IsPartner("a"+strings.Repeat("9", 31)) {
		t.Error("what is no id is one")
	}
}

// Whatever a list is, it is read or refused, and what is read is valid and has
// one form.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"partners": [{"id": "acme", "contactEmail": "a@b.example", "sshPublicKeys": ["` + testKey + `"], "addressRanges": ["192.0.2.0/24"]}]}`))
	f.Add([]byte(`{"partners": [{"id": "acme", "id": null, "validUntil": "2027-01-31T12:00:00+01:00"}, 7]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := Parse(data)
		if err != nil {
			return
		}
		for i := range list {
			list[i] = list[i].Complete()
			if again := list[i].Complete(); !reflect.DeepEqual(again, list[i]) {
				t.Errorf("two forms: %+v, %+v", list[i], again)
			}
		}
		if faults := Validate(list); len(faults) > 0 {
			t.Errorf("completed, it is not valid any more: %v", faults)
		}
	})
}
