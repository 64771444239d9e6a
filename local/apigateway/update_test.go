package apigateway

// This file changes APIs that are being served.

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/iam"
)

// answering serves functions that answer with their names, and a guard that
// tells who it was.
func answering(names ...string) map[string]cloud.API {
	all := functions{}
	for _, name := range names {
		all[name] = func(json.RawMessage) (any, error) { return map[string]any{"body": name}, nil }
	}
	return map[string]cloud.API{"lambda": all}
}

// onRoot declares GET / to a function.
func onRoot(function string) string { return methodOn(root, "GET", lambdaProxyTo(function)) }

// deploy adds a deployment and moves the stage to it.
func (w *world) deploy(t *testing.T, id string) {
	t.Helper()
	w.created.Put(t, id, `{"Type": "AWS::ApiGateway::Deployment", "Properties": {"RestApiId": {"Ref": "Api"}}}`)
	w.created.Put(t, "Stage", stageOn(id, ""))
}

// stageOn declares the stage with a deployment and more properties.
func stageOn(deployment, rest string) string {
	return `{"Type": "AWS::ApiGateway::Stage", "Properties": {"RestApiId": {"Ref": "Api"}, "StageName": "prod", "DeploymentId": {"Ref": "` + deployment + `"}` + rest + `}}`
}

func TestNothingThatAnAPIDeclaresIsServedBeforeItIsDeployed(t *testing.T) {
	model := func(kind string) string {
		return `{"Type": "AWS::ApiGateway::Model", "Properties": {"RestApiId": {"Ref": "Api"}, "Name": "Order", "Schema": {"type": "` + kind + `"}}}`
	}
	validator := func(body string) string {
		return `{"Type": "AWS::ApiGateway::RequestValidator", "Properties": {"RestApiId": {"Ref": "Api"}, "ValidateRequestBody": ` + body + `}}`
	}
	response := func(status string) string {
		return `{"Type": "AWS::ApiGateway::GatewayResponse", "Properties": {"RestApiId": {"Ref": "Api"}, "ResponseType": "MISSING_AUTHENTICATION_TOKEN", "StatusCode": "` + status + `"}}`
	}
	authorizer := func(function string) string {
		return `{"Type": "AWS::ApiGateway::Authorizer", "Properties": {"RestApiId": {"Ref": "Api"}, "Name": "guard", ` + tokenAuthorizer + `, "AuthorizerUri":
			"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:` + function + `/invocations"}}`
	}
	post := func(function string) string {
		return methodOn(root, "POST", `"RequestValidatorId": {"Ref": "Validator"}, "RequestModels": {"application/json": {"Ref": "Order"}}, `+lambdaProxyTo(function))
	}
	guardedPut := methodOn(root, "PUT", `"AuthorizationType": "CUSTOM", "AuthorizerId": {"Ref": "Authorizer"}, `+lambdaProxyTo("old"))
	for name, row := range map[string]struct {
		id, before, after string
		request           []string // method, path, body, headers
		was, is           int
		body, now         string
	}{
		"an integration":       {"Method0", onRoot("old"), onRoot("new"), []string{"GET", "/", ""}, 200, 200, "old", "new"},
		"a model":              {"Order", model("array"), model("object"), []string{"POST", "/", `{}`, "Content-Type: application/json"}, 400, 200, `{"message":"Invalid request body"}`, "old"},
		"a validator":          {"Validator", validator("true"), validator("false"), []string{"POST", "/", `{}`, "Content-Type: application/json"}, 400, 200, `{"message":"Invalid request body"}`, "old"},
		"a gateway response":   {"Response", response("418"), response("421"), []string{"GET", "/nowhere", ""}, 418, 421, `{"message":"Missing Authentication Token"}`, `{"message":"Missing Authentication Token"}`},
		"an authorizer":        {"Authorizer", authorizer("nobody"), authorizer("everybody"), []string{"PUT", "/", "", "Authorization: t"}, 403, 200, `{"Message":"User is not authorized to access this resource with an explicit deny"}`, "old"},
		"that a key is wanted": {"Method0", onRoot("old"), methodOn(root, "GET", `"ApiKeyRequired": true, `+lambdaProxyTo("old")), []string{"GET", "/", ""}, 200, 403, "old", `{"message":"Forbidden"}`},
	} {
		t.Run(name, func(t *testing.T) {
			services := answering("old", "new")
			services["lambda"].(functions)["nobody"] = func(json.RawMessage) (any, error) { return verdict("Deny", "*"), nil }
			services["lambda"].(functions)["everybody"] = func(json.RawMessage) (any, error) { return verdict("Allow", "*"), nil }
			w := start(t, Options{}, services, declare("", onRoot("old"), post("old"), guardedPut)+`,
				"Order": `+model("array")+`, "Validator": `+validator("true")+`, "Response": `+response("418")+`, "Authorizer": `+authorizer("nobody")+`,
				"Never": {"Type": "AWS::ApiGateway::RequestValidator", "Properties": {"RestApiId": {"Ref": "Api"}}}`)
			w.created.Put(t, "Deployment", `{"Type": "AWS::ApiGateway::Deployment", "Properties": {"RestApiId": {"Ref": "Api"}, "Description": "the same"}}`)
			w.deploy(t, "First") // which has the gateway response too
			ask := func() answer { return w.send(t, row.request[0], row.request[1], row.request[2], row.request[3:]...) }
			ask().expect(t, row.was, row.body)
			w.created.Put(t, row.id, row.after)
			ask().expect(t, row.was, row.body)
			w.deploy(t, "Second")
			ask().expect(t, row.is, row.now)
			w.created.Put(t, "Stage", stageOn("First", ""))
			ask().expect(t, row.was, row.body)
		})
	}
}

