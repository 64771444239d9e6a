package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"

	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

var update = flag.Bool("update", false, "write golden files instead of comparing with them")

func TestMain(m *testing.M) {
	code := m.Run()
	jsii.Close()
	os.Exit(code)
}

// newApp is the app with partners that a stack may keep, and an administrator:
// with all systems.
func newApp(t *testing.T, context map[string]any) awscdk.App {
	t.Helper()
	values := map[string]any{"partners": filepath.Join("testdata", "partners.json"), "administrators": "ann@example.com", "reviewers": "bob@example.com"}
	maps.Copy(values, context)
	return cdktest.NewApp(t, values)
}

// Every finding is either mended or suppressed at its resource, with a reason.
// What the CDK's own rules find and warn of counts as one.
func TestNagFindsNothing(t *testing.T) {
	for name, context := range map[string]map[string]any{
		"defaults": nil,
		"others": {"stage": "test", "ephemeral": "true", "detection": "CloudTrail", "workflow": "express", "alarmEmail": "ops@example.com",
			"sftpVpc": "vpc-0123456789abcde11", "sftpSubnets": "subnet-0123456789abcde11", "sftpAddresses": "eipalloc-0123456789abcde11", "sftpSecurityGroups": "sg-0123456789abcde11",
			"sftpHostName": "sftp.example.com", "sftpHostedZone": "Z0123456789ABCDEFGHIJ", "sftpBanner": "Partners only.",
			"sftpHostKey": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:key-AbCdEf",
			"webAcl":      "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/acl/id", "allowedRanges": "192.0.2.0/24, 198.51.100.0/24"},
	} {
		t.Run(name, func(t *testing.T) {
			app := newApp(t, context)
			awscdk.Validations_Of(app).AddPlugins(awscdk.NewCloudFormationValidatePlugin(nil))
			awscdk.Aspects_Of(app).Add(cdknag.NewAwsSolutionsChecks(&cdknag.NagPackProps{Verbose: jsii.Bool(true)}), nil)
			var err error
			if findings := cdktest.Panics(func() { err = synthesize(app) }); findings != "" || err != nil {
				t.Fatal(findings, err) // cdk-nag prints each finding
			}
			wantNoMessages(t, app)
		})
	}
}

// wantNoMessages fails for each finding and warning of an app's stacks.
func wantNoMessages(t *testing.T, app awscdk.App) {
	t.Helper()
	for _, stack := range *app.Synth(nil).Stacks() {
		for _, message := range *stack.Messages() {
			text, err := json.Marshal(message)
			t.Errorf("%s: %s, %v", *stack.StackName(), text, err)
		}
	}
}

// A template without a stack, or a stack without one, is a fault as well.
func TestTemplatesAreAsReviewed(t *testing.T) {
	app := newApp(t, map[string]any{"aws:cdk:enable-path-metadata": false})
	if err := synthesize(app); err != nil {
		t.Fatal(err)
	}
	reviewed, err := filepath.Glob(filepath.Join("testdata", "*.template.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, stack := range *app.Synth(nil).Stacks() {
		file := filepath.Join("testdata", *stack.StackName()+".template.json")
		reviewed = slices.DeleteFunc(reviewed, func(other string) bool { return other == file })
		got := normalized(t, *stack.TemplateFullPath())
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatalf("%v\nwrite it by: go test . -update", err)
		}
		if difference := firstDifference(want, got); difference != "" {
			t.Errorf("%s: %s\nif that is meant, accept it by: go test . -update", file, difference)
		}
	}
	for _, file := range reviewed {
		t.Errorf("%s: no stack has this template; delete it", file)
	}
}

var contentHash = regexp.MustCompile(`[0-9a-f]{64}`)

// normalized is a template without what changes for reasons of its own:
// hashes of code, the texts of state machines (which have their own tests),
// and what cdk-nag is told.
func normalized(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var template map[string]any
	if err := json.Unmarshal(data, &template); err != nil {
		t.Fatal(err)
	}
	for _, resource := range template["Resources"].(map[string]any) {
		resource := resource.(map[string]any)
		delete(resource, "Metadata")
		if properties, ok := resource["Properties"].(map[string]any); ok && properties["DefinitionString"] != nil {
			properties["DefinitionString"] = "(statemachines/)"
		}
	}
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(template); err != nil {
		t.Fatal(err)
	}
	return contentHash.ReplaceAll([]byte(text.String()), []byte("(content hash)"))
}

func firstDifference(want, got []byte) string {
	a, b := strings.Split(string(want), "\n"), strings.Split(string(got), "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d:\n-%s\n+%s", i+1, a[i], b[i])
		}
	}
	if len(a) != len(b) {
		return "one is longer"
	}
	return ""
}

