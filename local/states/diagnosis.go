// This file says what is wrong with a definition as AWS says it.

package states

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/internal/jackson"
)

// The codes of faults.
const (
	schemaValidationFailed  = "SCHEMA_VALIDATION_FAILED"
	invalidJSON             = "INVALID_JSON_DESCRIPTION"
	missingTransitionTarget = "MISSING_TRANSITION_TARGET"
	missingEndState         = "MISSING_END_STATE"
)

// maxDiagnostics is how many ValidateStateMachineDefinition gives at most.
const maxDiagnostics = 100

// A diagnosis is a fault in AWS's words, as far as they are not the engine's own.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinitionDiagnostic.html
type diagnosis struct {
	code, message, location string
	missing                 string // a field that the object at location lacks: they are told together
	nowhere                 bool   // without a location
}

func missingTarget(name string) diagnosis {
	return diagnosis{code: missingTransitionTarget, message: "Missing 'Next' target: " + name}
}

// notInExpress is the error of a resource that only Standard machines may use.
type notInExpress struct{ what, aws string }

func (e notInExpress) Error() string { return "an Express state machine does not support " + e.what }

// inExpress is how AWS says that an Express machine cannot wait.
func (p pattern) inExpress() string {
	if p == runJob {
		return "'.sync' service integration"
	}
	return "'.waitForTaskToken' service integration " // the blank is AWS's
}

// unknownResource is the error of a text that names nothing that a task can do.
type unknownResource string

func (e unknownResource) Error() string {
	return fmt.Sprintf("the resource %q is not known", string(e))
}

// awsOn is what AWS says of a resource that cannot be a task's. It knows those
// that only the engine does not serve.
func awsOn(err error) string {
	if e, ok := errors.AsType[notInExpress](err); ok {
		return "Express state machine does not support " + e.aws
	}
	if e, ok := errors.AsType[unknownResource](err); ok {
		return "The resource provided " + string(e) + " is not recognized. The value is not a valid resource ARN, or the resource is not available in this region."
	}
	return ""
}

// jsonParser is that of Step Functions.
var jsonParser jackson.Parser

// notJSON is the fault of a text that is no JSON.
func notJSON(text string, err error) error {
	f := fault{path: "/", message: err.Error(), aws: diagnosis{code: invalidJSON, nowhere: true}}
	if wrong := jsonParser.Fault(text); wrong != nil {
		f.aws = diagnosis{code: invalidJSON, message: wrong.Error(), location: wrong.Location}
	}
	if strings.TrimSpace(text) == "" {
		f.aws = diagnosis{message: "Definition must be a valid JSON object", nowhere: true}
	}
	return &InvalidDefinition{[]fault{f}}
}

// diagnostic is what ValidateStateMachineDefinition says of a fault.
type diagnostic struct {
	Severity string `json:"severity"`
	Code     string `json:"code"`
	Message  string `json:"message"`
	Location string `json:"location,omitempty"`
}

// diagnostics are the faults as AWS tells them.
func (e *InvalidDefinition) diagnostics() []diagnostic {
	list := []diagnostic{}
	lacking := map[string]int{} // where the fields that an object lacks are told of
	missing := map[string][]string{}
	for _, f := range e.faults {
		d := diagnostic{"ERROR", cmp.Or(f.aws.code, schemaValidationFailed), cmp.Or(f.aws.message, f.message), cmp.Or(f.aws.location, f.path)}
		if f.aws.nowhere {
			d.Location = ""
		}
		if f.aws.missing != "" {
			missing[d.Location] = append([]string{f.aws.missing}, missing[d.Location]...)
			d.Message = "These fields are required: [" + strings.Join(missing[d.Location], ", ") + "]"
			if at, told := lacking[d.Location]; told {
				list[at] = d
				continue
			}
			lacking[d.Location] = len(list)
		}
		list = append(list, d)
	}
	return list
}

// forAPI is how CreateStateMachine and UpdateStateMachine name the faults.
func (e *InvalidDefinition) forAPI() string {
	var lines []string
	for _, d := range e.diagnostics() {
		line := d.Code + ": " + d.Message
		if d.Location != "" {
			line += " at " + d.Location
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, ", ")
}

type validateRequest struct {
	Definition string `json:"definition"`
	Type       string `json:"type"`
	Severity   string `json:"severity"` // the least that is told; there are no warnings here
	MaxResults int    `json:"maxResults"`
}

func (s *StepFunctions) validateStateMachineDefinition(_ context.Context, caller cloud.Caller, r validateRequest) (any, error) {
	if err := s.cloud.Authorize(caller, "states:ValidateStateMachineDefinition", "*"); err != nil {
		return nil, err
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	diagnostics := []diagnostic{}
	if _, err := parse(r.Definition, r.Type == "EXPRESS", s.resolver()); err != nil {
		invalid, ok := errors.AsType[*InvalidDefinition](err)
		if !ok {
			return nil, err
		}
		diagnostics = invalid.diagnostics()
	}
	result := "OK"
	if len(diagnostics) > 0 {
		result = "FAIL"
	}
	told := diagnostics[:min(cmp.Or(r.MaxResults, maxDiagnostics), len(diagnostics))]
	return map[string]any{"result": result, "diagnostics": told, "truncated": len(told) < len(diagnostics)}, nil
}

func (r validateRequest) check() error {
	if r.Type != "" {
		if err := oneOf("type", r.Type, "STANDARD", "EXPRESS"); err != nil {
			return err
		}
	}
	if r.Severity != "" {
		if err := oneOf("severity", r.Severity, "ERROR", "WARNING"); err != nil {
			return err
		}
	}
	if r.MaxResults < 0 || r.MaxResults > maxDiagnostics {
		return page{MaxResults: r.MaxResults}.outOf(maxDiagnostics)
	}
	return checkLength("definition", r.Definition, maxDefinition)
}