func TestWhatIsTakenFromAnAPIIsServedUntilItIsDeployed(t *testing.T) {
	w := start(t, Options{}, answering("old"), declare("", onRoot("old"), methodOn(`{"Ref": "Orders"}`, "GET", lambdaProxyTo("old")), methodOn(`{"Ref": "Order"}`, "GET", lambdaProxyTo("old")))+`,
		"Orders": {"Type": "AWS::ApiGateway::Resource", "Properties": {"RestApiId": {"Ref": "Api"}, "ParentId": `+root+`, "PathPart": "orders"}},
		"Order": {"Type": "AWS::ApiGateway::Resource", "Properties": {"RestApiId": {"Ref": "Api"}, "ParentId": {"Ref": "Orders"}, "PathPart": "{id}"}}`)
	w.created.Put(t, "Deployment", `{"Type": "AWS::ApiGateway::Deployment", "Properties": {"RestApiId": {"Ref": "Api"}}}`)
	w.created.Remove(t, "Orders", "Order", "Method1", "Method2")
	for _, path := range []string{"/orders", "/orders/7"} {
		w.send(t, "GET", path, "").expect(t, 200, "old")
	}
	w.deploy(t, "Second")
	for _, path := range []string{"/orders", "/orders/7"} {
		w.send(t, "GET", path, "").expect(t, 403, `{"message":"Missing Authentication Token"}`)
	}
	w.send(t, "GET", "/", "").expect(t, 200, "old")
	w.created.Put(t, "Orders", `{"Type": "AWS::ApiGateway::Resource", "Properties": {"RestApiId": {"Ref": "Api"}, "ParentId": `+root+`, "PathPart": "orders"}}`)
	if err := w.created.Try(t, map[string]string{"Again": `{"Type": "AWS::ApiGateway::Resource", "Properties": {"RestApiId": {"Ref": "Api"}, "ParentId": ` + root + `, "PathPart": "orders"}}`}); err == nil || !strings.Contains(err.Error(), "Another resource with the same parent already has this name: orders") {
		t.Errorf("two resources have one path: %v", err)
	}
	if err := w.created.Try(t, map[string]string{"Twice": onRoot("old")}); err == nil || !strings.Contains(err.Error(), "Method already exists for this resource") {
		t.Errorf("a resource has two methods GET: %v", err)
	}
}

