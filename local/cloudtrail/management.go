// Management events: the calls of APIs as CloudTrail records them, made of what
// goes in and comes out, so that no service has to do anything for its records.

package cloudtrail

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// audited is a service whose calls are management events.
type audited struct {
	source string // "iam.amazonaws.com"

	// global is a service that is in no region: CloudTrail records it in one
	// region, and only the event buses of that one see it.
	global bool

	// codes are error codes that its records have under another name.
	codes map[string]string
}

// management are the services whose calls are recorded, by IAM prefix: another
// one needs an entry here, if all its calls are management events.
var management = map[string]audited{
	"iam": {source: "iam.amazonaws.com", global: true, codes: map[string]string{"AccessDeniedException": "AccessDenied"}},
}

// globalRegion is where calls to global services are recorded.
const globalRegion = "us-east-1"

// maxElement bounds requestParameters and responseElements, in bytes; a larger
// one is left out of the record.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
const maxElement = 100 << 10

// Called makes an event of a call to a service whose calls are management events.
func (t *CloudTrail) Called(ctx context.Context, call cloud.Call, output any, err error) {
	service, ok := management[call.Service]
	if !ok || service.global && t.cloud.Region != globalRegion {
		return
	}
	origin := cloud.OriginOf(ctx)
	recorded := cloud.APICall{
		Caller:      call.Caller,
		EventSource: service.source,
		EventName:   call.Action,
		ReadOnly:    looks(call.Action),
		RequestID:   origin.RequestID,
		SourceIP:    cmp.Or(origin.SourceIP, call.Caller.Service, "AWS Internal"),
		UserAgent:   cmp.Or(origin.UserAgent, call.Caller.Service, "AWS Internal"),
	}
	if err != nil {
		e := cloud.AsError(err)
		recorded.ErrorCode, recorded.ErrorMessage = cmp.Or(service.codes[e.Code], e.Code), e.Message
	}
	if !t.selects(recorded, service.global) {
		return
	}
	recorded.RequestParameters = bounded("requestParameters", parameters(call.Input))
	if err == nil && !recorded.ReadOnly {
		recorded.ResponseElements = bounded("responseElements", elements(output))
	}
	t.emit(t.record(recorded, time.Now().UTC().Truncate(time.Second)), t.cloud.Made(ctx, "call", "", ""))
}

// looks tells whether an action changes nothing, by its name.
func looks(action string) bool {
	return slices.ContainsFunc([]string{"Get", "List", "Describe", "Generate", "Simulate"}, func(verb string) bool { return strings.HasPrefix(action, verb) })
}

// bounded leaves out what is too large, and says so in its place.
func bounded(name string, members map[string]any) map[string]any {
	encoded, err := json.Marshal(members)
	if err == nil && len(encoded) > maxElement {
		return map[string]any{"reason": name + " too large", "omitted": true, "originalSize": len(encoded)}
	}
	return members
}
