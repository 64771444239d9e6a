package console

// This file looks through more executions than a test can start: a Step Functions
// that only lists.

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
)

const machine = "arn:aws:states:us-east-1:000000000000:stateMachine:Many"

// crowd lists so many executions, the last one first: e-99999, a second before it
// e-99998. It counts what it has listed.
func crowd(t *testing.T, many int) (c *console, listed *atomic.Int64) {
	t.Helper()
	listed = new(atomic.Int64)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			MaxResults int
			NextToken  string
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Error(err)
		}
		from, _ := strconv.Atoi(in.NextToken)
		out := map[string]any{}
		var page []map[string]any
		for i := from; i < min(from+in.MaxResults, many); i++ {
			n := many - 1 - i
			page = append(page, map[string]any{
				"executionArn": fmt.Sprint("arn:e-", n), "stateMachineArn": machine, "name": fmt.Sprintf("e-%05d", n), "status": "SUCCEEDED", "startDate": n,
			})
		}
		out["executions"] = page
		// The SDK asks again where a long answer overtakes its own sending: https://github.com/aws/aws-sdk-go-v2/issues/2737.
		if strings.HasPrefix(r.Header.Get("Amz-Sdk-Request"), "attempt=1;") {
			listed.Add(int64(len(page)))
		}
		if from+in.MaxResults < many {
			out["nextToken"] = strconv.Itoa(from + in.MaxResults)
		}
		json.NewEncoder(w).Encode(out)
	}))
	t.Cleanup(server.Close)
	c = &console{states: sfn.NewFromConfig(aws.Config{
		Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})}
	return c, listed
}

func TestAHundredThousandExecutionsAreLookedThroughInParts(t *testing.T) {
	c, _ := crowd(t, 100_000)
	f := filter{Name: "E-00"} // the first thousand, which are the last in the list
	var names []string
	for {
		found, err := c.find(t.Context(), machine, f)
		if err != nil {
			t.Fatal(err)
		}
		if found.Searched > atMost+inList || len(found.Executions) > onPage {
			t.Fatalf("one page looked through %d executions, and shows %d", found.Searched, len(found.Executions))
		}
		for _, e := range found.Executions {
			names = append(names, *e.Name)
		}
		if found.next == "" {
			break
		}
		f.from, err = positionOf(found.next)
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(names) != 1000 {
		t.Fatalf("%d were found", len(names))
	}
	for i, name := range names {
		if want := fmt.Sprintf("e-%05d", 999-i); name != want {
			t.Fatalf("%s stands where %s should", name, want)
		}
	}
}

func TestTimesBoundWhatIsLookedThrough(t *testing.T) {
	c, _ := crowd(t, 100_000)
	found, err := c.find(t.Context(), machine, filter{After: time.Unix(99_990, 0), Before: time.Unix(99_995, 0)})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(found.Executions); n != 5 || *found.Executions[0].Name != "e-99994" || *found.Executions[4].Name != "e-99990" {
		t.Errorf("%d were found: %v", n, found.Executions)
	}
	if found.Searched != 10 || found.next != "" {
		t.Errorf("it looked through %d executions, and goes on at %q", found.Searched, found.next)
	}
}

func TestAPageOfExecutionsListsNoMoreThanItShows(t *testing.T) {
	c, listed := crowd(t, 120)
	f, shown := filter{}, 0
	for pages := 1; ; pages++ {
		found, err := c.find(t.Context(), machine, f)
		if err != nil {
			t.Fatal(err)
		}
		if shown += len(found.Executions); shown != int(listed.Load()) || shown != min(50*pages, 120) {
			t.Fatalf("after %d pages %d are shown, and %d listed", pages, shown, listed.Load())
		}
		if found.next == "" {
			break
		}
		if f.from, err = positionOf(found.next); err != nil {
			t.Fatal(err)
		}
	}
}