// So are the settings of the API itself: its policy, its name, its key source.
func TestTheSettingsOfAnAPIAreDeployedWithIt(t *testing.T) {
	api := func(effect, rest string) string {
		return `{"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "orders"` + rest + `, "Policy": {"Version": "2012-10-17", "Statement": [
			{"Effect": "` + effect + `", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}]}}}`
	}
	c := cloud.New(site())
	store := iam.New(c)
	c.Policies = store
	w, err := startIn(t, c, Options{}, answering("old"), strings.Replace(declare("", onRoot("old")), `{"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "orders"}}`, api("Allow", ""), 1))
	if err != nil {
		t.Fatal(err)
	}
	c.Authorizer = alsoService{store}
	w.send(t, "GET", "/", "").expect(t, 200, "old")
	w.created.Put(t, "Api", api("Deny", ""))
	w.send(t, "GET", "/", "").expect(t, 200, "old")
	w.deploy(t, "Second")
	if got := w.send(t, "GET", "/", ""); got.status != 403 || !strings.Contains(got.body, "explicit deny") {
		t.Errorf("by the policy that was deployed: %d %s", got.status, got.body)
	}
	// Another stage goes on under the older policy.
	w.created.Put(t, "Old", strings.Replace(stageOn("Deployment", ""), "prod", "old", 1))
	w.sendTo(t, "GET", strings.Replace(w.endpoint(), "/prod", "/old", 1)+"/", "").expect(t, 200, "old")
	w.created.Put(t, "Api", `{"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "orders"}}`)
	w.deploy(t, "Third")
	w.send(t, "GET", "/", "").expect(t, 200, "old")
}

func TestAStageTakesItsOwnSettingsAtOnce(t *testing.T) {
	var event map[string]any
	w := start(t, Options{}, map[string]cloud.API{"lambda": functions{"echo": func(raw json.RawMessage) (any, error) {
		return map[string]any{}, json.Unmarshal(raw, &event)
	}}}, declare("", onRoot("echo")))
	settings := func(color, rate string) string {
		return stageOn("Deployment", `, "Variables": {"color": "`+color+`"}, "MethodSettings": [{"ResourcePath": "/*", "HttpMethod": "*", "MetricsEnabled": true,
			"ThrottlingRateLimit": `+rate+`, "ThrottlingBurstLimit": `+rate+`}]`)
	}
	synctest.Test(t, func(t *testing.T) {
		passing := func() (passed int) {
			for range 10 {
				if got := w.invoke(t, `{"Path": "/", "Method": "GET"}`); got.StatusCode == 200 {
					passed++
				}
			}
			return passed
		}
		if got := passing(); got != 10 || lookup(event, "stageVariables.color") != "blue" {
			t.Errorf("%d pass, the stage is %v", got, lookup(event, "stageVariables"))
		}
		w.created.Put(t, "Stage", settings("green", "3"))
		if got := passing(); got != 3 || lookup(event, "stageVariables.color") != "green" {
			t.Errorf("%d pass, the stage is %v", got, lookup(event, "stageVariables"))
		}
		if w.apis[w.apiID()].stages["prod"].detailed["/GET"] == nil {
			t.Error("the method is not measured itself")
		}
		// What has been used up is not given back by a change of something else,
		// nor by a deployment.
		w.created.Put(t, "Stage", settings("red", "3"))
		w.created.Put(t, "Second", `{"Type": "AWS::ApiGateway::Deployment", "Properties": {"RestApiId": {"Ref": "Api"}}}`)
		w.created.Put(t, "Stage", strings.Replace(settings("red", "3"), `"Deployment"`, `"Second"`, 1))
		if got := passing(); got != 0 {
			t.Errorf("%d pass after another change", got)
		}
		time.Sleep(time.Second)
		if got := passing(); got != 3 || lookup(event, "stageVariables.color") != "red" || lookup(event, "requestContext.deploymentId") != nil && got == 0 {
			t.Errorf("%d pass a second later, the stage is %v", got, lookup(event, "stageVariables"))
		}
		w.created.Put(t, "Stage", stageOn("Second", ""))
		if got := passing(); got != 10 || lookup(event, "stageVariables") != nil {
			t.Errorf("%d pass, the stage is %v", got, lookup(event, "stageVariables"))
		}
	})
	if err := w.created.Try(t, map[string]string{"Stage": stageOn("Deployment", `, "CacheClusterEnabled": true`)}); err == nil {
		t.Error("a cache was accepted")
	}
	if err := w.created.Try(t, map[string]string{"Stage": strings.Replace(stageOn("X", ""), `{"Ref": "X"}`, `"nowhere"`, 1)}); err == nil || !strings.Contains(err.Error(), "no deployment") {
		t.Errorf("a deployment that there is not was accepted: %v", err)
	}
	if got := w.send(t, "GET", "/", ""); got.status != 200 {
		t.Errorf("after what was refused it answers %d", got.status)
	}
}

