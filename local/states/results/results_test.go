package results

import (
	"context"
	"errors"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/s3"
)

const mapRun = "arn:aws:states:eu-central-1:123456789012:mapRun:orders/Map:ad9b5f27-090b-3ac6-9beb-243cd77144a7"

// bucket keeps what is put as texts by their keys; it takes no key that is in full.
type bucket struct {
	texts map[string]string
	types map[string]string
	full  string
}

func newBucket() *bucket { return &bucket{texts: map[string]string{}, types: map[string]string{}} }

var errFull = errors.New("no more room")

func (b *bucket) Put(_ context.Context, in s3.PutInput) (*s3.Object, error) {
	text, err := io.ReadAll(in.Body)
	if err != nil {
		return nil, err
	}
	if b.full != "" && strings.HasSuffix(in.Key, b.full) {
		return nil, errFull
	}
	b.texts[in.Bucket+"/"+in.Key], b.types[in.Bucket+"/"+in.Key] = string(text), in.Header["Content-Type"]
	return &s3.Object{}, nil
}

func child(name, status, output string) Execution {
	at := time.Date(2025, 2, 4, 1, 49, 50, 99_000_000, time.UTC)
	return Execution{
		ExecutionARN: "arn:execution:" + name, Name: name, StateMachineARN: "arn:stateMachine", Status: status,
		Input: `{"of":"` + name + `","n":1.0}`, Output: output, StartDate: at, StopDate: at.Add(time.Second),
	}
}

func failedChild(name, status string) Execution {
	e := child(name, status, "")
	e.Error, e.Cause, e.RedriveCount, e.RedriveStatus = "E", "<why>", 1, "REDRIVABLE"
	return e
}

func runOf(executions ...Execution) Run {
	return Run{mapRun, func(kind string) iter.Seq2[Execution, error] {
		return func(yield func(Execution, error) bool) {
			for _, e := range executions {
				err := error(nil)
				if e.Name == unreadable {
					err = errUnread
				}
				if IsOf(kind, e.Status) && (!yield(e, err) || err != nil) {
					return
				}
			}
		}
	}}
}

// unreadable is the name of a child that cannot be read.
const unreadable = "unreadable"

var errUnread = errors.New("can not be read")

var (
	a = func() Execution {
		e := child("a", Succeeded, `[{"b":1.0,"a":"<"}, 2]`)
		e.RedriveStatus, e.RedriveStatusReason = "NOT_REDRIVABLE", "Execution is SUCCEEDED and cannot be redriven"
		return e
	}()
	waiting = Execution{Status: Pending, Input: `{"item":9}`}
)

const (
	describedA = `{"ExecutionArn":"arn:execution:a","Input":"{\"of\":\"a\",\"n\":1.0}","InputDetails":{"Included":true},"Name":"a",` +
		`"Output":"[{\"b\":1.0,\"a\":\"<\"}, 2]","OutputDetails":{"Included":true},"RedriveCount":0,"RedriveStatus":"NOT_REDRIVABLE",` +
		`"RedriveStatusReason":"Execution is SUCCEEDED and cannot be redriven","StartDate":"2025-02-04T01:49:50.099Z",` +
		`"StateMachineArn":"arn:stateMachine","Status":"SUCCEEDED","StopDate":"2025-02-04T01:49:51.099Z"}`
	describedF = `{"Cause":"<why>","Error":"E","ExecutionArn":"arn:execution:f","Input":"{\"of\":\"f\",\"n\":1.0}","InputDetails":{"Included":true},` +
		`"Name":"f","OutputDetails":{"Included":true},"RedriveCount":1,"RedriveStatus":"REDRIVABLE","StartDate":"2025-02-04T01:49:50.099Z",` +
		`"StateMachineArn":"arn:stateMachine","Status":"TIMED_OUT","StopDate":"2025-02-04T01:49:51.099Z"}`
	describedP = `{"Input":"{\"item\":9}","InputDetails":{"Included":true},"Status":"PENDING"}`
)

