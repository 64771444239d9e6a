package states

import (
	"io"
	"iter"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/s3"
	"github.com/tradepost-dev/tradepost/local/states/results"
)

func TestResultWritersAreChecked(t *testing.T) {
	const put = `"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket":"b","Prefix.$":"$.p"}`
	for name, row := range map[string]struct{ writer, want string }{
		"a bucket":                 {put, ""},
		"a bucket and a format":    {put + `,"WriterConfig":{"Transformation":"FLATTEN","OutputType":"JSONL"}`, ""},
		"a format alone":           {`"WriterConfig":{"Transformation":"NONE","OutputType":"JSON"}`, ""},
		"nothing":                  {"", "/ResultWriter/Resource: is required; /ResultWriter/Parameters: is required"},
		"another resource":         {`"Resource":"arn:aws:states:::s3:getObject","Parameters":{"Bucket":"b"}`, `/ResultWriter/Resource: must be arn:aws:states:::s3:putObject, not "arn:aws:states:::s3:getObject"`},
		"no bucket":                {`"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Prefix":"p"}`, "/ResultWriter/Parameters/Bucket: is required"},
		"an unknown parameter":     {`"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket":"b","ACL":"private"}`, "/ResultWriter/Parameters/ACL: is not one of Bucket, Prefix"},
		"a place without resource": {`"Parameters":{"Bucket":"b"},"WriterConfig":{"Transformation":"NONE","OutputType":"JSON"}`, "/ResultWriter/Parameters: is not a field of a ResultWriter without a Resource"},
		"lines in a state's data":  {`"WriterConfig":{"Transformation":"NONE","OutputType":"JSONL"}`, "/ResultWriter/WriterConfig/OutputType: JSONL is for results that are written to S3"},
		"half a format":            {put + `,"WriterConfig":{"OutputType":"JSON"}`, "/ResultWriter/WriterConfig/Transformation: is required"},
		"the other half":           {put + `,"WriterConfig":{"Transformation":"NONE"}`, "/ResultWriter/WriterConfig/OutputType: is required"},
		"an unknown format":        {put + `,"WriterConfig":{"Transformation":"ZIP","OutputType":"CSV"}`, `/ResultWriter/WriterConfig/Transformation: must be one of NONE, COMPACT, FLATTEN, not "ZIP"; /ResultWriter/WriterConfig/OutputType: must be one of JSON, JSONL, not "CSV"`},
		"an unknown field":         {put + `,"Format":1`, "/ResultWriter/Format: is not a field of a ResultWriter"},
		"an unknown setting":       {put + `,"WriterConfig":{"Transformation":"NONE","OutputType":"JSON","Pretty":true}`, "/ResultWriter/WriterConfig/Pretty: is not a field of a WriterConfig"},
	} {
		t.Run(name, func(t *testing.T) {
			got := fieldFaults(t, `{"ResultWriter":{`+row.writer+`}}`, func(p *parser, f fields) { p.resultWriter(f, jsonPathLanguage) })
			if got != row.want {
				t.Errorf("%s\nwant %s", got, row.want)
			}
		})
	}
}

func parseWriter(t *testing.T, in language, writer string) (w *resultWriter) {
	t.Helper()
	if faults := fieldFaults(t, `{`+writer+`}`, func(p *parser, f fields) { w = p.resultWriter(f, in) }); faults != "" {
		t.Fatal(faults)
	}
	return w
}

const testRun = "arn:aws:states:eu-central-1:123456789012:mapRun:m/Each:run-1"

func childrenOf(texts ...string) results.Run {
	var all []results.Execution
	for _, text := range texts {
		e := results.Execution{Status: results.Succeeded, Output: text}
		if text == "" {
			e = results.Execution{Status: results.Failed, Error: "E"}
		}
		all = append(all, e)
	}
	return results.Run{MapRunARN: testRun, Executions: func(kind string) iter.Seq2[results.Execution, error] {
		return func(yield func(results.Execution, error) bool) {
			for _, e := range all {
				if results.IsOf(kind, e.Status) && !yield(e, nil) {
					return
				}
			}
		}
	}}
}

