package b2b

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

var update = flag.Bool("update", false, "write testdata/permissions.txt instead of comparing with it")

// Who may do what is reviewed as a text: a line per role, action and resource.
func TestPermissionsAreAsReviewed(t *testing.T) {
	const file = "testdata/permissions.txt"
	got := strings.Join(permissions(pipeline(t)), "\n") + "\n"
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
	t.Errorf("%s differs; if that is meant, accept it by: go test ./constructs/b2b -update", file)
}

// forced are the actions that AWS allows on every resource only.
var forced = []string{
	"xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets",
	"logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery",
	"logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups",
}

func TestNothingIsAllowedWholesale(t *testing.T) {
	for _, line := range permissions(pipeline(t)) {
		role, action, resource := split3(line)
		if strings.Contains(action, "*") {
			t.Errorf("%s may %s", role, action)
		}
		if resource == "*" && !slices.Contains(forced, action) {
			t.Errorf("%s may %s on everything", role, action)
		}
	}
}

// A partner's session can write and read its inbox and read its outbox.
func TestPartnersSessionIsConfined(t *testing.T) {
	var lines []string
	for _, line := range permissions(pipeline(t)) {
		if role, action, resource := split3(line); role == "Pipeline/SFTP/Users/acme/Role" {
			lines = append(lines, action+" "+resource)
		}
	}
	const bucket = "<Pipeline/Landing/Bucket.Arn>"
	want := []string{
		"s3:AbortMultipartUpload " + bucket + "/inbox/acme/*",
		"s3:DeleteObject " + bucket + "/inbox/acme/*",
		"s3:GetObject " + bucket + "/inbox/acme/*",
		"s3:GetObject " + bucket + "/outbox/acme/*",
		`s3:ListBucket ` + bucket + ` if map[StringLike:map[s3:prefix:[inbox/acme inbox/acme/* outbox/acme outbox/acme/*]]]`,
		"s3:PutObject " + bucket + "/inbox/acme/*",
	}
	slices.Sort(lines)
	if !slices.Equal(lines, want) {
		t.Errorf("got %s\nwant %s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
}

func TestPartnersDeleteTheirRepliesIfTheyMay(t *testing.T) {
	const line = "Pipeline/SFTP/Users/acme/Role s3:DeleteObject <Pipeline/Landing/Bucket.Arn>/outbox/acme/*"
	if slices.Contains(permissions(pipeline(t)), line) {
		t.Error("by default")
	}
	may := pipelineWith(t, "partners delete replies", func(p *PipelineProps) { p.PartnersDeleteReplies = true })
	if !slices.Contains(permissions(may), line) {
		t.Error("they may not")
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
