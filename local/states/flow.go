// This file holds the flow of data through a state, in both query languages:
// JSONPath's InputPath, Parameters, ResultSelector, ResultPath and OutputPath,
// JSONata's Arguments and Output, and Assign in both.

package states

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/query"
)

type language int

const (
	jsonPathLanguage language = iota
	jsonataLanguage
)

func (l language) String() string {
	if l == jsonataLanguage {
		return "JSONata"
	}
	return "JSONPath"
}

// An expression makes a value out of what a state sees. Exactly one of its
// parts is set, as the state's language has it.
type expression struct {
	field    string // in messages: "Output", "SecondsPath"
	source   string // the path's text
	template *query.Template
	payload  *query.Payload
	path     *query.Path
}

// eval evaluates the expression; document is what "$" means in JSONPath.
func (e *expression) eval(ctx context.Context, v *visit, document any) (any, *failure) {
	var (
		value any
		err   error
	)
	switch {
	case e.template != nil:
		value, err = e.template.Eval(ctx, v.bindings())
	case e.payload != nil:
		value, err = e.payload.Eval(v.scope(document))
	default:
		var found bool
		if value, found, err = e.path.Get(v.scope(document)); err == nil && !found {
			if e.field == "ErrorPath" || e.field == "CausePath" {
				return nil, v.failed(errRuntime, "%s", e.path.Missing(v.scope(document), e.field))
			}
			return nil, v.failed(errRuntime, "Invalid path '%s' : %s", e.source, e.path.Absent(v.scope(document)))
		}
	}
	switch {
	case err == nil:
		return value, nil
	case ctx.Err() != nil:
		return nil, aborted()
	default:
		return nil, v.expressionFailed(e.field, err)
	}
}

// template reads a field that holds a template: a payload template in JSONPath,
// any JSON value with expressions in JSONata. It returns nil for an absent field.
func (f fields) template(name string, in language) *expression {
	value, ok := f.take(name)
	if !ok {
		return nil
	}
	e := &expression{field: name}
	var err error
	if in == jsonataLanguage {
		e.template, err = query.ParseTemplate(value)
	} else {
		e.payload, err = query.ParsePayload(value)
	}
	if err != nil {
		fault := f.complain(name, "%v", err)
		if dynamic, ok := errors.AsType[*query.DynamicError](err); ok {
			fault.aws.message = "The value for the field '" + dynamic.Field + "' must be a valid JSONPath or a valid intrinsic function call"
		}
		return nil
	}
	return e
}

// jsonPath reads a field that holds a JSONPath. It returns nil for an absent field.
func (f fields) jsonPath(name string) *expression {
	if !f.has(name) {
		return nil
	}
	e := &expression{field: name, source: f.text(name)}
	var err error
	if e.path, err = query.ParsePath(e.source); err != nil {
		f.complain(name, "%v", err)
		return nil
	}
	return e
}

// filter is InputPath, OutputPath or ResultPath: a path, "$" when absent, and
// nothing at all when null.
type filter struct {
	discard bool
	path    *expression // nil: "$"
}

func (f fields) filter(name string) filter {
	if value, ok := f.take(name); ok && value == nil {
		return filter{discard: true}
	}
	return filter{path: f.jsonPath(name)}
}

func (p filter) apply(ctx context.Context, v *visit, document any) (any, *failure) {
	switch {
	case p.discard:
		return jsonvalue.NewObject(0), nil
	case p.path == nil:
		return document, nil
	default:
		return p.path.eval(ctx, v, document)
	}
}

// flow is what a state does to the data that passes through it.
type flow struct {
	inputPath, outputPath, resultPath filter      // JSONPath
	selector                          *expression // JSONPath: ResultSelector
	arguments                         *expression // Parameters or Arguments
	output                            *expression // JSONata: Output
	assign                            *expression
}

// A passage says which fields of the flow a kind of state has.
type passage struct{ arguments, result, selector bool }

func (f fields) flow(in language, has passage) flow {
	var w flow
	w.assign = f.assignment(in)
	if in == jsonataLanguage {
		w.output = f.template("Output", in)
		if has.arguments {
			w.arguments = f.template("Arguments", in)
		}
		return w
	}
	w.inputPath, w.outputPath = f.filter("InputPath"), f.filter("OutputPath")
	if has.arguments {
		w.arguments = f.template("Parameters", in)
	}
	if has.result {
		w.resultPath = f.resultPath()
	}
	if has.selector {
		w.selector = f.template("ResultSelector", in)
	}
	return w
}

