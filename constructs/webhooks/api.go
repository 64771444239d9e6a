package webhooks

// This file declares the API: one path for each source, and what is behind it.

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/restapi"
	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
)

// WebhooksPath is the first part of the path of every source.
const WebhooksPath = "webhooks"

func (s *System) addAPI(functions gofunction.Set[Handler], props Props) {
	s.API = restapi.New(s.Construct, "API", restapi.Props{
		Description:       "Takes in webhooks",
		RequestsPerSecond: props.RequestsPerSecond,
		Burst:             props.Burst,
		KeepAccount:       props.KeepAPIAccount,
		WebACL:            props.WebACL,
		ServerErrorAlarm:  props.Alarms.ServerErrors,
		Operation:         s.settings,
	})
	s.addSecrets(props.Sources)
	path := s.API.RestApi.Root().AddResource(jsii.String(WebhooksPath), nil)
	s.addReceive(functions, path, props)
	s.addTokens(functions, path, props.Sources)
}

// addSecrets declares the sources' secrets. What is made up at first is long
// enough for every scheme, and base64, as Standard Webhooks wants it.
func (s *System) addSecrets(sources map[string]Source) {
	s.SecretPrefix = *awscdk.Stack_Of(s.Construct).StackName() + "/" + operation.StackPart(s.Construct) + "/" + (*s.Construct.Node().Addr())[2:18] + "/sources/"
	s.Secrets = make(map[string]awssecretsmanager.Secret)
	scope := constructs.NewConstruct(s.Construct, jsii.String("Sources"))
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		secret := operation.NewSecret(scope, name, s.settings, awssecretsmanager.SecretProps{
			SecretName:  jsii.String(s.SecretPrefix + name),
			Description: jsii.String(`Secrets of the source ` + name + `: {"current": "...", "previous": ["..."]}`),
			GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
				SecretStringTemplate: jsii.String("{}"),
				GenerateStringKey:    jsii.String("current"),
				ExcludePunctuation:   jsii.Bool(true),
				PasswordLength:       jsii.Number(44),
			},
		})
		operation.Suppress(secret, "AwsSolutions-SMG4", "The sender has to be given a new secret, or gives one: replace the value to rotate it, with the one before in previous.")
		s.Secrets[name] = secret
	}
}

// allowSecrets lets a function read the secrets of sources of some schemes.
func (s *System) allowSecrets(function *gofunction.Function, sources map[string]Source, tokens bool) {
	var arns []string
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		if (sources[name].Scheme == Token) == tokens {
			arns = append(arns, *s.Secrets[name].SecretArn())
		}
	}
	if len(arns) > 0 {
		operation.Allow(function, arns, "secretsmanager:GetSecretValue")
		operation.AllowKey(function, s.settings.Key, "kms:Decrypt")
	}
}

// addReceive declares what answers sources that sign, and those that there are
// not.
func (s *System) addReceive(functions gofunction.Set[Handler], path awsapigateway.Resource, props Props) {
	s.Receive = functions.Add("Receive", Receive, gofunction.Props{
		Description: "Verifies signatures, and puts webhooks into the stream",
		Memory:      512,
		Timeout:     6 * time.Second, // senders wait for ten
		Environment: withMetrics(s.settings, map[string]string{
			contract.EnvSources:      configure(props.Sources),
			contract.EnvSecretPrefix: s.SecretPrefix,
			contract.EnvStream:       *s.Stream.StreamName(),
		}),
	})
	s.allowSecrets(s.Receive, props.Sources, false)
	operation.AllowPut(s.Receive, s.Stream)
	method := path.AddResource(jsii.String("{source}"), nil).AddMethod(jsii.String("POST"),
		awsapigateway.NewLambdaIntegration(s.Receive.Function, &awsapigateway.LambdaIntegrationOptions{AllowTestInvoke: jsii.Bool(false)}),
		&awsapigateway.MethodOptions{AuthorizationType: awsapigateway.AuthorizationType_NONE})
	for _, rule := range []string{"AwsSolutions-APIG4", "AwsSolutions-COG4"} {
		operation.Suppress(method, rule, "A signature over the body is verified by the function, before anything else: an authorizer does not see bodies.")
	}
	operation.Suppress(s.API.RestApi, "AwsSolutions-APIG2", "What is signed is the body as it was sent: the function validates it, not a model.")
	operation.NewAlarm(s.Construct, "RefusedAlarm", s.settings, operation.AlarmProps{
		Description: "Many requests are not signed right, or too large: see receive's log for the sources, and whether a sender has a new secret.",
		Metric:      s.MetricRefused("", nil),
		Threshold:   50,
		Adjust:      props.Alarms.Refused,
	})
}

