package local_test

// This file stops and starts engines that have API keys and usage plans which no
// template declares.

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/tradepost-dev/tradepost/local"
)

// keyedTemplate has an API that wants a key, two plans of which one opens it, and
// a key in the other one.
const keyedTemplate = `{
"Resources": {
	"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "api"}},
	"Method": {"Type": "AWS::ApiGateway::Method", "Properties": {"RestApiId": {"Ref": "Api"}, "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
		"HttpMethod": "GET", "AuthorizationType": "NONE", "ApiKeyRequired": true, "MethodResponses": [{"StatusCode": "200"}],
		"Integration": {"Type": "MOCK", "RequestTemplates": {"application/json": "{\"statusCode\": 200}"}, "IntegrationResponses": [{"StatusCode": "200"}]}}},
	"Deployment": {"Type": "AWS::ApiGateway::Deployment", "DependsOn": "Method", "Properties": {"RestApiId": {"Ref": "Api"}, "StageName": "v1"}},
	"Basic": {"Type": "AWS::ApiGateway::UsagePlan", "DependsOn": "Deployment", "Properties": {"ApiStages": [{"ApiId": {"Ref": "Api"}, "Stage": "v1"}]}},
	"Other": {"Type": "AWS::ApiGateway::UsagePlan", "Properties": {}},
	"Declared": {"Type": "AWS::ApiGateway::ApiKey", "Properties": {"Value": "declared-declared-declared", "Enabled": true}},
	"InOther": {"Type": "AWS::ApiGateway::UsagePlanKey", "Properties": {"KeyId": {"Ref": "Declared"}, "KeyType": "API_KEY", "UsagePlanId": {"Ref": "Other"}}}
},
"Outputs": {"Api": {"Value": {"Ref": "Api"}}, "Basic": {"Value": {"Ref": "Basic"}}, "Declared": {"Value": {"Ref": "Declared"}}}}`

// keyed is an engine with a client of its keys.
type keyed struct {
	*kept
	t    *testing.T
	keys *apigateway.Client
}

func startKeyed(t *testing.T, template string, o local.Options) *keyed {
	t.Helper()
	k := startKept(t, template, o)
	return &keyed{k, t, apigateway.NewFromConfig(client(k.Engine))}
}

// opens tells the status of a request with each key.
func (k *keyed) opens(values ...string) (statuses []int) {
	k.t.Helper()
	for _, value := range values {
		r, err := http.NewRequestWithContext(k.t.Context(), http.MethodGet, k.Endpoints().APIs["app"]["Api"], nil)
		if err != nil {
			k.t.Fatal(err)
		}
		r.Header.Set("X-Api-Key", value)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			k.t.Fatal(err)
		}
		response.Body.Close()
		statuses = append(statuses, response.StatusCode)
	}
	return statuses
}

// make makes a key, puts it into a plan, and returns its id.
func (k *keyed) make(value, plan string) string {
	k.t.Helper()
	made, err := k.keys.CreateApiKey(k.t.Context(), &apigateway.CreateApiKeyInput{Name: aws.String("key of " + value), Value: &value, Enabled: true, Tags: map[string]string{"a": "b"}})
	if err != nil {
		k.t.Fatal(err)
	}
	k.join(*made.Id, plan)
	return *made.Id
}

func (k *keyed) join(id, plan string) {
	k.t.Helper()
	_, err := k.keys.CreateUsagePlanKey(k.t.Context(), &apigateway.CreateUsagePlanKeyInput{UsagePlanId: &plan, KeyId: &id, KeyType: aws.String("API_KEY")})
	if err != nil {
		k.t.Fatal(err)
	}
}