// resultPath reads ResultPath, which must be able to receive a value.
func (f fields) resultPath() filter {
	p := f.filter("ResultPath")
	if p.path != nil && (strings.HasPrefix(p.path.source, "$$") || !strings.HasPrefix(p.path.source, "$")) {
		f.complain("ResultPath", "must be a reference path into the state's input, not %q", p.path.source)
	}
	return p
}

// assignment reads Assign, whose keys are names of variables.
func (f fields) assignment(in language) *expression {
	value, _ := f.take("Assign")
	names, ok := value.(*jsonvalue.Object)
	if f.has("Assign") && !ok {
		f.complain("Assign", "must be an object, not %s", jsonvalue.KindOf(value))
		return nil
	}
	for _, name := range slices.Sorted(names.Names()) {
		if in == jsonPathLanguage {
			name = strings.TrimSuffix(name, ".$")
		}
		if !isVariableName(name) {
			f.complain("Assign", "%q is not a name for a variable", name)
		}
	}
	return f.template("Assign", in)
}

// effectiveInput is what the state works on: the input after InputPath and
// Parameters, or after Arguments.
func (w *flow) effectiveInput(ctx context.Context, v *visit) (any, *failure) {
	input, f := w.inputPath.apply(ctx, v, v.input.value)
	if f != nil {
		return nil, f
	}
	v.inspect(afterInputPath, input)
	if w.arguments != nil {
		if input, f = w.arguments.eval(ctx, v, input); f != nil {
			return nil, f
		}
		v.inspect(afterArguments, input)
	}
	v.inspect(afterParameters, input)
	return input, nil
}

// leave turns the state's result into its output and its variables.
func (w *flow) leave(ctx context.Context, v *visit, result any) (exit, *failure) {
	if v.state.language == jsonataLanguage {
		return w.leaveJSONata(ctx, v, result)
	}
	assigned, f := v.assign(ctx, w.assign, result) // of the result as it came
	if f != nil {
		return exit{}, f
	}
	if w.selector != nil {
		if result, f = w.selector.eval(ctx, v, result); f != nil {
			return exit{}, f
		}
	}
	v.inspect(afterResultSelector, result)
	output, f := w.resultPath.combine(v, result)
	if f != nil {
		return exit{}, f
	}
	v.inspect(afterResultPath, output)
	if output, f = w.outputPath.apply(ctx, v, output); f != nil {
		return exit{}, f
	}
	return v.exit(output, assigned)
}

func (w *flow) leaveJSONata(ctx context.Context, v *visit, output any) (exit, *failure) {
	assigned, f := v.assign(ctx, w.assign, nil)
	if f != nil {
		return exit{}, f
	}
	if w.output != nil {
		if output, f = w.output.eval(ctx, v, nil); f != nil {
			return exit{}, f
		}
	}
	return v.exit(output, assigned)
}

// combine puts the result into the state's input, at ResultPath.
func (p filter) combine(v *visit, result any) (any, *failure) {
	switch {
	case p.discard:
		return v.input.value, nil
	case p.path == nil:
		return result, nil
	}
	output, err := p.path.path.Set(v.input.value, result)
	if err != nil {
		return nil, v.failed(errResultPathMismatch, "Unable to apply ReferencePath %s to input: %v", p.path.source, err)
	}
	return output, nil
}

// assign evaluates an Assign; its variables are seen from the next state on.
func (v *visit) assign(ctx context.Context, e *expression, document any) (assignment, *failure) {
	if e == nil {
		return assignment{}, nil
	}
	value, f := e.eval(ctx, v, document)
	if f != nil {
		return assignment{}, f
	}
	return v.newAssignment(value)
}

// exit leaves the state with an output.
func (v *visit) exit(output any, assigned assignment) (exit, *failure) {
	d, f := v.document(output)
	if f != nil {
		return exit{}, f
	}
	return exit{output: d, assigned: assigned}, nil
}

// document checks the size of a value that leaves the state, or goes to what it calls
// and to inner threads.
func (v *visit) document(value any) (data, *failure) {
	d, err := v.written(value)
	switch {
	case err != nil:
		return data{}, v.failed(errRuntime, "%v", err)
	case d.tooLarge():
		return data{}, v.oversized(v.state.name)
	}
	return d, nil
}

// written is a value with the text by which it came, if that is known.
func (v *visit) written(value any) (data, error) {
	for _, known := range []data{v.input, v.result} {
		if known.text != "" && isSame(value, known.value) {
			return known, nil
		}
	}
	return newData(value)
}

// isSame tells whether two values are the very same one, so that their texts may
// be the same too. A text has what a value lacks: its blanks, and how a string
// is escaped.
func isSame(output, input any) bool {
	switch a := output.(type) {
	case []any:
		b, ok := input.([]any)
		return ok && len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
	default:
		return a == input
	}
}
