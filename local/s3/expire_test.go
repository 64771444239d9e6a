// What becomes of objects whose time is over.

package s3_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/s3"
)

var listed = regexp.MustCompile(`<(Version|DeleteMarker)[^>]*><Key>([^<]*)</Key>.*?<IsLatest>(true|false)`)

// versions are those of a bucket, by keys.
func (w *world) versions(t *testing.T, bucket string) string {
	var lines []string
	for _, found := range listed.FindAllStringSubmatch(w.ask(t, "GET /"+bucket+"?versions").Body.String(), -1) {
		line := found[2] + map[string]string{"true": "*", "false": ""}[found[3]]
		if found[1] == "DeleteMarker" {
			line += "†"
		}
		lines = append(lines, line)
	}
	slices.SortStableFunc(lines, func(a, b string) int { return strings.Compare(a[:1], b[:1]) })
	return strings.Join(lines, " ")
}

// The clock begins at midnight; * is the current version, † a delete marker.
func TestTheLifeCycleDeletesWhatItsRulesSay(t *testing.T) {
	const days = "<Expiration><Days>2</Days></Expiration>"
	for _, row := range []struct {
		name, bucket, rules string
		requests            []string // 1 hour apart
		after               [4]string
	}{
		{"objects", "plain-bucket", rule("<ID>a</ID><Filter><Prefix>a</Prefix></Filter>" + days), []string{"PUT /B/a\n\nx", "PUT /B/b\n\nx"}, [4]string{"a* b*", "a* b*", "b*", "b*"}},
		{"none, by a rule that is off", "plain-bucket", strings.Replace(rule("<ID>a</ID><Filter/>"+days), "Enabled", "Disabled", 1), []string{"PUT /B/a\n\nx"}, [4]string{"a*", "a*", "a*", "a*"}},
		{"what was not put anew", "plain-bucket", rule("<ID>a</ID><Filter/>" + days), []string{"PUT /B/a\n\nx", "PUT /B/a\n\ny"}, [4]string{"a*", "a*", "", ""}},
		{"by a date", "plain-bucket", rule("<ID>a</ID><Filter/><Expiration><Date>2000-01-02T00:00:00Z</Date></Expiration>"), []string{"PUT /B/a\n\nx"}, [4]string{"", "", "", ""}},
		{"by tags and sizes", "plain-bucket", rule("<ID>a</ID><Filter><And><Tag><Key>t</Key><Value>1</Value></Tag><ObjectSizeGreaterThan>1</ObjectSizeGreaterThan></And></Filter>" + days),
			[]string{"PUT /B/a\nx-amz-tagging: t=1\n\nxx", "PUT /B/b\nx-amz-tagging: t=1\n\nx", "PUT /B/c\n\nxx"}, [4]string{"a* b* c*", "a* b* c*", "b* c*", "b* c*"}},
		{"current versions, and then the markers", "versioned-bucket", rule("<ID>a</ID><Filter/>" + days), []string{"PUT /B/a\n\nx", "PUT /B/b\n\nx", "DELETE /B/b"}, [4]string{"a* b*† b", "a* b*† b", "a*† a b*† b", "a*† a b*† b"}},
		{"old versions", "versioned-bucket", rule("<ID>a</ID><Filter/><NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration>"),
			[]string{"PUT /B/a\n\nx", "PUT /B/a\n\ny", "PUT /B/a\n\nz"}, [4]string{"a* a a", "a*", "a*", "a*"}},
		{"old versions, by when others took their place", "versioned-bucket", rule("<ID>a</ID><Filter/><NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration>"),
			append(append([]string{"PUT /B/a\n\nx"}, slices.Repeat([]string{"GET /B/a"}, 23)...), "PUT /B/a\n\ny"), [4]string{"a* a", "a* a", "a*", "a*"}},
		{"all but one old version", "versioned-bucket", rule("<ID>a</ID><Filter/><NoncurrentVersionExpiration><NewerNoncurrentVersions>1</NewerNoncurrentVersions><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration>"),
			[]string{"PUT /B/a\n\nx", "PUT /B/a\n\ny", "PUT /B/a\n\nz"}, [4]string{"a* a a", "a* a", "a* a", "a* a"}},
		{"markers with nothing behind them", "versioned-bucket", rule("<ID>a</ID><Filter/><Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>"),
			[]string{"DELETE /B/a", "PUT /B/b\n\nx", "DELETE /B/b", "PUT /B/c\n\nx"}, [4]string{"b*† b c*", "b*† b c*", "b*† b c*", "b*† b c*"}},
		{"old versions, by their number alone", "versioned-bucket", rule("<ID>a</ID><Filter/><NoncurrentVersionExpiration><NewerNoncurrentVersions>1</NewerNoncurrentVersions></NoncurrentVersionExpiration>"),
			[]string{"PUT /B/a\n\nx", "PUT /B/a\n\ny", "PUT /B/a\n\nz"}, [4]string{"a* a", "a* a", "a* a", "a* a"}},
		{"no markers, by a rule that says so", "versioned-bucket", rule("<ID>a</ID><Filter/><Expiration><ExpiredObjectDeleteMarker>false</ExpiredObjectDeleteMarker></Expiration>"),
			[]string{"DELETE /B/a"}, [4]string{"a*†", "a*†", "a*†", "a*†"}},
		{"by one tag", "plain-bucket", rule("<ID>a</ID><Filter><Tag><Key>t</Key><Value>1</Value></Tag></Filter>" + days),
			[]string{"PUT /B/a\nx-amz-tagging: t=1\n\nx", "PUT /B/b\n\nx"}, [4]string{"a* b*", "a* b*", "b*", "b*"}},
		{"by one size", "plain-bucket", rule("<ID>a</ID><Filter><ObjectSizeLessThan>2</ObjectSizeLessThan></Filter>" + days),
			[]string{"PUT /B/a\n\nx", "PUT /B/b\n\nxx"}, [4]string{"a* b*", "a* b*", "b*", "b*"}},
		{"nothing that is locked", "locked-bucket", rule("<ID>a</ID><Filter/><NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration>"),
			[]string{"PUT /B/a\nx-amz-object-lock-legal-hold: ON\n\nx", "PUT /B/a\n\ny"}, [4]string{"a* a", "a* a", "a* a", "a* a"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := clocked(t, row.bucket)
				defer w.cloud.Close()
				at := func(request string) string { return strings.ReplaceAll(request, "/B", "/"+row.bucket) }
				if got := w.answer(t, at("PUT /B?lifecycle\n\n"+row.rules)); got != "200" {
					t.Fatal(got)
				}
				begin := time.Now()
				for _, request := range row.requests {
					time.Sleep(time.Hour)
					if got := w.answer(t, at(request)); !strings.HasPrefix(got, "20") {
						t.Fatal(request, got)
					}
				}
				for i, want := range row.after {
					time.Sleep(time.Until(begin.Add(time.Duration(i+1)*24*time.Hour + time.Second)))
					synctest.Wait()
					if got := w.versions(t, row.bucket); got != want {
						t.Errorf("after %d days: %q, want %q", i+1, got, want)
					}
				}
			})
		})
	}
}

