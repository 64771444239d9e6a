package apigateway

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsapigateway "github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestACallerNeedsThePermissionOfEachRequest(t *testing.T) {
	const role, keys, plans = "arn:aws:iam::111122223333:role/operator", "arn:aws:apigateway:eu-west-1::/apikeys", "arn:aws:apigateway:eu-west-1::/usageplans"
	w := protected(t)
	key := must[*awsapigateway.CreateApiKeyOutput](t)(w.client(t).CreateApiKey(t.Context(), &awsapigateway.CreateApiKeyInput{Name: aws.String("acme")})).Id
	plan, api, keyARN := aws.String(w.planID()), aws.String(w.apiID()), keys+"/"+*key
	tags := "arn:aws:apigateway:eu-west-1::/tags/arn%3Aaws%3Aapigateway%3Aeu-west-1%3A%3A%2Fapikeys%2F" + *key
	ctx := t.Context()
	for name, row := range map[string]struct {
		needs string
		call  func(*awsapigateway.Client) error
	}{
		"CreateApiKey": {"POST " + keys, func(c *awsapigateway.Client) error {
			_, err := c.CreateApiKey(ctx, &awsapigateway.CreateApiKeyInput{})
			return err
		}},
		"ImportApiKeys": {"POST " + keys, func(c *awsapigateway.Client) error {
			_, err := c.ImportApiKeys(ctx, &awsapigateway.ImportApiKeysInput{Format: types.ApiKeysFormatCsv, Body: []byte("name,key\n")})
			return err
		}},
		"GetApiKeys": {"GET " + keys, func(c *awsapigateway.Client) error {
			_, err := c.GetApiKeys(ctx, &awsapigateway.GetApiKeysInput{})
			return err
		}},
		"GetApiKey": {"GET " + keys + "/" + *key, func(c *awsapigateway.Client) error {
			_, err := c.GetApiKey(ctx, &awsapigateway.GetApiKeyInput{ApiKey: key})
			return err
		}},
		"UpdateApiKey": {"PATCH " + keys + "/" + *key, func(c *awsapigateway.Client) error {
			_, err := c.UpdateApiKey(ctx, &awsapigateway.UpdateApiKeyInput{ApiKey: key})
			return err
		}},
		"DeleteApiKey": {"DELETE " + keys + "/nobody", func(c *awsapigateway.Client) error {
			_, err := c.DeleteApiKey(ctx, &awsapigateway.DeleteApiKeyInput{ApiKey: aws.String("nobody")})
			return err
		}},
		"GetRestApis": {"GET arn:aws:apigateway:eu-west-1::/restapis", func(c *awsapigateway.Client) error {
			_, err := c.GetRestApis(ctx, &awsapigateway.GetRestApisInput{})
			return err
		}},
		"GetRestApi": {"GET arn:aws:apigateway:eu-west-1::/restapis/" + *api, func(c *awsapigateway.Client) error {
			_, err := c.GetRestApi(ctx, &awsapigateway.GetRestApiInput{RestApiId: api})
			return err
		}},
		"GetStages": {"GET arn:aws:apigateway:eu-west-1::/restapis/" + *api + "/stages", func(c *awsapigateway.Client) error {
			_, err := c.GetStages(ctx, &awsapigateway.GetStagesInput{RestApiId: api})
			return err
		}},
		"GetStage": {"GET arn:aws:apigateway:eu-west-1::/restapis/" + *api + "/stages/prod", func(c *awsapigateway.Client) error {
			_, err := c.GetStage(ctx, &awsapigateway.GetStageInput{RestApiId: api, StageName: aws.String("prod")})
			return err
		}},
		"GetTags": {"GET " + tags, func(c *awsapigateway.Client) error {
			_, err := c.GetTags(ctx, &awsapigateway.GetTagsInput{ResourceArn: &keyARN})
			return err
		}},
		"TagResource": {"PUT " + tags, func(c *awsapigateway.Client) error {
			_, err := c.TagResource(ctx, &awsapigateway.TagResourceInput{ResourceArn: &keyARN, Tags: map[string]string{"a": "b"}})
			return err
		}},
		"UntagResource": {"DELETE " + tags, func(c *awsapigateway.Client) error {
			_, err := c.UntagResource(ctx, &awsapigateway.UntagResourceInput{ResourceArn: &keyARN, TagKeys: []string{"a"}})
			return err
		}},
		"CreateUsagePlan": {"POST " + plans, func(c *awsapigateway.Client) error {
			_, err := c.CreateUsagePlan(ctx, &awsapigateway.CreateUsagePlanInput{Name: aws.String("p")})
			return err
		}},
		"GetUsagePlans": {"GET " + plans, func(c *awsapigateway.Client) error {
			_, err := c.GetUsagePlans(ctx, &awsapigateway.GetUsagePlansInput{})
			return err
		}},
		"GetUsagePlan": {"GET " + plans + "/" + *plan, func(c *awsapigateway.Client) error {
			_, err := c.GetUsagePlan(ctx, &awsapigateway.GetUsagePlanInput{UsagePlanId: plan})
			return err
		}},
		"UpdateUsagePlan": {"PATCH " + plans + "/" + *plan, func(c *awsapigateway.Client) error {
			_, err := c.UpdateUsagePlan(ctx, &awsapigateway.UpdateUsagePlanInput{UsagePlanId: plan})
			return err
		}},
		"GetUsage": {"GET " + plans + "/" + *plan + "/usage", func(c *awsapigateway.Client) error {
			_, err := c.GetUsage(ctx, &awsapigateway.GetUsageInput{UsagePlanId: plan, StartDate: aws.String("2026-01-01"), EndDate: aws.String("2026-01-01")})
			return err
		}},
		"UpdateUsage": {"PATCH " + plans + "/" + *plan + "/keys/" + *key + "/usage", func(c *awsapigateway.Client) error {
			_, err := c.UpdateUsage(ctx, &awsapigateway.UpdateUsageInput{UsagePlanId: plan, KeyId: key})
			return err
		}},
		"DeleteUsagePlan": {"DELETE " + plans + "/nobody", func(c *awsapigateway.Client) error {
			_, err := c.DeleteUsagePlan(ctx, &awsapigateway.DeleteUsagePlanInput{UsagePlanId: aws.String("nobody")})
			return err
		}},
		"CreateUsagePlanKey": {"POST " + plans + "/nobody/keys", func(c *awsapigateway.Client) error {
			_, err := c.CreateUsagePlanKey(ctx, &awsapigateway.CreateUsagePlanKeyInput{UsagePlanId: aws.String("nobody"), KeyId: key, KeyType: aws.String("API_KEY")})
			return err
		}},
		"GetUsagePlanKeys": {"GET " + plans + "/" + *plan + "/keys", func(c *awsapigateway.Client) error {
			_, err := c.GetUsagePlanKeys(ctx, &awsapigateway.GetUsagePlanKeysInput{UsagePlanId: plan})
			return err
		}},
		"GetUsagePlanKey": {"GET " + plans + "/" + *plan + "/keys/" + *key, func(c *awsapigateway.Client) error {
			_, err := c.GetUsagePlanKey(ctx, &awsapigateway.GetUsagePlanKeyInput{UsagePlanId: plan, KeyId: key})
			return err
		}},
		"DeleteUsagePlanKey": {"DELETE " + plans + "/" + *plan + "/keys/" + *key, func(c *awsapigateway.Client) error {
			_, err := c.DeleteUsagePlanKey(ctx, &awsapigateway.DeleteUsagePlanKeyInput{UsagePlanId: plan, KeyId: key})
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w.cloud.Authorizer = permissions{}
			err := row.call(w.clientOf(t, cloud.Caller{ARN: role, Role: role}))
			denied, ok := errors.AsType[smithy.APIError](err)
			method, arn, _ := strings.Cut(row.needs, " ")
			if !ok || denied.ErrorCode() != "AccessDeniedException" || !strings.Contains(denied.ErrorMessage(), "perform: apigateway:"+method+" on resource: "+arn) {
				t.Errorf("without the permission: %v", err)
			}
			w.cloud.Authorizer = permissions{role + " apigateway:" + method + " " + arn: true}
			if denied, ok := errors.AsType[smithy.APIError](row.call(w.clientOf(t, cloud.Caller{ARN: role, Role: role}))); ok && denied.ErrorCode() == "AccessDeniedException" {
				t.Errorf("with the permission: %v", denied)
			}
		})
	}
}

func TestWhoMakesAKeyWithTagsMustBeAllowedToTag(t *testing.T) {
	w := protected(t)
	for _, allowed := range []bool{false, true} {
		w.cloud.Authorizer = operator{"apigateway:POST arn:aws:apigateway:eu-west-1::/apikeys": true,
			"apigateway:PUT arn:aws:apigateway:eu-west-1::/tags/arn%3Aaws%3Aapigateway%3Aeu-west-1%3A%3A%2Fapikeys%2F": allowed}
		_, err := w.client(t).CreateApiKey(t.Context(), &awsapigateway.CreateApiKeyInput{Tags: map[string]string{"a": "b"}})
		if (err == nil) != allowed {
			t.Errorf("allowed to tag %v: %v", allowed, err)
		}
	}
}

// operator is an authorizer that allows what begins like one of its entries.
type operator map[string]bool

func (o operator) Authorize(_ cloud.Caller, action, resource string) error {
	for entry, allowed := range o {
		if allowed && strings.HasPrefix(action+" "+resource, entry) {
			return nil
		}
	}
	return cloud.Errorf(403, "AccessDeniedException", "no")
}

func (operator) Assume(cloud.Caller, string, string) (cloud.Caller, error) {
	return cloud.Caller{}, nil
}
