package gofunction

// This file declares the functions of a system.

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/tradepost-dev/tradepost/constructs/operation"
)

// Set declares functions of one system of this module, lambdas/<system>/...,
// whose code a team may replace by the handler's name.
type Set[Name ~string] struct {
	Scope     constructs.Construct
	System    string
	Code      map[Name]awslambda.Code
	Alarms    Alarms
	Operation operation.Settings
}

// Prepare starts to build those handlers that are not replaced.
func (s Set[Name]) Prepare(handlers ...Name) {
	var packages []string
	for _, handler := range handlers {
		if s.Code[handler] == nil {
			packages = append(packages, Handler(s.System, string(handler)))
		}
	}
	Prepare(s.Scope, packages...)
}

// Add declares the function of a handler. Props say all but its code, its
// alarms and its operation.
func (s Set[Name]) Add(id string, handler Name, props Props) *Function {
	if props.Code = s.Code[handler]; props.Code == nil {
		props.Package = Handler(s.System, string(handler))
	}
	props.Operation, props.Alarms = s.Operation, s.Alarms
	return New(s.Scope, id, props)
}
