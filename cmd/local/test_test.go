package main_test

import (
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/internal/manual"
	"github.com/tradepost-dev/tradepost/local/states/coverage"
)

const (
	payment = `{"StartAt":"Pay","States":{"Pay":{"Type":"Task","Resource":"${PayFunctionArn}","Retry":[{"ErrorEquals":["Busy"],"IntervalSeconds":3600}],
		"Catch":[{"ErrorEquals":["Declined"],"Next":"Refused"}],"End":true},"Refused":{"Type":"Fail","Error":"Refused"}}}`
	paid    = `{"name":"is paid at last","mocks":{"Pay":[{"errorOutput":{"error":"Busy","cause":""}},{"result":{"id":7}}]},"expect":{"output":{"id":7}}}`
	refused = `{"name":"is refused","mocks":{"Pay":{"errorOutput":{"error":"Declined","cause":"c"}}},"expect":{"error":"Refused"}}`
	wrong   = `{"name":"is wrong","mocks":{"Pay":{"result":{"id":7}}},"expect":{"output":{"id":8}}}`
)

// runTests runs `local test` in a folder, and returns what it prints and its exit status.
func runTests(t *testing.T, dir string, arguments ...string) (string, int) {
	t.Helper()
	command := exec.Command(filepath.Join(built, "local"), append([]string{"test"}, arguments...)...)
	command.Dir = dir
	output, err := command.CombinedOutput()
	if _, failed := err.(*exec.ExitError); err != nil && !failed {
		t.Fatal(err)
	}
	return string(output), command.ProcessState.ExitCode()
}

func TestWorkflowsAreTestedByFiles(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"pay.asl.json": payment, "all.json": `{"definition":"pay.asl.json","tests":[` + paid + `,` + refused + `]}`,
		"one.json": `{"definition":"pay.asl.json","tests":[` + paid + `]}`, "wrong.json": `{"definition":"pay.asl.json","tests":[` + wrong + `,` + paid + `]}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, row := range map[string]struct {
		arguments []string
		want      string
		exit      int
	}{
		"all":     {[]string{"all.json", "-coverage"}, "ok    all.json: is paid at last (1h0m0s)\nok    all.json: is refused (0s)\npay: 2 of 2 states, 3 of 3 arms\n2 tests passed\n", 0},
		"one":     {[]string{"-coverage", "one.json"}, "ok    one.json: is paid at last (1h0m0s)\npay: 1 of 2 states, 2 of 3 arms\n  Pay: Catch[0] (Declined) -> Refused never taken\n  Refused: never entered\n1 tests passed\n", 0},
		"two":     {[]string{"one.json", "all.json"}, "ok    one.json: is paid at last (1h0m0s)\nok    all.json: is paid at last (1h0m0s)\nok    all.json: is refused (0s)\n3 tests passed\n", 0},
		"wrong":   {[]string{"wrong.json"}, "FAIL  wrong.json: is wrong\n      output is {\"id\":7}, want {\"id\":8}\nok    wrong.json: is paid at last (1h0m0s)\nlocal: 1 of 2 tests failed\n", 1},
		"none":    {nil, "local: test needs at least one FILE of tests\n", 2},
		"nowhere": {[]string{"nowhere.json"}, "local: open nowhere.json: no such file or directory\n", 1},
	} {
		if got, exit := runTests(t, dir, row.arguments...); got != row.want || exit != row.exit {
			t.Errorf("%s: exit %d, want %d\n%s\nwant\n%s", name, exit, row.exit, got, row.want)
		}
	}
}

func TestCoverageIsWrittenAndDrawn(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"pay.asl.json": payment, "one.json": `{"definition":"pay.asl.json","tests":[` + paid + `]}`, "two.json": `{"definition":"pay.asl.json","tests":[` + refused + `]}`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if output, exit := runTests(t, dir, "-coverage-json", "c.json", "-pictures", "pictures", "one.json", "two.json"); exit != 0 {
		t.Fatal(output)
	}
	machines, err := coverage.Read(filepath.Join(dir, "c.json"))
	if err != nil || len(machines) != 1 || machines[0].Counts() != (coverage.Counts{States: 2, Entered: 2, Arms: 3, Taken: 3}) || machines[0].States[0].Entered != 2 {
		t.Errorf("%+v, %v", machines, err)
	}
	picture, err := os.ReadFile(filepath.Join(dir, "pictures", "pay.svg"))
	var root struct{}
	if err != nil || xml.Unmarshal(picture, &root) != nil || !strings.Contains(string(picture), `[data-state="Refused"] > .box`) {
		t.Errorf("%v, %s", err, picture)
	}
}

func TestTheDocumentedTestRuns(t *testing.T) {
	commands := manual.Commands(t, "docs/local.md", "Testing a workflow")
	arguments, ok := strings.CutPrefix(commands[0], "go run ./cmd/local test ")
	if len(commands) != 1 || !ok {
		t.Fatalf("the commands are %q", commands)
	}
	pictures := t.TempDir()
	output, exit := runTests(t, "../..", strings.Fields(strings.Replace(arguments, ".local/coverage", pictures, 1))...)
	const want = "order: 5 of 5 states, 6 of 7 arms\n  Large?: Default -> Ship never taken\n2 tests passed\n"
	if exit != 0 || !strings.HasSuffix(output, want) {
		t.Errorf("exit %d: %s", exit, output)
	}
	drawn, err := os.ReadFile(filepath.Join(pictures, "order.svg"))
	documented, err2 := os.ReadFile("../../docs/coverage.svg")
	if err != nil || err2 != nil || string(drawn) != string(documented) {
		t.Errorf("docs/coverage.svg is not what is drawn: %v, %v", err, err2)
	}
}
