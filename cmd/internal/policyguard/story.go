package policyguard

// This file has the story of the policy guard.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/tradepost-dev/tradepost/cmd/internal/approver"
	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/cmd/internal/story"
	approvals "github.com/tradepost-dev/tradepost/internal/contract/approval"
	contract "github.com/tradepost-dev/tradepost/internal/contract/policyguard"
	"github.com/tradepost-dev/tradepost/internal/policies"
)

// Story has somebody make a policy that grants a restricted action, which is
// approved; a role's inline one, which is denied; and one that is harmless.
func Story() story.Story {
	return story.Of(System(), Connect, (*Guard).tell, (*Guard).usage)
}

const (
	powerful = `{"Version": "2012-10-17", "Statement": [{"Sid": "Users", "Effect": "Allow", "Action": "iam:*User*", "Resource": "*"}]}`
	wiping   = `{"Version": "2012-10-17", "Statement": [{"Sid": "Wipe", "Effect": "Allow", "Action": ["s3:Delete*", "s3:GetObject"], "Resource": "arn:aws:s3:::orders"}]}`
	harmless = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["sqs:SendMessage", "s3:Get*"], "Resource": "*"}]}`
)

func (g *Guard) tell(ctx context.Context) (account string, err error) {
	var t tally
	run := time.Now().UTC().Format("150405.000")
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "\nPOLICY\tROLLED BACK AFTER\tDECISION\tWHAT STANDS")

	story.Progress("making a policy that grants iam:*User*")
	name := "user-admin-" + run
	began := time.Now()
	arn, err := g.Create(ctx, name, powerful)
	if err != nil {
		return t.account(), err
	}
	took, err := g.rolledBack(ctx, began, func() (string, error) { _, document, err := g.Standing(ctx, arn); return document, err })
	if err == nil {
		err = g.decided(ctx, name, arn, approvals.Approved, "For the migration.")
	}
	if err != nil {
		return t.account(), err
	}
	version, document, err := g.Standing(ctx, arn)
	if err != nil {
		return t.account(), err
	}
	t.rolledBack++
	t.restored += count(version == "v1" && policies.Same(document, powerful))
	fmt.Fprintf(out, "%s\t%v\tapproved by %s\t%s\n", name, took, Administrator, version)

	story.Progress("giving a role s3:Delete*")
	role := "cleaner-" + run
	wipe := contract.Policy{Kind: contract.Role, Of: role, Name: "wipe"}
	if err := g.Role(ctx, role); err != nil {
		return t.account(), err
	}
	began = time.Now()
	if _, err := g.IAM().PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &role, PolicyName: &wipe.Name, PolicyDocument: aws.String(wiping)}); err != nil {
		return t.account(), err
	}
	if took, err = g.rolledBack(ctx, began, func() (string, error) { return g.Inline(ctx, wipe) }); err == nil {
		err = g.decided(ctx, "wipe of role "+role, wipe.Key(), approvals.Denied, "Not that bucket.")
	}
	if err != nil {
		return t.account(), err
	}
	if document, err = g.Inline(ctx, wipe); err != nil {
		return t.account(), err
	}
	t.rolledBack++
	t.kept += count(policies.Same(document, policies.Placeholder))
	fmt.Fprintf(out, "wipe of role %s\t%v\tdenied by %s\tthe placeholder\n", role, took, Administrator)

	story.Progress("making a policy that grants nothing restricted")
	quiet := "sender-" + run
	if arn, err = g.Create(ctx, quiet, harmless); err != nil {
		return t.account(), err
	}
	if err := g.judged(ctx, arn); err != nil {
		return t.account(), err
	}
	if version, document, err = g.Standing(ctx, arn); err != nil {
		return t.account(), err
	}
	t.leftAlone += count(version == "v1" && policies.Same(document, harmless))
	fmt.Fprintf(out, "%s\tnever\tnone\t%s\n", quiet, version)
	return t.account(), errors.Join(out.Flush(), t.fault())
}

// rolledBack waits until a placeholder stands, and tells how long that took.
func (g *Guard) rolledBack(ctx context.Context, began time.Time, standing func() (string, error)) (time.Duration, error) {
	for {
		document, err := standing()
		if err != nil {
			return 0, err
		}
		if policies.Same(document, policies.Placeholder) {
			return time.Since(began).Round(time.Millisecond), nil
		}
		if err := laptop.Pause(ctx); err != nil {
			return 0, fmt.Errorf("it was not rolled back: %w", err)
		}
	}
}

// decided decides by the mail that asks, and waits for what comes of it.
func (g *Guard) decided(ctx context.Context, name, key string, verdict approvals.Verdict, comment string) error {
	link, err := g.Asked(ctx, name, 1)
	if err != nil {
		return err
	}
	if err := approver.Decide(ctx, link, verdict, comment); err != nil {
		return err
	}
	cases, err := g.Closed(ctx, key, 1)
	if err == nil && (cases[0].DecidedBy != Administrator || cases[0].Comment != comment) {
		err = fmt.Errorf("the case of %s says %+v", name, cases[0])
	}
	return err
}

// tally is what was counted.
type tally struct{ rolledBack, restored, kept, leftAlone int }

func (t tally) account() string {
	return fmt.Sprintf("rolledback=%d restored=%d kept=%d leftalone=%d", t.rolledBack, t.restored, t.kept, t.leftAlone)
}

func (t tally) fault() error {
	if want := (tally{rolledBack: 2, restored: 1, kept: 1, leftAlone: 1}); t != want {
		return fmt.Errorf("%s, want %s: an approved change is in force again, a denied one stays rolled back, and a harmless one was never touched", t.account(), want.account())
	}
	return nil
}

func count(so bool) int {
	if so {
		return 1
	}
	return 0
}

// usage is how to be caught, and how to decide.
func (g *Guard) usage() string {
	return fmt.Sprintf(`Guard     aws --endpoint-url %[1]s iam create-policy --policy-name mine --policy-document '{"Statement": {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}}'
          open the link of the mail in %[2]s/mail, and decide; then
          aws --endpoint-url %[1]s iam list-policy-versions --policy-arn arn:aws:iam::%[3]s:policy/mine
`, g.Endpoints.AWS, g.State, g.Engine.Cloud.Account)
}
