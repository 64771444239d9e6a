// Package bootstrap is what every function's main does besides wiring its
// handler: logging, configuration of the AWS clients, a checked environment,
// and the Lambda runtime.
package bootstrap

import (
	"context"
	"log/slog"
	"os"
	"runtime/debug"
	"strconv"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/tradepost-dev/tradepost/internal/environment"
)

// Run serves invocations with the handler function that wire returns, and
// does not return. What is wrong with the environment ends the process with
// one log line that names every variable.
func Run(wire func(cfg aws.Config, env *environment.Reader) (handler any)) {
	collectSeldom()
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, nil)))
	env := &environment.Reader{Look: os.LookupEnv, Out: os.Stdout}
	handler := wire(configuration(), env)
	if err := env.Err(); err != nil {
		slog.Error("cannot start", "error", err.Error())
		os.Exit(1)
	}
	lambda.Start(handler)
}

// growth lets the heap grow to four times what is in use before it is collected.
// A function holds a few megabytes, and would otherwise collect them after every
// few dozen invocations: a sixth of its CPU time, for 3 MB per process.
const growth = 300

// collectSeldom sets growth, within three quarters of the function's memory:
// beyond, it is collected as often as it takes. GOGC and GOMEMLIMIT, if they are
// set, decide.
func collectSeldom() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(growth)
	}
	megabytes, err := strconv.ParseInt(os.Getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), 10, 64)
	if err == nil && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(megabytes << 20 / 4 * 3)
	}
}

// configuration takes all from the environment, which is where Lambda puts
// region and credentials. config.LoadDefaultConfig looks at profiles, sign-on
// caches and the metadata service as well: 1.5 MB, and 1 ms at every start, of
// clients that no function can use.
func configuration() aws.Config {
	cfg := aws.Config{
		Region: os.Getenv("AWS_REGION"),
		Credentials: credentials.NewStaticCredentialsProvider(
			os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), os.Getenv("AWS_SESSION_TOKEN")),
	}
	if url := os.Getenv("AWS_ENDPOINT_URL"); url != "" {
		cfg.BaseEndpoint = &url
		cfg.APIOptions = append(cfg.APIOptions, asItStands)
	}
	return cfg
}

// asItStands keeps an operation from putting something before the host's name, as
// StartSyncExecution does with sync-: the endpoint that is set has one name.
func asItStands(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("EndpointAsItStands", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		return next.HandleInitialize(smithyhttp.DisableEndpointHostPrefix(ctx, true), in)
	}), middleware.Before)
}
