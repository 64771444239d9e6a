package constructs_test

// Services act for this account's resources only, and write to log groups that
// their delivery may write to.

import (
	"strings"
	"testing"
)

func TestServicesAreTrustedForThisAccountsResourcesOnly(t *testing.T) {
	template := pipeline(t)
	const arn = "arn:<AWS::Partition>:%:<AWS::Region>:<AWS::AccountId>:"
	for path, want := range map[string][2]string{
		"Pipeline/SFTP/SessionRole":        {"transfer", "user/*"},
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

func TestOnlyThePipelinesOwnServerAsksWhoAUserIs(t *testing.T) {
	template := pipeline(t)
	for _, permission := range template.OfType("AWS::Lambda::Permission") {
		if template.Plain(permission.Properties["Principal"]) != "transfer.amazonaws.com" {
			continue
		}
		template.Has(permission, `{
			"Action": "lambda:InvokeFunction", "FunctionName": "<Pipeline/SFTP/Authenticate.Arn>",
			"SourceArn": "<Pipeline/SFTP/Server.Arn>", "SourceAccount": "<AWS::AccountId>"
		}`)
		return
	}
	t.Error("it may not")
}
