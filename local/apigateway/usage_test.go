package apigateway

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	acmeKey   = "acme-acme-acme-acme-acme"
	globexKey = "globex-globex-globex-globex"
)

// metered declares an API with two keys in one plan.
func metered(api, methodProperties, plan, stages string) string {
	key := func(id, value, enabled string) string {
		return fmt.Sprintf(`%q: {"Type": "AWS::ApiGateway::ApiKey", "Properties": {"Value": %q, "Enabled": %s}},
			"Use%s": {"Type": "AWS::ApiGateway::UsagePlanKey", "Properties": {"KeyId": {"Ref": %q}, "KeyType": "API_KEY", "UsagePlanId": {"Ref": "Plan"}}}`,
			id, value, enabled, id, id)
	}
	return declare(api, methodOn(root, "ANY", methodProperties+lambdaProxyTo("echo"))) + `,
		"Plan": {"Type": "AWS::ApiGateway::UsagePlan", "Properties": {` + plan + `"ApiStages": [` + stages + `]}},` +
		key("Acme", acmeKey, "true") + "," + key("Globex", globexKey, "true") + "," + key("Former", "former-former-former-former", "false") + `,
		"Stranger": {"Type": "AWS::ApiGateway::ApiKey", "Properties": {"Value": "stranger-stranger-stranger", "Enabled": true}}`
}

const onProd = `{"ApiId": {"Ref": "Api"}, "Stage": {"Ref": "Stage"}}`

func serveEcho() map[string]cloud.API {
	return map[string]cloud.API{"lambda": functions{"echo": func(json.RawMessage) (any, error) { return map[string]any{"body": "in"}, nil }}}
}

func TestAKeyOpensAMethodOnlyThroughAPlanForTheStage(t *testing.T) {
	for name, row := range map[string]struct {
		stages, key string
		status      int
	}{
		"a key in the plan":        {onProd, acmeKey, 200},
		"no key":                   {onProd, "", 403},
		"an unknown key":           {onProd, "nobody-nobody-nobody-nobody", 403},
		"a disabled key":           {onProd, "former-former-former-former", 403},
		"a key without a plan":     {onProd, "stranger-stranger-stranger", 403},
		"a plan without the stage": {"", acmeKey, 403},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, Options{}, serveEcho(), metered("", `"ApiKeyRequired": true, `, "", row.stages))
			body := map[int]string{200: "in", 403: `{"message":"Forbidden"}`}[row.status]
			w.send(t, "GET", "/", "", "X-Api-Key: "+row.key).expect(t, row.status, body)
		})
	}
}

func TestTheKeyOfAnAuthorizerCountsWhereTheAPISaysSo(t *testing.T) {
	for name, row := range map[string]struct {
		usage  any
		status int
	}{
		"a key in the plan": {acmeKey, 200}, "an unknown key": {"nobody", 403}, "none": {nil, 403},
	} {
		t.Run(name, func(t *testing.T) {
			answer := verdict("Allow", "*")
			answer["usageIdentifierKey"] = row.usage
			var event map[string]any
			w := start(t, Options{}, map[string]cloud.API{"lambda": functions{
				"guard": func(json.RawMessage) (any, error) { return answer, nil },
				"echo": func(raw json.RawMessage) (any, error) {
					return map[string]any{}, json.Unmarshal(raw, &event)
				},
			}}, guarded(tokenAuthorizer, `"ApiKeyRequired": true, `)+`,
				"Plan": {"Type": "AWS::ApiGateway::UsagePlan", "Properties": {"ApiStages": [`+onProd+`]}},
				"Key": {"Type": "AWS::ApiGateway::ApiKey", "Properties": {"Value": "`+acmeKey+`", "Enabled": true}},
				"Use": {"Type": "AWS::ApiGateway::UsagePlanKey", "Properties": {"KeyId": {"Ref": "Key"}, "KeyType": "API_KEY", "UsagePlanId": {"Ref": "Plan"}}}`)
			// The header is not where the key comes from.
			if got := w.send(t, "GET", "/orders/1", "", "Authorization: t", "X-Api-Key: "+acmeKey); got.status != row.status {
				t.Errorf("status %d, want %d", got.status, row.status)
			}
			if row.status == 200 && lookup(event, "requestContext.identity.apiKey") != acmeKey {
				t.Errorf("identity = %v", lookup(event, "requestContext.identity"))
			}
		})
	}
}

func TestEveryKeyHasABucketOfItsOwn(t *testing.T) {
	w := start(t, Options{}, serveEcho(), metered("", `"ApiKeyRequired": true, `, `"Throttle": {"RateLimit": 2, "BurstLimit": 3},`, onProd))
	synctest.Test(t, func(t *testing.T) {
		for _, step := range []struct {
			name  string
			after time.Duration
			key   string
			sent  int
			pass  int
		}{
			{"a burst", 0, acmeKey, 10, 3},
			{"another key", 0, globexKey, 2, 2},
			{"refilled by one second", time.Second, acmeKey, 10, 2},
			{"never fuller than the burst", time.Minute, acmeKey, 10, 3},
		} {
			time.Sleep(step.after)
			passed := 0
			for range step.sent {
				got := w.invoke(t, `{"Path": "/", "Method": "GET", "Headers": {"x-api-key": "`+step.key+`"}}`)
				switch {
				case got.StatusCode == 200:
					passed++
				case got.StatusCode != 429 || string(got.ResponseBody) != `{"message":"Too Many Requests"}`:
					t.Fatalf("%s: answer %d %s", step.name, got.StatusCode, got.ResponseBody)
				}
			}
			if passed != step.pass {
				t.Errorf("%s: %d of %d passed, want %d", step.name, passed, step.sent, step.pass)
			}
		}
	})
}

