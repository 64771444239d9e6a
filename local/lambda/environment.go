package lambda

// This file is one execution environment: a process, and the invocations that
// it works on one after the other.

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// initTime is what AWS gives an environment to ask for its first invocation.
const initTime = 10 * time.Second

// initialization is the variable that tells whether an environment is one of
// provisioned concurrency.
const initialization = "AWS_LAMBDA_INITIALIZATION_TYPE"

// errGone says that a warm environment ended before it took the invocation.
var errGone = errors.New("the execution environment has ended")

type environment struct {
	pool      *pool
	cmd       *exec.Cmd
	work      chan *invocation // holds the one that the process will ask for
	exited    chan struct{}    // closed when the process has ended
	idleTimer *time.Timer
	started   time.Time
	logTurn   int // of the file that it logs to

	mu        sync.Mutex
	current   *invocation
	ready     time.Time // when the process asked for its first invocation
	initError []byte    // what it reported instead, or nil

	provisioned bool // whether it has one of the version's provisioned places

	warm bool // has taken an invocation; of the goroutine that uses the environment
}

// invocation is a request on its way through an environment.
type invocation struct {
	request
	taken    chan struct{} // closed when the process has it
	takenAt  time.Time
	deadline time.Time
	answered chan answer // holds at most one
}

func (l *Lambda) startEnvironment(ctx context.Context, p *pool, provisioned bool) (*environment, error) {
	e := &environment{
		pool:        p,
		work:        make(chan *invocation, 1),
		exited:      make(chan struct{}),
		started:     time.Now(),
		provisioned: provisioned,
	}
	listener, err := l.runtimes.serve(e)
	if err != nil {
		return nil, err
	}
	var log *os.File
	log, e.logTurn = p.function.log.now()
	l.observe(p)
	e.cmd, err = l.command(ctx, e, listener.Addr().String(), log)
	if err == nil {
		err = l.launcher.start(e.cmd)
	}
	if err != nil {
		listener.Close()
		return nil, fmt.Errorf("start %s: %w", p.version.code.path, err)
	}
	e.idleTimer = time.AfterFunc(l.opts.Limits.IdleTime, func() { p.retire(e) })
	l.cloud.Go(func(context.Context) {
		e.cmd.Wait() // its state says how it ended
		listener.Close()
		e.idleTimer.Stop()
		close(e.exited)
		p.lost(e)
	})
	return e, nil
}

func (e *environment) ended() bool {
	select {
	case <-e.exited:
		return true
	default:
		return false
	}
}

// during is the invocation that the process has now, or has had last.
func (e *environment) during() *cloud.Cause {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.current == nil {
		return nil
	}
	return e.current.cause
}

// kill ends the process; exited says when it has.
func (e *environment) kill() { e.cmd.Cancel() } // an error means that it has ended already

// execute hands an invocation to the process and waits for its answer, the
// function's timeout, or the end of the process. The environment is free for
// the next one as soon as it has answered, a moment before the process asks.
func (e *environment) execute(ctx context.Context, r request) (answer, error) {
	inv := &invocation{request: r, taken: make(chan struct{}), answered: make(chan answer, 1)}
	e.work <- inv
	cold := !e.warm
	if a, taken, err := e.waitUntilTaken(ctx, inv); !taken {
		return a, err
	}
	e.warm = true
	a, err := e.waitForAnswer(ctx, inv)
	a.duration = time.Since(inv.takenAt)
	if cold {
		e.mu.Lock()
		a.init = e.ready.Sub(e.started)
		e.mu.Unlock()
	}
	return a, err
}

