package main_test

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
)

// heard is what a program has written so far.
type heard struct {
	mu   sync.Mutex
	text strings.Builder
}

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(p)
}

func (h *heard) has(pattern string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return regexp.MustCompile(pattern).MatchString(h.text.String())
}

func TestWatchShowsExecutionsQueuesAndTablesAsTheyAre(t *testing.T) {
	dir := program(t)
	r := launch(t, dir)
	var said heard
	command := exec.Command(filepath.Join(dir, "local"), "watch", "-out", r.dir, "-every", "50ms")
	command.Stdout, command.Stderr = &said, &said
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { command.Process.Kill() })
	for _, row := range []string{`(?m)^WORKFLOW +RUNNING +SUCCEEDED +FAILED +TIMED OUT +ABORTED$`, `(?m)^[0-9]+ empty$`, `(?m)^\S*Orders\S* +0$`} {
		eventually(t, "it shows "+row, func() bool { return said.has(row) })
	}
	machines := sfn.New(sfn.Options{Region: "us-east-1", BaseEndpoint: &r.endpoints.AWS, Credentials: credentials.NewStaticCredentialsProvider("any", "any", "")})
	start := &sfn.StartExecutionInput{StateMachineArn: aws.String(r.endpoints.Outputs["app"]["Flow"].(string)), Name: aws.String("nobody"), Input: aws.String("{}")}
	if _, err := machines.StartExecution(t.Context(), start); err != nil {
		t.Fatal(err)
	}
	for _, row := range []string{`(?m)^\S*Flow\S* +0 +0 +1 +0 +0$`, `(?m)^[0-9:]{8} +\S*Flow\S* +nobody +FAILED +[0-9.]+m?s$`} {
		eventually(t, "it shows "+row, func() bool { return said.has(row) })
	}
	if err := r.end(t, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it tells that the engine has ended", func() bool { return said.has(`no engine runs with the folder`) })
	if err := command.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := command.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

func TestWatchOfAFolderWithoutAnEngineSaysSo(t *testing.T) {
	command := exec.Command(filepath.Join(built, "local"), "watch", "-out", t.TempDir())
	said, err := command.CombinedOutput()
	if err == nil || !strings.Contains(string(said), "start one, or name its folder by -out") {
		t.Errorf("%v: %s", err, said)
	}
}
