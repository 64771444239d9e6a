package events

// This file archives events and replays them.

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	archiveNamed = "arn:aws:events:eu-central-1:111122223333:archive/"
	replayNamed  = "arn:aws:events:eu-central-1:111122223333:replay/"
)

// archivedWorld has an archive "a" of the default bus, and a rule with a function.
func archivedWorld(t *testing.T, properties string) *world {
	t.Helper()
	w := newWorld(t)
	w.call(t, "CreateArchive", `{"ArchiveName": "a", "EventSourceArn": "`+busNamed+`default"`+properties+`}`)
	w.rule(t, lambdaTarget)
	return w
}

// described is what is told of something, as far as members of an answer are asked for.
func (w *world) described(t *testing.T, action, input string, members ...string) string {
	t.Helper()
	synctest.Wait()
	answer := w.call(t, action, input)
	var told map[string]any
	if err := json.Unmarshal([]byte(answer), &told); err != nil {
		return answer
	}
	var values []string
	for _, name := range members {
		values = append(values, fmt.Sprint(told[name]))
	}
	return strings.Join(values, " ")
}

// replayed starts a replay of the archive over a time, and returns what came again.
func (w *world) replayed(t *testing.T, name string, from, until time.Time, filters string) []cloud.Event {
	t.Helper()
	w.called()
	in := fmt.Sprintf(`{"ReplayName": %q, "EventSourceArn": "%sa", "EventStartTime": %d, "EventEndTime": %d, "Destination": {"Arn": "%sdefault"%s}}`,
		name, archiveNamed, from.Unix(), until.Unix(), busNamed, filters)
	if got := w.described(t, "StartReplay", in, "ReplayArn", "State"); got != replayNamed+name+" STARTING" {
		t.Fatalf("the replay begins as %s", got)
	}
	if got := w.described(t, "DescribeReplay", `{"ReplayName": "`+name+`"}`, "State"); got != "COMPLETED" {
		t.Errorf("the replay is %s", got)
	}
	var events []cloud.Event
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, call := range w.calls {
		var in struct{ Payload cloud.Event }
		if err := json.Unmarshal(call.Input, &in); err != nil {
			t.Fatal(err)
		}
		events = append(events, in.Payload)
	}
	return events
}

func TestAnArchiveKeepsWhatItsPatternMatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := archivedWorld(t, `, "EventPattern": "{\"source\": [\"orders\"]}", "Description": "all", "RetentionDays": 2`)
		const named = `{"ArchiveName": "a"}`
		count := func() string { return w.described(t, "DescribeArchive", named, "EventCount", "SizeBytes") }
		w.put(t, `{"id":7}`)
		w.tell(t, "invoices")
		one := count()
		if want := fmt.Sprintf("1 %d", len(`orders`)+len(`placed`)+len(`{"id":7}`)+len("2000-01-01T00:00:00Z")); one != want {
			t.Errorf("events and bytes are %s, want %s", one, want)
		}
		if got := w.described(t, "DescribeArchive", named, "ArchiveArn", "EventSourceArn", "Description", "EventPattern", "RetentionDays", "State"); got != archiveNamed+"a "+busNamed+`default all {"source": ["orders"]} 2 ENABLED` {
			t.Errorf("it is %s", got)
		}
		w.call(t, "UpdateArchive", `{"ArchiveName": "a", "EventPattern": "{\"source\": [\"invoices\"]}"}`)
		w.tell(t, "invoices")
		w.tell(t, "invoices")
		w.put(t, `{"id":8}`)
		if got := count(); !strings.HasPrefix(got, "3 ") {
			t.Errorf("with another pattern there are %s", got)
		}
		if got := w.described(t, "DescribeArchive", named, "Description", "RetentionDays"); got != "all 2" {
			t.Errorf("what was not said is %s", got)
		}
		time.Sleep(49 * time.Hour)
		if got := count(); got != "0 0" {
			t.Errorf("after two days there are %s", got)
		}
		w.do(t, "DeleteArchive", named, `{}`)
		w.do(t, "DescribeArchive", named, `ResourceNotFoundException: Archive a does not exist.`)
		w.do(t, "ListRules", `{"NamePrefix": "Events-Archive"}`, `{"Rules":[]}`)
	})
}

