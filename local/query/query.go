// Package query evaluates the expressions of AWS's two query languages: JSONata (Program, Template) and
// JSONPath (Path, Payload with its intrinsic functions). State machines speak both, and the mapping
// templates of API Gateway the latter.
//
// Values are those of package jsonvalue: objects keep the order of their members, and numbers that nothing is
// calculated with their text. Nothing here mutates a value that it was given; a result may share structure with
// the input.
//
// This file holds the errors by which an interpreter tells one failure from another.
package query

import "fmt"

// Error is a JSONata expression that threw, or that yielded nothing or nothing that JSON can hold:
// States.QueryEvaluationError.
type Error struct {
	// Path leads from the template's root to the expression: "" for the root itself, "/items[0]/id".
	// An interpreter puts the field's name before it, as in "Output/items[0]/id".
	Path       string
	Expression string // without its delimiters
	Message    string // "returned nothing (undefined).", "returned an unsupported result type." or "threw an error during evaluation. T2001: ..."
}

// Error words the failure as Step Functions does in the cause of a failed state.
func (e *Error) Error() string {
	return fmt.Sprintf("The JSONata expression '%s' specified for the field '%s' %s", e.Expression, e.Path, e.Message)
}

// PathError is a JSONPath that a document does not satisfy: States.ParameterPathFailure within a payload
// template, States.ResultPathMatchFailure from Set, States.Runtime elsewhere.
type PathError struct {
	Path    string
	Message string
}

func (e *PathError) Error() string { return e.Message }

// IntrinsicError is a failed intrinsic function: States.IntrinsicFailure. It wraps a *PathError where the
// reason is an argument that is not there.
type IntrinsicError struct {
	Call string // the function call as written
	Err  error
}

func (e *IntrinsicError) Error() string {
	return fmt.Sprintf("The function '%s' had the following error: %v", e.Call, e.Err)
}

func (e *IntrinsicError) Unwrap() error { return e.Err }
