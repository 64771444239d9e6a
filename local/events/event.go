// An event on its way: decoded and encoded at most once, however many rules
// and targets look at it.

package events

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/match"
)

type event struct {
	cloud.Event
	ingested time.Time
	trace    string       // of X-Ray, of who put it; or empty
	happened *cloud.Cause // the event itself

	json    func() json.RawMessage // of the whole event
	decoded func() any             // the detail
}

// newEvent fills what the sender left out.
func (s *EventBridge) newEvent(e cloud.Event) *event {
	now := time.Now().UTC()
	if e.Time.IsZero() {
		e.Time = now
	}
	e.Time = e.Time.UTC().Truncate(time.Second)
	e.Version = "0"
	if e.ID == "" {
		e.ID = cloud.UUID()
	}
	if e.Account == "" {
		e.Account = s.cloud.Account
	}
	if e.Region == "" {
		e.Region = s.cloud.Region
	}
	if e.Resources == nil {
		e.Resources = []string{}
	}
	if len(e.Detail) == 0 {
		e.Detail = json.RawMessage("{}")
	}
	return &event{
		Event:    e,
		ingested: now,
		json:     sync.OnceValue(func() json.RawMessage { return encode(e) }),
		decoded:  sync.OnceValue(func() any { return decodeJSON(e.Detail) }),
	}
}

// isLook tells whether the event is CloudTrail's of a management call that only
// looks at something, which most rules are not told of.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail-management.html
func (e *event) isLook() bool {
	if e.DetailType != "AWS API Call via CloudTrail" {
		return false
	}
	detail, _ := e.decoded().(*jsonvalue.Object)
	if detail == nil {
		return false
	}
	management, _ := detail.Get("managementEvent")
	value, _ := detail.Get("eventName")
	name, _ := value.(string)
	return management == true &&
		slices.ContainsFunc([]string{"Describe", "Get", "List"}, func(verb string) bool { return strings.HasPrefix(name, verb) })
}

// patterns are event patterns. The detail is the one costly part of an event:
// it is looked at last.
var patterns = match.Dialect{
	MaxNumber:     5e9,
	Folding:       true,
	Negatable:     []string{"prefix", "suffix", "equals-ignore-case", "wildcard"},
	Lists:         true,
	MaxComplexity: maxComplexity,
	Last:          "detail",
}

// maxComplexity lies between what AWS was seen to take, 7, and to refuse, 11.
const maxComplexity = 10

// compilePattern reads an event pattern; its errors are AWS's.
func compilePattern(text string) (*match.Pattern, error) {
	pattern, err := patterns.Compile(text)
	if err != nil {
		return nil, cloud.Errorf(400, "InvalidEventPatternException", "Event pattern is not valid. Reason: %v", err)
	}
	return pattern, nil
}

// Get gives patterns the members of an event without encoding it.
func (e *event) Get(name string) (any, bool) {
	switch name {
	case "version":
		return e.Version, true
	case "id":
		return e.ID, true
	case "detail-type":
		return e.DetailType, true
	case "source":
		return e.Source, true
	case "account":
		return e.Account, true
	case "time":
		return e.Time.Format(time.RFC3339), true
	case "region":
		return e.Region, true
	case "replay-name":
		return e.ReplayName, e.ReplayName != ""
	case "resources":
		list := make([]any, len(e.Resources))
		for i, r := range e.Resources {
			list[i] = r
		}
		return list, true
	case "detail":
		return e.decoded(), true
	}
	return nil, false
}

// document returns the event as decoded JSON.
func (e *event) document() *jsonvalue.Object {
	document := jsonvalue.NewObject(9)
	for _, name := range []string{"version", "id", "detail-type", "source", "account", "time", "region", "replay-name", "resources", "detail"} {
		if value, ok := e.Get(name); ok {
			document.Set(name, value)
		}
	}
	return document
}

// summary is the variable <aws.events.event>, which has no detail and a name
// of its own for the detail's type.
func (e *event) summary() *jsonvalue.Object {
	summary := jsonvalue.NewObject(8)
	for _, name := range []string{"id", "account", "detail-type", "time", "source", "region", "resources", "version"} {
		value, _ := e.Get(name)
		if name == "detail-type" {
			name = "detailType"
		}
		summary.Set(name, value)
	}
	return summary
}

// encode returns compact JSON in which <, > and & stay themselves.
func encode(value any) json.RawMessage {
	text, err := cloud.Encode(value)
	if err != nil {
		panic("events: encode an event: " + err.Error()) // all parts were decoded from JSON
	}
	return text
}

// decodeJSON decodes what is known to be JSON.
func decodeJSON(raw []byte) any {
	value, err := jsonvalue.Decode(raw)
	if err != nil {
		return nil
	}
	return value
}
