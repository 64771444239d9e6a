package main_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/tradepost-dev/tradepost/local"
)

// limit is how long the program may take for anything.
const limit = 10 * time.Second

// program is the folder with the built program and, beneath it, the code of a
// function.
func program(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for target, source := range map[string]string{"local": ".", "worker/bootstrap": "../../local/testdata/worker"} {
		build := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", filepath.Join(dir, target), source)
		if output, err := build.CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", source, err, output)
		}
	}
	return dir
}

func TestTheProgramServesUntilItIsToldToStopAndLeavesNothingRunning(t *testing.T) {
	dir := program(t)
	template, err := os.ReadFile("../../local/testdata/shop.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "app.json"), template, 0o644); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(filepath.Join(dir, "local"), "-state", filepath.Join(dir, "state"), "-region", "eu-west-1",
		"-parameter", "app:Greeting=hi there", filepath.Join(dir, "app.json"))
	var said bytes.Buffer
	command.Stdout, command.Stderr = &said, &said
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	defer command.Process.Kill() // where the test fails before the end

	file := filepath.Join(dir, "state", "endpoints.json")
	var endpoints local.Endpoints
	eventually(t, "endpoints.json is there", func() bool {
		raw, err := os.ReadFile(file)
		return err == nil && json.Unmarshal(raw, &endpoints) == nil // never half of it
	})
	if !strings.Contains(endpoints.Outputs["app"]["Inbox"].(string), endpoints.AWS+"/") || endpoints.Logs != filepath.Join(dir, "state", "logs") {
		t.Errorf("got %+v", endpoints)
	}
	invoke(t, endpoints.AWS)
	eventually(t, "the function's process runs", func() bool { return processes(t, dir+"/worker/") })

	if err := command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the program ended with %v and said\n%s", err, said.String())
		}
	case <-time.After(limit):
		t.Fatal("the program does not stop")
	}
	if processes(t, dir+"/worker/") {
		t.Error("the function's process is still there")
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Error("endpoints.json says that the program serves, which it does not")
	}
}

func TestWhatIsWrongIsSaidWithAStatusOfItsOwn(t *testing.T) {
	dir := program(t)
	if err := os.WriteFile(filepath.Join(dir, "app.json"), []byte(`{"Resources": {"C": {"Type": "AWS::ECS::Cluster"}}}`), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name      string
		arguments []string
		want      string
	}{
		{"what the engine does not do", []string{"-state", filepath.Join(dir, "s"), filepath.Join(dir, "app.json")}, "app/C: resource type AWS::ECS::Cluster is not supported by the local engine"},
		{"a folder without an assembly", []string{dir}, "run `cdk synth` first"},
		{"a parameter of another form", []string{"-parameter", "A=1"}, "want STACK:NAME=VALUE"},
		{"two assemblies", []string{"a", "b"}, "one assembly at most"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			output, err := exec.Command(filepath.Join(dir, "local"), tt.arguments...).CombinedOutput()
			if err == nil || !strings.Contains(string(output), tt.want) {
				t.Errorf("got %v and\n%s\nwant %q", err, output, tt.want)
			}
		})
	}
	if _, err := os.Stat(filepath.Join(dir, "s")); !os.IsNotExist(err) {
		t.Error("a refused assembly left its state folder behind")
	}
}

// invoke runs the worker once.
func invoke(t *testing.T, url string) {
	t.Helper()
	functions := lambda.New(lambda.Options{
		Region:       "eu-west-1",
		BaseEndpoint: &url,
		Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	listed, err := functions.ListFunctions(t.Context(), &lambda.ListFunctionsInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range listed.Functions {
		if !strings.Contains(*f.FunctionName, "-Worker-") {
			continue
		}
		if _, err := functions.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: f.FunctionName, Payload: []byte("{}")}); err != nil {
			t.Fatal(err)
		}
	}
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("still waiting for this to hold: %s", what)
		}
	}
}

// processes tells whether a process runs a program of this folder.
func processes(t *testing.T, folder string) bool {
	t.Helper()
	listed, err := exec.Command("ps", "-axo", "args=").Output()
	if err != nil {
		t.Fatalf("list the processes: %v", err)
	}
	return strings.Contains(string(listed), folder)
}
