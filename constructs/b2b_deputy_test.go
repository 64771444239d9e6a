package constructs_test

// Services act for this account's resources only, and write to log groups that
// their delivery may write to.

import (
	"regexp"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/constructs/b2b"
)

func TestServicesAreTrustedForThisAccountsResourcesOnly(t *testing.T) {
	template := pipeline(t)
	const arn = "arn:<AWS::Partition>:%:<AWS::Region>:<AWS::AccountId>:"
	for path, want := range map[string][2]string{
		"Pipeline/SFTP/Users/acme/Role":    {"transfer", "user/<Pipeline/SFTP/Server.ServerId>/acme"},
		"Pipeline/Settlement/Machine/Role": {"states", "stateMachine:*"},
		"Pipeline/Workflow/Machine/Role":   {"states", "stateMachine:*"},
	} {
		service, resource := want[0], want[1]
		template.Has(template.At("AWS::IAM::Role", path), `{"AssumeRolePolicyDocument": {"Statement": [{
			"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "`+service+`.amazonaws.com"},
			"Condition": {
				"StringEquals": {"aws:SourceAccount": "<AWS::AccountId>"},
				"ArnLike": {"aws:SourceArn": "`+strings.Replace(arn, "%", service, 1)+resource+`"}
			}
		}]}}`)
	}
}

// Services that say for whom they act are held to it by every policy of a
// bucket, a queue or a topic.
func TestResourcePoliciesKnowForWhomAServiceActs(t *testing.T) {
	template := pipelineWith(t, "detection=Both", func(p *b2b.PipelineProps) { p.Detection = b2b.Both })
	checked := 0
	for _, resourceType := range []string{"AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"} {
		for _, resource := range template.OfType(resourceType) {
			document := template.Plain(resource.Properties["PolicyDocument"]).(map[string]any)
			held, allowed := map[string]bool{}, map[string]bool{}
			for _, statement := range document["Statement"].([]any) {
				statement := statement.(map[string]any)
				principal, ok := statement["Principal"].(map[string]any)
				if !ok || principal["Service"] == nil {
					continue
				}
				service := principal["Service"].(string)
				conditions, _ := statement["Condition"].(map[string]any)
				for _, condition := range conditions {
					for key := range condition.(map[string]any) {
						held[service] = held[service] || key == "aws:SourceAccount" || key == "aws:SourceArn"
					}
				}
				allowed[service] = allowed[service] || statement["Effect"] == "Allow"
			}
			for service := range allowed {
				checked++
				if !held[service] {
					t.Errorf("%s lets %s in for anybody", resource.Path, service)
				}
			}
		}
	}
	if checked < 4 {
		t.Errorf("%d policies let services in", checked)
	}
}

func TestServicesLogWhereTheirDeliveryMayWrite(t *testing.T) {
	template := pipeline(t)
	for path, name := range map[string]string{
		"Pipeline/REST/AccessLogs":         "Stack-Pipeline-REST-AccessLogs",
		"Pipeline/Enrichment/AccessLogs":   "Stack-Pipeline-Enrichment-AccessLogs",
		"Pipeline/SFTP/ServerLogs":         "Stack-Pipeline-SFTP-ServerLogs",
		"Pipeline/Workflow/Machine/Logs":   "Stack-Pipeline-Workflow-Machine-Logs",
		"Pipeline/Settlement/Machine/Logs": "Stack-Pipeline-Settlement-Machine-Logs",
	} {
		properties := template.Plain(template.At("AWS::Logs::LogGroup", path).Properties).(map[string]any)
		got, _ := properties["LogGroupName"].(string)
		rest, ok := strings.CutPrefix(got, "/aws/vendedlogs/"+name+"-")
		if !ok || !strings.Contains(rest, "AWS::StackId") {
			t.Errorf("%s is named %q", path, got)
		}
	}
}

func TestOnlyWhatMayBeATokenReachesTheAuthorizer(t *testing.T) {
	template := pipeline(t)
	expression, _ := template.OfType("AWS::ApiGateway::Authorizer")[0].Properties["IdentityValidationExpression"].(string)
	token := strings.Repeat("aB3", 16)
	for header, reaches := range map[string]bool{
		"Bearer acme." + token:                       true,
		"bearer acme." + token:                       true,
		"Bearer   acme." + token + " ":               true,
		"Bearer a-c-m-e-9." + "own.words/and+more=!": true,
		"":                            false,
		"Bearer":                      false,
		"Bearer acme":                 false,
		"Bearer acme.short":           false,
		"Bearer " + token:             false,
		"Bearer ../acme." + token:     false,
		"Bearer Acme." + token:        false,
		"Basic acme." + token:         false,
		"Bearer acme. " + token:       false,
		"Bearer acme." + token + " x": false,
	} {
		if got := regexp.MustCompile(expression).MatchString(header); got != reaches {
			t.Errorf("%q: %v", header, got)
		}
	}
}