// clocked is a world without a network, whose bucket tells EventBridge.
func clocked(t *testing.T, bucket string) *world {
	w := &world{cloud: cloud.New(cloud.Site{Account: "111122223333", Region: "eu-central-1"})}
	w.cloud.Authorizer, w.cloud.Bus, w.cloud.Trail = w, w, w
	w.s3 = s3.New(w.cloud, s3.Options{Dir: t.TempDir()})
	o := s3.BucketOptions{EventBridge: true, Locked: strings.HasPrefix(bucket, "locked")}
	if strings.HasPrefix(bucket, "versioned") {
		o.Versioning = s3.Enabled
	}
	if err := w.s3.CreateBucket(bucket, o); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestTheLifeCycleIsToldOfAsAnEventOnly(t *testing.T) {
	for bucket, want := range map[string]string{
		"plain-bucket":     "Object Deleted k  Lifecycle Expiration Permanently Deleted s3.amazonaws.com",
		"versioned-bucket": "Object Deleted k d41d8cd98f00b204e9800998ecf8427e Lifecycle Expiration Delete Marker Created s3.amazonaws.com",
	} {
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(23 * time.Hour) // the engine begins at any time of the day
			w := clocked(t, bucket)
			defer w.cloud.Close()
			w.ask(t, "PUT /"+bucket+"?lifecycle\n\n"+rule("<ID>a</ID><Filter/><Expiration><Days>1</Days></Expiration>"))
			w.ask(t, "PUT /"+bucket+"/k\n\nx")
			w.mu.Lock()
			w.events, w.calls = nil, nil
			w.mu.Unlock()
			time.Sleep(26 * time.Hour)
			synctest.Wait()
			w.mu.Lock()
			defer w.mu.Unlock()
			if len(w.events) != 1 || len(w.calls) != 0 {
				t.Fatalf("%d events, %d calls for CloudTrail", len(w.events), len(w.calls))
			}
			var d struct {
				Reason, Requester string
				DeletionType      string `json:"deletion-type"`
				Object            struct{ Key, ETag string }
			}
			if err := json.Unmarshal(w.events[0].Detail, &d); err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(w.events[0].DetailType, " ", d.Object.Key, " ", d.Object.ETag, " ", d.Reason, " ", d.DeletionType, " ", d.Requester); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestADestinationIsToldOfTheLifeCycle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := clocked(t, "versioned-bucket")
		defer w.cloud.Close()
		heard := w.destinations()
		w.ask(t, notify(queue("<Event>s3:LifecycleExpiration:*</Event>")))
		<-heard // the event that tests it
		w.ask(t, "PUT /versioned-bucket?lifecycle\n\n"+rule("<ID>a</ID><Filter/><Expiration><Days>1</Days></Expiration>"))
		w.ask(t, "PUT /versioned-bucket/k\n\nx")
		time.Sleep(25 * time.Hour)
		synctest.Wait()
		select {
		case got := <-heard:
			if !strings.Contains(got.message, `"eventName":"LifecycleExpiration:DeleteMarkerCreated"`) {
				t.Errorf("got %v", got)
			}
		default: // who waits here waits for ever: the life cycle goes on
			t.Error("it was told of nothing")
		}
	})
}

