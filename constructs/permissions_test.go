package constructs_test

// Who may do what is reviewed as a text: a line per role, action and resource.

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

// wantPermissions compares a template's permissions with those of
// testdata/<system>-permissions.txt.
func wantPermissions(t *testing.T, system string, template *cdktest.Template) {
	t.Helper()
	file := filepath.Join("testdata", system+"-permissions.txt")
	got := strings.Join(permissions(template), "\n") + "\n"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	wanted, given := strings.Split(string(want), "\n"), strings.Split(got, "\n")
	for _, line := range wanted {
		if !slices.Contains(given, line) {
			t.Errorf("-%s", line)
		}
	}
	for _, line := range given {
		if !slices.Contains(wanted, line) {
			t.Errorf("+%s", line)
		}
	}
	t.Errorf("%s differs; if that is meant, accept it by: go test ./constructs -update", file)
}

// forced are the actions that AWS allows on every resource only.
var forced = []string{
	"xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets",
	"logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery",
	"logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups",
	"ec2:DescribeInstances", "ecr:GetAuthorizationToken", "textract:StartExpenseAnalysis", "textract:GetExpenseAnalysis",
	"access-analyzer:CheckAccessNotGranted",
}

// wantNothingWholesale checks that no role may do all of a service, or
// anything on every resource but what AWS forces.
func wantNothingWholesale(t *testing.T, template *cdktest.Template) {
	t.Helper()
	for _, line := range permissions(template) {
		role, action, resource := split3(line)
		if strings.Contains(action, "*") {
			t.Errorf("%s may %s", role, action)
		}
		if resource == "*" && !slices.Contains(forced, action) {
			t.Errorf("%s may %s on everything", role, action)
		}
	}
}

// permissions lists "role action resource" lines of every policy, sorted.
func permissions(template *cdktest.Template) []string {
	var lines []string
	for _, policy := range template.OfType("AWS::IAM::Policy") {
		properties := template.Plain(policy.Properties).(map[string]any)
		for _, role := range properties["Roles"].([]any) {
			name := strings.Trim(role.(string), "<>")
			for _, statement := range properties["PolicyDocument"].(map[string]any)["Statement"].([]any) {
				statement := statement.(map[string]any)
				for _, action := range listOf(statement["Action"]) {
					for _, resource := range listOf(statement["Resource"]) {
						line := fmt.Sprintf("%s %s %s", name, action, resource)
						if condition := statement["Condition"]; condition != nil {
							line += fmt.Sprintf(" if %v", condition)
						}
						lines = append(lines, line)
					}
				}
			}
		}
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

func split3(line string) (role, action, resource string) {
	role, rest, _ := strings.Cut(line, " ")
	action, resource, _ = strings.Cut(rest, " ")
	return role, action, resource
}

func listOf(value any) []string {
	var list []string
	if elements, ok := value.([]any); ok {
		for _, element := range elements {
			list = append(list, element.(string))
		}
		return list
	}
	return []string{value.(string)}
}
