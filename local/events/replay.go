// Replays: events of an archive that come to their bus once more.

package events

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// The states of replays.
const (
	replayStarting   = "STARTING"
	replayRunning    = "RUNNING"
	replayCancelling = "CANCELLING"
	replayCancelled  = "CANCELLED"
	replayCompleted  = "COMPLETED"
)

const (
	maxReplays    = 10                  // at a time
	keptReplays   = 90 * 24 * time.Hour // after their end
	maxReplayed   = 64                  // characters of a replay's name
	crossingBuses = "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted."
)

// replay is guarded by the service's lock.
type replay struct {
	name, arn, description string
	archive                string // ARN
	destination            replayDestination
	from, until            time.Time // of events
	state                  string
	last                   time.Time // of the last event
	started, ended         time.Time
}

type replayDestination struct {
	Arn        string
	FilterArns []string `json:",omitempty"`
}

// active tells of a replay that has not ended.
func (r *replay) active() bool { return r.ended.IsZero() }

func (s *EventBridge) replayARN(name string) string { return s.cloud.ARN("events", "replay/"+name) }

type startReplayInput struct {
	ReplayName     string
	Description    string
	EventSourceArn string
	EventStartTime cloud.Time
	EventEndTime   cloud.Time
	Destination    replayDestination
}

type changedReplay struct {
	ReplayArn       string
	State           string
	StateReason     string      `json:",omitempty"`
	ReplayStartTime *cloud.Time `json:",omitempty"`
}

func (s *EventBridge) startReplay(_ context.Context, caller cloud.Caller, in startReplayInput) (out changedReplay, err error) {
	if err := s.cloud.Authorize(caller, "events:StartReplay", s.replayARN(in.ReplayName)); err != nil {
		return out, err
	}
	a, err := s.checkReplay(in)
	if err != nil {
		return out, err
	}
	r := &replay{
		name: in.ReplayName, arn: s.replayARN(in.ReplayName), description: in.Description, archive: a.arn, destination: in.Destination,
		from: time.Time(in.EventStartTime), until: time.Time(in.EventEndTime), state: replayStarting, started: time.Now(),
	}
	if err := s.addReplay(r); err != nil {
		return out, err
	}
	s.mu.RLock()
	retention := a.retention
	s.mu.RUnlock()
	events := a.between(retention, r.from, r.until)
	s.cloud.Go(func(ctx context.Context) { s.replay(ctx, r, a.bus, events) })
	return changedReplay{ReplayArn: r.arn, State: replayStarting, ReplayStartTime: told(r.started)}, nil
}

// checkReplay finds the archive of a replay that may be.
func (s *EventBridge) checkReplay(in startReplayInput) (*archive, error) {
	if err := checkShort("replayName", in.ReplayName, maxReplayed); err != nil {
		return nil, err
	}
	a, err := s.archive(in.EventSourceArn[strings.LastIndex(in.EventSourceArn, "/")+1:])
	if err != nil {
		return nil, notValid("Parameter EventSourceArn is not valid. Reason: %s", cloud.AsError(err).Message)
	}
	b, err := s.bus(in.Destination.Arn)
	switch {
	case err != nil:
		return nil, err
	case !time.Time(in.EventStartTime).Before(time.Time(in.EventEndTime)):
		return nil, notValid("Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.")
	case b != a.bus:
		return nil, notValid(crossingBuses)
	}
	return a, nil
}

// addReplay makes a replay known, and forgets old ones.
func (s *EventBridge) addReplay(r *replay) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	active := 0
	for name, other := range s.replays {
		if other.active() {
			active++
		} else if time.Since(other.ended) > keptReplays {
			delete(s.replays, name)
		}
	}
	if _, exists := s.replays[r.name]; exists {
		return cloud.Errorf(http.StatusBadRequest, "ResourceAlreadyExistsException", "Replay %s already exists.", r.name)
	}
	if active >= maxReplays {
		return cloud.Errorf(http.StatusBadRequest, "LimitExceededException", "The requested resource exceeds the maximum number allowed.")
	}
	s.replays[r.name] = r
	return nil
}

