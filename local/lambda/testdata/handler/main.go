// Command handler is the function of the tests: its event says what to do.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type event struct {
	Do      string
	Text    string
	N       int
	Records []json.RawMessage
}

// OrderRejected is an error with a name.
type OrderRejected struct{ reason string }

func (e *OrderRejected) Error() string { return e.reason }

func handle(ctx context.Context, e event) (any, error) {
	switch e.Do {
	case "echo":
		return e.Text, nil
	case "fail":
		return nil, &OrderRejected{e.Text}
	case "wrap":
		return nil, fmt.Errorf("wrapped: %w", &OrderRejected{e.Text})
	case "panic":
		panic(errors.New(e.Text))
	case "exit":
		os.Exit(e.N)
	case "sleep":
		time.Sleep(time.Duration(e.N) * time.Millisecond)
		return os.Getpid(), nil
	case "hold": // until the file is taken away
		if err := os.WriteFile(e.Text, []byte(strconv.Itoa(os.Getpid())), 0o600); err != nil {
			return nil, err
		}
		for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(5 * time.Millisecond) {
			if _, err := os.Stat(e.Text); err != nil {
				break
			}
		}
		return os.Getpid(), nil
	case "print":
		fmt.Println(e.Text)
		return nil, nil
	case "big":
		return strings.Repeat("x", e.N), nil
	case "pid":
		return os.Getpid(), nil
	case "env":
		return os.Environ(), nil
	case "context":
		lc, _ := lambdacontext.FromContext(ctx)
		deadline, _ := ctx.Deadline()
		return map[string]any{
			"RequestID": lc.AwsRequestID,
			"ARN":       lc.InvokedFunctionArn,
			"Custom":    lc.ClientContext.Custom,
			"Left":      time.Until(deadline).Seconds(),
			"Version":   lambdacontext.FunctionVersion,
			"Directory": os.Getenv("LAMBDA_TASK_ROOT"),
		}, nil
	}
	return e, nil
}

func main() {
	if failure := os.Getenv("FAIL_TO_START"); failure != "" {
		if strings.HasPrefix(failure, "{") { // which a runtime would tell
			http.Post("http://"+os.Getenv("AWS_LAMBDA_RUNTIME_API")+"/2018-06-01/runtime/init/error", "application/json", strings.NewReader(failure))
		}
		os.Exit(3)
	}
	lambda.Start(handle)
}
