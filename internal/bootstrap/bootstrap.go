// Package bootstrap is what every function's main does besides wiring its
// handler: logging, configuration of the AWS clients, a checked environment,
// and the Lambda runtime.
package bootstrap

import (
	"fmt"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/tradepost-dev/tradepost/internal/environment"
)

// Run serves invocations with the handler function that wire returns, and
// does not return. What is wrong with the environment ends the process with
// one log line that names every variable.
func Run(wire func(cfg aws.Config, env *environment.Reader) (handler any)) {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, nil)))
	cfg, err := configuration()
	if err != nil {
		fail(err)
	}
	env := &environment.Reader{Look: os.LookupEnv}
	handler := wire(cfg, env)
	if err := env.Err(); err != nil {
		fail(err)
	}
	lambda.Start(handler)
}

// configuration takes all from the environment, which is where Lambda puts
// region and credentials. config.LoadDefaultConfig would look at profiles,
// sign-on caches and the metadata service as well: 1.4 to 1.8 MB of clients
// in every binary that no function can use.
func configuration() (aws.Config, error) {
	env, err := config.NewEnvConfig()
	if err != nil {
		return aws.Config{}, fmt.Errorf("configure AWS clients: %w", err)
	}
	cfg := aws.Config{
		Region:        env.Region,
		Credentials:   credentials.StaticCredentialsProvider{Value: env.Credentials},
		ConfigSources: []any{env}, // endpoints of single services, AWS_ENDPOINT_URL_S3
	}
	if env.BaseEndpoint != "" {
		cfg.BaseEndpoint = aws.String(env.BaseEndpoint)
	}
	return cfg, nil
}

func fail(err error) {
	slog.Error("cannot start", "error", err.Error())
	os.Exit(1)
}
