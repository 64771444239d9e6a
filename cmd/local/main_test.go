package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/iam"
)

// limit is how long the program may take for anything.
const limit = 10 * time.Second

// built is the folder with the built programs.
var built string

func TestMain(m *testing.M) { os.Exit(build(m)) }

func build(m *testing.M) int {
	var err error
	if built, err = os.MkdirTemp("", "built-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(built)
	for target, source := range map[string]string{"local": ".", "worker": "../../local/testdata/worker"} {
		command := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", filepath.Join(built, target), source)
		if output, err := command.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build %s: %v\n%s", source, err, output)
			return 1
		}
	}
	return m.Run()
}

// program is a new folder with the program and, beneath it, the code of
// a function.
func program(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "worker"), 0o755); err != nil {
		t.Fatal(err)
	}
	for target, name := range map[string]string{"local": "local", "worker": "worker/bootstrap"} {
		if err := os.Link(filepath.Join(built, target), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// running is the program at work.
type running struct {
	dir       string // of the state, the logs and endpoints.json
	command   *exec.Cmd
	said      bytes.Buffer
	ended     chan error
	endpoints local.Endpoints
}

// launch starts the program and waits until it serves. Its own files are in
// the folder out, beside the program.
func launch(t *testing.T, dir string, arguments ...string) *running {
	t.Helper()
	template, err := os.ReadFile("../../local/testdata/shop.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "app.json"), template, 0o644); err != nil {
		t.Fatal(err)
	}
	r := &running{dir: filepath.Join(dir, "out"), ended: make(chan error, 1)}
	r.command = exec.Command(filepath.Join(dir, "local"), append(arguments, "-out", r.dir, filepath.Join(dir, "app.json"))...)
	r.command.Stdout, r.command.Stderr = &r.said, &r.said
	r.command.Env = append(os.Environ(), "TMPDIR="+dir) // where a program that is killed leaves things
	if err := r.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { r.ended <- r.command.Wait() }()
	t.Cleanup(func() { r.command.Process.Kill() }) // where the test fails before the end
	eventually(t, "endpoints.json is there", func() bool {
		raw, err := os.ReadFile(r.file())
		return err == nil && json.Unmarshal(raw, &r.endpoints) == nil && // never half of it
			r.endpoints.PID == r.command.Process.Pid
	})
	return r
}

func (r *running) file() string { return filepath.Join(r.dir, "endpoints.json") }

// end sends a signal, and waits until the program has ended.
func (r *running) end(t *testing.T, s os.Signal) error {
	t.Helper()
	if err := r.command.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-r.ended:
		return err
	case <-time.After(limit):
		t.Fatalf("the program does not stop at %v", s)
		return nil
	}
}

// privileges is what the program wrote when it ended.
func (r *running) privileges(t *testing.T) (p iam.Privileges) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(r.dir, "privileges.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTheProgramServesUntilItIsToldToStopAndLeavesNothingRunning(t *testing.T) {
	dir := program(t)
	for _, told := range []os.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
		t.Run(told.String(), func(t *testing.T) {
			r := launch(t, dir, "-region", "eu-west-1", "-parameter", "app:Greeting=hi there")
			if !strings.Contains(r.endpoints.Outputs["app"]["Inbox"].(string), r.endpoints.AWS+"/") || r.endpoints.Logs != filepath.Join(r.dir, "logs") {
				t.Errorf("got %+v", r.endpoints)
			}
			invoke(t, r.endpoints.AWS)
			eventually(t, "the function's process runs", func() bool { return processes(t, dir+"/worker/") })
			if err := r.end(t, told); err != nil {
				t.Errorf("the program ended with %v and said\n%s", err, r.said.String())
			}
			if processes(t, dir+"/worker/") {
				t.Error("the function's process is still there")
			}
			if p := r.privileges(t); !slices.ContainsFunc(p.Unused, func(g iam.UnusedGrant) bool {
				return g.Policy == "call" && g.Entirely && slices.Equal(g.Actions, []string{"lambda:InvokeFunction"})
			}) || !strings.Contains(r.said.String(), fmt.Sprintf("policies: grants never needed %d, calls refused %d: see %s\n", len(p.Unused), len(p.Refused), filepath.Join(r.dir, "privileges.json"))) {
				t.Errorf("%+v\nsaid %s", p, r.said.String())
			}
			if _, err := os.Stat(r.file()); !os.IsNotExist(err) {
				t.Error("endpoints.json says that the program serves, which it does not")
			}
		})
	}
}

func TestWhatAKilledProgramLeftIsReplaced(t *testing.T) {
	dir := program(t)
	state := filepath.Join(dir, "state")
	first := launch(t, dir, "-state", state)
	queue := first.queue(t)
	if _, err := queues(first).SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &queue, MessageBody: aws.String("left behind")}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the message is on the disk", func() bool {
		found, err := exec.Command("grep", "-rl", "--exclude=.*", // not a file that is still being written
			"left behind", filepath.Join(state, "resources")).Output()
		return err == nil && len(found) > 0
	})
	if err := first.end(t, syscall.SIGKILL); err == nil {
		t.Fatal("the program was not killed")
	}
	if _, err := os.Stat(first.file()); err != nil {
		t.Fatal(err)
	}
	second := launch(t, dir, "-state", state)
	if second.endpoints.AWS != first.endpoints.AWS {
		t.Errorf("first %s, then %s", first.endpoints.AWS, second.endpoints.AWS)
	}
	got, err := queues(second).ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &queue, WaitTimeSeconds: 5})
	if err != nil || len(got.Messages) != 1 || *got.Messages[0].Body != "left behind" {
		t.Errorf("received %v, %v", got, err)
	}
}

