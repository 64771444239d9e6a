package b2b

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// testKey and otherKey are public keys that nobody has the other half of.
const (
	testKey  = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIMyJXzFErdyFxwBs6PvqsGul3QppbppKFARvchBKI8U"
	otherKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBWQG422AqTmebkDCInrJZKbWZyzOilnTinFz8OvC237 someone@example.com"
)

func TestParsePartnersReadsEveryMember(t *testing.T) {
	got, err := ParsePartners([]byte(`{"partners": [{
		"id": "acme", "name": "Acme", "contactEmail": "edi@acme.example", "sshPublicKeys": ["` + otherKey + `"],
		"requestsPerSecond": 2.5, "burst": 7, "dailyQuota": 1000
	}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []Partner{{
		ID: "acme", Name: "Acme", ContactEmail: "edi@acme.example", SSHPublicKeys: []string{otherKey},
		RequestsPerSecond: 2.5, Burst: 7, DailyQuota: 1000,
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
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
		"wrong types": {
			`{"partners": [{"id": 7, "contactEmail": "a@b.example", "burst": "many"}]}`,
			[]string{"partners[0]: id: ", "partners[0]: burst: "},
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
				"command=\"ls\" ` + otherKey + `", "-----BEGIN OPENSSH PRIVATE KEY-----", "` + dss + `"]}]}`,
			[]string{
				"sshPublicKeys[0]: is not a public key", "sshPublicKeys[3]: is given twice", "sshPublicKeys[4]: has options",
				"sshPublicKeys[5]: is a private key", "sshPublicKeys[6]: is not a public key",
			},
		},
		"negative rates": {
			`{"partners": [{"id": "acme", "contactEmail": "a@b.example", "burst": -1}]}`,
			[]string{"cannot be negative"},
		},
		"faults of several partners": {
			`{"partners": [{"id": "A", "contactEmail": "a@b.example"}, {"id": "acme", "contactEmail": "", "colour": "red"}]}`,
			[]string{`partners[0] (A): id`, `partners[1]: unknown member "colour"`, `partners[1] (acme): contactEmail`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			partners, err := ParsePartners([]byte(test.file))
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

func TestLoadPartnersNamesTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "partners.json")
	if _, err := LoadPartners(file); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("a file that is not there: %v", err)
	}
	if err := os.WriteFile(file, []byte(`{"partners": [{}]}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadPartners(file); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("a file with faults: %v", err)
	}
}

func TestPartnerDefaults(t *testing.T) {
	for name, test := range map[string]struct {
		partner Partner
		rate    float64
		burst   int
	}{
		"nothing given": {Partner{}, 10, 20},
		"rate given":    {Partner{RequestsPerSecond: 0.2}, 0.2, 1},
		"both given":    {Partner{RequestsPerSecond: 5, Burst: 6}, 5, 6},
	} {
		t.Run(name, func(t *testing.T) {
			if rate, burst := test.partner.rate(), test.partner.burst(); rate != test.rate || burst != test.burst {
				t.Errorf("rate %v, burst %d", rate, burst)
			}
		})
	}
}
