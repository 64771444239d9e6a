package lambda_test

// This file calls handlers in this process, under a virtual clock.

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/tradepost-dev/tradepost/local/lambda"
	"github.com/tradepost-dev/tradepost/local/logs"
)

// worker makes the handlers of an engine whose one function is "worker".
func worker(handler any) map[string]lambda.Handler {
	return map[string]lambda.Handler{"app/Worker": lambda.HandlerOf(handler)}
}

type OutOfStock struct{}

func (OutOfStock) Error() string { return "none left" }

func TestAnInProcessHandlerFailsAsItsBinaryWould(t *testing.T) {
	for _, test := range []struct {
		name               string
		handler            func(ctx context.Context) (string, error)
		errorType, message string
	}{
		{"an error", func(context.Context) (string, error) { return "", OutOfStock{} }, "OutOfStock", "none left"},
		{"a pointer", func(context.Context) (string, error) { return "", &OutOfStock{} }, "OutOfStock", "none left"},
		{"a wrapped error", func(context.Context) (string, error) { return "", errors.Join(OutOfStock{}) }, "joinError", "none left"},
		{"a panic with a text", func(context.Context) (string, error) { panic("oh") }, "string", "oh"},
		{"a panic with an error", func(context.Context) (string, error) { panic(OutOfStock{}) }, "OutOfStock", "none left"},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := newEngine(t, worker(test.handler))
			e.mustCreate(t, role(logStatement)+","+function(""))
			if got := e.invoke(t, `{}`).functionError(t); got != (functionError{test.errorType, test.message}) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestAnInProcessHandlerHasADeadlineAndIsNotWaitedForBeyondIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var left notes[time.Duration]
		e := newEngine(t, worker(func(ctx context.Context) error {
			deadline, _ := ctx.Deadline()
			left.add(time.Until(deadline))
			if lc, ok := lambdacontext.FromContext(ctx); !ok || len(lc.AwsRequestID) != 36 || lc.ClientContext.Custom["a"] != "b" {
				t.Errorf("lambda context %+v", lc)
			}
			<-ctx.Done()
			return ctx.Err()
		}))
		e.mustCreate(t, role(logStatement)+","+function(`,"Timeout": 20`))
		started := time.Now()
		var out invoked
		in := map[string]any{"FunctionName": "worker", "ClientContext": "eyJjdXN0b20iOnsiYSI6ImIifX0="}
		if err := e.Do(t.Context(), e.Administrator(), "lambda", "Invoke", in, &out); err != nil {
			t.Fatal(err)
		}
		got := out.functionError(t)
		if got.ErrorType != "Sandbox.Timedout" || !slices.Equal(left.all(), []time.Duration{20 * time.Second}) || time.Since(started) != 20*time.Second {
			t.Errorf("%+v, deadline after %v, answered after %v", got, left.all(), time.Since(started))
		}
	})
}

func TestInvocationsAtOnceGetTheirOwnAnswers(t *testing.T) {
	handler := lambda.HandlerOf(func(_ context.Context, text string) (string, error) { return text, nil })
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			text := strconv.Quote(strings.Repeat(strconv.Itoa(i), 1000))
			for range 200 {
				answer, err := handler.Invoke(t.Context(), []byte(text))
				runtime.Gosched()
				if string(answer) != text || err != nil {
					t.Errorf("got %.20s, %v; want %.20s", answer, err, text)
					return
				}
			}
		})
	}
	group.Wait()
}

func TestACallerThatLeavesDoesNotStopTheFunction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var finished notes[bool]
		e := newEngine(t, worker(func(ctx context.Context) error {
			select {
			case <-time.After(2 * time.Second):
				finished.add(true)
			case <-ctx.Done():
			}
			return nil
		}))
		e.mustCreate(t, role(logStatement)+","+function(""))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := e.Do(ctx, e.Administrator(), "lambda", "Invoke", map[string]string{"FunctionName": "worker"}, nil)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		sleep(2 * time.Second)
		if len(finished.all()) == 0 {
			t.Error("the function was stopped")
		}
	})
}

// notes is what handlers write down for their test.
type notes[T any] struct {
	mu   sync.Mutex
	list []T
}

// add appends and returns how many there are then.
func (n *notes[T]) add(note T) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = append(n.list, note)
	return len(n.list)
}

func (n *notes[T]) all() []T {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.list)
}

