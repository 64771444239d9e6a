package cloudformation

// This file plays the function behind custom resources, under a virtual clock.

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// put puts an answer to the address that the function was told.
func (g *ground) put(url string, body []byte) int {
	recorder := httptest.NewRecorder()
	g.ServeHTTP(recorder, httptest.NewRequest(http.MethodPut, url, strings.NewReader(string(body))))
	return recorder.Code
}

// success is an answer to a request.
func success(q request, data map[string]any) answer {
	return answer{Status: "SUCCESS", PhysicalResourceId: "greeting-1", StackId: q.StackId, RequestId: q.RequestId, LogicalResourceId: q.LogicalResourceId, Data: data}
}

func custom(properties string) string {
	return `{"Resources": {"Greeting": {"Type": "Custom::Greeting", "Properties": {"ServiceToken": "` + function + `"` + properties + `}}},
		"Outputs": {"Ref": {"Value": {"Ref": "Greeting"}}, "Text": {"Value": {"Fn::GetAtt": ["Greeting", "Text.Long"]}}}}`
}

func TestAFunctionServesItsCustomResource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGround(t)
		g.answer = func(q request) any { return success(q, map[string]any{"Text": map[string]any{"Long": "hello"}}) }
		if err := g.deploy(t, "shop", custom(`, "Times": 3, "Loud": true, "To": ["all", {"Deep": 1.5}]`), Settings{}); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(g.Outputs()["shop"]); got != "map[Ref:greeting-1 Text:hello]" {
			t.Errorf("the outputs are %s", got)
		}
		if err := g.Delete(t.Context(), g.asked[0].StackId); err != nil {
			t.Fatal(err)
		}
		if len(g.asked) != 2 {
			t.Fatalf("the function was asked %d times", len(g.asked))
		}
		create, remove := g.asked[0], g.asked[1]
		want := map[string]any{"ServiceToken": function, "Times": "3", "Loud": "true", "To": []any{"all", map[string]any{"Deep": "1.5"}}}
		if create.RequestType != "Create" || create.ResourceType != "Custom::Greeting" || create.LogicalResourceId != "Greeting" || create.PhysicalResourceId != "" ||
			!strings.HasPrefix(create.StackId, "arn:aws:cloudformation:eu-west-1:111122223333:stack/shop/") || !reflect.DeepEqual(create.ResourceProperties, want) {
			t.Errorf("the first request is %+v", create)
		}
		if remove.RequestType != "Delete" || remove.PhysicalResourceId != "greeting-1" || remove.RequestId == create.RequestId || remove.ResponseURL == create.ResponseURL ||
			remove.StackId != create.StackId || !reflect.DeepEqual(remove.ResourceProperties, want) {
			t.Errorf("the second request is %+v", remove)
		}
	})
}

func TestACustomResourceFailsAsItsFunctionSays(t *testing.T) {
	for _, row := range []struct {
		name   string
		answer func(q request) any
		want   string
	}{
		{"a failure", func(q request) any {
			a := success(q, nil)
			a.Status, a.Reason = "FAILED", "nobody is there"
			return a
		}, "Greeting (Custom::Greeting): Received response status [FAILED] from custom resource. Message returned: nobody is there (RequestId: "},
		{"no JSON", func(request) any { return "hello" }, "Invalid response from the custom resource"},
		{"no status", func(q request) any { a := success(q, nil); a.Status = "DONE"; return a }, `its Status is "DONE"`},
		{"another stack's id", func(q request) any { a := success(q, nil); a.StackId = "x"; return a }, "are not those of the request"},
		{"another request's id", func(q request) any { a := success(q, nil); a.RequestId = "x"; return a }, "are not those of the request"},
		{"another resource's id", func(q request) any { a := success(q, nil); a.LogicalResourceId = "x"; return a }, "are not those of the request"},
		{"no physical id", func(q request) any { a := success(q, nil); a.PhysicalResourceId = ""; return a }, "Invalid PhysicalResourceId"},
		{"too much", func(q request) any { return success(q, map[string]any{"Text": strings.Repeat("x", maxAnswer)}) }, "Response object is too long"},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGround(t)
				g.answer = row.answer
				began := time.Now()
				if err := g.deploy(t, "shop", custom(""), Settings{DisableRollback: true}); err == nil || !strings.Contains(err.Error(), row.want) {
					t.Errorf("got %v, want %q", err, row.want)
				}
				if took := time.Since(began); took > 0 {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}

func TestACustomResourceWithoutAnAnswerTimesOut(t *testing.T) {
	for properties, want := range map[string]time.Duration{``: time.Hour, `, "ServiceTimeout": 90`: 90 * time.Second, `, "ServiceTimeout": "5"`: 5 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			g := newGround(t)
			g.answer = func(request) any { return nil }
			began := time.Now()
			err := g.deploy(t, "shop", custom(properties), Settings{DisableRollback: true})
			if took := time.Since(began); took != want || err == nil || !strings.Contains(err.Error(), "did not receive a response from your Custom Resource. Please check your logs for requestId ["+g.asked[0].RequestId+"]") {
				t.Errorf("%s: after %v, want %v: %v", properties, took, want, err)
			}
			late := g.asked[0]
			if code := g.put(late.ResponseURL, []byte("{}")); code != http.StatusForbidden {
				t.Errorf("a late answer is answered with %d", code)
			}
		})
	}
}