func queues(r *running) *sqs.Client {
	return sqs.New(sqs.Options{Region: "us-east-1", BaseEndpoint: &r.endpoints.AWS, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")})
}

// queue is the URL of a queue that nobody reads from.
func (r *running) queue(t *testing.T) string {
	t.Helper()
	url, ok := r.endpoints.Outputs["app"]["Notices"].(string)
	if !ok {
		t.Fatalf("no output Notices in %v", r.endpoints.Outputs)
	}
	return url
}

func TestASecondProgramInOneFolderSaysWhoHasIt(t *testing.T) {
	dir := program(t)
	state := filepath.Join(dir, "state")
	r := launch(t, dir, "-state", state)
	app := filepath.Join(dir, "app.json")
	for name, arguments := range map[string][]string{
		r.dir: {"-out", r.dir, app},
		state: {"-out", filepath.Join(dir, "other"), "-state", state, app},
	} {
		output, err := exec.Command(filepath.Join(dir, "local"), arguments...).CombinedOutput()
		want := fmt.Sprintf("the folder %s is in use by process %d", name, r.command.Process.Pid)
		if err == nil || !strings.Contains(string(output), want) {
			t.Errorf("got %v and\n%s\nwant %q", err, output, want)
		}
	}
	if raw, err := os.ReadFile(r.file()); err != nil || !strings.Contains(string(raw), r.endpoints.AWS) {
		t.Errorf("the first one's addresses are gone: %v", err)
	}
}

func TestPortsAreThoseThatTheUserChooses(t *testing.T) {
	dir := program(t)
	state := filepath.Join(dir, "state")
	first := launch(t, dir, "-state", state)
	_, taken, _ := strings.Cut(strings.TrimPrefix(first.endpoints.AWS, "http://"), ":")
	output, err := exec.Command(filepath.Join(dir, "local"), "-out", filepath.Join(dir, "other"), "-port", taken, filepath.Join(dir, "app.json")).CombinedOutput()
	if err == nil || !strings.Contains(string(output), "listen for the AWS APIs") || !strings.Contains(string(output), taken) || !strings.Contains(string(output), "-port") {
		t.Errorf("a port in use: %v and\n%s", err, output)
	}
	if err := first.end(t, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if second := launch(t, dir, "-port", taken); second.endpoints.AWS != first.endpoints.AWS {
		t.Errorf("asked for port %s, got %s", taken, second.endpoints.AWS)
	}
}

func TestTasksAreMockedAsTheFlagsSay(t *testing.T) {
	mocks, err := filepath.Abs("../../local/testdata/mocks.json")
	if err != nil {
		t.Fatal(err)
	}
	r := launch(t, program(t), "-mocks", mocks, "-test-case", "Learn=Trained")
	machines := sfn.New(sfn.Options{
		Region: "us-east-1", BaseEndpoint: &r.endpoints.AWS, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	started, err := machines.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: aws.String(r.endpoints.Outputs["app"]["Learn"].(string))})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the execution is of the test case", func() bool {
		ended, err := machines.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: started.ExecutionArn})
		return err == nil && aws.ToString(ended.Output) == `{"metric":0.9,"status":"Completed"}`
	})
}

func TestHelpIsNoFailure(t *testing.T) {
	output, err := exec.Command(filepath.Join(program(t), "local"), "-h").CombinedOutput()
	if err != nil || !strings.Contains(string(output), "usage: local") {
		t.Errorf("got %v and\n%s", err, output)
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
		{"what the engine does not do", []string{"-out", filepath.Join(dir, "o"), "-state", filepath.Join(dir, "s"), filepath.Join(dir, "app.json")}, "app/C: resource type AWS::ECS::Cluster is not supported by the local engine"},
		{"a folder without an assembly", []string{dir}, "run `cdk synth` first"},
		{"a parameter of another form", []string{"-parameter", "A=1"}, "want STACK:NAME=VALUE"},
		{"a test case of another form", []string{"-test-case", "Learn"}, "want MACHINE=CASE"},
		{"mocks that are not there", []string{"-mocks", filepath.Join(dir, "none.json"), filepath.Join(dir, "app.json")}, "read the mock configuration"},
		{"one folder for both", []string{"-out", dir, "-state", dir, filepath.Join(dir, "app.json")}, "different folders"},
		{"an assembly that is not wanted", []string{"-empty", "-out", filepath.Join(dir, "o"), "app.json"}, `with -empty there is no ASSEMBLY, got "app.json"`},
		{"two assemblies", []string{"a", "b"}, `nothing is known of the argument "b"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			output, err := exec.Command(filepath.Join(dir, "local"), tt.arguments...).CombinedOutput()
			if err == nil || !strings.Contains(string(output), tt.want) {
				t.Errorf("got %v and\n%s\nwant %q", err, output, tt.want)
			}
		})
	}
	for _, folder := range []string{"o", "s"} {
		if _, err := os.Stat(filepath.Join(dir, folder)); !os.IsNotExist(err) {
			t.Errorf("a refused assembly left its folder %s behind", folder)
		}
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
