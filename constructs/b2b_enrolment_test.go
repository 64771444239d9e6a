package constructs_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/constructs/b2b"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

func TestTheListIsAppliedWithTheStack(t *testing.T) {
	template := pipeline(t)
	var enrolments []string
	for _, resource := range template.Resources {
		if strings.HasPrefix(resource.Type, "Custom::") || resource.Type == "AWS::CloudFormation::CustomResource" {
			enrolments = append(enrolments, resource.LogicalID)
			template.Has(resource, `{
				"ServiceToken": "<Pipeline/Enrolment/Enrol.Arn>", "ServiceTimeout": "1200", "Table": "<Pipeline/Tables/Partners>",
				"ListBucket": "Fn::Sub\"cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}\"",
				"UsagePlans": {"standard": "<Pipeline/REST/Tiers/standard>", "basic": "<Pipeline/REST/Tiers/basic>", "premium": "<Pipeline/REST/Tiers/premium>"}
			}`)
			if resource.Type != "Custom::TradepostPartners" {
				t.Errorf("it is a %s", resource.Type)
			}
			prefix := template.Plain(resource.Properties["UsageKeyPrefix"]).(string)
			if !strings.HasPrefix(prefix, "<AWS::StackName>/") && !strings.HasPrefix(prefix, "Stack/") || !strings.Contains(prefix, "AWS::StackId") || !strings.HasSuffix(prefix, "/") {
				t.Errorf("names of keys begin with %s", prefix)
			}
		}
	}
	if len(enrolments) != 1 {
		t.Errorf("custom resources: %q", enrolments)
	}
}

// A changed list is another file, so that CloudFormation has it applied.
func TestAnotherListIsAnotherFile(t *testing.T) {
	key := func(template *cdktest.Template) any {
		for _, resource := range template.Resources {
			if resource.Type == "Custom::TradepostPartners" {
				return resource.Properties["ListKey"]
			}
		}
		return nil
	}
	one := key(pipeline(t))
	again := key(pipelineWith(t, "same list", func(*b2b.PipelineProps) {}))
	other := key(pipelineWith(t, "other list", func(p *b2b.PipelineProps) { p.Partners[0].Name = "Acme Ltd" }))
	if one != again || one == other {
		t.Errorf("files %v, %v and %v", one, again, other)
	}
}

func TestTenThousandPartnersMakeTheTemplateNoLarger(t *testing.T) {
	size := func(n int) int {
		template := pipelineWith(t, fmt.Sprintf("%d partners", n), func(p *b2b.PipelineProps) {
			p.Partners = nil
			for i := range n {
				p.Partners = append(p.Partners, b2b.Partner{ID: fmt.Sprintf("partner-%05d", i), ContactEmail: "edi@example.com", SSHPublicKeys: []string{testKey}})
			}
		})
		text, err := json.Marshal(template.Resources)
		if err != nil {
			t.Fatal(err)
		}
		return len(text)
	}
	if one, many := size(1), size(10_000); one != many {
		t.Errorf("one partner: %d bytes, 10,000: %d", one, many)
	}
}

// Without a list nobody is drained who came by an earlier one.
func TestWithoutPartnersTheDirectoryIsLeftToOperators(t *testing.T) {
	template := pipelineWith(t, "no partners", func(p *b2b.PipelineProps) { p.Partners = nil })
	for _, enrolment := range template.OfType("Custom::TradepostPartners") {
		if enrolment.Properties["ListKey"] != nil || enrolment.Properties["Table"] == nil {
			t.Errorf("it has %v", enrolment.Properties)
		}
	}
	for _, line := range permissions(template) {
		if strings.HasPrefix(line, "Pipeline/Enrolment/Enrol/Role s3:") {
			t.Errorf("allowed: %s", line)
		}
	}
}

func TestNothingOfAPartnerIsInTheTemplate(t *testing.T) {
	text, err := json.Marshal(pipeline(t).Resources)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"acme", "globex", "AAAAC3NzaC1lZDI1NTE5", "AWS::SecretsManager"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("%q is in it", secret)
		}
	}
}

// Enrol makes keys, whose ids nobody knows beforehand; it changes no usage plan.
func TestEnrolMayNeitherChangePlansNorReadOtherObjects(t *testing.T) {
	const role = "Pipeline/Enrolment/Enrol/Role"
	var lines []string
	for _, line := range permissions(pipeline(t)) {
		name, action, resource := split3(line)
		if name == role && !strings.HasPrefix(action, "xray:") && !strings.HasPrefix(action, "logs:") && !strings.HasPrefix(action, "dynamodb:") {
			if strings.HasPrefix(action, "s3:") {
				bucket, key, _ := strings.Cut(resource, "/")
				if !strings.Contains(bucket, "-assets-${AWS::AccountId}-${AWS::Region}") || len(key) != 64+len(".json") {
					t.Errorf("it may read %s", resource)
				}
				resource = "the list"
			}
			lines = append(lines, action+" "+resource)
		}
	}
	const api = "arn:<AWS::Partition>:apigateway:<AWS::Region>::"
	want := []string{"s3:GetObject the list", "apigateway:GET " + api + "/apikeys", "apigateway:POST " + api + "/apikeys", "apigateway:DELETE " + api + "/apikeys/*"}
	for _, tier := range []string{"basic", "premium", "standard"} {
		want = append(want, "apigateway:POST "+api+"/usageplans/<Pipeline/REST/Tiers/"+tier+">/keys")
	}
	slices.Sort(lines)
	slices.Sort(want)
	if !slices.Equal(lines, want) {
		t.Errorf("got %s\nwant %s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
}

func TestWrongEnrolmentsAreReportedTogether(t *testing.T) {
	message := cdktest.Panics(func() {
		b2b.NewEnrolment(cdktest.NewStack(t), "Enrolment", b2b.EnrolmentProps{})
	})
	for _, part := range []string{"b2b.Enrolment Enrolment", "Tables is required", "REST is required"} {
		if !strings.Contains(message, part) {
			t.Errorf("no %q in %q", part, message)
		}
	}
}
