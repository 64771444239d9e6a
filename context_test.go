package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// named are contexts whose values stand in a template as they are given.
var named = map[string]string{
	"stage":              "rehearsal",
	"alarmEmail":         "ops@example.com",
	"key":                "arn:aws:kms:eu-west-1:123456789012:key/0123abcd-0123-4567-89ab-0123456789ab",
	"transactionsTable":  "restored-transactions",
	"filesTable":         "restored-files",
	"outcomesTable":      "restored-outcomes",
	"partnersTable":      "restored-partners",
	"sftpVpc":            "vpc-0123456789abcde11",
	"sftpSubnets":        "subnet-0123456789abcde11",
	"sftpAddresses":      "eipalloc-0123456789abcde11",
	"sftpSecurityGroups": "sg-0123456789abcde11",
	"sftpHostName":       "sftp.example.com",
	"sftpHostedZone":     "Z0123456789ABCDEFGHIJ",
	"sftpBanner":         "Partners only.",
	"sftpHostKey":        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:key-AbCdEf",
	"webAcl":             "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/acl/id",
	"allowedRanges":      "192.0.2.0/24",
	"usersTable":         "restored-users",
	"stockTable":         "restored-stock",
	"ordersTable":        "restored-orders",
	"instance":           "i-0123456789abcdef0",
	"reviewers":          "ap@example.com",
	"documentsBucket":    "scanned-documents",
	"refusedNames":       "Erika Mustermann",
	"applicationsTable":  "restored-applications",
	"accountsTable":      "restored-accounts",
	"trainingSchedule":   "rate(12 hours)",
	"trainingImage":      "111122223333.dkr.ecr.eu-west-1.amazonaws.com/churn:7",
	"trainingMetric":     "validation:f1",
	"trainingAtLeast":    "0.9375",
	"trainingEmail":      "ml@example.com",
	"administrators":     "erika@example.com",
	"restrictedActions":  "sqs:PurgeQueue",
	"deployers":          "arn:aws:iam::111122223333:role/pipeline",
}

// chosen are contexts that choose, each with a value other than its default, and a
// system whose template tells.
var chosen = map[string]struct{ system, value string }{
	"partners":               {"b2b", filepath.Join("testdata", "partners-one.json")},
	"tiers":                  {"b2b", "standard:10,basic:5:7,premium:50"},
	"webhooks":               {"webhooks", filepath.Join("testdata", "webhooks-one.json")},
	"ephemeral":              {"onboarding", "true"},
	"detection":              {"b2b", "Both"},
	"workflow":               {"b2b", "express"},
	"partnersDeleteReplies":  {"b2b", "true"},
	"instanceSubnet":         {"instances", "subnet-0123456789abcde22"},
	"keepApiAccount":         {"webhooks", "true"},
	"trainingScript":         {"training", "cdk.json"},
	"decimalMark":            {"invoices", "Comma"},
	"dateOrder":              {"invoices", "MonthFirst"},
	"verdict":                {"policyguard", "alert"},
	"decisionTimeout":        {"policyguard", "1h"},
	"secondOpinion":          {"policyguard", "true"},
	"trail":                  {"policyguard", "true"},
	"forwarded":              {"policyguard", "true"},
	"tradepost:architecture": {"webhooks", "x86_64"},
}

// Each context of the README's table does something.
func TestEveryContextChangesTheTemplates(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(readme), "| context | meaning | default |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	var documented []string
	for row := range strings.Lines(table) {
		keys, _, _ := strings.Cut(strings.TrimPrefix(row, "|"), "|")
		for _, key := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(keys, -1) {
			documented = append(documented, key[1])
		}
	}
	slices.Sort(documented)
	tried := slices.AppendSeq(slices.Collect(maps.Keys(named)), maps.Keys(chosen))
	tried = append(tried, "systems") // without which there is no one system
	slices.Sort(tried)
	if !slices.Equal(tried, documented) {
		t.Fatalf("the README has %q\nthere are values of %q", documented, tried)
	}
	all := map[string]any{}
	for key, value := range named {
		all[key] = value
	}
	defaults, changed := templates(t, nil), templates(t, all)
	for key, value := range named {
		if strings.Contains(defaults, value) || !strings.Contains(changed, value) {
			t.Errorf("%s: no template has %s, or all have", key, value)
		}
	}
	alone := map[string]string{} // by system
	for key, choice := range chosen {
		if alone[choice.system] == "" {
			alone[choice.system] = templates(t, map[string]any{"systems": choice.system})
		}
		if templates(t, map[string]any{"systems": choice.system, key: choice.value}) == alone[choice.system] {
			t.Errorf("%s=%s changes nothing of %s", key, choice.value, choice.system)
		}
	}
	for system, template := range alone {
		if len(template) >= len(defaults) {
			t.Errorf("systems=%s leaves nothing out", system)
		}
	}
}

// The account has one role for API Gateway's logs: whoever keeps it finds it
// set by no stack.
func TestTheRoleOfTheAccountsLogsIsKeptByEveryStack(t *testing.T) {
	const set = `"AWS::ApiGateway::Account"`
	if !strings.Contains(templates(t, nil), set) {
		t.Error("by default no stack sets it")
	}
	if strings.Contains(templates(t, map[string]any{"keepApiAccount": "true"}), set) {
		t.Error("a stack sets it all the same")
	}
}

// templates are the texts of all of the app's stacks.
func templates(t *testing.T, context map[string]any) string {
	t.Helper()
	app := newApp(t, context)
	if err := synthesize(app); err != nil {
		t.Fatalf("%v: %v", context, err)
	}
	var texts strings.Builder
	for _, stack := range *app.Synth(nil).Stacks() {
		text, err := os.ReadFile(*stack.TemplateFullPath())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&texts, "%s\n%s", *stack.StackName(), text)
	}
	return texts.String()
}
