package predict

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sagemakerruntime"
	"github.com/aws/smithy-go"

	contract "github.com/tradepost-dev/tradepost/internal/contract/training"
	"github.com/tradepost-dev/tradepost/internal/patience"
	"github.com/tradepost-dev/tradepost/internal/s3test"
)

// endpoint answers, and remembers how many rows it was asked for at a time.
type endpoint struct {
	answer func(rows []string) (string, error)
	asked  []int
}

func (e *endpoint) InvokeEndpoint(_ context.Context, in *sagemakerruntime.InvokeEndpointInput, _ ...func(*sagemakerruntime.Options)) (*sagemakerruntime.InvokeEndpointOutput, error) {
	if *in.EndpointName != "churn" || *in.ContentType != "text/csv" || *in.Accept != "text/csv" {
		return nil, fmt.Errorf("asked %s for %s with %s", *in.EndpointName, *in.Accept, *in.ContentType)
	}
	if len(in.Body) > mostBytes {
		return nil, fmt.Errorf("asked with %d bytes", len(in.Body))
	}
	rows := strings.Split(strings.TrimSuffix(string(in.Body), "\n"), "\n")
	e.asked = append(e.asked, len(rows))
	answer, err := e.answer(rows)
	return &sagemakerruntime.InvokeEndpointOutput{Body: []byte(answer)}, err
}

// lines answers the first column, a line for each row.
func lines(rows []string) (string, error) {
	var answers []string
	for _, row := range rows {
		first, _, _ := strings.Cut(row, ",")
		answers = append(answers, "p"+first)
	}
	return strings.Join(answers, "\n") + "\n", nil
}

// commas answers as SageMaker's own containers do.
func commas(rows []string) (string, error) {
	text, err := lines(rows)
	return strings.ReplaceAll(strings.TrimSpace(text), "\n", ","), err
}

func handler(t *testing.T, e *endpoint) (*Handler, *s3test.Buckets) {
	buckets := s3test.New(t, "work")
	return &Handler{S3: buckets.Client, SageMaker: e, WorkBucket: "work", Endpoint: "churn"}, buckets
}

func TestEachRowGetsAPredictionBesideIt(t *testing.T) {
	for name, answer := range map[string]func([]string) (string, error){"a line each": lines, "one line": commas,
		"lines of Windows": func(rows []string) (string, error) {
			text, err := lines(rows)
			return strings.ReplaceAll(text, "\n", "\r\n"), err
		}} {
		t.Run(name, func(t *testing.T) {
			h, buckets := handler(t, &endpoint{answer: answer})
			buckets.Put("work", "transformed/r1/predict/a.csv", "1,0\n2,0\n\n3,0") // the last line has no end
			buckets.Put("work", "transformed/r1/predict/sub/b.csv", "4\r\n")
			buckets.Put("work", "transformed/r1/train/c.csv", "9")
			buckets.Put("work", "transformed/r2/predict/d.csv", "9")
			got, err := h.Handle(t.Context(), contract.Batch{Run: "r1"})
			if want := (contract.Predicted{Rows: 4, After: "transformed/r1/predict/sub/b.csv", Done: true}); err != nil || got != want {
				t.Fatalf("got %+v, %v", got, err)
			}
			a, _ := buckets.Get("work", "predictions/r1/a.csv")
			b, _ := buckets.Get("work", "predictions/r1/sub/b.csv")
			if a != "p1\np2\np3\n" || b != "p4\n" {
				t.Errorf("predictions %q, %q", a, b)
			}
			if keys := buckets.Keys("work"); len(keys) != 6 {
				t.Errorf("objects %q", keys)
			}
		})
	}
}

func TestNothingToPredictIsDone(t *testing.T) {
	h, buckets := handler(t, &endpoint{})
	buckets.Put("work", "transformed/r1/predict/empty.csv", "\n")
	got, err := h.Handle(t.Context(), contract.Batch{Run: "r1"})
	if err != nil || got.Rows != 0 || !got.Done {
		t.Errorf("got %+v, %v", got, err)
	}
	if empty, ok := buckets.Get("work", "predictions/r1/empty.csv"); !ok || empty != "" {
		t.Errorf("predictions %q, %v", empty, ok)
	}
}

