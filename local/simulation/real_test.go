package simulation_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	lambdaruntime "github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/lambda"
	"github.com/tradepost-dev/tradepost/local/simulation"
)

// TestMain is the binary of the app's function, too: where a function's runtime has
// started it, it does what the variable WORK says.
func TestMain(m *testing.M) {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") == "" {
		os.Exit(m.Run())
	}
	cfg := aws.Config{
		Region: os.Getenv("AWS_REGION"), BaseEndpoint: aws.String(os.Getenv("AWS_ENDPOINT_URL")),
		Credentials: credentials.NewStaticCredentialsProvider(os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), os.Getenv("AWS_SESSION_TOKEN")),
	}
	work := map[string]func(context.Context, *dynamodb.Client, string) error{"put": put, "stamp": stamp, "add": add}[os.Getenv("WORK")]
	handler, err := store(work)["app/Store"](cfg, lambda.Environment{Variables: map[string]string{"TABLE": os.Getenv("TABLE")}})
	if err != nil {
		panic(err)
	}
	lambdaruntime.Start(handler)
}

// deployed is the app with this test as its function's binary, which does its work.
func deployed(t *testing.T, work string) string {
	t.Helper()
	architecture := map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH]
	assembly := template(t, strings.NewReplacer(
		`"TABLE": {"Ref": "Table"}`, fmt.Sprintf(`"TABLE": {"Ref": "Table"}, "WORK": %q`, work),
		`"Handler": "bootstrap"`, fmt.Sprintf(`"Handler": "bootstrap", "Architectures": [%q]`, architecture),
	).Replace(orders))
	link(t, assembly)
	return assembly
}

func TestInRealTimeTheBinariesLeaveBehindWhatTheirHandlersDo(t *testing.T) {
	for _, row := range []struct {
		name string
		work func(context.Context, *dynamodb.Client, string) error
		kind simulation.Kind
	}{{"put", put, simulation.Refused}, {"stamp", stamp, simulation.Lost}} {
		t.Run(row.name, func(t *testing.T) {
			s := simulation.Real(t, []uint64{1}, simulation.Options{
				Assembly: deployed(t, row.name), Functions: store(row.work), Scenario: handedOver,
				Faults: simulation.Rates{row.kind: 1, simulation.Died: 1, simulation.Cut: 1, simulation.Slow: 1, simulation.Burst: 1, simulation.Tardy: 1, simulation.Paged: 1},
			})
			if s.Seeds != 1 || len(s.Failed) > 0 || s.Faults[row.kind] < orderCount || len(s.Faults) > 1 {
				t.Errorf("%+v, which should have hit each of %d calls once by %q, and none by what takes longer, or happens in one process only", s, orderCount, row.kind)
			}
		})
	}
}

func TestInRealTimeCallsOfProcessesFailAndNotWhatAPIGatewayCallsForThem(t *testing.T) {
	failed := map[string]bool{}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		for _, service := range []string{"", "apigateway.amazonaws.com"} {
			failed[service] = simulation.MayFailInRealTime(r, cloud.Call{Caller: cloud.Caller{Service: service}, Service: "lambda", Action: "Invoke"})
		}
	}))
	response, err := http.Get(server.URL)
	server.Close() // once it has answered
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if want := map[string]bool{"": true, "apigateway.amazonaws.com": false}; !maps.Equal(failed, want) {
		t.Errorf("got %v, want %v", failed, want)
	}
}

const orderCount = 8

// handedOver is over once all is quiet.
func handedOver(ctx context.Context, w *simulation.World) error {
	err := send(ctx, w, orderCount)
	w.Wait(time.Hour)
	return err
}

func TestABinaryThatDoesSomethingElseThanItsHandlerIsTold(t *testing.T) {
	defer simulation.SetPatience(3 * time.Second)()
	r := simulation.RealOf(t, 1, simulation.Options{Assembly: deployed(t, "stamp"), Functions: store(put), Scenario: handedOver})
	if r.Err == nil || !strings.Contains(r.Err.Error(), `1 instead of 0 of id={"S":"order-0"} seen=`) {
		t.Errorf("got %v", r.Err)
	}
}