// addTokens declares a path for each source that sends its secret along.
func (s *System) addTokens(functions gofunction.Set[Handler], path awsapigateway.Resource, sources map[string]Source) {
	role := restapi.NewRole(s.Construct, "StreamRole")
	operation.AllowPut(role, s.Stream)
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		source := sources[name].withDefaults()
		if source.Scheme != Token {
			continue
		}
		if s.Authorize == nil {
			s.addAuthorize(functions, sources)
		}
		put := restapi.Direct{
			Role: role, Service: "kinesis", Action: "PutRecord",
			Request:  source.request(name, *s.Stream.StreamName()),
			Response: restapi.Status("202") + `{"message":"Accepted"}`,
			Failures: []*awsapigateway.IntegrationResponse{refused(), restapi.Busy(`5\d{2}`)},
		}
		scope := constructs.NewConstruct(s.Construct, jsii.String("Token"+name))
		method := path.AddResource(&name, nil).AddMethod(jsii.String("POST"), put.Integration(), &awsapigateway.MethodOptions{
			Authorizer: awsapigateway.NewRequestAuthorizer(scope, jsii.String("Authorizer"), &awsapigateway.RequestAuthorizerProps{
				Handler:         s.Authorize.Function,
				IdentitySources: jsii.Strings(*awsapigateway.IdentitySource_Header(&source.TokenHeader)),
				ResultsCacheTtl: awscdk.Duration_Minutes(jsii.Number(1)), // as long as the function knows a secret
			}),
			RequestParameters: &map[string]*bool{"method.request.header." + source.IDHeader: jsii.Bool(true)},
			RequestModels:     &map[string]awsapigateway.IModel{"application/json": s.objects()},
			RequestValidatorOptions: &awsapigateway.RequestValidatorOptions{
				ValidateRequestBody: jsii.Bool(true), ValidateRequestParameters: jsii.Bool(true),
			},
			MethodResponses: restapi.Answers("200", "202", "400", "413", "503"),
		})
		operation.Suppress(method, "AwsSolutions-COG4", "Senders are programs with a token each, checked by a Lambda authorizer: no people, no user pool.")
	}
}

// objects is the model of a body that is a JSON object, whatever is in it.
func (s *System) objects() awsapigateway.IModel {
	const id = "Object"
	if existing := s.API.RestApi.Node().TryFindChild(jsii.String(id)); existing != nil {
		return existing.(awsapigateway.Model)
	}
	return s.API.RestApi.AddModel(jsii.String(id), &awsapigateway.ModelOptions{
		Description: jsii.String("A webhook's body"), ContentType: jsii.String("application/json"),
		Schema: &awsapigateway.JsonSchema{Schema: awsapigateway.JsonSchemaVersion_DRAFT4, Type: awsapigateway.JsonSchemaType_OBJECT},
	})
}

