package bootstrap

import (
	"errors"
	"math"
	"net/http"
	"runtime/debug"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
)

func TestMemoryIsCollectedSeldomWithinWhatTheFunctionHas(t *testing.T) {
	for _, row := range []struct {
		name                      string
		memory, percent, maximum  string // of the environment
		wantPercent, wantMegabyte int64
	}{
		{"on Lambda", "256", "", "", 300, 192},
		{"elsewhere", "", "", "", 300, math.MaxInt64 >> 20},
		{"settings of the team's own", "256", "50", "100MiB", 100, math.MaxInt64 >> 20}, // which the runtime reads, not we
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", row.memory)
			t.Setenv("GOGC", row.percent)
			t.Setenv("GOMEMLIMIT", row.maximum)
			defer debug.SetGCPercent(debug.SetGCPercent(100))
			defer debug.SetMemoryLimit(debug.SetMemoryLimit(math.MaxInt64))
			collectSeldom()
			percent := debug.SetGCPercent(100)
			if limit := debug.SetMemoryLimit(-1) >> 20; int64(percent) != row.wantPercent || limit != row.wantMegabyte {
				t.Errorf("%d percent, %d MiB; want %d and %d", percent, limit, row.wantPercent, row.wantMegabyte)
			}
		})
	}
}

// An endpoint of one's own has one name: no other is made up before it. AWS has
// several.
func TestAnEndpointOfOnesOwnIsCalledByItsName(t *testing.T) {
	host := func(endpoint string) (called string) {
		t.Setenv("AWS_ENDPOINT_URL", endpoint)
		t.Setenv("AWS_REGION", "eu-west-1")
		t.Setenv("AWS_ACCESS_KEY_ID", "id")
		t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
		cfg := configuration()
		cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
		cfg.HTTPClient = caller(func(request *http.Request) { called = request.URL.Host })
		_, err := sfn.NewFromConfig(cfg).StartSyncExecution(t.Context(), &sfn.StartSyncExecutionInput{StateMachineArn: aws.String("arn")})
		if err == nil {
			t.Error("it was answered")
		}
		return called
	}
	if got := host("http://127.0.0.1:4566"); got != "127.0.0.1:4566" {
		t.Errorf("called %s", got)
	}
	if got := host(""); got != "sync-states.eu-west-1.amazonaws.com" {
		t.Errorf("called %s", got)
	}
}

type caller func(*http.Request)

func (c caller) Do(request *http.Request) (*http.Response, error) {
	c(request)
	return nil, errors.New("not sent")
}