// rewriter puts the object b anew as soon as it hears that a is gone.
type rewriter struct {
	*world
	t *testing.T
}

func (r rewriter) Emit(e cloud.Event) {
	if e.DetailType == "Object Deleted" && strings.Contains(string(e.Detail), `"key":"a"`) {
		r.ask(r.t, "PUT /plain-bucket/b\n\nnew")
	}
	r.world.Emit(e)
}

func TestTheLifeCycleSparesWhatIsPutAnewMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := clocked(t, "plain-bucket")
		defer w.cloud.Close()
		w.cloud.Bus = rewriter{w, t}
		w.ask(t, "PUT /plain-bucket?lifecycle\n\n"+rule("<ID>a</ID><Filter/><Expiration><Days>1</Days></Expiration>"))
		for _, key := range []string{"a", "b"} {
			w.ask(t, "PUT /plain-bucket/"+key+"\n\nold")
		}
		time.Sleep(25 * time.Hour)
		synctest.Wait()
		if got := w.versions(t, "plain-bucket"); got != "b*" {
			t.Errorf("left are %q", got)
		}
	})
}

func TestTheLifeCycleAbandonsUploads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := clocked(t, "plain-bucket")
		defer w.cloud.Close()
		const abort = "<AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation></AbortIncompleteMultipartUpload>"
		off := strings.Replace(rule("<ID>d</ID><Filter/>"+abort), "<Status>Enabled", "<Status>Disabled", 1)
		between := "</Rule><Rule><Status>Enabled</Status>"
		on := rule("<ID>a</ID><Filter><Prefix>a</Prefix></Filter>" + abort + between + "<ID>c</ID><Filter><And><Prefix>c</Prefix></And></Filter>" + abort + between + "<ID>e</ID><Prefix>e</Prefix>" + abort)
		document := strings.Replace(on, "</LifecycleConfiguration>", "", 1) + strings.Replace(off, "<LifecycleConfiguration>", "", 1)
		if got := w.answer(t, "PUT /plain-bucket?lifecycle\n\n"+document); got != "200" {
			t.Fatal(got)
		}
		rules := w.ask(t, "GET /plain-bucket?lifecycle").Body.String()
		for _, key := range []string{"a", "b", "c", "e"} {
			w.ask(t, "POST /plain-bucket/"+key+"?uploads")
		}
		uploads := func() string {
			return fmt.Sprint(strings.Count(w.ask(t, "GET /plain-bucket?uploads").Body.String(), "<Upload>"))
		}
		time.Sleep(23 * time.Hour)
		if got := uploads(); got != "4" {
			t.Errorf("within the day: %s uploads", got)
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if got := uploads(); got != "1" {
			t.Errorf("after it: %s uploads", got)
		}
		if got := w.ask(t, "GET /plain-bucket?lifecycle").Body.String(); got != rules {
			t.Errorf("the rules have become %s", got)
		}
	})
}
