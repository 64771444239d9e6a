package main

// This file adds partners and changes them.

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/cmd/internal/command"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/partners"
)

const addUsage = `PARTNER --email ADDRESS [--name NAME] [--ssh-keys FILE] [--ranges RANGES] [--tier TIER] [--until TIME] [--stack NAME]

Adds a partner, which may come in at once, and prints its bearer token, and nothing else, to standard output. It is shown
this once. The partner is the operator's: no list changes it.`

func addVerb(ctx context.Context, arguments []string) error {
	flags, stack := newFlags("partners add", addUsage)
	var given traits
	given.flags(flags)
	partner := partners.Partner{}
	if err := command.Parse(flags, arguments, command.Operand{Name: "PARTNER", Value: &partner.ID}); err != nil {
		return err
	}
	if err := given.set(flags, &partner); err != nil {
		return err
	}
	if partner.ContactEmail == "" {
		return command.Misused("say whom to tell about the partner's transactions: --email ADDRESS")
	}
	keeper, err := keeperOf(ctx, *stack)
	if err != nil {
		return err
	}
	bearer, err := keeper.Add(ctx, partner)
	if err != nil {
		return advised(err, partner.ID)
	}
	fmt.Println(bearer)
	tell("%s is added, and its token is valid at once", partner.ID)
	return nil
}

const changeUsage = `PARTNER [--email ADDRESS] [--name NAME] [--ssh-keys FILE] [--add-ssh-key FILE] [--remove-ssh-key FILE]
       [--ranges RANGES] [--tier TIER] [--until TIME] [--stack NAME]

Changes of a partner what is given. That is the operator's then: no list changes it until it is released.`

func changeVerb(ctx context.Context, arguments []string) error {
	flags, stack := newFlags("partners change", changeUsage)
	var given traits
	given.flags(flags)
	given.keyFlags(flags)
	var partner string
	if err := command.Parse(flags, arguments, command.Operand{Name: "PARTNER", Value: &partner}); err != nil {
		return err
	}
	attributes := given.attributes(flags)
	if len(attributes) == 0 {
		return command.Misused("say what to change: tradepost partners change -h tells what there is")
	}
	keeper, err := keeperOf(ctx, *stack)
	if err != nil {
		return err
	}
	_, err = keeper.Change(ctx, partner, func(p *partners.Partner) error { return given.set(flags, p) }, attributes...)
	if err != nil {
		return advised(err, partner)
	}
	tell("%s is changed: %s", partner, taken)
	return nil
}

// traits are what flags say of a partner.
type traits struct {
	email, name, keys, ranges, tier string
	until                           time.Time
	addKey, removeKey               string
}

func (t *traits) flags(flags *flag.FlagSet) {
	flags.StringVar(&t.email, "email", "", "`address` that is stored with the partner's transactions")
	flags.StringVar(&t.name, "name", "", "`name` for people")
	flags.StringVar(&t.keys, "ssh-keys", "", "let in by SFTP by the keys in this `file`, lines as in authorized_keys, and by no others")
	flags.StringVar(&t.ranges, "ranges", "", "let in from these address `ranges` only, with commas between, such as 192.0.2.0/24; any lets in from anywhere")
	flags.StringVar(&t.tier, "tier", "", "the `tier` that bounds how often the partner may post")
	flags.Func("until", "let in until this `time`, such as 2027-01-31T00:00:00Z; never takes the end away", func(text string) (err error) {
		if text != "never" {
			t.until, err = time.Parse(time.RFC3339, text)
		}
		return err
	})
}

// keyFlags are those about a partner that has keys.
func (t *traits) keyFlags(flags *flag.FlagSet) {
	flags.StringVar(&t.addKey, "add-ssh-key", "", "let in by the keys in this `file`, too")
	flags.StringVar(&t.removeKey, "remove-ssh-key", "", "let in no more by the keys in this `file`")
}

// named are the attributes that flags are about.
var named = map[string]string{
	"email": contract.AttrContactEmail, "name": contract.AttrName, "ranges": contract.AttrAddressRanges, "tier": contract.AttrTier,
	"until": contract.AttrValidUntil, "ssh-keys": contract.AttrSSHKeys, "add-ssh-key": contract.AttrSSHKeys, "remove-ssh-key": contract.AttrSSHKeys,
}