func TestResultsAreExportedByTheirStatus(t *testing.T) {
	all := runOf(a, failedChild("f", "TIMED_OUT"), child("b", Succeeded, `"x"`), waiting)
	describedB := strings.NewReplacer(`,"RedriveStatus":"NOT_REDRIVABLE","RedriveStatusReason":"Execution is SUCCEEDED and cannot be redriven"`, "",
		`[{\"b\":1.0,\"a\":\"<\"}, 2]`, `\"x\"`, ":a", ":b", `"a"`, `"b"`, `\"a\"`, `\"b\"`).Replace(describedA)
	for _, row := range []struct{ transformation, outputType, succeeded, failed, pending string }{
		{None, JSON, "[" + describedA + "," + describedB + "]", "[" + describedF + "]", "[" + describedP + "]"},
		{None, JSONL, describedA + "\n" + describedB + "\n", describedF + "\n", describedP + "\n"},
		{Compact, JSON, `[[{"b":1.0,"a":"<"}, 2],"x"]`, "[" + describedF + "]", "[" + describedP + "]"},
		{Flatten, JSON, `[{"b":1.0,"a":"<"},2,"x"]`, "[" + describedF + "]", "[" + describedP + "]"},
		{Flatten, JSONL, `{"b":1.0,"a":"<"}` + "\n2\n\"x\"\n", describedF + "\n", describedP + "\n"},
	} {
		t.Run(row.transformation+" "+row.outputType, func(t *testing.T) {
			b := newBucket()
			key, err := (&Target{Format{row.transformation, row.outputType}, b, "out", "jobs"}).Write(t.Context(), all)
			if err != nil {
				t.Fatal(err)
			}
			const folder = "out/jobs/ad9b5f27-090b-3ac6-9beb-243cd77144a7/"
			if "out/"+key != folder+"manifest.json" {
				t.Errorf("manifest at %s", key)
			}
			extension := "." + strings.ToLower(row.outputType)
			for name, want := range map[string]string{"SUCCEEDED_0": row.succeeded, "FAILED_0": row.failed, "PENDING_0": row.pending} {
				name += extension
				if got := b.texts[folder+name]; got != want {
					t.Errorf("%s is\n%s\nwant\n%s", name, got, want)
				}
				if b.types[folder+name] != "binary/octet-stream" {
					t.Errorf("%s is %s", name, b.types[folder+name])
				}
			}
			size := func(text string) string { return jsonvalue.Text(float64(len(text))) }
			file := func(kind, text string) string {
				return `"` + kind + `":[{"Key":"jobs/ad9b5f27-090b-3ac6-9beb-243cd77144a7/` + kind + `_0` + extension + `","Size":` + size(text) + `}]`
			}
			want := `{"DestinationBucket":"out","MapRunArn":"` + mapRun + `","ResultFiles":{` + file("FAILED", row.failed) + "," + file("PENDING", row.pending) + "," + file("SUCCEEDED", row.succeeded) + "}}"
			if got := b.texts[folder+"manifest.json"]; got != want {
				t.Errorf("manifest\n%s\nwant\n%s", got, want)
			}
			if b.types[folder+"manifest.json"] != "application/octet-stream" {
				t.Errorf("the manifest is %s", b.types[folder+"manifest.json"])
			}
			if len(b.texts) != 4 {
				t.Errorf("files %v", slices.Sorted(maps.Keys(b.texts)))
			}
		})
	}
}

func TestKindsWithoutResultsHaveNoFile(t *testing.T) {
	const empty = `{"DestinationBucket":"out","MapRunArn":"` + mapRun + `","ResultFiles":{"FAILED":[],"PENDING":[],"SUCCEEDED":[]}}`
	for prefix, want := range map[string]string{
		"":      "ad9b5f27-090b-3ac6-9beb-243cd77144a7/manifest.json",
		"a/b":   "a/b/ad9b5f27-090b-3ac6-9beb-243cd77144a7/manifest.json",
		"jobs/": "jobs/ad9b5f27-090b-3ac6-9beb-243cd77144a7/manifest.json",
	} {
		b := newBucket()
		target := &Target{Format{None, JSON}, b, "out", prefix}
		if err := target.Probe(t.Context(), mapRun); err != nil {
			t.Fatal(err)
		}
		if len(b.texts) != 1 || b.texts["out/"+want] != empty {
			t.Errorf("probe wrote %v", b.texts)
		}
		key, err := target.Write(t.Context(), runOf())
		if err != nil || key != want || len(b.texts) != 1 || b.texts["out/"+want] != empty {
			t.Errorf("%s, %v: %v", key, err, b.texts)
		}
	}
}

