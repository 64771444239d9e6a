package main

// This file shows the directory, and brings lists into it.

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/tradepost-dev/tradepost/cmd/internal/command"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/directory"
	"github.com/tradepost-dev/tradepost/internal/enrolment"
	"github.com/tradepost-dev/tradepost/internal/partners"
)

const listUsage = `[--status STATUS] [--json] [--stack NAME]

Lists partners to standard output, by id: status, tier, how many SSH keys and tokens each has, until when it is let in, and
what of it an operator has set. With --json it is a list as "apply" takes it.`

func listVerb(ctx context.Context, arguments []string) error {
	flags, stack := newFlags("partners list", listUsage)
	status := flags.String("status", "", "of this `status` only: ENABLED, DRAINING or DISABLED")
	asJSON := flags.Bool("json", false, "print a list as apply takes it")
	if err := command.Parse(flags, arguments); err != nil {
		return err
	}
	if *status != "" && !contract.PartnerStatus(*status).Known() {
		return command.Misused("there is no status %q: give ENABLED, DRAINING or DISABLED", *status)
	}
	keeper, err := keeperOf(ctx, *stack)
	if err != nil {
		return err
	}
	var rows []directory.Row
	all := &directory.Directory{DynamoDB: keeper.DynamoDB, Table: keeper.Table}
	for row, err := range all.List(ctx) {
		if err != nil {
			return err
		}
		if *status == "" || row.Status == contract.PartnerStatus(*status) {
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, func(a, b directory.Row) int { return cmp.Compare(a.ID, b.ID) })
	if *asJSON {
		return printList(rows)
	}
	return printTable(rows)
}

func printTable(rows []directory.Row) error {
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "PARTNER\tSTATUS\tTIER\tSSH KEYS\tTOKENS\tVALID UNTIL\tSET BY AN OPERATOR")
	for _, row := range rows {
		fmt.Fprintf(out, "%s\t%s\t%s\t%d\t%d\t%s\t%s\n", row.ID, row.Status, row.Tier, len(row.SSHKeys), tokensOf(row), until(row.ValidUntil), cmp.Or(strings.Join(row.Held, ","), "-"))
	}
	return out.Flush()
}

// tokensOf is how many tokens of a partner are valid.
func tokensOf(row directory.Row) int {
	n := 0
	for _, hash := range [][]byte{row.TokenHash, row.PreviousTokenHash} {
		n += min(1, len(hash))
	}
	return n
}

func until(at time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return at.UTC().Format(time.RFC3339)
}

func printList(rows []directory.Row) error {
	list := struct {
		Partners []partners.Partner `json:"partners"`
	}{Partners: []partners.Partner{}}
	for _, row := range rows {
		list.Partners = append(list.Partners, enrolment.PartnerOf(row))
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(list)
}

const applyUsage = `FILE [--drain-any] [--stack NAME]

Makes the directory say what a file of partners does, as a deployment with that file would: who is new is added, who has
changed is changed, and who has left the list is drained. What an operator has set stays as it is. It may be interrupted and
run again. A partner that is new has no token until it gets one by "rotate".`

func applyVerb(ctx context.Context, arguments []string) error {
	flags, stack := newFlags("partners apply", applyUsage)
	drainAny := flags.Bool("drain-any", false, "drain even more than half of the partners, if that many have left the list")
	var file string
	if err := command.Parse(flags, arguments, command.Operand{Name: "FILE", Value: &file}); err != nil {
		return err
	}
	list, err := partners.Load(file)
	if err != nil {
		return err
	}
	keeper, err := keeperOf(ctx, *stack)
	if err != nil {
		return err
	}
	report, err := keeper.Apply(ctx, list, enrolment.Options{DrainAny: *drainAny})
	if mass, ok := errors.AsType[*enrolment.Mass](err); ok {
		return fmt.Errorf("%w; if it is the right one, give --drain-any", mass)
	}
	tell("%d added, %d changed, %d unchanged, %d drained, of %d in the list", report.Added, report.Changed, report.Unchanged, len(report.Drained), len(list))
	tellSome("drained", report.Drained)
	tellSome("otherwise than the list says, as an operator has set it", report.Kept)
	return err
}

// tellSome names partners, if there are some: of many the first.
func tellSome(what string, ids []string) {
	const few = 20
	if len(ids) == 0 {
		return
	}
	more := ""
	if len(ids) > few {
		more = fmt.Sprintf(" and %d more", len(ids)-few)
	}
	tell("%s: %s%s", what, strings.Join(ids[:min(few, len(ids))], ", "), more)
}