// attributes are those that the flags given are about.
func (t *traits) attributes(flags *flag.FlagSet) []string {
	var all []string
	flags.Visit(func(f *flag.Flag) {
		if attribute := named[f.Name]; attribute != "" && !slices.Contains(all, attribute) {
			all = append(all, attribute)
		}
	})
	return all
}

// set makes of a partner what the flags given say.
func (t *traits) set(flags *flag.FlagSet, p *partners.Partner) error {
	var faults []error
	flags.Visit(func(f *flag.Flag) {
		var err error
		switch f.Name {
		case "email":
			p.ContactEmail = t.email
		case "name":
			p.Name = t.name
		case "tier":
			p.Tier = t.tier
		case "ranges":
			p.AddressRanges = rangesOf(t.ranges)
		case "until":
			p.ValidUntil = t.until
		case "ssh-keys":
			p.SSHPublicKeys, err = keysOf(t.keys)
		case "add-ssh-key":
			p.SSHPublicKeys, err = added(p.SSHPublicKeys, t.addKey)
		case "remove-ssh-key":
			p.SSHPublicKeys, err = removed(p.SSHPublicKeys, t.removeKey)
		}
		faults = append(faults, err)
	})
	return errors.Join(faults...)
}

func rangesOf(text string) []string {
	if text == "any" {
		return nil
	}
	var all []string
	for part := range strings.SplitSeq(text, ",") {
		all = append(all, strings.TrimSpace(part))
	}
	return all
}

// keysOf are the lines of a file that are neither empty nor comments.
func keysOf(file string) ([]string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read SSH keys: %w", err)
	}
	var keys []string
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		if line := strings.TrimSpace(lines.Text()); line != "" && !strings.HasPrefix(line, "#") {
			keys = append(keys, line)
		}
	}
	return keys, lines.Err()
}

func added(keys []string, file string) ([]string, error) {
	more, err := keysOf(file)
	for _, key := range more {
		if !slices.ContainsFunc(keys, same(key)) {
			keys = append(keys, key)
		}
	}
	return keys, err
}

func removed(keys []string, file string) ([]string, error) {
	fewer, err := keysOf(file)
	for _, key := range fewer {
		if !slices.ContainsFunc(keys, same(key)) {
			return keys, fmt.Errorf("%s has a key by which the partner is not let in anyway", file)
		}
		keys = slices.DeleteFunc(keys, same(key))
	}
	return keys, err
}

// same tells whether a line has the same key as another one, whatever their
// comments are.
func same(line string) func(string) bool {
	key := func(line string) string {
		fields := strings.Fields(line)
		return strings.Join(fields[:min(2, len(fields))], " ")
	}
	return func(other string) bool { return key(line) == key(other) }
}

const statusUsage = `PARTNER [--stack NAME]

%s The status is the operator's then: no list changes it until it is released.`

// statusUsages say what each status means.
var statusUsages = map[contract.PartnerStatus]string{
	contract.PartnerEnabled:  "Lets the partner do all that partners do.",
	contract.PartnerDraining: "Takes no file and no transaction from the partner any more. It still gets its replies, and the statuses of what it has sent.",
	contract.PartnerDisabled: "Lets the partner in no more: it is answered as somebody whom nobody knows. What it has sent is processed.",
}

func statusVerb(verb string, status contract.PartnerStatus) func(context.Context, []string) error {
	return func(ctx context.Context, arguments []string) error {
		keeper, partner, err := aboutPartner(ctx, verb, fmt.Sprintf(statusUsage, statusUsages[status]), arguments)
		if err != nil {
			return err
		}
		if _, err := keeper.SetStatus(ctx, partner, status); err != nil {
			return advised(err, partner)
		}
		tell("%s is %s: %s", partner, status, taken)
		return nil
	}
}

const releaseUsage = `PARTNER [--stack NAME]

Leaves to the list all of the partner that an operator has set: the next list that is applied says what becomes of it.`

func releaseVerb(ctx context.Context, arguments []string) error {
	keeper, partner, err := aboutPartner(ctx, "release", releaseUsage, arguments)
	if err != nil {
		return err
	}
	if _, err := keeper.Release(ctx, partner); err != nil {
		return advised(err, partner)
	}
	tell("%s is as it was, until the next list that is applied", partner)
	return nil
}