func (s *System) addAuthorize(functions gofunction.Set[Handler], sources map[string]Source) {
	functions.Alarms.Errors = operation.Alarm{Off: true} // an error is what it answers to a wrong token, too
	s.Authorize = functions.Add("Authorize", Authorize, gofunction.Props{
		Description: "Knows a source by its token",
		Environment: map[string]string{contract.EnvSources: configure(sources), contract.EnvSecretPrefix: s.SecretPrefix},
	})
	s.allowSecrets(s.Authorize, sources, true)
}

// request is the template that makes a record of a request: a contract.Record, as
// receive makes them. What Kinesis must not get it refuses itself: an empty
// partition key stands for a body that is too large, an empty name of the stream
// for a missing id. So neither costs a record.
func (s Source) request(name, stream string) string {
	lines := []string{
		`#set($q = '"')`,
		`#set($headers = $input.params().header)`,
		`#set($body = $input.body)`,
	}
	lines = append(lines, header("id", s.IDHeader)...)
	lines = append(lines, header("type", s.TypeHeader)...)
	switch {
	case strings.HasPrefix(s.Key, "/"):
		lines = append(lines, `#set($key = $input.path("`+jsonPath(s.Key)+`"))`, `#set($key = "$!key")`)
	case s.Key != "":
		lines = append(lines, header("key", s.Key)...)
	default:
		lines = append(lines, `#set($key = "")`)
	}
	room := contract.MaxKeyLength - len(name) - 1
	lines = append(lines,
		`#if($key.length() > `+strconv.Itoa(room)+`)#set($key = $key.substring(0, `+strconv.Itoa(room)+`))#end`,
		`#if($key == "")#set($key = "`+name+`")#else#set($key = "`+name+`/$key")#end`,
		`#set($id = `+restapi.Escaped("$id")+`)`,
		`#set($type = `+restapi.Escaped("$type")+`)`,
		`#set($key = `+restapi.Escaped("$key")+`)`,
		`#set($record = "{`+strings.Join([]string{
			member("version", strconv.Itoa(contract.RecordVersion)), member("source", quoted(name)), member("id", quoted("$id")), member("key", quoted("$key")),
			member("type", quoted("$type")), member("receivedAt", "$context.requestTimeEpoch"), member("direct", "true"), member("body", quoted("$util.base64Encode($body)")),
		}, ",")+`}")`,
		`#set($stream = "`+stream+`")`,
		`#if($id == "" || $id.length() > 256)#set($stream = "")#end`,
		`#if($body.length() > `+strconv.Itoa(s.configuration().Limit())+`)#set($key = "")#set($record = "")#end`,
		`{"StreamName":"$stream","PartitionKey":"$key","Data":"$util.base64Encode($record)"}`,
	)
	return strings.Join(lines, "\n")
}

// header sets a variable to a header, which HTTP/2 senders write small.
func header(variable, name string) []string {
	return []string{
		`#set($` + variable + ` = "$!headers.get('` + name + `')")`,
		`#if($` + variable + ` == "")#set($` + variable + ` = "$!headers.get('` + strings.ToLower(name) + `')")#end`,
	}
}

// member is one of a JSON object inside of a template's string.
func member(name, value string) string { return quoted(name) + ":" + value }

func quoted(text string) string { return "${q}" + text + "${q}" }

// jsonPath is a JSON pointer as a template takes it: see plainPointer.
func jsonPath(pointer string) string {
	return "$['" + strings.Join(strings.Split(pointer[1:], "/"), "']['") + "']"
}

// refused answers Kinesis's 400: what the template has made it refuse, or that it
// is busy.
func refused() *awsapigateway.IntegrationResponse {
	return restapi.Failure(`4\d{2}`, "503", `#set($type = "$!input.path('$.__type')")
#set($why = "$!input.path('$.message')")
#if($type.endsWith("ValidationException") && $why.contains("'partitionKey'"))
`+restapi.Status("413")+`{"message":"The body is too large."}
#elseif($type.endsWith("ValidationException"))
`+restapi.Status("400")+`{"message":"The webhook has no id."}
#else
`+restapi.BusyBody+`
#end`)
}
