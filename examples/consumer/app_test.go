package main

// The team's own tests: the whole stack runs in Tradepost's engine, without AWS.

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/local"
)

// patience is how long an answer may take.
const patience = time.Minute

// purchasing is the stack, running.
type purchasing struct {
	*testing.T
	aws     aws.Config
	outputs map[string]any
}

// assembly is the app for this machine, synthesized once for all tests.
var assembly string

func TestMain(m *testing.M) {
	defer jsii.Close()
	folder, err := os.MkdirTemp("", "purchasing-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	architecture := map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH]
	app := awscdk.NewApp(&awscdk.AppProps{
		Outdir:  &folder,
		Context: &map[string]any{"tradepost:architecture": architecture},
	})
	newPurchasing(app)
	assembly = *app.Synth(nil).Directory()
	m.Run()
}

func start(t *testing.T) purchasing {
	t.Helper()
	engine, err := local.Start(t.Context(), local.Options{Assembly: assembly})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	})
	return purchasing{t, aws.Config{
		BaseEndpoint: aws.String(engine.URL()),
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider("local", "local", ""),
	}, engine.Endpoints().Outputs["Purchasing"]}
}

func (p purchasing) output(name string) string {
	p.Helper()
	value, ok := p.outputs[name].(string)
	if !ok {
		p.Fatalf("no output %s in %v", name, p.outputs)
	}
	return value
}

// tradepost runs what an operator does, from the module as the app has it.
func (p purchasing) tradepost(arguments ...string) (result string) {
	p.Helper()
	folder, err := exec.CommandContext(p.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/tradepost-dev/tradepost").Output()
	if err != nil {
		p.Fatal(err)
	}
	command := exec.CommandContext(p.Context(), "go", append([]string{"run", "./cmd/tradepost"}, arguments...)...)
	command.Dir = strings.TrimSpace(string(folder))
	command.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+*p.aws.BaseEndpoint, "AWS_REGION="+p.aws.Region, "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local")
	command.Stderr = os.Stderr
	output, err := command.Output()
	if err != nil {
		p.Fatalf("tradepost %s: %v", strings.Join(arguments, " "), err)
	}
	return strings.TrimSpace(string(output))
}

// send sends a request that IAM lets through, unless it has a bearer token.
func (p purchasing) send(method, address, token, body string) (status int, location string, answer map[string]any) {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.Context(), patience)
	defer cancel()
	request, err := newRequest(ctx, p.aws, method, address, body)
	if err != nil {
		p.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		p.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		p.Fatal(err)
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		p.Fatalf("%s %s: %d %s", method, address, response.StatusCode, text)
	}
	return response.StatusCode, response.Header.Get("Location"), answer
}

// newRequest makes a request that IAM lets through.
func newRequest(ctx context.Context, cfg aws.Config, method, address, body string) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	who, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(body))
	return request, v4.NewSigner().SignHTTP(ctx, who, request, hex.EncodeToString(sum[:]), "execute-api", cfg.Region, time.Now())
}

// eventually asks again until it is so.
func (p purchasing) eventually(what string, so func() bool) {
	p.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !so(); <-tick.C {
		if time.Now().After(deadline) {
			p.Fatalf("after %v not yet: %s", patience, what)
		}
	}
}

func TestPurchasingRuns(t *testing.T) {
	p := start(t)

	t.Run("an order that a partner posts is stored, and the team's function sees it", func(t *testing.T) {
		p := purchasing{t, p.aws, p.outputs}
		bearer := p.tradepost("partners", "rotate", "initech", "--stack", "Purchasing")
		status, _, answer := p.send("POST", p.output("OrdersURL")+"transactions", bearer,
			`{"transactionId": "PO-1", "transactionMessage": "12 staplers, red"}`)
		if status != http.StatusAccepted {
			t.Fatalf("%d %v", status, answer)
		}
		p.eventually("PO-1 is STORED", func() bool {
			out, err := lambda.NewFromConfig(p.aws).Invoke(t.Context(), &lambda.InvokeInput{
				FunctionName: aws.String(p.output("StatusFunction")), Payload: []byte(`{"partner": "initech", "id": "PO-1"}`),
			})
			if err != nil || out.FunctionError != nil {
				t.Fatalf("%v %s", err, out.Payload)
			}
			return string(out.Payload) == `"STORED"`
		})
	})

	t.Run("a buyer signs up by REST", func(t *testing.T) {
		p := purchasing{t, p.aws, p.outputs}
		status, location, answer := p.send("POST", p.output("BuyersURL"), "",
			`{"user": {"userId": "peter", "email": "peter@initech.example", "metadata": {}}}`)
		if status != http.StatusAccepted || location == "" {
			t.Fatalf("%d, at %q: %v", status, location, answer)
		}
		base, err := url.Parse(p.output("BuyersURL"))
		if err != nil {
			t.Fatal(err)
		}
		execution, err := base.Parse(location)
		if err != nil {
			t.Fatal(err)
		}
		p.eventually("peter is onboarded", func() bool {
			_, _, answer = p.send("GET", execution.String(), "", "")
			return answer["status"] != "RUNNING"
		})
		result, _ := answer["output"].(map[string]any)
		if answer["status"] != "SUCCEEDED" || result["outcome"] != "ONBOARDED" {
			t.Errorf("%v", answer)
		}
	})
}
