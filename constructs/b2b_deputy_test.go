package constructs_test

// Services act for this account's resources only, and write to log groups that
// their delivery may write to.

import (
	"regexp"
	"strings"
	"testing"
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
