package apigateway

// The control plane as the SDK calls it.

import (
	"errors"
	"maps"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsapigateway "github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// client is the SDK's client of the account's administrator.
func (w *world) client(t testing.TB) *awsapigateway.Client {
	return w.clientOf(t, site().Administrator())
}

func (w *world) clientOf(t testing.TB, caller cloud.Caller) *awsapigateway.Client {
	t.Helper()
	server := httptest.NewServer(wire.As(w.cloud, caller, "apigateway", NewControl(w.APIGateway).Protocols()))
	t.Cleanup(server.Close)
	return awsapigateway.New(awsapigateway.Options{
		BaseEndpoint: aws.String(server.URL), Region: site().Region, Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
	})
}

// must returns what a call answers.
func must[T any](t testing.TB) func(out T, err error) T {
	return func(out T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// fails checks for an error of the service: the SDK's type, and words of its
// message.
func fails[E error](t *testing.T, err error, words string) {
	t.Helper()
	failure, ok := errors.AsType[E](err)
	if !ok {
		t.Errorf("got %v, want a %s", err, reflect.TypeFor[E]())
		return
	}
	if !strings.Contains(failure.Error(), words) {
		t.Errorf("got %q, want %q in it", failure.Error(), words)
	}
}

// protected is an API on which a key is required, with one plan for its stage.
func protected(t *testing.T) *world {
	t.Helper()
	return start(t, Options{}, serveEcho(), declare("", methodOn(root, "ANY", `"ApiKeyRequired": true, `+lambdaProxyTo("echo")))+`,
		"Plan": {"Type": "AWS::ApiGateway::UsagePlan", "Properties": {"UsagePlanName": "basic", "ApiStages": [`+onProd+`]}}`)
}

func (w *world) planID() string { return w.created.Handles["Plan"].Ref }

// opens tells the status of a request with a key.
func (w *world) opens(t *testing.T, value string) int {
	t.Helper()
	return w.send(t, "GET", "/", "", "X-Api-Key: "+value).status
}

func TestAKeyOfTheAPIOpensAStageAsLongAsItIsInAPlan(t *testing.T) {
	w := protected(t)
	client := w.client(t)
	created := must[*awsapigateway.CreateApiKeyOutput](t)(client.CreateApiKey(t.Context(), &awsapigateway.CreateApiKeyInput{
		Name: aws.String("acme"), Description: aws.String("of Acme"), CustomerId: aws.String("c-1"), Enabled: true, Tags: map[string]string{"tier": "basic"},
	}))
	value := *created.Value
	if status := awsmiddleware.GetRawResponse(created.ResultMetadata).(*smithyhttp.Response).StatusCode; status != 201 {
		t.Errorf("created with status %d", status)
	}
	if len(value) != 40 || len(*created.Id) != 10 || !created.Enabled || created.CreatedDate == nil || created.Tags["tier"] != "basic" {
		t.Errorf("%+v", created)
	}
	plan, key := aws.String(w.planID()), created.Id
	set := func(path, value string) func() error {
		return func() error {
			_, err := client.UpdateApiKey(t.Context(), &awsapigateway.UpdateApiKeyInput{ApiKey: key, PatchOperations: []types.PatchOperation{
				{Op: types.OpReplace, Path: aws.String(path), Value: aws.String(value)},
			}})
			return err
		}
	}
	for _, step := range []struct {
		name   string
		do     func() error
		status int
	}{
		{"made", func() error { return nil }, 403},
		{"in the plan", func() error {
			out, err := client.CreateUsagePlanKey(t.Context(), &awsapigateway.CreateUsagePlanKeyInput{UsagePlanId: plan, KeyId: key, KeyType: aws.String("API_KEY")})
			if err == nil && (*out.Id != *key || *out.Value != value || *out.Name != "acme" || *out.Type != "API_KEY") {
				t.Errorf("%+v", out)
			}
			return err
		}, 200},
		{"disabled", set("/enabled", "false"), 403},
		{"enabled", set("/enabled", "true"), 200},
		{"renamed", set("/name", "Acme Ltd"), 200},
		{"out of the plan", func() error {
			_, err := client.DeleteUsagePlanKey(t.Context(), &awsapigateway.DeleteUsagePlanKeyInput{UsagePlanId: plan, KeyId: key})
			return err
		}, 403},
		{"in the plan again", func() error {
			_, err := client.CreateUsagePlanKey(t.Context(), &awsapigateway.CreateUsagePlanKeyInput{UsagePlanId: plan, KeyId: key, KeyType: aws.String("API_KEY")})
			return err
		}, 200},
		{"deleted", func() error {
			_, err := client.DeleteApiKey(t.Context(), &awsapigateway.DeleteApiKeyInput{ApiKey: key})
			return err
		}, 403},
	} {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if got := w.opens(t, value); got != step.status {
			t.Errorf("%s: status %d, want %d", step.name, got, step.status)
		}
	}
	_, err := client.GetUsagePlanKey(t.Context(), &awsapigateway.GetUsagePlanKeyInput{UsagePlanId: plan, KeyId: key})
	fails[*types.NotFoundException](t, err, "Invalid API Key identifier specified")
}

func TestAnAnswerKeepsTheValueToItselfUnlessAskedFor(t *testing.T) {
	w := protected(t)
	client := w.client(t)
	created := must[*awsapigateway.CreateApiKeyOutput](t)(client.CreateApiKey(t.Context(), &awsapigateway.CreateApiKeyInput{Name: aws.String("acme"), Value: aws.String(acmeKey)}))
	if created.Enabled || *created.Value != acmeKey {
		t.Errorf("a key is disabled unless said otherwise, and answered once: %+v", created)
	}
	for _, with := range []bool{false, true} {
		one := must[*awsapigateway.GetApiKeyOutput](t)(client.GetApiKey(t.Context(), &awsapigateway.GetApiKeyInput{ApiKey: created.Id, IncludeValue: &with}))
		all := must[*awsapigateway.GetApiKeysOutput](t)(client.GetApiKeys(t.Context(), &awsapigateway.GetApiKeysInput{IncludeValues: &with}))
		if (one.Value != nil) != with || (all.Items[0].Value != nil) != with {
			t.Errorf("includeValue %v: %v %v", with, one.Value, all.Items[0].Value)
		}
	}
	updated := must[*awsapigateway.UpdateApiKeyOutput](t)(client.UpdateApiKey(t.Context(), &awsapigateway.UpdateApiKeyInput{ApiKey: created.Id, PatchOperations: []types.PatchOperation{
		{Op: types.OpReplace, Path: aws.String("/description"), Value: aws.String("new")}, {Op: types.OpReplace, Path: aws.String("/customerId"), Value: aws.String("c-2")},
	}}))
	if updated.Value != nil || *updated.Description != "new" || *updated.CustomerId != "c-2" || *updated.Name != "acme" {
		t.Errorf("%+v", updated)
	}
}

func TestAKeyTellsWhenItWasUpdated(t *testing.T) {
	w := protected(t)
	id := w.addKey(t, acmeKey, "")
	synctest.Test(t, func(t *testing.T) { // whose clock is another
		w.operate(t, "UpdateApiKey", `{"apiKey": "`+id+`"}`)
		if key := w.keys.byID[id]; !key.updated.Equal(time.Now()) || key.created.Equal(key.updated) {
			t.Errorf("created %v, updated %v", key.created, key.updated)
		}
	})
}

func TestKeysOfTemplatesAndOfTheAPIAreInOneStore(t *testing.T) {
	w := start(t, Options{}, serveEcho(), metered("", `"ApiKeyRequired": true, `, "", onProd))
	client := w.client(t)
	id := w.created.Handles["Acme"].Ref
	got := must[*awsapigateway.GetApiKeyOutput](t)(client.GetApiKey(t.Context(), &awsapigateway.GetApiKeyInput{ApiKey: &id, IncludeValue: aws.Bool(true)}))
	if *got.Value != acmeKey || *got.Id != id {
		t.Errorf("%+v", got)
	}
	_, err := client.CreateApiKey(t.Context(), &awsapigateway.CreateApiKeyInput{Value: aws.String(acmeKey)})
	fails[*types.ConflictException](t, err, "API Key already exists")
	members := must[*awsapigateway.GetUsagePlanKeysOutput](t)(client.GetUsagePlanKeys(t.Context(), &awsapigateway.GetUsagePlanKeysInput{UsagePlanId: aws.String(w.planID())}))
	if len(members.Items) != 3 {
		t.Errorf("%d keys in the plan, want 3", len(members.Items))
	}
	must[*awsapigateway.DeleteApiKeyOutput](t)(client.DeleteApiKey(t.Context(), &awsapigateway.DeleteApiKeyInput{ApiKey: &id}))
	if status := w.opens(t, acmeKey); status != 403 {
		t.Errorf("a deleted key of a template: status %d", status)
	}
	must[*awsapigateway.CreateApiKeyOutput](t)(client.CreateApiKey(t.Context(), &awsapigateway.CreateApiKeyInput{Value: aws.String(acmeKey)}))
	for _, name := range []string{"UseAcme", "Acme", "Plan"} { // as when the stack goes
		if err := w.created.Handles[name].Delete(t.Context()); err != nil {
			t.Errorf("delete %s: %v", name, err)
		}
	}
	keys := must[*awsapigateway.GetApiKeysOutput](t)(client.GetApiKeys(t.Context(), &awsapigateway.GetApiKeysInput{IncludeValues: aws.Bool(true)}))
	if len(keys.Items) != 4 {
		t.Errorf("%d keys are left, want that of the API with the template's value and three others", len(keys.Items))
	}
}

func TestWhatAKeyIsNot(t *testing.T) {
	w := protected(t)
	client := w.client(t)
	create := func(value, name string) error {
		_, err := client.CreateApiKey(t.Context(), &awsapigateway.CreateApiKeyInput{Value: aws.String(value), Name: aws.String(name)})
		return err
	}
	update := func(op types.Op, path, value string) error {
		created := must[*awsapigateway.CreateApiKeyOutput](t)(client.CreateApiKey(t.Context(), &awsapigateway.CreateApiKeyInput{Name: aws.String("n"), Enabled: true}))
		_, err := client.UpdateApiKey(t.Context(), &awsapigateway.UpdateApiKeyInput{ApiKey: created.Id, PatchOperations: []types.PatchOperation{
			{Op: types.OpReplace, Path: aws.String("/enabled"), Value: aws.String("false")}, {Op: op, Path: &path, Value: &value},
		}})
		if after := must[*awsapigateway.GetApiKeyOutput](t)(client.GetApiKey(t.Context(), &awsapigateway.GetApiKeyInput{ApiKey: created.Id})); err != nil && !after.Enabled {
			t.Error("an update that is refused has changed the key")
		}
		return err
	}
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	ok(create(strings.Repeat("v", 20), strings.Repeat("n", 1024)))
	ok(create(strings.Repeat("v", 128), ""))
	fails[*types.BadRequestException](t, create(strings.Repeat("v", 19), ""), "at least 20 characters")
	fails[*types.BadRequestException](t, create(strings.Repeat("v", 129), ""), "128 characters")
	fails[*types.BadRequestException](t, create(strings.Repeat("w", 20), strings.Repeat("n", 1025)), "1024 characters")
	fails[*types.ConflictException](t, create(strings.Repeat("v", 20), "other"), "API Key already exists")
	ok(update(types.OpReplace, "/enabled", "TRUE"))
	ok(update(types.OpReplace, "/enabled", "perhaps")) // which is false
	fails[*types.BadRequestException](t, update(types.OpReplace, "/description", strings.Repeat("d", 125_001)), "Invalid API Key description specified.")
	fails[*types.BadRequestException](t, update(types.OpReplace, "/name", strings.Repeat("n", 1025)), "1024 characters")
	fails[*types.BadRequestException](t, update(types.OpReplace, "/value", "another-another-another"), "Invalid patch path  '/value' specified for op 'replace'. Must be one of: [/description, /enabled, /name, /customerId]")
	fails[*types.BadRequestException](t, update(types.OpAdd, "/name", "x"), "Must be one of: [replace]")
	nobody := aws.String("nobody")
	_, err := client.GetApiKey(t.Context(), &awsapigateway.GetApiKeyInput{ApiKey: nobody})
	fails[*types.NotFoundException](t, err, "Invalid API Key identifier specified")
	_, err = client.UpdateApiKey(t.Context(), &awsapigateway.UpdateApiKeyInput{ApiKey: nobody})
	fails[*types.NotFoundException](t, err, "Invalid API Key identifier specified")
	_, err = client.DeleteApiKey(t.Context(), &awsapigateway.DeleteApiKeyInput{ApiKey: nobody})
	fails[*types.NotFoundException](t, err, "Invalid API Key identifier specified")
}

func TestKeysAreListedInPages(t *testing.T) {
	w := protected(t)
	client := w.client(t)
	want := map[string]bool{}
	for i := range 60 {
		name := "acme-"
		if i%3 == 0 {
			name = "globex-"
		}
		created := must[*awsapigateway.CreateApiKeyOutput](t)(client.CreateApiKey(t.Context(), &awsapigateway.CreateApiKeyInput{
			Name: aws.String(name + string(rune('a'+i%26))), CustomerId: aws.String(name),
		}))
		if name == "acme-" {
			want[*created.Id] = true
		}
	}
	for name, in := range map[string]*awsapigateway.GetApiKeysInput{
		"by name":     {NameQuery: aws.String("acme-")},
		"by customer": {CustomerId: aws.String("acme-")},
		"in sevens":   {NameQuery: aws.String("acme-"), Limit: aws.Int32(7)},
		"at once":     {NameQuery: aws.String("acme-"), Limit: aws.Int32(500)},
	} {
		got := map[string]bool{}
		pages := awsapigateway.NewGetApiKeysPaginator(client, in)
		for pages.HasMorePages() {
			page := must[*awsapigateway.GetApiKeysOutput](t)(pages.NextPage(t.Context()))
			if limit := int(max(aws.ToInt32(in.Limit), 25)); len(page.Items) > limit {
				t.Errorf("%s: a page of %d", name, len(page.Items))
			}
			for _, key := range page.Items {
				if got[*key.Id] {
					t.Errorf("%s: %s twice", name, *key.Id)
				}
				got[*key.Id] = true
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %d keys, want %d", name, len(got), len(want))
		}
	}
	for _, limit := range []int32{0, -1} { // those that AWS takes for its own
		if out, err := client.GetApiKeys(t.Context(), &awsapigateway.GetApiKeysInput{Limit: &limit}); err != nil || len(out.Items) != 25 {
			t.Errorf("limit %d: got %v, want 25 keys", limit, err)
		}
	}
	_, err := client.GetApiKeys(t.Context(), &awsapigateway.GetApiKeysInput{Limit: aws.Int32(501)})
	fails[*types.BadRequestException](t, err, "between 1 and 500")
	_, err = client.GetApiKeys(t.Context(), &awsapigateway.GetApiKeysInput{Position: aws.String("%")})
	fails[*types.BadRequestException](t, err, "position")
}

func TestTagsComeAndGo(t *testing.T) {
	w := protected(t)
	client := w.client(t)
	created := must[*awsapigateway.CreateApiKeyOutput](t)(client.CreateApiKey(t.Context(), &awsapigateway.CreateApiKeyInput{Tags: map[string]string{"tier": "basic", "a": "1"}}))
	for _, arn := range []string{"/apikeys/" + *created.Id, "/usageplans/" + w.planID()} {
		arn = "arn:aws:apigateway:eu-west-1::" + arn
		must[*awsapigateway.TagResourceOutput](t)(client.TagResource(t.Context(), &awsapigateway.TagResourceInput{ResourceArn: &arn, Tags: map[string]string{"tier": "gold", "b.c": "2", "a": "3"}}))
		must[*awsapigateway.UntagResourceOutput](t)(client.UntagResource(t.Context(), &awsapigateway.UntagResourceInput{ResourceArn: &arn, TagKeys: []string{"b.c", "a", "none"}}))
		got := must[*awsapigateway.GetTagsOutput](t)(client.GetTags(t.Context(), &awsapigateway.GetTagsInput{ResourceArn: &arn}))
		maps.DeleteFunc(got.Tags, func(key, _ string) bool { return strings.HasPrefix(key, "aws:cloudformation:") })
		if !reflect.DeepEqual(got.Tags, map[string]string{"tier": "gold"}) {
			t.Errorf("%s: %v", arn, got.Tags)
		}
	}
	got := must[*awsapigateway.GetApiKeyOutput](t)(client.GetApiKey(t.Context(), &awsapigateway.GetApiKeyInput{ApiKey: created.Id}))
	if got.Tags["tier"] != "gold" {
		t.Errorf("the key has the tags %v", got.Tags)
	}
	tags := func(arn string) error {
		_, err := client.GetTags(t.Context(), &awsapigateway.GetTagsInput{ResourceArn: &arn})
		return err
	}
	fails[*types.NotFoundException](t, tags("arn:aws:apigateway:eu-west-1::/apikeys/nobody"), "Invalid API Key identifier specified")
	fails[*types.NotFoundException](t, tags("arn:aws:apigateway:eu-west-1::/usageplans/nobody"), "Invalid Usage Plan ID specified")
	fails[*types.NotFoundException](t, tags("arn:aws:apigateway:eu-west-1::/restapis/nobody"), "Invalid API identifier specified")
	fails[*types.NotFoundException](t, tags("arn:aws:apigateway:eu-west-1::/restapis/"+w.apiID()+"/stages/none"), "Invalid stage identifier specified")
	for _, path := range []string{"", "/stages/prod"} {
		arn := aws.String("arn:aws:apigateway:eu-west-1::/restapis/" + w.apiID() + path)
		must[*awsapigateway.TagResourceOutput](t)(client.TagResource(t.Context(), &awsapigateway.TagResourceInput{ResourceArn: arn, Tags: map[string]string{"of": path}}))
		if got := must[*awsapigateway.GetTagsOutput](t)(client.GetTags(t.Context(), &awsapigateway.GetTagsInput{ResourceArn: arn})); got.Tags["of"] != path {
			t.Errorf("%s has the tags %v", *arn, got.Tags)
		}
	}
	fails[*types.BadRequestException](t, tags("arn:aws:apigateway:us-east-1::/apikeys/"+*created.Id), "API keys and usage plans only")
}

func TestAPIsAndStagesAreTold(t *testing.T) {
	w := start(t, Options{}, serveEcho(), strings.Replace(declare(`, "ApiKeySourceType": "AUTHORIZER", "BinaryMediaTypes": ["image/png"]`, methodOn(root, "GET", lambdaProxyTo("echo"))),
		`"StageName": "prod"`, `"MethodSettings": [{"ResourcePath": "/*", "HttpMethod": "*", "ThrottlingRateLimit": 2, "ThrottlingBurstLimit": 3}], "StageName": "prod"`, 1))
	client, id := w.client(t), aws.String(w.apiID())
	apis := must[*awsapigateway.GetRestApisOutput](t)(client.GetRestApis(t.Context(), &awsapigateway.GetRestApisInput{}))
	api := must[*awsapigateway.GetRestApiOutput](t)(client.GetRestApi(t.Context(), &awsapigateway.GetRestApiInput{RestApiId: id}))
	if len(apis.Items) != 1 || *apis.Items[0].Id != *id || *api.Name != "orders" || api.ApiKeySource != "AUTHORIZER" || *api.RootResourceId != w.created.Handles["Api"].Attributes["RootResourceId"] || len(api.BinaryMediaTypes) != 1 {
		t.Errorf("%+v %+v", apis, api)
	}
	stages := must[*awsapigateway.GetStagesOutput](t)(client.GetStages(t.Context(), &awsapigateway.GetStagesInput{RestApiId: id}))
	stage := must[*awsapigateway.GetStageOutput](t)(client.GetStage(t.Context(), &awsapigateway.GetStageInput{RestApiId: id, StageName: aws.String("prod")}))
	if len(stages.Item) != 1 || *stages.Item[0].StageName != "prod" || *stage.DeploymentId != w.created.Handles["Deployment"].Ref || stage.Variables["color"] != "blue" || stage.MethodSettings["*/*"].ThrottlingBurstLimit != 3 {
		t.Errorf("%+v %+v", stages, stage)
	}
	other := must[*awsapigateway.GetStagesOutput](t)(client.GetStages(t.Context(), &awsapigateway.GetStagesInput{RestApiId: id, DeploymentId: aws.String("other")}))
	if len(other.Item) != 0 {
		t.Errorf("stages of another deployment: %+v", other.Item)
	}
	_, err := client.GetRestApi(t.Context(), &awsapigateway.GetRestApiInput{RestApiId: aws.String("nobody")})
	fails[*types.NotFoundException](t, err, "Invalid API identifier specified 111122223333:nobody")
	_, err = client.GetStages(t.Context(), &awsapigateway.GetStagesInput{RestApiId: aws.String("nobody")})
	fails[*types.NotFoundException](t, err, "Invalid API identifier specified")
	_, err = client.GetStage(t.Context(), &awsapigateway.GetStageInput{RestApiId: id, StageName: aws.String("test")})
	fails[*types.NotFoundException](t, err, "Invalid stage identifier specified")
}
