package constructs_test

// What holds for every system alike: one that is new is a line of systems.

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"

	"github.com/tradepost-dev/tradepost/constructs/accounts"
	"github.com/tradepost-dev/tradepost/constructs/approval"
	"github.com/tradepost-dev/tradepost/constructs/b2b"
	"github.com/tradepost-dev/tradepost/constructs/instances"
	"github.com/tradepost-dev/tradepost/constructs/invoices"
	"github.com/tradepost-dev/tradepost/constructs/onboarding"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/ordering"
	"github.com/tradepost-dev/tradepost/constructs/policyguard"
	"github.com/tradepost-dev/tradepost/constructs/training"
	"github.com/tradepost-dev/tradepost/constructs/webhooks"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

// systems declare each system with default props but for how it is operated.
var systems = map[string]func(awscdk.Stack, operation.Settings){
	"accounts": func(s awscdk.Stack, o operation.Settings) { accounts.New(s, "Bank", accounts.Props{Operation: o}) },
	"approval": func(s awscdk.Stack, o operation.Settings) {
		approval.New(s, "Approval", approval.Props{Approvers: []string{"ann@example.com", "bob@example.com"}, Operation: o})
	},
	"b2b": func(s awscdk.Stack, o operation.Settings) {
		b2b.NewPipeline(s, "Pipeline", b2b.PipelineProps{Partners: testPartners(), Operation: o})
	},
	"invoices": func(s awscdk.Stack, o operation.Settings) {
		invoices.New(s, "Payables", invoices.Props{Reviewers: []string{"ann@example.com"}, Operation: o})
	},
	"instances":  func(s awscdk.Stack, o operation.Settings) { instances.New(s, "Switch", instances.Props{Operation: o}) },
	"onboarding": func(s awscdk.Stack, o operation.Settings) { onboarding.New(s, "Club", onboarding.Props{Operation: o}) },
	"ordering":   func(s awscdk.Stack, o operation.Settings) { ordering.New(s, "Shop", ordering.Props{Operation: o}) },
	"webhooks":   func(s awscdk.Stack, o operation.Settings) { webhooks.New(s, "Hooks", webhooksProps(o)) },
	"training":   func(s awscdk.Stack, o operation.Settings) { training.New(s, "Model", trainingProps(o)) },
	"policyguard": func(s awscdk.Stack, o operation.Settings) {
		policyguard.New(s, "Guard", policyguard.Props{Administrators: []string{"ann@example.com", "bob@example.com"}, NewTrail: true, SecondOpinion: true, Operation: o})
	},
}

// synthSystem is the template of a system with default props.
func synthSystem(t *testing.T, name string) *cdktest.Template {
	t.Helper()
	return synthOnce(t, name, func(stack awscdk.Stack) { systems[name](stack, operation.Settings{}) })
}

// eachSystem runs a test for each system's template with default props.
func eachSystem(t *testing.T, test func(t *testing.T, system string, template *cdktest.Template)) {
	for name := range systems {
		t.Run(name, func(t *testing.T) { test(t, name, synthSystem(t, name)) })
	}
}

func TestEverySystemIsHeldToWhatAllAre(t *testing.T) {
	stacks, err := filepath.Glob(filepath.Join("..", "stacks", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range stacks {
		name := strings.TrimSuffix(filepath.Base(file), ".go")
		if _, err := os.Stat(name); err == nil && systems[name] == nil {
			t.Errorf("systems lacks %s", name)
		}
	}
}

func TestEverySystemMayDoWhatWasReviewed(t *testing.T) {
	eachSystem(t, wantPermissions)
}

func TestNoSystemMayDoAnythingWholesale(t *testing.T) {
	eachSystem(t, func(t *testing.T, _ string, template *cdktest.Template) { wantNothingWholesale(t, template) })
}

func TestNagFindsNothingInAnySystem(t *testing.T) {
	for name, declare := range systems {
		t.Run(name, func(t *testing.T) {
			wantNoFindings(t, func(stack awscdk.Stack) { declare(stack, operation.Settings{}) })
		})
		t.Run(name+" with a key", func(t *testing.T) {
			wantNoFindings(t, func(stack awscdk.Stack) { declare(stack, operation.Settings{Key: newKey(stack)}) })
		})
	}
}

func newKey(stack awscdk.Stack) awskms.Key {
	return awskms.NewKey(stack, jsii.String("Key"), &awskms.KeyProps{EnableKeyRotation: jsii.Bool(true)})
}

// wantNoFindings synthesizes what declare declares under the eyes of cdk-nag.
func wantNoFindings(t *testing.T, declare func(awscdk.Stack)) {
	t.Helper()
	stack := cdktest.NewStack(t)
	declare(stack)
	awscdk.Aspects_Of(stack).Add(cdknag.NewAwsSolutionsChecks(&cdknag.NagPackProps{Verbose: jsii.Bool(true)}), nil)
	cdktest.Synth(t, stack)
	app := stack.Node().Root().(awscdk.App)
	for _, message := range *(*app.Synth(nil).Stacks())[0].Messages() {
		text, err := json.Marshal(message)
		t.Errorf("%s, %v", text, err)
	}
}

func TestEveryAlarmOfEverySystemTellsSomebodyAndIsInTheRunbook(t *testing.T) {
	eachSystem(t, func(t *testing.T, system string, template *cdktest.Template) {
		wantRunbook(t, system, template)
		for _, alarm := range template.OfType("AWS::CloudWatch::Alarm") {
			name, _, _ := strings.Cut(alarm.Path, "/")
			template.Has(alarm, `{"AlarmActions": ["<`+name+`/Alarms>"], "TreatMissingData": "notBreaching"}`)
		}
	})
}