func TestADeploymentThatAStageServesCannotBeDeleted(t *testing.T) {
	w := start(t, Options{}, answering("old"), declare("", onRoot("old")))
	handle := w.created.Handles["Deployment"]
	err := handle.Delete(t.Context())
	if e := cloud.AsError(err); err == nil || e.Code != "BadRequestException" || e.Message != "Active stages pointing to this deployment must be moved or deleted" {
		t.Errorf("got %v", err)
	}
	w.send(t, "GET", "/", "").expect(t, 200, "old")
	w.deploy(t, "Second")
	w.created.Remove(t, "Deployment")
	w.send(t, "GET", "/", "").expect(t, 200, "old")
	w.created.Remove(t, "Stage")
	w.created.Remove(t, "Second")
	if a := w.apis[w.apiID()]; len(a.deployments)+len(a.stages) != 0 {
		t.Errorf("there are %d deployments and %d stages left", len(a.deployments), len(a.stages))
	}
}

// As templates have it that name a stage in each new deployment.
func TestADeploymentTakesItsStageFromTheOneBefore(t *testing.T) {
	deployment := func(stage string) string {
		return `{"Type": "AWS::ApiGateway::Deployment", "DependsOn": "Method0", "Properties": {"RestApiId": {"Ref": "Api"}, "StageName": "` + stage + `"}}`
	}
	w := start(t, Options{}, answering("old", "new"), `"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "orders"}},
		"Method0": `+onRoot("old")+`, "First": `+deployment("prod"))
	w.created.Put(t, "Method0", onRoot("new"))
	w.send(t, "GET", "/", "").expect(t, 200, "old")
	w.created.Put(t, "Second", deployment("prod"))
	w.send(t, "GET", "/", "").expect(t, 200, "new")
	w.created.Remove(t, "Second") // the stack rolls back
	w.send(t, "GET", "/", "").expect(t, 200, "old")
	w.created.Put(t, "Third", deployment("prod"))
	w.created.Remove(t, "First") // it has done what it was for
	w.send(t, "GET", "/", "").expect(t, 200, "new")
	w.created.Put(t, "Third", deployment("live"))
	if url := w.endpoint(); !strings.HasSuffix(url, "/live") {
		t.Errorf("the only stage is at %s", url)
	}
	w.created.Remove(t, "Third")
	if endpoints := w.Endpoints(); len(endpoints) != 0 {
		t.Errorf("there are stages left: %v", endpoints)
	}
}