func TestFilesThatAreTooLargeGoOnInAnother(t *testing.T) {
	run := runOf(child("a", Succeeded, "1111"), child("b", Succeeded, "2222"), child("c", Succeeded, "3333"), child("d", Succeeded, "444444444444444"))
	for format, want := range map[Format][]string{
		{Compact, JSON}:  {"[1111,2222]", "[3333]", "[444444444444444]"},
		{Compact, JSONL}: {"1111\n2222\n", "3333\n", "444444444444444\n"},
	} {
		b := newBucket()
		files, err := (&Target{format, b, "out", ""}).files(t.Context(), run, Succeeded, 10)
		if err != nil || len(files) != len(want) {
			t.Fatalf("%v, %v", files, err)
		}
		for i, file := range files {
			if !strings.HasSuffix(file.Key, "/SUCCEEDED_"+string(rune('0'+i))+"."+strings.ToLower(format.OutputType)) || b.texts["out/"+file.Key] != want[i] || file.Size != int64(len(want[i])) {
				t.Errorf("%+v is %q, want %q", file, b.texts["out/"+file.Key], want[i])
			}
		}
	}
}

func TestAFailedWriteFailsTheExport(t *testing.T) {
	run := runOf(a, failedChild("f", "FAILED"), waiting)
	for _, full := range []string{"SUCCEEDED_0.json", "FAILED_0.json", "PENDING_0.json", "manifest.json"} {
		b := newBucket()
		b.full = full
		target := &Target{Format{None, JSON}, b, "out", ""}
		if _, err := target.Write(t.Context(), run); !errors.Is(err, errFull) {
			t.Errorf("%s: %v", full, err)
		}
		for key := range b.texts {
			if strings.HasSuffix(key, "manifest.json") {
				t.Errorf("%s failed, and there is a manifest", full)
			}
		}
		if err := target.Probe(t.Context(), mapRun); errors.Is(err, errFull) != (full == "manifest.json") {
			t.Errorf("probe: %v", err)
		}
	}
}

func TestNothingIsToldOfARunThatCannotBeReadWhole(t *testing.T) {
	for name, run := range map[string]Run{
		"the first":           runOf(child(unreadable, Succeeded, "1"), a),
		"one within a file":   runOf(a, child(unreadable, Succeeded, "1"), a),
		"one of another kind": runOf(a, failedChild(unreadable, "FAILED")),
	} {
		b := newBucket()
		if _, err := (&Target{Format{Compact, JSON}, b, "out", ""}).Write(t.Context(), run); !errors.Is(err, errUnread) {
			t.Errorf("%s: %v", name, err)
		}
		if _, there := b.texts["out/ad9b5f27-090b-3ac6-9beb-243cd77144a7/manifest.json"]; there {
			t.Errorf("%s cannot be read, and there is a manifest", name)
		}
		if output, err := (Format{Compact, JSON}).Output(run.Executions("")); output != nil || !errors.Is(err, errUnread) {
			t.Errorf("%s: %v, %v", name, output, err)
		}
	}
}

func TestResultsAreTheMapsOwn(t *testing.T) {
	run := runOf(a, failedChild("f", "TIMED_OUT"), child("b", Succeeded, `"x"`))
	for transformation, want := range map[string]string{
		Compact: `[[{"b":1.0,"a":"<"},2],` + describedF + `,"x"]`,
		Flatten: `[{"b":1.0,"a":"<"},2,` + describedF + `,"x"]`,
	} {
		output, err := Format{transformation, JSON}.Output(run.Executions(""))
		if got := jsonvalue.Text(output); err != nil || got != want {
			t.Errorf("%s: %v\n%s\nwant\n%s", transformation, err, got, want)
		}
	}
	output, err := Format{Compact, JSON}.Output(run.Executions(Succeeded))
	if got := jsonvalue.Text(output); err != nil || got != `[[{"b":1.0,"a":"<"},2],"x"]` {
		t.Errorf("those that succeeded: %v\n%s", err, got)
	}
	output, err = Format{None, JSON}.Output(runOf(a).Executions(""))
	if got := jsonvalue.Text(output); err != nil || got != "["+describedA+"]" {
		t.Errorf("NONE: %v\n%s", err, got)
	}
	if output, err = (Format{Compact, JSON}).Output(runOf().Executions("")); err != nil || jsonvalue.Text(output) != "[]" {
		t.Errorf("no executions: %v, %v", output, err)
	}
}
