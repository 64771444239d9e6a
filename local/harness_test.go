package local_test

// This file starts engines for the tests and gives them clients.

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/tradepost-dev/tradepost/local"
)

// worker is the folder of a function's code, built once.
var worker string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	folder, err := os.MkdirTemp("", "worker-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	worker = folder
	build := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", filepath.Join(worker, "bootstrap"), "./testdata/worker")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build the worker:", err)
		return 1
	}
	return m.Run()
}

// lay writes files into a new folder, beside the worker's code.
func lay(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(worker, filepath.Join(dir, "worker")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// start runs an engine until the test ends.
func start(t *testing.T, o local.Options) *local.Engine {
	t.Helper()
	engine, err := local.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	})
	return engine
}

// startTemplate runs one template, under the stack name "app".
func startTemplate(t *testing.T, template string, o local.Options) *local.Engine {
	t.Helper()
	o.Assembly = filepath.Join(lay(t, map[string]string{"app.json": template}), "app.json")
	return start(t, o)
}

// refusal is why a template is not run.
func refusal(t *testing.T, template string, o local.Options) string {
	t.Helper()
	o.Assembly = filepath.Join(lay(t, map[string]string{"app.json": template}), "app.json")
	return refused(t, o)
}

func refused(t *testing.T, o local.Options) string {
	t.Helper()
	engine, err := local.Start(t.Context(), o)
	if err == nil {
		engine.Close()
		t.Fatal("the assembly was started")
	}
	return err.Error()
}

// client is the configuration of an unmodified SDK client.
func client(engine *local.Engine) aws.Config {
	c, err := config.LoadDefaultConfig(context.Background(),
		config.WithRegion(engine.Cloud.Region),
		config.WithBaseEndpoint(engine.URL()),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("test", "test", "")))
	if err != nil {
		panic(err) // nothing of it comes from outside
	}
	return c
}

// output is an output of the stack "app".
func output(t *testing.T, engine *local.Engine, name string) string {
	t.Helper()
	value, ok := engine.Endpoints().Outputs["app"][name].(string)
	if !ok {
		t.Fatalf("stack app has no output %s", name)
	}
	return value
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("still waiting for this to hold: %s", what)
		}
	}
}

// handler is a Lambda function of the test's own process.
type handler func(ctx context.Context, event map[string]any) (any, error)

func (h handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	var event map[string]any
	if err := json.Unmarshal(payload, &event); err != nil {
		return nil, err
	}
	answer, err := h(ctx, event)
	if err != nil {
		return nil, err
	}
	return json.Marshal(answer)
}

func read(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