func TestRowsGoInBatchesOfAThousandAndAMegabyte(t *testing.T) {
	e := &endpoint{answer: lines}
	h, buckets := handler(t, e)
	buckets.Put("work", "transformed/r1/predict/a.csv", strings.Repeat("1\n", 2001))
	buckets.Put("work", "transformed/r1/predict/b.csv", strings.Repeat("1,"+strings.Repeat("0", 300<<10)+"\n", 4))
	got, err := h.Handle(t.Context(), contract.Batch{Run: "r1"})
	if err != nil || got.Rows != 2005 || !slices.Equal(e.asked, []int{1000, 1000, 1, 3, 1}) {
		t.Errorf("got %+v, %v after %v", got, err, e.asked)
	}
	if a, _ := buckets.Get("work", "predictions/r1/a.csv"); strings.Count(a, "p1\n") != 2001 {
		t.Errorf("%d predictions", strings.Count(a, "p1\n"))
	}
}

func TestWhatIsLeftWhenHalfOfTheTimeIsOverIsForTheNext(t *testing.T) {
	e := &endpoint{answer: lines}
	h, buckets := handler(t, e)
	for _, key := range []string{"1", "2", "3"} {
		buckets.Put("work", "transformed/r1/predict/"+key, key)
	}
	ctx := &clock{Context: t.Context(), left: func() time.Duration {
		if len(e.asked) == 2 { // now less than half of it is left
			return -time.Second
		}
		return time.Hour
	}}
	got, err := h.Handle(ctx, contract.Batch{Run: "r1"})
	if want := (contract.Predicted{Rows: 2, After: "transformed/r1/predict/2"}); err != nil || got != want {
		t.Fatalf("got %+v, %v", got, err)
	}
	got, err = h.Handle(t.Context(), contract.Batch{Run: "r1", After: got.After})
	if want := (contract.Predicted{Rows: 1, After: "transformed/r1/predict/3", Done: true}); err != nil || got != want {
		t.Errorf("then %+v, %v", got, err)
	}
}

// clock is a context that has as much time left as a test says, and never ends.
type clock struct {
	context.Context
	left func() time.Duration
}

func (c *clock) Deadline() (time.Time, bool) { return time.Now().Add(c.left()), true }

func TestAnEndpointThatAnswersSomethingElseIsAMismatch(t *testing.T) {
	for name, answer := range map[string]string{"one too few": "1\n2", "one too many": "1,2,3,4", "nothing": "", "JSON": `{"predictions": [1]}`} {
		h, buckets := handler(t, &endpoint{answer: func([]string) (string, error) { return answer, nil }})
		buckets.Put("work", "transformed/r1/predict/a.csv", "1\n2\n3\n")
		_, err := h.Handle(t.Context(), contract.Batch{Run: "r1"})
		mismatch, ok := err.(*PredictionsMismatch)
		if !ok || mismatch.Rows != 3 || mismatch.Key != "transformed/r1/predict/a.csv" {
			t.Errorf("%s: %T %v", name, err, err)
		}
		if keys := buckets.Keys("work"); len(keys) != 1 {
			t.Errorf("%s: objects %q", name, keys)
		}
	}
}

func TestFailuresAreBusyOrRefused(t *testing.T) {
	for name, row := range map[string]struct {
		answer error
		rows   string
		busy   bool
		words  string
	}{
		"the endpoint is overloaded": {&smithy.GenericAPIError{Code: "ThrottlingException"}, "1", true, "predict for transformed/r1/predict/a.csv"},
		"the container fails":        {&smithy.GenericAPIError{Code: "ModelError"}, "1", false, "ModelError"},
		"a line beyond any":          {nil, strings.Repeat("1", mostBytes+1), false, "has a line of more than 1048576 bytes"},
	} {
		h, buckets := handler(t, &endpoint{answer: func(rows []string) (string, error) {
			text, _ := lines(rows)
			return text, row.answer
		}})
		buckets.Put("work", "transformed/r1/predict/a.csv", row.rows)
		_, err := h.Handle(t.Context(), contract.Batch{Run: "r1"})
		_, busy := errors.AsType[*patience.ServiceBusy](err)
		_, refused := errors.AsType[*patience.ServiceRefused](err)
		if busy != row.busy || refused == row.busy || !strings.Contains(err.Error(), row.words) {
			t.Errorf("%s: %T %v", name, err, err)
		}
	}
}
