package constructs_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/tradepost-dev/tradepost/constructs/b2b"
	"github.com/tradepost-dev/tradepost/constructs/restapi"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

func TestPostIsAuthorizedThrottledAndValidatedBeforeItRuns(t *testing.T) {
	template := pipeline(t)
	template.Has(template.At("AWS::ApiGateway::Method", "Pipeline/REST/Resource/Default/transactions/POST"), `{
		"AuthorizationType": "CUSTOM", "AuthorizerId": "<Pipeline/REST/Authorizer>", "ApiKeyRequired": true,
		"RequestModels": {"application/json": "<Pipeline/REST/Resource/Transaction>"},
		"RequestValidatorId": "<Pipeline/REST/Resource/BodyValidator>",
		"Integration": {"Type": "AWS_PROXY"}
	}`)
	template.Has(template.At("AWS::ApiGateway::RestApi", "Pipeline/REST"), `{"ApiKeySourceType": "AUTHORIZER"}`)
	template.Has(template.At("AWS::ApiGateway::Authorizer", "Pipeline/REST/Authorizer"), `{
		"Type": "REQUEST", "AuthorizerResultTtlInSeconds": 60,
		"IdentitySource": "method.request.header.Authorization,context.identity.sourceIp"
	}`)
}

func TestModelAcceptsWhatAcceptCanUse(t *testing.T) {
	template := pipeline(t)
	schema := template.At("AWS::ApiGateway::Model", "Pipeline/REST/Resource/Transaction").Properties["Schema"]
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("model.json", schema); err != nil {
		t.Fatal(err)
	}
	model, err := compiler.Compile("model.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		body string
		ok   bool
	}{
		"a transaction":                     {`{"transactionId": "T-1", "transactionMessage": "hello"}`, true},
		"no body, for the query string":     {`{}`, true},
		"a large message, for accept's 413": {`{"transactionId": "T-1", "transactionMessage": "` + strings.Repeat("x", 300<<10) + `"}`, true},
		"an id of 128 characters":           {`{"transactionId": "` + strings.Repeat("é", 128) + `", "transactionMessage": "x"}`, true},
		"an id of 129 characters":           {`{"transactionId": "` + strings.Repeat("x", 129) + `", "transactionMessage": "x"}`, false},
		"an empty id":                       {`{"transactionId": "", "transactionMessage": "x"}`, false},
		"an empty message":                  {`{"transactionId": "T-1", "transactionMessage": ""}`, false},
		"no message":                        {`{"transactionId": "T-1"}`, false},
		"no id":                             {`{"transactionMessage": "x"}`, false},
		"an unknown member":                 {`{"transactionId": "T-1", "transactionMessage": "x", "partner": "globex"}`, false},
		"an id that is a number":            {`{"transactionId": 1, "transactionMessage": "x"}`, false},
		"a list":                            {`[]`, false},
		"null":                              {`null`, false},
	} {
		t.Run(name, func(t *testing.T) {
			var body any
			if err := json.Unmarshal([]byte(test.body), &body); err != nil {
				t.Fatal(err)
			}
			if err := model.Validate(body); (err == nil) != test.ok {
				t.Errorf("validates with %v", err)
			}
		})
	}
}

func TestStatusIsTheCallersOwn(t *testing.T) {
	template := pipeline(t)
	method := template.At("AWS::ApiGateway::Method", "Pipeline/REST/Resource/Default/transactions/{id}/GET")
	template.Has(method, `{
		"AuthorizationType": "CUSTOM", "ApiKeyRequired": true,
		"Integration": {
			"Type": "AWS", "IntegrationHttpMethod": "POST", "PassthroughBehavior": "NEVER",
			"Credentials": "<Pipeline/REST/StatusRole.Arn>",
			"Uri": "arn:<AWS::Partition>:apigateway:<AWS::Region>:dynamodb:action/GetItem"
		}
	}`)
	integration := template.Plain(method.Properties["Integration"]).(map[string]any)
	request := integration["RequestTemplates"].(map[string]any)["application/json"].(string)
	if !strings.Contains(request, `"transactionKey":{"S":"$context.authorizer.partner/$util.`) {
		t.Errorf("the partner is not the authorizer's: %s", request)
	}
	if !json.Valid([]byte(strings.ReplaceAll(request, restapi.Escaped(restapi.PathParameter("id")), "T-1"))) {
		t.Errorf("not JSON: %s", request)
	}
}

