package main

import (
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/partners"
)

func TestFlagsSayWhatBecomesOfAPartner(t *testing.T) {
	folder := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	two := file("two", "# of the office\nssh-ed25519 AAAA1 anna\n\n  ssh-ed25519 AAAA2\n")
	one := file("one", "ssh-ed25519 AAAA1 her new laptop\n")
	none := file("none", "")
	full := partners.Partner{
		ID: "acme", Name: "Acme", ContactEmail: "a@acme.example", SSHPublicKeys: []string{"ssh-ed25519 AAAA1 anna", "ssh-ed25519 AAAA2"},
		AddressRanges: []string{"192.0.2.0/24"}, Tier: "basic", ValidUntil: time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC),
	}
	with := func(change func(*partners.Partner)) partners.Partner {
		p := full
		change(&p)
		return p
	}
	for name, test := range map[string]struct {
		arguments  []string
		before     partners.Partner
		want       partners.Partner
		attributes []string
	}{
		"all of it": {
			[]string{"-name", "Acme", "-email", "a@acme.example", "-ssh-keys", two, "-ranges", "192.0.2.0/24", "-tier", "basic", "-until", "2027-01-31T00:00:00Z"},
			partners.Partner{ID: "acme"}, full,
			[]string{contract.AttrContactEmail, contract.AttrName, contract.AttrAddressRanges, contract.AttrSSHKeys, contract.AttrTier, contract.AttrValidUntil},
		},
		"no bounds": {
			[]string{"-ranges", "any", "-until", "never"}, full,
			with(func(p *partners.Partner) { p.AddressRanges, p.ValidUntil = nil, time.Time{} }),
			[]string{contract.AttrAddressRanges, contract.AttrValidUntil},
		},
		"several ranges": {
			[]string{"-ranges", "192.0.2.0/24, 2001:db8::/32"}, full,
			with(func(p *partners.Partner) { p.AddressRanges = []string{"192.0.2.0/24", "2001:db8::/32"} }),
			[]string{contract.AttrAddressRanges},
		},
		"a key it has already": {[]string{"-add-ssh-key", one}, full, full, []string{contract.AttrSSHKeys}},
		"a key less": {
			[]string{"-remove-ssh-key", one}, full,
			with(func(p *partners.Partner) { p.SSHPublicKeys = []string{"ssh-ed25519 AAAA2"} }), []string{contract.AttrSSHKeys},
		},
		"a key more": {
			[]string{"-add-ssh-key", two}, with(func(p *partners.Partner) { p.SSHPublicKeys = []string{"ssh-ed25519 AAAA1 anna"} }),
			full, []string{contract.AttrSSHKeys},
		},
		"no keys": {[]string{"-ssh-keys", none}, full, with(func(p *partners.Partner) { p.SSHPublicKeys = nil }), []string{contract.AttrSSHKeys}},
	} {
		t.Run(name, func(t *testing.T) {
			given, flags := parsed(t, test.arguments)
			got := test.before
			got.SSHPublicKeys = slices.Clone(got.SSHPublicKeys)
			if err := given.set(flags, &got); err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("it is %+v, %v\nwant %+v", got, err, test.want)
			}
			attributes := given.attributes(flags)
			slices.Sort(attributes)
			slices.Sort(test.attributes)
			if !slices.Equal(attributes, test.attributes) {
				t.Errorf("the operator's are %q, want %q", attributes, test.attributes)
			}
		})
	}
	given, flags := parsed(t, []string{"-remove-ssh-key", one})
	if err := given.set(flags, &partners.Partner{SSHPublicKeys: []string{"ssh-ed25519 AAAA2"}}); err == nil {
		t.Error("a key that it does not have is taken away")
	}
	given, flags = parsed(t, []string{"-ssh-keys", filepath.Join(folder, "missing")})
	if err := given.set(flags, &partners.Partner{}); err == nil {
		t.Error("a file that is missing has keys")
	}
}

func parsed(t *testing.T, arguments []string) (*traits, *flag.FlagSet) {
	t.Helper()
	given, flags := &traits{}, flag.NewFlagSet("test", flag.ContinueOnError)
	given.flags(flags)
	given.keyFlags(flags)
	if err := flags.Parse(arguments); err != nil {
		t.Fatal(err)
	}
	return given, flags
}
