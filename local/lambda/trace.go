package lambda

// This file is the X-Ray traces that invocations belong to, which functions and what
// Lambda tells on their behalf hand on.
// https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader

import (
	"context"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// traceOf is X-Ray's header of an invocation: a part of the caller's trace, if it has
// one, which also tells whether it is sampled.
func traceOf(caller, requestID string, t time.Time) string {
	digits := strings.ReplaceAll(requestID, "-", "")
	root, sampled := cloud.TraceID(digits, t), "0"
	for part := range strings.SplitSeq(caller, ";") {
		switch name, value, _ := strings.Cut(strings.TrimSpace(part), "="); name {
		case "Root":
			root = value
		case "Sampled":
			sampled = value
		}
	}
	return "Root=" + root + ";Parent=" + digits[16:] + ";Sampled=" + sampled
}

// traced is the context of what Lambda does for an invocation.
func (r request) traced(ctx context.Context) context.Context {
	return cloud.WithOrigin(ctx, cloud.Origin{Trace: r.trace})
}
