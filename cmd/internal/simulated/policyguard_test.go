package simulated

// This file proves the policy guard: what grants too much is taken out of force
// once, and is put back only if an administrator says so and nobody has changed it
// meanwhile.

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/tradepost-dev/tradepost/cmd/internal/approver"
	"github.com/tradepost-dev/tradepost/cmd/internal/policyguard"
	"github.com/tradepost-dev/tradepost/handlers"
	"github.com/tradepost-dev/tradepost/internal/approvals"
	"github.com/tradepost-dev/tradepost/internal/contract/approval"
	contract "github.com/tradepost-dev/tradepost/internal/contract/policyguard"
	"github.com/tradepost-dev/tradepost/internal/policies"
	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/simulation"
)

// Documents that somebody writes.
const (
	tooMuch     = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:*", "Resource": "*"}]}`
	tooMuchToo  = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:DeleteBucket", "Resource": "*"}]}`
	justEnough  = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}]}`
	nothingLeft = policies.Placeholder
)

// fate is what has to become of a policy.
type fate struct {
	outcomes []contract.Outcome // of its changes
	document string             // in force
	versions int                // that there are, of a managed policy

	// orElse are the outcomes if its first change is decided on when the second
	// one stands, and has not been rolled back yet.
	orElse []contract.Outcome
}

// fates are what has to become of policies, by their names.
var fates = map[string]fate{
	"approved": {outcomes: []contract.Outcome{contract.Restored}, document: tooMuch, versions: 1},
	"denied":   {outcomes: []contract.Outcome{contract.Denied}, document: nothingLeft, versions: 2},
	"late":     {outcomes: []contract.Outcome{contract.TimedOut}, document: nothingLeft, versions: 2},
	"changed":  {outcomes: []contract.Outcome{contract.Changed}, document: justEnough, versions: 3},
	"twice": {
		outcomes: []contract.Outcome{contract.Restored, contract.Superseded}, document: tooMuchToo, versions: 2,
		orElse: []contract.Outcome{contract.Changed, contract.Restored},
	},
	"enough": {document: justEnough, versions: 1},
	"inline": {outcomes: []contract.Outcome{contract.Restored}, document: tooMuch},
	"wiped":  {outcomes: []contract.Outcome{contract.Denied}, document: nothingLeft},
}

// rule is what the administrator decides.
func rule(mail string) (approval.Verdict, string, bool) {
	for name, fate := range fates {
		if strings.Contains(mail, "Restore "+name+" ") || strings.Contains(mail, "Restore "+name+"?") {
			switch {
			case slices.Contains(fate.outcomes, contract.Denied):
				return approval.Denied, "No.", true
			case slices.Contains(fate.outcomes, contract.TimedOut):
				return "", "", false
			}
			return approval.Approved, "", true
		}
	}
	return "", "", false
}

// company is one whose policies are guarded.
type company struct {
	*policyguard.Guard
	has  func(policy string) bool
	arns map[string]string // of managed policies, by name
}

// guarded is what happens to it, with so much time for what nobody decides on.
func guarded(day time.Duration) simulation.Options {
	return simulation.Options{
		Assembly: assembly(), Packages: handlers.All(), Faults: without(append(consumed, simulation.Broken, simulation.InPart, simulation.Twice, simulation.Stale)...),
		Engine: local.Options{Stacks: []string{"Tradepost-PolicyGuard-dev"}},
		Scenario: func(ctx context.Context, w *simulation.World) error {
			g, err := policyguard.Connect(here(w, ""))
			if err != nil {
				return err
			}
			c := company{g, w.Keep, map[string]string{}}
			administrator := &person{Laptop: c.Laptop, clicked: map[string]bool{}, decide: func(mail string) (approval.Verdict, string, bool) {
				if strings.Contains(mail, "Restore changed?") || strings.Contains(mail, "Restore twice?") {
					return "", "", false
				}
				return rule(mail)
			}}
			if err := c.change(ctx); err != nil {
				return err
			}
			if err := deliverAgain(ctx, c.Laptop, c.Workflow, time.Second, time.Minute); err != nil {
				return err
			}
			if err := administrator.look(ctx, 20*time.Minute); err != nil {
				return err
			}
			if err := mended(ctx, c.Laptop, c.Workflow); err != nil {
				return err
			}
			if err := c.changeAgain(ctx); err != nil {
				return err
			}
			if err := deliverAgain(ctx, c.Laptop, c.Workflow, 20*time.Minute); err != nil {
				return err
			}
			administrator.decide = rule
			if err := administrator.look(ctx, time.Hour); err != nil {
				return err
			}
			w.Wait(day)
			w.Calm()
			if err := redrive(ctx, c.Laptop, c.Workflow); err != nil {
				return err
			}
			if err := administrator.look(ctx, time.Hour); err != nil {
				return err
			}
			if err := ended(ctx, c.Laptop, c.Workflow); err != nil {
				return err
			}
			return c.audit(ctx)
		},
	}
}

func TestNoPolicyGrantsWhatNobodyApprovedWhateverHappens(t *testing.T) {
	sample(t, "policyguard", 1, guarded(24*time.Hour))
}

// change writes each policy for the first time.
func (c company) change(ctx context.Context) (err error) {
	for _, name := range []string{"approved", "denied", "late", "changed", "twice", "enough"} {
		if !c.has(name) {
			continue
		}
		document := tooMuch
		if name == "enough" {
			document = justEnough
		}
		if c.arns[name], err = c.Create(ctx, name, document); err != nil {
			return err
		}
	}
	if err := c.Role(ctx, "worker"); err != nil {
		return err
	}
	for _, name := range []string{"inline", "wiped"} {
		if !c.has(name) {
			continue
		}
		if _, err := c.IAM().PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("worker"), PolicyName: &name, PolicyDocument: aws.String(tooMuch)}); err != nil {
			return err
		}
	}
	return nil
}

// changeAgain writes two of them a second time, before anybody has decided on the first.
func (c company) changeAgain(ctx context.Context) error {
	for _, change := range [][2]string{{"changed", justEnough}, {"twice", tooMuchToo}} {
		name, document := change[0], change[1]
		if !c.has(name) {
			continue
		}
		if _, err := c.IAM().CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: aws.String(c.arns[name]), PolicyDocument: &document, SetAsDefault: true}); err != nil {
			return err
		}
	}
	return nil
}

// audit wants each policy to have come to its end.
func (c company) audit(ctx context.Context) error {
	var faults []error
	questions, err := c.questions()
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(fates)) {
		if !c.has(name) {
			continue
		}
		want := fates[name]
		key := cmp.Or(c.arns[name], inlineOf(name).Key())
		cases, err := c.Changes(ctx, key)
		if err != nil {
			return err
		}
		var outcomes []contract.Outcome
		for _, one := range cases {
			outcomes = append(outcomes, one.Outcome)
		}
		slices.Sort(outcomes)
		if !slices.Equal(outcomes, want.outcomes) && (want.orElse == nil || !slices.Equal(outcomes, want.orElse)) {
			faults = append(faults, fmt.Errorf("%s came to %q, not to %q", name, outcomes, want.outcomes))
		}
		if asked := len(questions[name]); asked != len(want.outcomes) {
			faults = append(faults, fmt.Errorf("administrators were asked %d questions about %s, not %d", asked, name, len(want.outcomes)))
		}
		faults = append(faults, c.stands(ctx, name, want))
	}
	return errors.Join(faults...)
}

// stands wants a policy's document to be in force.
func (c company) stands(ctx context.Context, name string, want fate) error {
	if want.versions == 0 {
		document, err := c.Inline(ctx, inlineOf(name))
		if err == nil && !policies.Same(document, want.document) {
			err = fmt.Errorf("%s is %s", name, document)
		}
		return err
	}
	arn := c.arns[name]
	_, document, err := c.Standing(ctx, arn)
	if err != nil {
		return err
	}
	listed, err := c.IAM().ListPolicyVersions(ctx, &iam.ListPolicyVersionsInput{PolicyArn: &arn})
	if err != nil {
		return err
	}
	if !policies.Same(document, want.document) || len(listed.Versions) != want.versions {
		return fmt.Errorf("%s is %s, and has %d versions", name, document, len(listed.Versions))
	}
	return nil
}

func inlineOf(name string) contract.Policy {
	return contract.Policy{Kind: contract.Role, Of: "worker", Name: name}
}

// questions are those that mails ask, by policy: a mail that came twice asks one.
func (c company) questions() (map[string]map[string]bool, error) {
	mails, err := approver.Questions(c.Laptop, "")
	if err != nil {
		return nil, err
	}
	questions := map[string]map[string]bool{}
	for _, mail := range mails {
		payload, _, _ := strings.Cut(path.Base(mail.Link), ".")
		content, err := base64.RawURLEncoding.DecodeString(payload)
		var link approvals.Link
		if err = errors.Join(err, json.Unmarshal(content, &link)); err != nil {
			return nil, fmt.Errorf("read the link %s: %w", mail.Link, err)
		}
		_, about, _ := strings.Cut(mail.Text, "Restore ")
		name := about[:strings.IndexAny(about, " ?")]
		if questions[name] == nil {
			questions[name] = map[string]bool{}
		}
		questions[name][link.Request] = true
	}
	return questions, nil
}
