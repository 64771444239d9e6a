package workflowapi

// This file declares resources and methods: who may call, and what a body has
// to look like.

import (
	"regexp"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/restapi"
)

var (
	segment   = regexp.MustCompile(`^[A-Za-z0-9._~-]+$`)
	errorName = regexp.MustCompile(`^[A-Za-z0-9._:-]+$`)
)

// validateRoute adds what is wrong with a route's path, and takes it, and with
// its machine. Whether one that is not of the app is Express cannot be known.
func validateRoute(faults *operation.Faults, taken map[string]bool, path string, machine awsstepfunctions.IStateMachine, kind awsstepfunctions.StateMachineType) {
	for part := range strings.SplitSeq(path, "/") {
		if !segment.MatchString(part) {
			faults.Addf("a route's Path is %q: give parts of letters, digits and . _ ~ -, as in orders/urgent", path)
			return
		}
	}
	if taken[path] {
		faults.Addf("two routes have the Path %q", path)
	}
	taken[path] = true
	if machine == nil {
		faults.Addf("StateMachine of %s is required", path)
	} else if made, ok := machine.(awsstepfunctions.StateMachine); ok && made.StateMachineType() != kind {
		faults.Addf("StateMachine of %s is of type %s: give one of type %s", path, made.StateMachineType(), kind)
	}
}

// resource finds or makes the resource of a path.
func (a *API) resource(path string) awsapigateway.Resource {
	if existing := a.resources[path]; existing != nil {
		return existing
	}
	parent, part := a.RestApi.Root(), path
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		parent, part = a.resource(path[:i]), path[i+1:]
	}
	a.resources[path] = parent.AddResource(&part, nil)
	return a.resources[path]
}

// addMethod adds a method. The model is nil if any body will do.
func (a *API) addMethod(method string, resource awsapigateway.Resource, model *awsapigateway.JsonSchema, direct restapi.Direct) awsapigateway.Method {
	options := &awsapigateway.MethodOptions{
		Authorizer:      a.props.Authorizer,
		ApiKeyRequired:  &a.props.APIKey,
		MethodResponses: restapi.Answers(answers...),
	}
	switch {
	case a.props.Authorizer != nil:
	case a.props.APIKey:
		options.AuthorizationType = awsapigateway.AuthorizationType_NONE
	default:
		options.AuthorizationType = awsapigateway.AuthorizationType_IAM
	}
	if model != nil {
		options.RequestModels = &map[string]awsapigateway.IModel{
			"application/json": awsapigateway.NewModel(resource, jsii.String("Model"), &awsapigateway.ModelProps{
				RestApi: a.RestApi, ContentType: jsii.String("application/json"), Schema: model,
			}),
		}
		options.RequestValidator = awsapigateway.NewRequestValidator(resource, jsii.String("Validator"), &awsapigateway.RequestValidatorProps{
			RestApi: a.RestApi, ValidateRequestBody: jsii.Bool(true),
		})
	}
	return resource.AddMethod(&method, direct.Integration(), options)
}

// allowPages lets pages of another site call a route's methods.
func (a *API) allowPages(resource awsapigateway.Resource, methods ...string) {
	if a.props.CORSOrigin == "" {
		return
	}
	preflight := resource.AddCorsPreflight(&awsapigateway.CorsOptions{
		AllowOrigins: jsii.Strings(a.props.CORSOrigin),
		AllowMethods: jsii.Strings(methods...),
		AllowHeaders: jsii.Strings("Authorization", "Content-Type", "Idempotency-Key", "X-Api-Key",
			"X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Content-Sha256"),
	})
	operation.Suppress(preflight, "AwsSolutions-APIG4", "Browsers ask without credentials what a page may do; the answer is the same for everybody.")
	operation.Suppress(preflight, "AwsSolutions-COG4", "Browsers ask without credentials what a page may do; the answer is the same for everybody.")
}