func TestWhatIsReplayedComesToTheRulesOnceMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := archivedWorld(t, "")
		start := time.Now()
		w.put(t, `{"id":1}`)
		time.Sleep(time.Minute)
		w.put(t, `{"id":2}`)
		time.Sleep(time.Minute)
		w.put(t, `{"id":3}`)
		w.called()
		got := w.replayed(t, "r", start, start.Add(2*time.Minute), "")
		if len(got) != 2 || got[0].ReplayName != "r" || got[0].ReplayName != got[1].ReplayName {
			t.Fatalf("came again: %+v", got)
		}
		for _, e := range got {
			if id := string(e.Detail); id != `{"id":1}` && id != `{"id":2}` || !e.Time.Equal(start) && !e.Time.Equal(start.Add(time.Minute)) {
				t.Errorf("came again: %+v", e)
			}
		}
		if got := w.described(t, "DescribeArchive", `{"ArchiveName": "a"}`, "EventCount"); got != "3" {
			t.Errorf("with what was replayed the archive has %s", got)
		}
		want := fmt.Sprint(cloud.Time(start).Seconds(), cloud.Time(start.Add(time.Minute)).Seconds())
		if got := w.described(t, "DescribeReplay", `{"ReplayName": "r"}`, "EventStartTime", "EventLastReplayedTime"); got != want {
			t.Errorf("from and to %s, want %s", got, want)
		}
		if got := w.replayed(t, "none", start, start.Add(time.Hour), `, "FilterArns": ["`+ruleNamed+`Other"]`); len(got) != 0 {
			t.Errorf("for a rule that is not there: %+v", got)
		}
		if got := w.replayed(t, "one", start, start.Add(time.Hour), `, "FilterArns": ["`+ruleNamed+`Rule"]`); len(got) != 3 {
			t.Errorf("for the rule: %+v", got)
		}
		w.do(t, "CancelReplay", `{"ReplayName": "r"}`, `IllegalStatusException: Replay r is not in a valid state for this operation.`)
		if got := w.call(t, "ListReplays", `{"Limit": 2}`); strings.Count(got, `"ReplayName"`) != 2 || !strings.Contains(got, `"NextToken"`) {
			t.Errorf("a page is %s", got)
		}
		for filter, n := range map[string]int{`"NamePrefix": "no"`: 1, `"EventSourceArn": "` + archiveNamed + `a"`: 3, `"EventSourceArn": "x"`: 0, `"State": "COMPLETED"`: 3, `"State": "RUNNING"`: 0} {
			if got := w.call(t, "ListReplays", `{`+filter+`}`); strings.Count(got, `"ReplayName"`) != n {
				t.Errorf("by %s there are %s", filter, got)
			}
		}
	})
}

func TestAReplayThatIsCancelledEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := archivedWorld(t, "")
		r := &replay{name: "r", arn: replayNamed + "r", state: replayStarting, started: time.Now()}
		if err := w.addReplay(r); err != nil {
			t.Fatal(err)
		}
		if !w.goesOn(r, time.Time{}) {
			t.Error("it does not begin")
		}
		w.do(t, "CancelReplay", `{"ReplayName": "r"}`, `{"ReplayArn":"`+replayNamed+`r","State":"CANCELLING"}`)
		b, _ := w.bus("default")
		w.EventBridge.replay(t.Context(), r, b, []cloud.Event{{Source: "orders", Time: time.Now()}})
		if got := w.described(t, "DescribeReplay", `{"ReplayName": "r"}`, "State", "EventLastReplayedTime"); got != "CANCELLED <nil>" || w.called() != "" {
			t.Errorf("it is %s", got)
		}
	})
}

func TestTenReplaysGoOnAtATimeAndOldOnesAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := archivedWorld(t, "")
		for i := range maxReplays {
			if err := w.addReplay(&replay{name: fmt.Sprint(i)}); err != nil {
				t.Fatal(err)
			}
		}
		in := `{"ReplayName": "r", "EventSourceArn": "` + archiveNamed + `a", "EventStartTime": 1, "EventEndTime": 2, "Destination": {"Arn": "` + busNamed + `default"}}`
		w.do(t, "StartReplay", in, "LimitExceededException: The requested resource exceeds the maximum number allowed.")
		w.replays["3"].ended = time.Now()
		if got := w.described(t, "StartReplay", in, "State"); got != "STARTING" {
			t.Error(got)
		}
		time.Sleep(91 * 24 * time.Hour)
		if got := w.described(t, "StartReplay", in, "State"); got != "STARTING" || w.replays["3"] != nil {
			t.Errorf("%s, and the replays are %v", got, w.replays)
		}
	})
}

func TestWhatArchivesAndReplaysMayNotBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := archivedWorld(t, "")
		w.call(t, "CreateEventBus", `{"Name": "other"}`)
		replay := func(name, archive, bus string, until int) string {
			return fmt.Sprintf(`{"ReplayName": %q, "EventSourceArn": "%s", "EventStartTime": 5, "EventEndTime": %d, "Destination": {"Arn": "%s"}}`, name, archiveNamed+archive, until, busNamed+bus)
		}
		w.call(t, "StartReplay", replay("r", "a", "default", 9))
		const filters = "ValidationException: At most one filter is allowed for List%s. Use either : State, EventSourceArn, or NamePrefix."
		for _, row := range []struct{ action, input, want string }{
			{"CreateArchive", `{"ArchiveName": "a", "EventSourceArn": "` + busNamed + `default"}`, "ResourceAlreadyExistsException: Archive a already exists."},
			{"CreateArchive", `{"ArchiveName": "b", "EventSourceArn": "` + busNamed + `none"}`, "ResourceNotFoundException: Event bus none does not exist."},
			{"CreateArchive", `{"ArchiveName": "b c", "EventSourceArn": "` + busNamed + `default"}`, `ValidationException: 1 validation error detected: Value 'b c' at 'archiveName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+`},
			{"CreateArchive", `{"ArchiveName": "` + strings.Repeat("b", 49) + `", "EventSourceArn": "` + busNamed + `default"}`, `ValidationException: 1 validation error detected: Value '` + strings.Repeat("b", 49) + `' at 'archiveName' failed to satisfy constraint: Member must have length less than or equal to 48`},
			{"CreateArchive", `{"ArchiveName": "b", "EventSourceArn": "` + busNamed + `default", "RetentionDays": -1}`, `ValidationException: 1 validation error detected: Value '-1' at 'retentionDays' failed to satisfy constraint: Member must have value greater than or equal to 0`},
			{"UpdateArchive", `{"ArchiveName": "a", "RetentionDays": -1}`, `ValidationException: 1 validation error detected: Value '-1' at 'retentionDays' failed to satisfy constraint: Member must have value greater than or equal to 0`},
			{"UpdateArchive", `{"ArchiveName": "none"}`, "ValidationException: At least one of EventPattern, RetentionDays or Description must be provided."},
			{"UpdateArchive", `{"ArchiveName": "none", "Description": "d"}`, "ResourceNotFoundException: Archive none does not exist."},
			{"ListArchives", `{"NamePrefix": "a", "State": "ENABLED"}`, fmt.Sprintf(filters, "Archives")},
			{"ListArchives", `{"EventSourceArn": "` + busNamed + `none"}`, "ResourceNotFoundException: Event bus none does not exist."},
			{"ListReplays", `{"NamePrefix": "a", "EventSourceArn": "x"}`, fmt.Sprintf(filters, "Replays")},
			{"StartReplay", replay("s", "none", "default", 9), "ValidationException: Parameter EventSourceArn is not valid. Reason: Archive none does not exist."},
			{"StartReplay", replay("s", "a", "none", 9), "ResourceNotFoundException: Event bus none does not exist."},
			{"StartReplay", replay("s", "a", "other", 9), "ValidationException: Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted."},
			{"StartReplay", replay("s", "a", "other", 5), "ValidationException: Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime."},
			{"StartReplay", replay("r", "a", "default", 9), "ResourceAlreadyExistsException: Replay r already exists."},
			{"StartReplay", replay("r s", "a", "default", 9), `ValidationException: 1 validation error detected: Value 'r s' at 'replayName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+`},
			{"DescribeReplay", `{"ReplayName": "none"}`, "ResourceNotFoundException: Replay none does not exist."},
			{"DeleteRule", `{"Name": "Events-Archive-a", "Force": true}`, "ManagedRuleException: Rule Events-Archive-a is managed by an AWS service."},
			{"DisableRule", `{"Name": "Events-Archive-a"}`, "ManagedRuleException: Rule Events-Archive-a is managed by an AWS service."},
			{"PutRule", `{"Name": "Events-Archive-a", "EventPattern": "{\"source\": [\"x\"]}"}`, "ManagedRuleException: Rule Events-Archive-a is managed by an AWS service."},
		} {
			w.do(t, row.action, row.input, row.want)
		}
		if got := w.call(t, "CreateArchive", `{"ArchiveName": "b", "EventSourceArn": "`+busNamed+`default", "EventPattern": "{"}`); !strings.HasPrefix(got, "InvalidEventPatternException") {
			t.Error(got)
		}
		if got := w.described(t, "DescribeRule", `{"Name": "Events-Archive-a"}`, "ManagedBy", "EventPattern"); got != keeper+` {"replay-name":[{"exists":false}]}` {
			t.Errorf("the archive's rule is %s", got)
		}
		for filter, n := range map[string]int{``: 1, `"NamePrefix": "b"`: 0, `"State": "ENABLED"`: 1, `"State": "DISABLED"`: 0, `"EventSourceArn": "` + busNamed + `other"`: 0, `"EventSourceArn": "` + busNamed + `default"`: 1} {
			if got := w.call(t, "ListArchives", `{`+filter+`}`); strings.Count(got, `"ArchiveName"`) != n {
				t.Errorf("by %s there are %s", filter, got)
			}
		}
	})
}

func TestEventsAreReplayedInTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, start := &archive{}, time.Now()
		w := newWorld(t)
		for _, second := range []int{3, 1, 2, 0, 4} {
			a.keep(1, w.newEvent(cloud.Event{Source: fmt.Sprint(second), Time: start.Add(time.Duration(second) * time.Second)}))
		}
		sources := func(retention int, from, until time.Time) (all string) {
			for _, e := range a.between(retention, from, until) {
				all += e.Source
			}
			return all
		}
		if got := sources(1, start.Add(900*time.Millisecond), start.Add(4*time.Second)); got != "0123" { // events have whole seconds
			t.Errorf("they come as %s", got)
		}
		time.Sleep(25 * time.Hour)
		if got := sources(1, start, time.Now()); got != "" {
			t.Errorf("after their day there are %s", got)
		}
	})
}

func TestAnArchiveIsBounded(t *testing.T) {
	a := &archive{}
	e := &event{}
	e.Detail = make(json.RawMessage, maxArchived/4-e.size())
	for i := range 6 {
		e.ID = fmt.Sprint(i)
		a.keep(0, e)
	}
	if len(a.events) != 4 || a.events[0].event.ID != "2" || a.bytes != maxArchived {
		t.Errorf("of six events %d are kept, %d bytes", len(a.events), a.bytes)
	}
}

func TestATemplateDeclaresAnArchive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		declared := func(properties string) string {
			return `{"Type": "AWS::Events::Archive", "Properties": {"SourceArn": "` + busNamed + `default"` + properties + `}}`
		}
		s := w.stack(t, `"Other": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "other"}}, "Archive": `+declared(`, "EventPattern": {"source": ["orders"]}, "Description": "d", "RetentionDays": 1`))
		name := s.Ref("Archive")
		if arn := s.Handles["Archive"].Attributes["Arn"]; arn != archiveNamed+name {
			t.Errorf("the ARN is %v", arn)
		}
		if got := w.described(t, "DescribeArchive", `{"ArchiveName": "`+name+`"}`, "Description", "RetentionDays", "EventSourceArn"); got != "d 1 "+busNamed+"default" {
			t.Errorf("it is made as %s", got)
		}
		s.Put(t, "Archive", declared(`, "EventPattern": {"source": ["invoices"]}`))
		w.tell(t, "invoices")
		w.tell(t, "orders")
		if got := w.described(t, "DescribeArchive", `{"ArchiveName": "`+name+`"}`, "EventCount", "Description", "RetentionDays", "EventPattern"); got != `1 <nil> 0 {"source":["invoices"]}` {
			t.Errorf("it is %s", got)
		}
		w.call(t, "DeleteArchive", `{"ArchiveName": "`+name+`"}`)
		w.call(t, "CreateArchive", `{"ArchiveName": "`+name+`", "EventSourceArn": "`+busNamed+`default"}`)
		s.Remove(t, "Archive")
		if got := w.described(t, "DescribeArchive", `{"ArchiveName": "`+name+`"}`, "State"); got != "ENABLED" {
			t.Errorf("the archive of a call that has the name: %s", got)
		}
		w.call(t, "DeleteArchive", `{"ArchiveName": "`+name+`"}`)
		w.do(t, "ListRules", `{}`, `{"Rules":[]}`)
		w.do(t, "ListArchives", `{}`, `{"Archives":[]}`)
	})
}