func TestContextFaultsAreReportedTogether(t *testing.T) {
	app := newApp(t, map[string]any{
		"stage": "a/b", "partners": "no-such.json", "detection": "Maybe", "workflow": "fast", "systems": "b2b,b2c",
		"ephemeral": "perhaps", "key": "alias/mine", "alarmEmail": "Ops <ops@example.com>",
		"tiers": "standard, basic:5:6:7:8",
	})
	err := synthesize(app)
	if err == nil {
		t.Fatal("synthesized")
	}
	for _, part := range []string{`stage is "a/b"`, "no-such.json", `detection is "Maybe"`, `workflow is "fast"`, `systems has "b2c"`,
		"ephemeral is perhaps", `tiers has "standard"`, `tiers has "basic:5:6:7:8"`, `key is "alias/mine"`, `alarmEmail is "Ops <ops@example.com>"`,
	} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("no %q in: %v", part, err)
		}
	}
}

// The policy guard acts on the whole account: nobody gets it by the way.
func TestThePolicyGuardIsDeclaredOnlyWhereItIsAskedFor(t *testing.T) {
	for _, row := range []struct{ systems, administrators, want string }{
		{"", "", "none"}, {"", "ann@example.com", "declared"}, {"policyguard", "ann@example.com", "declared"}, {"policyguard", "", "administrators are not given"}, {"ordering", "ann@example.com", "none"},
	} {
		app := newApp(t, map[string]any{"systems": row.systems, "administrators": row.administrators})
		got := "none"
		if err := synthesize(app); err != nil {
			got = err.Error()
		} else if slices.ContainsFunc(*app.Node().Children(), func(c constructs.IConstruct) bool { return *c.Node().Id() == "Tradepost-PolicyGuard-dev" }) {
			got = "declared"
		}
		if !strings.Contains(got, row.want) {
			t.Errorf("systems=%s administrators=%s: %s, want %s", row.systems, row.administrators, got, row.want)
		}
	}
}

func TestAssemblyIsKeptOutOfVersionControl(t *testing.T) {
	app := newApp(t, nil)
	if err := synthesize(app); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(*app.Outdir(), ".gitignore"))
	if err != nil || !strings.Contains(string(got), "\n*\n") {
		t.Errorf(".gitignore of the assembly: %q, %v", got, err)
	}
}

// The keys of the example's partners are public in both halves, for all that a
// deployer knows, and its reviewer reaches nobody.
func TestExamplesPeopleAreForEphemeralStacksOnly(t *testing.T) {
	err := synthesize(cdktest.NewApp(t, nil))
	if err == nil {
		t.Fatal("synthesized")
	}
	for _, partner := range []string{"acme", "globex"} {
		if !strings.Contains(err.Error(), partner+" has the example's SSH key") {
			t.Errorf("%s is not refused: %v", partner, err)
		}
	}
	if want := "reviewers are not given"; !strings.Contains(err.Error(), want) {
		t.Errorf("no %q in %v", want, err)
	}
	if err := synthesize(cdktest.NewApp(t, map[string]any{"ephemeral": "true"})); err != nil {
		t.Error(err)
	}
}

// What the stack keeps cannot be in the way of a second deployment.
func TestKeptStackIsProtectedAndAnEphemeralOneGoesWhole(t *testing.T) {
	for _, ephemeral := range []string{"false", "true"} {
		app := newApp(t, map[string]any{"ephemeral": ephemeral, "alarmEmail": "ops@example.com"})
		if err := synthesize(app); err != nil {
			t.Fatal(err)
		}
		stack := (*app.Synth(nil).Stacks())[0]
		if protected := *stack.TerminationProtection(); protected != (ephemeral == "false") {
			t.Errorf("ephemeral=%s: termination protection %v", ephemeral, protected)
		}
		template := cdktest.Read(t, *stack.TemplateFullPath())
		if subscriptions := template.OfType("AWS::SNS::Subscription"); len(subscriptions) != 1 {
			t.Errorf("%d subscriptions", len(subscriptions))
		}
		buckets, emptied := len(template.OfType("AWS::S3::Bucket")), len(template.OfType("Custom::S3AutoDeleteObjects"))
		if want := map[string]int{"false": 0, "true": buckets}[ephemeral]; emptied != want {
			t.Errorf("ephemeral=%s: %d of %d buckets are emptied", ephemeral, emptied, buckets)
		}
		for _, resource := range template.Resources {
			if node, ok := resource.Properties["Runtime"].(string); ok && node != "provided.al2023" {
				t.Errorf("%s runs %s", resource.LogicalID, node)
			}
			for _, kind := range []string{"BucketName", "TableName", "QueueName", "LogGroupName", "TopicName"} {
				name, fixed := resource.Properties[kind].(string)
				if fixed && (resource.DeletionPolicy == "Retain" || resource.DeletionPolicy == "RetainExceptOnCreate") {
					t.Errorf("%s is named %s, and would be in the way of the next", resource.LogicalID, name)
				}
			}
			if name := fmt.Sprint(resource.Properties["Name"]); resource.Type == "AWS::SecretsManager::Secret" && !strings.Contains(name, "AWS::StackId") {
				t.Errorf("%s is named %s, and would be in the way of the next", resource.LogicalID, name)
			}
		}
	}
}
