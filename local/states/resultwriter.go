// This file is the ResultWriter of a distributed Map: it says what becomes of the
// results of its children.

package states

import (
	"context"
	"errors"
	"fmt"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/states/results"
)

const errResultWriter = "States.ResultWriterFailed"

const writesObject = "arn:aws:states:::s3:putObject"

type resultWriter struct {
	format    results.Format
	arguments *expression // nil: the results are the state's
}

// resultWriter reads the field, and returns nil if there is none.
func (p *parser) resultWriter(f fields, in language) *resultWriter {
	value, ok := f.take("ResultWriter")
	if !ok {
		return nil
	}
	writer := object(&p.faults, f.at("ResultWriter"), value)
	w := &resultWriter{format: results.Format{Transformation: results.None, OutputType: results.JSON}}
	config, configured := writer.take("WriterConfig")
	if configured {
		w.config(object(&p.faults, writer.at("WriterConfig"), config))
	}
	if configured && !writer.has("Resource") {
		if w.format.OutputType == results.JSONL {
			writer.complain("WriterConfig/OutputType", "JSONL is for results that are written to S3")
		}
		writer.done("a ResultWriter without a Resource")
		return w
	}
	if resource := writer.required("Resource"); resource != "" && resource != writesObject {
		writer.complain("Resource", "must be %s, not %q", writesObject, resource).aws.message =
			"The field 'Resource' does not match any of the allowed values. Examples: [arn:<partition>:states:::s3:putObject]"
	}
	w.arguments = writer.objectArguments(in, writtenTo()...)
	writer.done("a ResultWriter")
	return w
}

// writtenTo are the parameters that say where results go.
func writtenTo() []string { return []string{"Bucket", "Prefix"} }

// config reads WriterConfig.
func (w *resultWriter) config(c fields) {
	if c.required("Transformation") != "" {
		w.format.Transformation = c.choice("Transformation", results.None, results.Compact, results.Flatten)
	}
	if c.required("OutputType") != "" {
		w.format.OutputType = c.choice("OutputType", results.JSON, results.JSONL)
	}
	c.done("a WriterConfig")
}

// open evaluates where the results of a Map Run go, and tries to write there. It
// returns nil if they become the state's.
func (w *resultWriter) open(ctx context.Context, v *visit, input any, mapRun string) (*results.Target, *failure) {
	if w == nil || w.arguments == nil {
		return nil, nil
	}
	arguments, f := w.arguments.object(ctx, v, input)
	if f != nil {
		return nil, f
	}
	t := &results.Target{
		Format: w.format, Bucket: arguments.text("Bucket"), Prefix: arguments.text("Prefix"),
		Objects: v.objects(),
	}
	arguments.only(writtenTo()...)
	if arguments.failure != nil {
		return nil, arguments.failure
	}
	if err := t.Probe(ctx, mapRun); err != nil {
		return nil, v.notWritten(err)
	}
	return t, nil
}

// notWritten is the failure of a bucket that cannot be written to.
func (v *visit) notWritten(err error) *failure {
	e := cloud.AsError(err)
	why := ""
	if e.Code == "AccessDenied" {
		why = "Access denied. Ensure the correct permissions are added to your state machine's execution role. | "
	}
	return v.failed(errResultWriter, "Failed to write a test manifest into the specified output bucket. %sMessage from S3: %s", why, ofS3(e))
}

// ofS3 words an error of S3 as the SDK does.
func ofS3(e *cloud.Error) string {
	return fmt.Sprintf("%s (Service: S3, Status Code: %d, Request ID: %s)", e.Message, e.Status, cloud.UUID())
}

// write makes the Map's result of those of its children: it exports them to the
// target, or returns the outputs.
func (w *resultWriter) write(ctx context.Context, v *visit, t *results.Target, run results.Run) (any, *failure) {
	if t != nil {
		key, err := t.Write(ctx, run)
		if err != nil {
			return nil, v.notExported(err)
		}
		details := jsonvalue.NewObject(2).Set("Bucket", t.Bucket).Set("Key", key)
		return jsonvalue.NewObject(2).Set("MapRunArn", run.MapRunARN).Set("ResultWriterDetails", details), nil
	}
	format, kind := results.Format{Transformation: results.Compact}, results.Succeeded // nothing is told of failures that are tolerated
	if w != nil {
		format, kind = w.format, ""
	}
	output, err := format.Output(run.Executions(kind))
	if err != nil {
		return nil, v.failed(errRuntime, "%v", err)
	}
	return output, nil
}

// notExported is the failure of an export.
func (v *visit) notExported(err error) *failure {
	if e, ok := errors.AsType[*cloud.Error](err); ok {
		return &failure{name: errResultWriter, cause: ofS3(e), within: v.entered}
	}
	return &failure{name: errResultWriter, cause: err.Error(), within: v.entered}
}
