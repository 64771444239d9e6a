// This file keeps the tokens by which tasks are completed from outside.

package states

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// tokens are the pending tasks by token. A token carries a signature, so that
// one whose task is over can be told from one that never was.
type tokens struct {
	key     []byte
	mu      sync.Mutex
	pending map[string]*pendingTask
}

// A pendingTask waits for its token to come back.
type pendingTask struct {
	owner   string // ARN of its state machine or activity
	outcome chan callback
	beat    chan struct{}
}

// callback is what SendTaskSuccess or SendTaskFailure said.
type callback struct {
	output  data
	failure *failure
}

func newTokens() *tokens {
	key := make([]byte, sha256.Size)
	rand.Read(key)
	return &tokens{key: key, pending: map[string]*pendingTask{}}
}

const nonceSize = 24

func (t *tokens) sign(nonce []byte) []byte {
	mac := hmac.New(sha256.New, t.key)
	mac.Write(nonce)
	return mac.Sum(nil)
}

// issue makes a new token.
func (t *tokens) issue() string {
	nonce := make([]byte, nonceSize)
	rand.Read(nonce)
	return base64.StdEncoding.EncodeToString(append(nonce, t.sign(nonce)...))
}

// issued tells whether a token came from issue.
func (t *tokens) issued(token string) bool {
	raw, err := base64.StdEncoding.DecodeString(token)
	return err == nil && len(raw) > nonceSize && hmac.Equal(raw[nonceSize:], t.sign(raw[:nonceSize]))
}

// open makes a token good for one answer.
func (t *tokens) open(token, owner string) *pendingTask {
	p := &pendingTask{owner: owner, outcome: make(chan callback, 1), beat: make(chan struct{}, 1)}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pending[token] = p
	return p
}

func (t *tokens) close(token string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.pending, token)
}

// find returns the task of a token.
func (t *tokens) find(token string) (*pendingTask, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p, ok := t.pending[token]
	switch {
	case ok:
		return p, nil
	case t.issued(token):
		return nil, taskOver()
	default:
		return nil, cloud.Errorf(400, "InvalidToken", "Invalid Token: 'Invalid token'")
	}
}

func taskOver() error {
	return cloud.Errorf(400, "TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
}

// wait returns the task's outcome. Without a heartbeat for that long the task
// has timed out: the service calls that States.Timeout, and its documentation
// lets it be handled as States.HeartbeatTimeout too.
func (p *pendingTask) wait(ctx context.Context, heartbeat time.Duration) (data, *failure) {
	silence := make(<-chan time.Time) // never, without HeartbeatSeconds
	for {
		if heartbeat > 0 {
			silence = time.After(heartbeat)
		}
		select {
		case <-p.beat:
		case <-silence:
			return data{}, &failure{name: errTimeout, also: []string{errHeartbeatTimeout}, timedOut: true}
		case c := <-p.outcome:
			return c.output, c.failure
		case <-ctx.Done():
			return data{}, aborted()
		}
	}
}

type taskTokenRequest struct {
	TaskToken string `json:"taskToken"`
	Output    string `json:"output"`
	Error     string `json:"error"`
	Cause     string `json:"cause"`
}

func (s *StepFunctions) sendTaskSuccess(_ context.Context, caller cloud.Caller, r taskTokenRequest) (any, error) {
	if _, err := s.pendingTask(caller, "SendTaskSuccess", r.TaskToken); err != nil {
		return nil, err
	}
	output, err := parseData(r.Output)
	if err != nil || output.tooLarge() {
		return nil, cloud.Errorf(400, "InvalidOutput", "Invalid Output: the output must be JSON of at most %d bytes", maxPayload)
	}
	return s.complete(caller, "SendTaskSuccess", r.TaskToken, callback{output: output})
}

func (s *StepFunctions) sendTaskFailure(_ context.Context, caller cloud.Caller, r taskTokenRequest) (any, error) {
	if err := checkHidden(hidden{"error", r.Error, maxError}, hidden{"cause", r.Cause, maxCause}); err != nil {
		return nil, err
	}
	return s.complete(caller, "SendTaskFailure", r.TaskToken, callback{failure: &failure{name: r.Error, cause: r.Cause}})
}

// complete ends the task that waits for a token.
func (s *StepFunctions) complete(caller cloud.Caller, action, token string, c callback) (any, error) {
	p, err := s.pendingTask(caller, action, token)
	if err != nil {
		return nil, err
	}
	select {
	case p.outcome <- c:
		return struct{}{}, nil
	default: // another answer came first
		return nil, taskOver()
	}
}

func (s *StepFunctions) sendTaskHeartbeat(_ context.Context, caller cloud.Caller, r taskTokenRequest) (any, error) {
	p, err := s.pendingTask(caller, "SendTaskHeartbeat", r.TaskToken)
	if err != nil {
		return nil, err
	}
	select {
	case p.beat <- struct{}{}:
	default: // one is waiting to be noticed already
	}
	return struct{}{}, nil
}

// pendingTask finds a token's task and authorizes the caller for its machine or activity.
func (s *StepFunctions) pendingTask(caller cloud.Caller, action, token string) (*pendingTask, error) {
	p, err := s.tokens.find(token)
	if err != nil {
		return nil, err
	}
	return p, s.cloud.Authorize(caller, "states:"+action, p.owner)
}
