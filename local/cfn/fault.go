package cfn

// This file is what may be wrong with the value of a property.

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Unsupported is the error of a create function for a property value that the
// engine cannot honour. The property is a path: "Targets[0].EcsParameters".
type Unsupported struct {
	Property string
	Reason   string
}

func (u *Unsupported) Error() string { return "property " + u.Property + ": " + u.Reason }

// Invalid is the error for a value that AWS would not take either.
type Invalid struct {
	Property string
	Reason   string
}

func (i *Invalid) Error() string { return "property " + i.Property + ": " + i.Reason }

// Invalidf returns an *Invalid.
func Invalidf(property, format string, arguments ...any) error {
	return &Invalid{property, fmt.Sprintf(format, arguments...)}
}

// AsCall is what a client sees of what is wrong with properties, of an action that
// takes the same ones as a template: what the engine cannot honour is not
// implemented, an API's error is what it is, and anything else the service's own
// error, which wrong makes of a message.
func AsCall(action string, err error, wrong func(format string, arguments ...any) error) error {
	if _, documented := errors.AsType[*cloud.Error](err); documented || err == nil {
		return err
	}
	if unsupported, ok := errors.AsType[*Unsupported](err); ok {
		return cloud.Errorf(501, "NotImplemented", "%s: %s", cloud.NotHonoured(action, unsupported.Property).Message, unsupported.Reason)
	}
	if invalid, ok := errors.AsType[*Invalid](err); ok {
		return wrong("%s: %s", invalid.Property, invalid.Reason)
	}
	return wrong("%s", strings.TrimPrefix(err.Error(), "property "))
}