func TestResultsAreWrittenAsTheRoleOfTheMachine(t *testing.T) {
	const (
		jsonPath = `"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket.$":"$.bucket","Prefix.$":"$.prefix"}}`
		jsonata  = `"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Arguments":{"Bucket":"{% $states.input.bucket %}"},"WriterConfig":{"Transformation":"COMPACT","OutputType":"JSONL"}}`
		during   = "An error occurred while executing the state 'Each' (entered at the event id #2). "
		denied   = "States.ResultWriterFailed: " + during + "Failed to write a test manifest into the specified output bucket. " +
			"Access denied. Ensure the correct permissions are added to your state machine's execution role. | Message from S3: Access Denied (Service: S3, Status Code: 403, Request ID: "
	)
	all := []string{"s3:PutObject arn:aws:s3:::shop/jobs/run-1/manifest.json", "s3:PutObject arn:aws:s3:::shop/jobs/run-1/SUCCEEDED_0.json", "s3:PutObject arn:aws:s3:::shop/jobs/run-1/FAILED_0.json"}
	for name, row := range map[string]struct {
		in            language
		writer, input string
		allowed       []string
		file, want    string
		failure       string
	}{
		"a prefix":                 {jsonPathLanguage, jsonPath, `{"bucket":"shop","prefix":"jobs"}`, all, "jobs/run-1/SUCCEEDED_0.json", `[{"Output":"1.0","Status":"SUCCEEDED"}]`, ""},
		"no prefix":                {jsonataLanguage, jsonata, `{"bucket":"shop"}`, []string{"s3:PutObject arn:aws:s3:::shop/run-1/manifest.json", "s3:PutObject arn:aws:s3:::shop/run-1/SUCCEEDED_0.jsonl", "s3:PutObject arn:aws:s3:::shop/run-1/FAILED_0.jsonl"}, "run-1/SUCCEEDED_0.jsonl", "1.0\n", ""},
		"no rights":                {jsonPathLanguage, jsonPath, `{"bucket":"shop","prefix":"jobs"}`, nil, "", "", denied},
		"half the rights":          {jsonPathLanguage, jsonPath, `{"bucket":"shop","prefix":"jobs"}`, all[:1], "", "", "States.ResultWriterFailed: Access Denied (Service: S3, Status Code: 403, Request ID: "},
		"no such bucket":           {jsonPathLanguage, jsonPath, `{"bucket":"none","prefix":"jobs"}`, all, "", "", "States.ResultWriterFailed: " + during + "Failed to write a test manifest into the specified output bucket. Message from S3: The specified bucket does not exist"},
		"a prefix of its own kind": {jsonPathLanguage, jsonPath, `{"bucket":"shop","prefix":1}`, all, "", "", "States.Runtime: " + during + "The value of the field 'Prefix' has an invalid format: 1"},
		"no such path":             {jsonPathLanguage, jsonPath, `{"bucket":"shop"}`, all, "", "", "States.Runtime: " + during},
	} {
		t.Run(name, func(t *testing.T) {
			v := visiting(t, row.in, row.input, nil, row.allowed...)
			w := parseWriter(t, row.in, row.writer)
			target, f := w.open(t.Context(), v, v.input.value, testRun)
			var output any
			if f == nil {
				output, f = w.write(t.Context(), v, target, childrenOf("1.0", ""))
			}
			failure := ""
			if f != nil {
				failure = f.Error()
			}
			if !strings.HasPrefix(failure, row.failure) || (failure == "") != (row.failure == "") {
				t.Fatalf("%s\nwant %s", failure, row.failure)
			}
			if failure != "" {
				return
			}
			key := row.file[:strings.LastIndex(row.file, "/")] + "/manifest.json"
			if got, want := jsonvalue.Text(output), `{"MapRunArn":"`+testRun+`","ResultWriterDetails":{"Bucket":"shop","Key":"`+key+`"}}`; got != want {
				t.Errorf("output %s, want %s", got, want)
			}
			if got := stored(t, v, row.file); got != row.want {
				t.Errorf("%s is %s, want %s", row.file, got, row.want)
			}
		})
	}
}

// stored reads an object of the bucket "shop".
func stored(t *testing.T, v *visit, key string) string {
	t.Helper()
	s := v.execution.machine.states
	object, err := s.options.Objects.As(s.cloud.Administrator(), s3.Origin{}).Get(t.Context(), "shop", key, "")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(io.NewSectionReader(object.Body, 0, object.Size))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestResultsThatAreNotWrittenAreTheStates(t *testing.T) {
	const config = `"ResultWriter":{"WriterConfig":{"Transformation":"FLATTEN","OutputType":"JSON"}}`
	v := visiting(t, jsonPathLanguage, `{}`, nil)
	for writer, want := range map[string]string{
		`"Label":"none"`: `[[1,[2]],3]`, // nothing is told of a failure that is tolerated
		config:           `[1,[2],{"Error":"E","Status":"FAILED"},3]`,
	} {
		w := parseWriter(t, jsonPathLanguage, writer)
		target, f := w.open(t.Context(), v, v.input.value, testRun)
		if target != nil || f != nil {
			t.Fatalf("opened %v, %v", target, f)
		}
		output, f := w.write(t.Context(), v, target, childrenOf("[1,[2]]", "", "3"))
		if got := jsonvalue.Text(output); f != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", writer, got, f, want)
		}
	}
}
