package constructs_test

// Services act for this account's resources only, and write to log groups that
// their delivery may write to.

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/constructs/b2b"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

// unconditional are the services whose manuals know no condition on for whom
// they take a role on.
var unconditional = []string{"lambda.amazonaws.com", "apigateway.amazonaws.com"}

func TestServicesTakeOnRolesForThisAccountsResourcesOnly(t *testing.T) {
	eachSystem(t, func(t *testing.T, _ string, template *cdktest.Template) {
		for _, role := range template.OfType("AWS::IAM::Role") {
			document := template.Plain(role.Properties["AssumeRolePolicyDocument"])
			for service, held := range servicesOf(document) {
				if !held && !slices.Contains(unconditional, service) {
					t.Errorf("%s takes on %s for anybody", service, role.Path)
				}
			}
		}
	})
}

// Services that say for whom they act are held to it by every policy of a
// bucket, a queue or a topic.
func TestResourcePoliciesKnowForWhomAServiceActs(t *testing.T) {
	eachSystem(t, func(t *testing.T, _ string, template *cdktest.Template) { wantServicesHeld(t, template) })
	wantServicesHeld(t, pipelineWith(t, "with both witnesses", func(p *b2b.PipelineProps) { p.Detection = b2b.Both }))
}

func wantServicesHeld(t *testing.T, template *cdktest.Template) {
	t.Helper()
	for _, resourceType := range []string{"AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"} {
		for _, policy := range template.OfType(resourceType) {
			for service, held := range servicesOf(template.Plain(policy.Properties["PolicyDocument"])) {
				if !held {
					t.Errorf("%s lets %s in for anybody", policy.Path, service)
				}
			}
		}
	}
}

// servicesOf are the services that a policy allows something, and whether it
// holds them to an account or a resource.
func servicesOf(document any) map[string]bool {
	held, allowed := map[string]bool{}, map[string]bool{}
	for _, statement := range document.(map[string]any)["Statement"].([]any) {
		statement := statement.(map[string]any)
		principal, _ := statement["Principal"].(map[string]any)
		service, ok := principal["Service"].(string)
		if !ok {
			continue
		}
		conditions, _ := statement["Condition"].(map[string]any)
		for _, condition := range conditions {
			for key := range condition.(map[string]any) {
				held[service] = held[service] || key == "aws:SourceAccount" || key == "aws:SourceArn"
			}
		}
		allowed[service] = allowed[service] || statement["Effect"] == "Allow"
	}
	maps.DeleteFunc(allowed, func(_ string, allowed bool) bool { return !allowed })
	for service := range allowed {
		allowed[service] = held[service]
	}
	return allowed
}

// A log group that a service delivers to has a prefix that it may write to, and
// a part of the stack's id, so that it is in nobody's way.
func TestServicesLogWhereTheirDeliveryMayWrite(t *testing.T) {
	eachSystem(t, func(t *testing.T, _ string, template *cdktest.Template) {
		functions := map[string]bool{}
		for _, function := range template.OfType("AWS::Lambda::Function") {
			functions[function.Path] = true
		}
		for _, group := range template.OfType("AWS::Logs::LogGroup") {
			if function, _, _ := strings.Cut(group.Path, "/Logs"); functions[function] {
				continue
			}
			name, _ := template.Plain(group.Properties["LogGroupName"]).(string)
			// A path's name leaves out hidden ids and what is no letter or digit.
			path := strings.NewReplacer("/Resource/Default/", "-", "/", "-", "-", "").Replace(group.Path)
			if want := "/aws/vendedlogs/Stack-" + path + "-"; !strings.HasPrefix(name, want) || !strings.Contains(name, "AWS::StackId") {
				t.Errorf("%s is named %q", group.Path, name)
			}
		}
	})
}
