package lambda

// This file is what is said of a function, by a template or by a call, and what
// AWS and this engine refuse of it.

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// settings are a function's configuration, in the names of AWS::Lambda::Function
// and of the API alike. Each version has its own.
type settings struct {
	Runtime          string
	Handler          string
	Role             string
	Description      string
	Architectures    []string
	MemorySize       *int // MB
	Timeout          *int // seconds
	PackageType      string
	Environment      *environmentOutput
	DeadLetterConfig struct{ TargetArn string }
	LoggingConfig    loggingConfig
	TracingConfig    struct{ Mode string }
	EphemeralStorage *ephemeralStorage // is told only: a function has what the machine has
}

// loggingConfig has an effect by its group only.
type loggingConfig struct {
	LogFormat           string `json:",omitempty"`
	ApplicationLogLevel string `json:",omitempty"`
	SystemLogLevel      string `json:",omitempty"`
	LogGroup            string `json:",omitempty"` // a name
}

type ephemeralStorage struct{ Size int } // MB

// Runs tells whether functions with a runtime, as templates have it, are run.
func Runs(runtime any) bool { return runtime == "provided.al2023" || runtime == "provided.al2" }

// runtimes are those that AWS has.
var runtimes = strings.Fields(`nodejs20.x python3.14 provided.al2023 python3.12 python3.13 nodejs24.x nodejs22.x java25 python3.10 python3.11 java21
	ruby3.3 ruby3.4 ruby3.2 python3.8 python3.9 java17 nodejs16.x dotnet10 dotnet8 java11 dotnet6 nodejs18.x provided.al2 java8.al2`)

var formerRuntimes = strings.Fields(`java8 go1.x provided ruby2.7 ruby2.5 nodejs nodejs4.3 nodejs4.3-edge nodejs6.10 nodejs8.10 nodejs10.x nodejs12.x nodejs14.x
	python2.7 python3.6 python3.7 dotnetcore1.0 dotnetcore2.0 dotnetcore2.1 dotnetcore3.1 dotnet5.0`)

var roleARN = regexp.MustCompile(`^arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+$`)

// check refuses what AWS refuses and what this engine does not run.
func (s settings) check() error {
	if !Runs(s.Runtime) {
		return &cfn.Unsupported{Property: "Runtime", Reason: fmt.Sprintf("%q: the local engine runs provided.al2023 and provided.al2 only", s.Runtime)}
	}
	if s.PackageType != "" && s.PackageType != "Zip" {
		return &cfn.Unsupported{Property: "PackageType", Reason: "the local engine runs functions of type Zip only"}
	}
	if t := s.Timeout; t != nil && (*t < 1 || *t > 900) {
		return invalid("Timeout is %d seconds; it must be from 1 to 900", *t)
	}
	if m := s.MemorySize; m != nil && (*m < 128 || *m > 10240) {
		return invalid("MemorySize is %d MB; it must be from 128 to 10240", *m)
	}
	if len(s.Architectures) > 1 || len(s.Architectures) == 1 && !slices.Contains([]string{"arm64", "x86_64"}, s.Architectures[0]) {
		return invalid("Architectures is %q; it must be arm64 or x86_64", s.Architectures)
	}
	if e := s.EphemeralStorage; e != nil && (e.Size < 512 || e.Size > 10240) {
		return invalid("EphemeralStorage.Size is %d MB; it must be from 512 to 10240", e.Size)
	}
	if s := serviceOf(s.DeadLetterConfig.TargetArn); !slices.Contains([]string{"", "sqs", "sns"}, s) {
		return invalid("DeadLetterConfig.TargetArn must be a queue or a topic, not of %s", s)
	}
	return checkEnvironment(s.variables())
}

// checkCall refuses, in AWS's words, what a call of the API may say wrongly.
func (s settings) checkCall() error {
	if !roleARN.MatchString(s.Role) {
		return unsatisfied("'"+s.Role+"'", "role", "Member must satisfy regular expression pattern: "+strings.Trim(roleARN.String(), "^$"))
	}
	listed := "'[" + strings.Join(s.Architectures, ", ") + "]'"
	if len(s.Architectures) > 1 {
		return unsatisfied(listed, "architectures", "Member must have length less than or equal to 1")
	}
	if len(s.Architectures) == 1 && s.Architectures[0] != "arm64" && s.Architectures[0] != "x86_64" {
		return unsatisfied(listed, "architectures", "Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]")
	}
	if s.PackageType == "Image" {
		return nil // check says that there are none
	}
	if s.Runtime == "" || s.Handler == "" {
		return invalid("Runtime and Handler are mandatory parameters for functions created with deployment packages.")
	}
	if slices.Contains(formerRuntimes, s.Runtime) {
		return invalid("The runtime parameter of %s is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.", s.Runtime)
	}
	if !slices.Contains(runtimes, s.Runtime) {
		return invalid("Value %s at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [%s] or be a valid ARN", s.Runtime, strings.Join(runtimes, ", "))
	}
	return nil
}

func (s settings) variables() map[string]string {
	if s.Environment == nil {
		return nil
	}
	return s.Environment.Variables
}

// same tells whether two functions would be configured alike.
func (s settings) same(other settings) bool { return reflect.DeepEqual(s, other) }

func invalid(format string, args ...any) error {
	return cloud.Errorf(400, "InvalidParameterValueException", format, args...)
}

const maxEnvironmentBytes = 4 << 10

func checkEnvironment(variables map[string]string) error {
	reserved := []string{
		"_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME",
		"AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
		"AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
	}
	for name := range variables {
		if slices.Contains(reserved, name) {
			return invalid("Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: %s", name)
		}
	}
	text, err := cloud.Encode(variables)
	if err == nil && len(variables) > 0 && len(text) > maxEnvironmentBytes {
		err = invalid("Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. String measured: %s", text)
	}
	return err
}