// sleep lets virtual time pass and waits until all that it brought has happened.
func sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// inMain makes an engine whose function "worker" is a main; it notes each of its
// cold starts, and what it prints.
func inMain(t *testing.T, starts, printed *notes[string], handler func(ctx context.Context, text string) (string, error)) *engine {
	t.Helper()
	return newEngineWith(t, func(o *lambda.Options) {
		o.Printed = func(log string, line []byte) { printed.add(log + ": " + string(line)) }
		o.Mains = map[string]lambda.Main{"app/Worker": func(env lambda.Environment) (lambda.Handler, error) {
			starts.add(strings.Join([]string{env.Variables["AWS_LAMBDA_FUNCTION_NAME"], env.Variables["COLOUR"], env.Variables["AWS_ACCESS_KEY_ID"], env.Variables["AWS_ENDPOINT_URL"]}, " "))
			fmt.Fprintf(env.Out, "a line\nand ")
			fmt.Fprintln(env.Out, "another")
			return lambda.HandlerOf(handler), nil
		}}
	})
}

func TestAMainIsStartedOnceForInvocationsAfterEachOtherAndOnceMoreForEachAtTheSameTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var starts, printed notes[string]
		e := inMain(t, &starts, &printed, func(_ context.Context, text string) (string, error) {
			time.Sleep(time.Second)
			return text, nil
		})
		e.mustCreate(t, role(logStatement)+","+function(`,"Environment": {"Variables": {"COLOUR": "red"}}`))
		e.invoke(t, `"a"`)
		e.invoke(t, `"b"`)
		if want := []string{"worker red AKID-worker http://127.0.0.1:4566"}; !slices.Equal(starts.all(), want) {
			t.Errorf("started as %q, want %q", starts.all(), want)
		}
		if want := []string{"app-Worker: a line", "app-Worker: and another"}; !slices.Equal(printed.all(), want) {
			t.Errorf("printed %q, want %q", printed.all(), want)
		}
		var group sync.WaitGroup
		for range 3 {
			group.Go(func() { e.invoke(t, `"c"`) })
		}
		group.Wait()
		if n := len(starts.all()); n != 3 {
			t.Errorf("%d environments for three invocations at the same time", n)
		}
	})
}

func TestAMainThatDiesIsNotUsedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var starts, printed, late notes[string]
		e := inMain(t, &starts, &printed, func(ctx context.Context, text string) (string, error) {
			if text == "die" {
				if !lambda.Exit(ctx) {
					t.Error("there was no environment to end")
				}
				late.add(context.Cause(ctx).Error())
			}
			return text, nil
		})
		e.mustCreate(t, role(logStatement)+","+function(""))
		if got := e.invoke(t, `"die"`).functionError(t); got.ErrorType != "Runtime.ExitError" {
			t.Errorf("got %+v", got)
		}
		if got := e.invoke(t, `"live"`); string(got.Payload) != `"live"` {
			t.Errorf("got %s", got.Payload)
		}
		synctest.Wait() // for the handler to end, too
		if len(starts.all()) != 2 || len(late.all()) != 1 {
			t.Errorf("%d starts, contexts ended by %q", len(starts.all()), late.all())
		}
		if lambda.Exit(t.Context()) {
			t.Error("a context of no invocation has an environment")
		}
	})
}

// groups are log groups that take what is published.
type groups struct {
	mu        sync.Mutex
	published map[string]logs.Lines // by group
}

func (g *groups) Group(string) (arn string, ok bool) { return "", true }

func (g *groups) Publish(group, _ string, lines logs.Lines) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.published[group] = lines
}

func TestWhatAMainPrintsIsReadInItsLogGroupFromAnyLineOn(t *testing.T) {
	g := &groups{published: map[string]logs.Lines{}}
	e := newEngineWith(t, func(o *lambda.Options) {
		o.LogGroups = g
		o.Mains = map[string]lambda.Main{"app/Worker": func(env lambda.Environment) (lambda.Handler, error) {
			fmt.Fprintln(env.Out, "one\ntwo\nthree")
			return lambda.HandlerOf(func() error { return nil }), nil
		}}
	})
	e.mustCreate(t, role(logStatement)+","+function(""))
	e.invoke(t, `{}`)
	read := func(from int64) (texts []string, positions []int64) {
		for line := range g.published["/aws/lambda/worker"](from) {
			texts, positions = append(texts, line.Text), append(positions, line.Position)
		}
		return texts, positions
	}
	all, positions := read(0)
	if len(all) != 6 || !slices.Equal(all[1:4], []string{"one", "two", "three"}) {
		t.Fatalf("read %q", all)
	}
	for i, from := range positions {
		if rest, at := read(from); !slices.Equal(rest, all[i:]) || !slices.Equal(at, positions[i:]) {
			t.Errorf("from line %d on: %q at %d", i+1, rest, at)
		}
	}
}