// What a function has begun it is asked to undo.
func TestACustomResourceThatFailedIsDeletedIfItHasAnId(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGround(t)
		g.answer = func(q request) any {
			a := success(q, nil)
			if q.RequestType == "Create" {
				a.Status = "FAILED"
			}
			return a
		}
		if err := g.deploy(t, "shop", custom(""), Settings{}); err == nil {
			t.Fatal("it was created")
		}
		if len(g.asked) != 2 || g.asked[1].RequestType != "Delete" || g.asked[1].PhysicalResourceId != "greeting-1" {
			t.Errorf("the function was asked %+v", g.asked)
		}
	})
}

func TestOnlyTheFirstAnswerCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGround(t)
		g.answer = func(q request) any { return nil }
		done := make(chan error)
		go func() {
			done <- g.deploy(t, "shop", strings.Replace(custom(""), `"Outputs"`, `"Metadata"`, 1), Settings{})
		}()
		synctest.Wait()
		q := g.asked[0]
		get := httptest.NewRecorder()
		g.ServeHTTP(get, httptest.NewRequest(http.MethodGet, q.ResponseURL, nil))
		codes := []int{get.Code, g.put(q.ResponseURL+"x", []byte("{}"))}
		body := fmt.Sprintf(`{"Status": "SUCCESS", "PhysicalResourceId": "p", "StackId": %q, "RequestId": %q, "LogicalResourceId": "Greeting"}`, q.StackId, q.RequestId)
		codes = append(codes, g.put(q.ResponseURL, []byte(body)), g.put(q.ResponseURL, []byte(body)))
		if err := <-done; err != nil || fmt.Sprint(codes) != "[403 403 200 403]" {
			t.Errorf("answered with %v: %v", codes, err)
		}
	})
}

func TestACustomResourceThatNobodyCanServeIsRefused(t *testing.T) {
	for _, row := range []struct{ name, template, want string }{
		{"without a function", strings.Replace(custom(""), function, "", 1), "property ServiceToken: must be the ARN of a function"},
		{"with a topic", strings.Replace(custom(""), function, "arn:aws:sns:eu-west-1:111122223333:t", 1), "property ServiceToken: must be the ARN of a function"},
		{"with a function that is not there", strings.Replace(custom(""), function, function+"2", 1), "invoke " + function + "2: ResourceNotFoundException"},
		{"with too short a timeout", custom(`, "ServiceTimeout": 0`), "property ServiceTimeout: must be 1 to 3600 seconds, got 0"},
		{"with too long a timeout", custom(`, "ServiceTimeout": 3601`), "property ServiceTimeout: must be 1 to 3600 seconds, got 3601"},
		{"with no number as timeout", custom(`, "ServiceTimeout": "long"`), "property ServiceTimeout: must be 1 to 3600 seconds, got long"},
	} {
		t.Run(row.name, func(t *testing.T) {
			g := newGround(t)
			g.answer = func(q request) any { return success(q, nil) }
			if err := g.deploy(t, "shop", row.template, Settings{}); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %q", err, row.want)
			}
		})
	}
}