func TestAMethodOfAPlanCanHaveALimitOfItsOwn(t *testing.T) {
	w := start(t, Options{}, serveEcho(), metered("", `"ApiKeyRequired": true, `, "",
		`{"ApiId": {"Ref": "Api"}, "Stage": {"Ref": "Stage"}, "Throttle": {"/ANY": {"RateLimit": 1, "BurstLimit": 1}}}`))
	synctest.Test(t, func(t *testing.T) {
		for i, want := range []int{200, 429} {
			if got := w.invoke(t, `{"Path": "/", "Method": "GET", "Headers": {"x-api-key": "`+acmeKey+`"}}`); got.StatusCode != want {
				t.Errorf("request %d: status %d, want %d", i, got.StatusCode, want)
			}
		}
	})
}

func TestAQuotaEndsWithItsPeriod(t *testing.T) {
	for name, row := range map[string]struct {
		quota string
		steps []int // how many of 5 requests pass, one step every 24 hours from a Saturday on
	}{
		"a day":          {`{"Limit": 3, "Period": "DAY"}`, []int{3, 3, 3}},
		"a week":         {`{"Limit": 7, "Period": "WEEK"}`, []int{5, 5, 2}},
		"a month":        {`{"Limit": 7, "Period": "MONTH"}`, []int{5, 2, 0}},
		"with an offset": {`{"Limit": 3, "Offset": 2, "Period": "DAY"}`, []int{1, 3}},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, Options{}, serveEcho(), metered("", `"ApiKeyRequired": true, `, `"Quota": `+row.quota+`,`, onProd))
			synctest.Test(t, func(t *testing.T) { // begins on Saturday, 2000-01-01
				for day, want := range row.steps {
					passed := 0
					for range 5 {
						got := w.invoke(t, `{"Path": "/", "Method": "GET", "Headers": {"x-api-key": "`+acmeKey+`"}}`)
						switch {
						case got.StatusCode == 200:
							passed++
						case got.StatusCode != 429 || string(got.ResponseBody) != `{"message":"Limit Exceeded"}`:
							t.Fatalf("answer %d %s", got.StatusCode, got.ResponseBody)
						}
					}
					if passed != want {
						t.Errorf("day %d: %d passed, want %d", day, passed, want)
					}
					time.Sleep(24 * time.Hour)
				}
			})
		})
	}
}

func TestAStageThrottlesEachMethodForAllClients(t *testing.T) {
	resources := strings.Replace(declare("", methodOn(root, "GET", lambdaProxyTo("echo")), methodOn(root, "POST", lambdaProxyTo("echo"))), `"StageName": "prod"`,
		`"MethodSettings": [{"ResourcePath": "/*", "HttpMethod": "*", "ThrottlingRateLimit": "1", "ThrottlingBurstLimit": 2}], "StageName": "prod"`, 1)
	w := start(t, Options{}, serveEcho(), resources)
	synctest.Test(t, func(t *testing.T) {
		for i, row := range []struct {
			method string
			want   int
		}{{"GET", 200}, {"GET", 200}, {"GET", 429}, {"POST", 200}} {
			if got := w.invoke(t, `{"Path": "/", "Method": "`+row.method+`"}`); got.StatusCode != row.want {
				t.Errorf("request %d, %s: status %d, want %d", i, row.method, got.StatusCode, row.want)
			}
		}
	})
}

func TestAStageThrottlesByItsMostSpecificSetting(t *testing.T) {
	setting := func(path, httpMethod string, burst float64) methodSetting {
		one := 1.0
		return methodSetting{ResourcePath: path, HttpMethod: httpMethod, ThrottlingRateLimit: &one, ThrottlingBurstLimit: &burst}
	}
	settings := []methodSetting{
		setting("/*", "*", 1), setting("/*", "POST", 2), setting("/~1orders~1{id}", "*", 3), setting("/~1orders~1{id}", "GET", 4),
		{ResourcePath: "/~1free", HttpMethod: "*"}, setting("/", "GET", 5),
	}
	for name, want := range map[string]int{
		"GET /other": 1, "POST /other": 2, "POST /orders/{id}": 3, "GET /orders/{id}": 4, "GET /free": 1, "GET /": 5,
	} {
		var httpMethod, path string
		fmt.Sscan(name, &httpMethod, &path)
		l := throttleOf(settings, &method{httpMethod: httpMethod, resource: &resource{path: path}})
		if l == nil || l.bucket.Burst() != want {
			t.Errorf("%s: limiter %v, want a burst of %d", name, l, want)
		}
	}
	if l := throttleOf([]methodSetting{{ResourcePath: "/*", HttpMethod: "*"}}, &method{httpMethod: "GET", resource: &resource{path: "/"}}); l != nil {
		t.Error("a setting without limits throttles")
	}
}