func TestAnAuthorizationOutlivesTheDeploymentThatAskedForIt(t *testing.T) {
	authorizer := func(function, ttl string) string {
		return `{"Type": "AWS::ApiGateway::Authorizer", "Properties": {"RestApiId": {"Ref": "Api"}, "Type": "TOKEN", "IdentitySource": "method.request.header.Authorization", "AuthorizerResultTtlInSeconds": ` + ttl + `, "AuthorizerUri":
			"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:` + function + `/invocations"}}`
	}
	services := answering("in")
	services["lambda"].(functions)["open"] = func(json.RawMessage) (any, error) { return verdict("Allow", "*"), nil }
	services["lambda"].(functions)["shut"] = func(json.RawMessage) (any, error) { return verdict("Deny", "*"), nil }
	w := start(t, Options{}, services, declare("", methodOn(root, "GET", `"AuthorizationType": "CUSTOM", "AuthorizerId": {"Ref": "Authorizer"}, `+lambdaProxyTo("in")))+`,
		"Authorizer": `+authorizer("open", "60"))
	synctest.Test(t, func(t *testing.T) {
		ask := func(token string) int {
			return w.invoke(t, `{"Path": "/", "Method": "GET", "Headers": {"Authorization": "`+token+`"}}`).StatusCode
		}
		if got := ask("a"); got != 200 {
			t.Errorf("open: %d", got)
		}
		w.created.Put(t, "Authorizer", authorizer("shut", "60"))
		w.deploy(t, "Second")
		if known, unknown := ask("a"), ask("b"); known != 200 || unknown != 403 {
			t.Errorf("shut: %d for whom it knows, %d for others", known, unknown)
		}
		time.Sleep(61 * time.Second)
		if got := ask("a"); got != 403 {
			t.Errorf("a minute later: %d", got)
		}
		// Without a cache what has been cached does not count.
		w.created.Put(t, "Authorizer", authorizer("open", "0"))
		w.deploy(t, "Third")
		if got := ask("a"); got != 200 {
			t.Errorf("without a cache: %d", got)
		}
	})
}

// Every request is served wholly by one of the deployments: what it is answered
// with, and what the function was told.
func TestAStageMovesUnderLoadWithoutAFailure(t *testing.T) {
	type event struct {
		StageVariables map[string]string
		RequestContext struct{ OperationName string }
	}
	tell := func(name string) func(json.RawMessage) (any, error) {
		return func(raw json.RawMessage) (any, error) {
			var e event
			err := json.Unmarshal(raw, &e)
			return map[string]any{"body": name + " " + e.RequestContext.OperationName + " " + e.StageVariables["version"]}, err
		}
	}
	version := func(n int) (method, stage string) {
		return methodOn(root, "GET", fmt.Sprintf(`"OperationName": "v%d", `, n)+lambdaProxyTo([]string{"even", "odd"}[n%2])),
			stageOn(fmt.Sprint("Deployment", n), fmt.Sprintf(`, "Variables": {"version": "v%d"}`, n))
	}
	method, _ := version(0)
	w := start(t, Options{}, map[string]cloud.API{"lambda": functions{"even": tell("even"), "odd": tell("odd")}}, declare("", method))
	url, done := w.endpoint()+"/", make(chan struct{})
	var clients sync.WaitGroup
	var served atomic.Int64
	for range 4 {
		clients.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				got := w.sendTo(t, "GET", url, "")
				var function, operation, variable string
				fmt.Sscan(got.body, &function, &operation, &variable)
				if n := strings.TrimPrefix(operation, "v"); got.status != 200 || variable != "" && variable != operation || function != map[bool]string{true: "even", false: "odd"}[strings.Contains("02468", n[len(n)-1:])] {
					t.Errorf("answered %d %q", got.status, got.body)
					return
				}
				served.Add(1)
			}
		})
	}
	for n := 1; n <= 30; n++ {
		method, stage := version(n)
		w.created.Put(t, "Method0", method)
		w.created.Put(t, fmt.Sprint("Deployment", n), `{"Type": "AWS::ApiGateway::Deployment", "Properties": {"RestApiId": {"Ref": "Api"}}}`)
		w.created.Put(t, "Stage", stage)
		if n > 1 {
			w.created.Remove(t, fmt.Sprint("Deployment", n-1))
		}
		for seen := served.Load(); served.Load() < seen+4; { // some requests meet each of them
			w.send(t, "GET", "/", "")
		}
	}
	close(done)
	clients.Wait()
}