// A 400 of DynamoDB is about the id or about load; only the template can tell.
func TestAnIDThatIsNoKeyIsNotFound(t *testing.T) {
	template := pipeline(t)
	method := template.At("AWS::ApiGateway::Method", "Pipeline/REST/Resource/Default/transactions/{id}/GET")
	integration := template.Plain(method.Properties["Integration"]).(map[string]any)
	answers := map[string]map[string]any{}
	for _, response := range integration["IntegrationResponses"].([]any) {
		r := response.(map[string]any)
		pattern, _ := r["SelectionPattern"].(string)
		answers[pattern] = r
	}
	if len(answers) != 3 || answers[""]["StatusCode"] != "200" || answers[`4\d{2}`]["StatusCode"] != "404" || answers[`5\d{2}`]["StatusCode"] != "503" {
		t.Fatalf("answers %v", answers)
	}
	text := answers[`4\d{2}`]["ResponseTemplates"].(map[string]any)["application/json"].(string)
	invalid, other, ok := strings.Cut(text, "#else")
	if !ok || !strings.HasPrefix(invalid, `#if($input.path('$.__type').endsWith("ValidationException"))`) || !strings.Contains(invalid, "no such transaction") {
		t.Errorf("an invalid id is answered by %s", invalid)
	}
	if !strings.Contains(other, "#set($context.responseOverride.status = 503)") {
		t.Errorf("a busy table is answered by %s", other)
	}
}

func TestEachTierIsAUsagePlan(t *testing.T) {
	template := pipeline(t)
	template.Has(template.At("AWS::ApiGateway::UsagePlan", "Pipeline/REST/Tiers/standard"), `{"Throttle": {"RateLimit": 10, "BurstLimit": 20}}`)
	template.Has(template.At("AWS::ApiGateway::UsagePlan", "Pipeline/REST/Tiers/basic"), `{
		"Throttle": {"RateLimit": 5, "BurstLimit": 10}, "Quota": {"Limit": 100000, "Period": "DAY"}
	}`)
	template.Has(template.At("AWS::ApiGateway::UsagePlan", "Pipeline/REST/Tiers/premium"), `{"Throttle": {"RateLimit": 50, "BurstLimit": 100}}`)
	own := pipelineWith(t, "tiers", func(p *b2b.PipelineProps) {
		p.Tiers = []b2b.Tier{{Name: "standard", RequestsPerSecond: 0.2}, {Name: "bulk", RequestsPerSecond: 100, Burst: 101}}
		p.Partners[0].Tier = "bulk"
	})
	if plans := len(own.OfType("AWS::ApiGateway::UsagePlan")); plans != 2 {
		t.Errorf("%d usage plans", plans)
	}
	own.Has(own.At("AWS::ApiGateway::UsagePlan", "Pipeline/REST/Tiers/standard"), `{"Throttle": {"RateLimit": 0.2, "BurstLimit": 1}}`)
	own.Has(own.At("AWS::ApiGateway::UsagePlan", "Pipeline/REST/Tiers/bulk"), `{"Throttle": {"RateLimit": 100, "BurstLimit": 101}}`)
}

func TestWrongTiersAreReportedTogether(t *testing.T) {
	message := cdktest.Panics(func() {
		b2b.NewPipeline(cdktest.NewStack(t), "Pipeline", b2b.PipelineProps{
			Partners: []b2b.Partner{{ID: "acme", ContactEmail: "edi@acme.example", Tier: "gold"}, {ID: "globex", ContactEmail: "edi@globex.example", Tier: "bulk"}},
			Tiers: []b2b.Tier{
				{Name: "Bulk", RequestsPerSecond: 1}, {Name: "bulk", RequestsPerSecond: 1, Burst: -1}, {Name: "bulk", RequestsPerSecond: 1, DailyQuota: -1}, {Name: "free"},
			},
		})
	})
	for _, part := range []string{
		`Tiers has no "standard"`, `Tiers[0].Name is "Bulk"`, `Tiers[2].Name is "bulk", as another tier's`, `Tiers[3].RequestsPerSecond is 0`,
		"Tiers[1].Burst and DailyQuota cannot be negative", "Tiers[2].Burst and DailyQuota cannot be negative",
		`partners[0] (acme): tier is "gold": give one of Bulk, bulk, bulk, free`,
	} {
		if !strings.Contains(message, part) {
			t.Errorf("no %q in %q", part, message)
		}
	}
	if strings.Contains(message, "globex") {
		t.Errorf("globex is in no wrong tier: %q", message)
	}
}