// replay brings events to the rules that it is for, until it is cancelled.
func (s *EventBridge) replay(ctx context.Context, r *replay, b *bus, events []cloud.Event) {
	for _, e := range events {
		if !s.goesOn(r, e.Time) || ctx.Err() != nil {
			break
		}
		e.ReplayName = r.name
		rules := s.rules(b)
		if len(r.destination.FilterArns) > 0 {
			rules = slices.DeleteFunc(slices.Clone(rules), func(rule *rule) bool { return !slices.Contains(r.destination.FilterArns, rule.arn) })
		}
		s.routeTo(rules, s.newEvent(e))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r.ended = time.Now()
	if r.state == replayCancelling {
		r.state = replayCancelled
	} else {
		r.state = replayCompleted
	}
}

// goesOn notes how far a replay has come, and tells whether it has not been cancelled.
func (s *EventBridge) goesOn(r *replay, at time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.state == replayCancelling {
		return false
	}
	r.state, r.last = replayRunning, at
	return true
}

type replayName struct{ ReplayName string }

// openReplay authorizes the caller and finds a replay.
func (s *EventBridge) openReplay(caller cloud.Caller, action, name string) (*replay, error) {
	if err := s.cloud.Authorize(caller, action, s.replayARN(name)); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if r := s.replays[name]; r != nil {
		return r, nil
	}
	return nil, cloud.Errorf(http.StatusBadRequest, "ResourceNotFoundException", "Replay %s does not exist.", name)
}

func (s *EventBridge) cancelReplay(_ context.Context, caller cloud.Caller, in replayName) (out changedReplay, err error) {
	r, err := s.openReplay(caller, "events:CancelReplay", in.ReplayName)
	if err != nil {
		return out, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.state != replayStarting && r.state != replayRunning {
		return out, cloud.Errorf(http.StatusBadRequest, "IllegalStatusException", "Replay %s is not in a valid state for this operation.", r.name)
	}
	r.state = replayCancelling
	return changedReplay{ReplayArn: r.arn, State: r.state}, nil
}

// listedReplay is what lists tell.
type listedReplay struct {
	ReplayName            string
	EventSourceArn        string
	State                 string
	EventStartTime        *cloud.Time
	EventEndTime          *cloud.Time
	EventLastReplayedTime *cloud.Time `json:",omitempty"`
	ReplayStartTime       *cloud.Time
	ReplayEndTime         *cloud.Time `json:",omitempty"`
}

type replayDescription struct {
	listedReplay
	ReplayArn   string
	Description string `json:",omitempty"`
	Destination replayDestination
}

// told is a time, if it is one.
func told(at time.Time) *cloud.Time {
	if at.IsZero() {
		return nil
	}
	t := cloud.Time(at)
	return &t
}

func (r *replay) listed() listedReplay {
	return listedReplay{r.name, r.archive, r.state, told(r.from), told(r.until), told(r.last), told(r.started), told(r.ended)}
}

func (s *EventBridge) describeReplay(_ context.Context, caller cloud.Caller, in replayName) (replayDescription, error) {
	r, err := s.openReplay(caller, "events:DescribeReplay", in.ReplayName)
	if err != nil {
		return replayDescription{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return replayDescription{r.listed(), r.arn, r.description, r.destination}, nil
}

type listReplaysOutput struct {
	Replays   []listedReplay
	NextToken string `json:",omitempty"`
}

func (s *EventBridge) listReplays(_ context.Context, caller cloud.Caller, in struct {
	page
	filters
}) (out listReplaysOutput, err error) {
	if err := s.cloud.Authorize(caller, "events:ListReplays", s.replayARN("*")); err != nil {
		return out, err
	}
	if err := in.check("ListReplays"); err != nil {
		return out, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var all []listedReplay
	for _, name := range slices.Sorted(maps.Keys(s.replays)) {
		if r := s.replays[name]; in.match(r.name, r.archive, r.state) {
			all = append(all, r.listed())
		}
	}
	out.Replays, out.NextToken, err = pageOf(in.page, all)
	return out, err
}