func (e *environment) waitUntilTaken(ctx context.Context, inv *invocation) (a answer, taken bool, err error) {
	limit := time.NewTimer(initTime + inv.target.timeout)
	defer limit.Stop()
	select {
	case <-inv.taken:
		return answer{}, true, nil
	case <-limit.C:
		e.kill()
		<-e.exited // so that the environment is not used again
		return timedOut(inv.id, inv.target.timeout), false, nil
	case <-ctx.Done():
		return answer{}, false, ctx.Err()
	case <-e.exited:
	}
	select {
	case <-inv.taken:
		return answer{}, true, nil
	default:
	}
	if e.warm {
		return answer{}, false, errGone
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.initError != nil {
		return answer{payload: e.initError, failed: true}, false, nil
	}
	return e.exitFailure(inv), false, nil
}

func (e *environment) waitForAnswer(ctx context.Context, inv *invocation) (answer, error) {
	limit := time.NewTimer(time.Until(inv.deadline))
	defer limit.Stop()
	select {
	case a := <-inv.answered:
		return a, nil
	case <-limit.C:
		e.kill()
		<-e.exited
		return timedOut(inv.id, inv.target.timeout), nil
	case <-ctx.Done():
		return answer{}, ctx.Err()
	case <-e.exited:
	}
	select {
	case a := <-inv.answered: // its last word
		return a, nil
	default:
		return e.exitFailure(inv), nil
	}
}

func (e *environment) exitFailure(inv *invocation) answer {
	if e.cmd.ProcessState.Success() {
		return failure("Runtime.ExitError", "RequestId: %s Error: Runtime exited without providing a reason", inv.id)
	}
	return failure("Runtime.ExitError", "RequestId: %s Error: Runtime exited with error: %s", inv.id, e.cmd.ProcessState)
}

// command prepares the process of an environment. It sees the variables that
// Lambda documents and the function's own, nothing of the engine's.
func (l *Lambda) command(ctx context.Context, e *environment, runtimeAPI string, log *os.File) (*exec.Cmd, error) {
	path := e.pool.version.code.path
	variables, err := l.variables(e.pool.function, e.pool.version, e.during, map[string]string{
		"PATH":                   "/usr/local/bin:/usr/bin:/bin:/opt/bin",
		"LANG":                   "en_US.UTF-8",
		"TZ":                     ":UTC",
		"LAMBDA_TASK_ROOT":       path,
		"LAMBDA_RUNTIME_DIR":     path,
		"AWS_LAMBDA_RUNTIME_API": runtimeAPI,
	})
	if err != nil {
		return nil, err
	}
	if e.provisioned {
		variables[initialization] = "provisioned-concurrency"
	}
	cmd := exec.CommandContext(ctx, bootstrap(path))
	cmd.Dir = path
	for name, value := range variables {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	if log != nil {
		cmd.Stdout, cmd.Stderr = log, log
	}
	isolate(cmd)
	return cmd, nil
}

// variables adds to those of the place where an environment runs what Lambda
// documents, and the function's own.
func (l *Lambda) variables(f *function, v *version, during func() *cloud.Cause, place map[string]string) (map[string]string, error) {
	all := map[string]string{}
	maps.Copy(all, place)
	maps.Copy(all, map[string]string{
		"_HANDLER":                        v.handlerName,
		initialization:                    "on-demand",
		"AWS_LAMBDA_FUNCTION_NAME":        f.name,
		"AWS_LAMBDA_FUNCTION_VERSION":     v.number,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(v.memory),
		"AWS_LAMBDA_LOG_GROUP_NAME":       v.logGroup,
		"AWS_LAMBDA_LOG_STREAM_NAME":      f.logStream,
		"AWS_REGION":                      l.cloud.Region,
		"AWS_DEFAULT_REGION":              l.cloud.Region,
		"AWS_XRAY_CONTEXT_MISSING":        "LOG_ERROR",
		"AWS_EC2_METADATA_DISABLED":       "true", // so that no SDK looks for credentials on the network
	})
	if l.opts.Endpoint != nil {
		all["AWS_ENDPOINT_URL"] = l.opts.Endpoint()
	}
	if l.opts.Credentials != nil {
		id, secret, token, err := l.opts.Credentials(v.role, f.session(), during)
		if err != nil {
			return nil, fmt.Errorf("credentials of role %s: %w", v.role, err)
		}
		all["AWS_ACCESS_KEY_ID"], all["AWS_SECRET_ACCESS_KEY"], all["AWS_SESSION_TOKEN"] = id, secret, token
	}
	maps.Copy(all, v.environment)
	return all, nil
}