func TestARequestEndsOnTheDeploymentThatItBeganOn(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	services := answering("new")
	services["lambda"].(functions)["old"] = func(json.RawMessage) (any, error) {
		close(entered)
		<-leave
		return nil, fmt.Errorf("it failed")
	}
	response := func(status string) string {
		return `{"Type": "AWS::ApiGateway::GatewayResponse", "Properties": {"RestApiId": {"Ref": "Api"}, "ResponseType": "DEFAULT_5XX", "StatusCode": "` + status + `"}}`
	}
	w := start(t, Options{}, services, declare("", onRoot("old"))+`, "Response": `+response("555"))
	w.deploy(t, "Second")
	waiting := make(chan answer)
	go func() { waiting <- w.send(t, "GET", "/", "") }()
	<-entered
	w.created.Put(t, "Method0", onRoot("new"))
	w.created.Put(t, "Response", response("599"))
	w.deploy(t, "Third")
	w.created.Remove(t, "Deployment")
	w.created.Remove(t, "Second")
	w.send(t, "GET", "/", "").expect(t, 200, "new")
	close(leave)
	if got := <-waiting; got.status != 555 {
		t.Errorf("the request that waited is answered %d %s", got.status, got.body)
	}
}

func TestAResourceGoesWithAllThatIsBelowIt(t *testing.T) {
	w := start(t, Options{}, answering("old"), declare("", onRoot("old"), methodOn(`{"Ref": "Orders"}`, "GET", lambdaProxyTo("old")), methodOn(`{"Ref": "Order"}`, "GET", lambdaProxyTo("old")))+`,
		"Orders": {"Type": "AWS::ApiGateway::Resource", "Properties": {"RestApiId": {"Ref": "Api"}, "ParentId": `+root+`, "PathPart": "orders"}},
		"Order": {"Type": "AWS::ApiGateway::Resource", "Properties": {"RestApiId": {"Ref": "Api"}, "ParentId": {"Ref": "Orders"}, "PathPart": "{id}"}}`)
	if err := w.created.Handles["Orders"].Delete(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.deploy(t, "Second")
	for path, status := range map[string]int{"/": 200, "/orders": 403, "/orders/7": 403} {
		if got := w.send(t, "GET", path, ""); got.status != status {
			t.Errorf("%s answers %d, want %d", path, got.status, status)
		}
	}
	if a := w.apis[w.apiID()]; len(a.resources) != 1 || len(a.methods) != 1 {
		t.Errorf("%d resources and %d methods are left", len(a.resources), len(a.methods))
	}
}

func TestAGatewayResponseThatIsGoneIsAWSsOwnAgain(t *testing.T) {
	w := start(t, Options{}, answering("old"), declare("", onRoot("old"))+`,
		"Response": {"Type": "AWS::ApiGateway::GatewayResponse", "Properties": {"RestApiId": {"Ref": "Api"}, "ResponseType": "DEFAULT_4XX", "StatusCode": "418"}}`)
	for i, step := range []struct {
		change func()
		status int
	}{{func() {}, 418}, {func() { w.created.Remove(t, "Response") }, 403}} {
		step.change()
		w.deploy(t, fmt.Sprint("Deployment", i))
		if got := w.send(t, "GET", "/nowhere", ""); got.status != step.status {
			t.Errorf("it answers %d, want %d", got.status, step.status)
		}
	}
}