func TestKeysAndPlansOfTheAPIAreThereInTheNextRun(t *testing.T) {
	const disabled, deleted, own, declared = "disabled-disabled-disabled", "deleted-deleted-deleted", "own-plan-own-plan-own-plan", "declared-declared-declared"
	o := local.Options{State: filepath.Join(t.TempDir(), "state")}
	first := startKeyed(t, keyedTemplate, o)
	basic, api := output(t, first.Engine, "Basic"), output(t, first.Engine, "Api")
	file := &strings.Builder{}
	file.WriteString("name,key,usageplanids\n")
	for i := range 9_990 {
		fmt.Fprintf(file, "partner-%05d,value-of-partner-%05d,%s\n", i, i, basic)
	}
	if _, err := first.keys.ImportApiKeys(t.Context(), &apigateway.ImportApiKeysInput{Format: types.ApiKeysFormatCsv, Body: []byte(file.String()), FailOnWarnings: true}); err != nil {
		t.Fatal(err)
	}
	plan, err := first.keys.CreateUsagePlan(t.Context(), &apigateway.CreateUsagePlanInput{
		Name: aws.String("own"), Quota: &types.QuotaSettings{Limit: 2, Period: types.QuotaPeriodTypeDay}, ApiStages: []types.ApiStage{{ApiId: &api, Stage: aws.String("v1")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	first.make(own, *plan.Id)
	id := first.make(disabled, basic)
	if _, err := first.keys.UpdateApiKey(t.Context(), &apigateway.UpdateApiKeyInput{ApiKey: &id, PatchOperations: []types.PatchOperation{
		{Op: types.OpReplace, Path: aws.String("/enabled"), Value: aws.String("false")},
	}}); err != nil {
		t.Fatal(err)
	}
	gone := first.make(deleted, basic)
	if _, err := first.keys.DeleteApiKey(t.Context(), &apigateway.DeleteApiKeyInput{ApiKey: &gone}); err != nil {
		t.Fatal(err)
	}
	first.join(output(t, first.Engine, "Declared"), basic)
	values := []string{"value-of-partner-00000", "value-of-partner-09989", disabled, deleted, own, declared}
	want := []int{200, 200, 403, 403, 200, 200}
	if got := first.opens(values...); !slices.Equal(got, want) {
		t.Fatalf("statuses %v, want %v", got, want)
	}
	first.stop(t)

	second := startKeyed(t, keyedTemplate, o)
	if got := second.opens(values...); !slices.Equal(got, want) {
		t.Errorf("in the next run: statuses %v, want %v", got, want)
	}
	again, err := second.keys.GetApiKey(t.Context(), &apigateway.GetApiKeyInput{ApiKey: &id, IncludeValue: aws.Bool(true)})
	if err != nil || *again.Value != disabled || *again.Name != "key of "+disabled || again.Enabled || again.Tags["a"] != "b" {
		t.Errorf("%v %+v", err, again)
	}
	kept, err := second.keys.GetUsagePlan(t.Context(), &apigateway.GetUsagePlanInput{UsagePlanId: plan.Id})
	if err != nil || *kept.Name != "own" || kept.Quota.Limit != 2 || len(kept.ApiStages) != 1 {
		t.Errorf("%v %+v", err, kept)
	}
	if _, err := second.keys.UpdateApiKey(t.Context(), &apigateway.UpdateApiKeyInput{ApiKey: &id, PatchOperations: []types.PatchOperation{
		{Op: types.OpReplace, Path: aws.String("/enabled"), Value: aws.String("true")},
	}}); err != nil {
		t.Fatal(err)
	}
	want[2] = 200
	second.stop(t)

	// The template comes to put its key into the plan, and loses the other one.
	changed := strings.NewReplacer(`"UsagePlanId": {"Ref": "Other"}`, `"UsagePlanId": {"Ref": "Basic"}`,
		`"Other": {"Type": "AWS::ApiGateway::UsagePlan", "Properties": {}},`, "").Replace(keyedTemplate)
	third := startKeyed(t, changed, o)
	defer third.stop(t)
	if got := third.opens(values...); !slices.Equal(got, want) {
		t.Errorf("with another template: statuses %v, want %v", got, want)
	}
}

func TestKeysOfTheAPIAreDataThatARunWithoutDataDoesNotHave(t *testing.T) {
	o := local.Options{State: filepath.Join(t.TempDir(), "state"), WithoutData: true}
	first := startKeyed(t, keyedTemplate, o)
	first.make("made-made-made-made-made", output(t, first.Engine, "Basic"))
	first.stop(t)
	second := startKeyed(t, keyedTemplate, o)
	defer second.stop(t)
	if got := second.opens("made-made-made-made-made"); got[0] != 403 {
		t.Errorf("status %d", got[0])
	}
}