func TestBadBodyIsAnsweredWithWhatIsWrong(t *testing.T) {
	template := pipeline(t)
	responses := template.OfType("AWS::ApiGateway::GatewayResponse")
	if len(responses) != 1 {
		t.Fatalf("%d gateway responses", len(responses))
	}
	template.Has(responses[0], `{"ResponseType": "BAD_REQUEST_BODY", "StatusCode": "400"}`)
	text := responses[0].Properties["ResponseTemplates"].(map[string]any)["application/json"].(string)
	if !strings.Contains(text, "$context.error.validationErrorString") || !json.Valid([]byte(text)) {
		t.Errorf("answered with %s", text)
	}
}

func TestEnrichmentIsForTheWorkflowOnly(t *testing.T) {
	template := pipeline(t)
	template.Has(template.At("AWS::ApiGateway::Method", "Pipeline/Enrichment/Resource/Default/partners/{partner}/GET"), `{
		"AuthorizationType": "AWS_IAM", "Integration": {"Type": "AWS", "Credentials": "<Pipeline/Enrichment/Role.Arn>"}
	}`)
	// It sees of a row no more than it answers, and one that was written a moment ago.
	request := template.Plain(template.At("AWS::ApiGateway::Method", "Pipeline/Enrichment/Resource/Default/partners/{partner}/GET").Properties["Integration"]).(map[string]any)["RequestTemplates"].(map[string]any)["application/json"].(string)
	if !strings.HasPrefix(request, `{"TableName":"<Pipeline/Tables/Partners>",`) || !strings.Contains(request, `"ConsistentRead":true,"ProjectionExpression":"partner,#name,contactEmail"`) {
		t.Errorf("it asks %s", request)
	}
}

func TestBackendReplacesTheDirectory(t *testing.T) {
	template := pipelineWith(t, "backend", func(p *b2b.PipelineProps) { p.BackendURL = "https://crm.example.com/partners/" })
	template.Has(template.At("AWS::ApiGateway::Method", "Pipeline/Enrichment/Resource/Default/partners/{partner}/GET"), `{
		"Integration": {
			"Type": "HTTP_PROXY", "Uri": "https://crm.example.com/partners/{partner}",
			"RequestParameters": {"integration.request.path.partner": "method.request.path.partner"}
		}
	}`)
}

func TestWrongRESTPropsAreReportedTogether(t *testing.T) {
	message := cdktest.Panics(func() {
		b2b.NewRESTIntake(cdktest.NewStack(t), "REST", b2b.RESTIntakeProps{Burst: -1})
	})
	for _, part := range []string{"b2b.RESTIntake REST", "Tables is required", "Queue is required", "cannot be negative"} {
		if !strings.Contains(message, part) {
			t.Errorf("no %q in %q", part, message)
		}
	}
	message = cdktest.Panics(func() {
		b2b.NewEnrichmentAPI(cdktest.NewStack(t), "API", b2b.EnrichmentAPIProps{BackendURL: "http://crm"})
	})
	if !strings.Contains(message, `BackendURL is "http://crm"`) {
		t.Errorf("panics with %q", message)
	}
}

// API Gateway's metrics know an API by its name only.
func TestEachAPIHasANameOfItsOwnThatItsAlarmWatches(t *testing.T) {
	template := pipeline(t)
	name := func(path string) any { return template.At("AWS::ApiGateway::RestApi", path).Properties["Name"] }
	rest, enrichment := name("Pipeline/REST"), name("Pipeline/Enrichment")
	if rest == enrichment {
		t.Errorf("both APIs are named %v", rest)
	}
	alarm := template.At("AWS::CloudWatch::Alarm", "Pipeline/REST/ServerErrorAlarm")
	dimension := alarm.Properties["Dimensions"].([]any)[0].(map[string]any)
	if dimension["Name"] != "ApiName" || dimension["Value"] != rest {
		t.Errorf("the alarm watches %v, the API is %v", dimension, rest)
	}
}
