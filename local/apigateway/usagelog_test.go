package apigateway

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsapigateway "github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

// passes tells how many of some requests with a key pass.
func (w *world) passes(t *testing.T, key string, requests int) int {
	t.Helper()
	passed := 0
	for range requests {
		if got := w.invoke(t, `{"Path": "/", "Method": "GET", "Headers": {"x-api-key": "`+key+`"}}`); got.StatusCode == 200 {
			passed++
		}
	}
	return passed
}

// operate calls the control plane without a socket, for tests under a virtual clock.
func (w *world) operate(t *testing.T, action, input string) usageShape {
	t.Helper()
	var out usageShape
	if err := w.cloud.Do(t.Context(), site().Administrator(), "apigateway", action, rawJSON(input), &out); err != nil {
		t.Fatalf("%s: %v", action, err)
	}
	return out
}

type rawJSON string

func (r rawJSON) MarshalJSON() ([]byte, error) { return []byte(r), nil }

func TestOtherTermsCountFromTheNextRequestOn(t *testing.T) {
	w := protected(t)
	w.addKey(t, acmeKey, w.planID())
	synctest.Test(t, func(t *testing.T) {
		patch := func(path, value string) {
			w.operate(t, "UpdateUsagePlan", fmt.Sprintf(`{"usagePlanId": %q, "patchOperations": [{"op": "replace", "path": %q, "value": %q}]}`, w.planID(), path, value))
		}
		for _, step := range []struct {
			name, path, value string
			passes            int // of 10
		}{
			{"a burst", "/throttle/burstLimit", "4", 4},
			{"a larger one", "/throttle/burstLimit", "6", 6},
			{"of one method", "/apiStages/" + w.apiID() + ":prod/throttle//ANY/burstLimit", "1", 1},
		} {
			patch(step.path, step.value)
			if got := w.passes(t, acmeKey, 10); got != step.passes {
				t.Errorf("%s: %d of 10 passed, want %d", step.name, got, step.passes)
			}
		}
	})
}

func TestUsageIsToldDayByDayAndCanBeExtended(t *testing.T) {
	w := protected(t)
	plan := w.newPlan(t, awsapigateway.CreateUsagePlanInput{Quota: &types.QuotaSettings{Limit: 10, Offset: 1, Period: "WEEK"}})
	if _, err := w.patchPlan(t, w.planID(), "remove /apiStages "+w.apiID()+":prod"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.patchPlan(t, plan, "add /apiStages "+w.apiID()+":prod"); err != nil {
		t.Fatal(err)
	}
	acme, globex := w.addKey(t, acmeKey, plan), w.addKey(t, globexKey, plan)
	synctest.Test(t, func(t *testing.T) { // begins on Saturday, 2000-01-01
		usage := func(more, from, to string) map[string][][2]int {
			return w.operate(t, "GetUsage", fmt.Sprintf(`{"usagePlanId": %q, "startDate": %q, "endDate": %q%s}`, plan, from, to, more)).Values
		}
		if got := w.passes(t, acmeKey, 4); got != 4 {
			t.Errorf("%d of 4 passed", got)
		}
		time.Sleep(3 * 24 * time.Hour) // Tuesday, of another week
		if got := w.passes(t, acmeKey, 12); got != 10 {
			t.Errorf("%d of 12 passed", got)
		}
		extended := w.operate(t, "UpdateUsage", fmt.Sprintf(`{"usagePlanId": %q, "keyId": %q, "patchOperations": [{"op": "replace", "path": "/remaining", "value": "3"}]}`, plan, acme))
		if extended.StartDate != "2000-01-04" || extended.EndDate != "2000-01-04" || !reflect.DeepEqual(extended.Values, map[string][][2]int{acme: {{10, 3}}}) {
			t.Errorf("%+v", extended)
		}
		if got := w.passes(t, acmeKey, 2); got != 2 {
			t.Errorf("%d of 2 passed by the extension", got)
		}
		want := map[string][][2]int{
			acme:   {{0, 9}, {4, 5}, {0, 10}, {0, 10}, {12, 1}, {0, 1}},
			globex: {{0, 9}, {0, 9}, {0, 9}, {0, 9}, {0, 9}, {0, 9}},
		}
		if got := usage("", "1999-12-31", "2000-01-05"); !reflect.DeepEqual(got, want) {
			t.Errorf("got %v\nwant %v", got, want)
		}
		if got := usage(fmt.Sprintf(`, "keyId": %q`, acme), "2000-01-04", "2000-01-04"); !reflect.DeepEqual(got, map[string][][2]int{acme: {{12, 1}}}) {
			t.Errorf("of one key: %v", got)
		}
		if got := usage(`, "limit": 1`, "2000-01-04", "2000-01-04"); len(got) != 1 {
			t.Errorf("a page of one: %v", got)
		}
	})
}

func TestTheSDKReadsUsage(t *testing.T) {
	w := protected(t)
	client, key := w.client(t), w.addKey(t, acmeKey, w.planID())
	w.opens(t, acmeKey)
	today := time.Now().UTC().Format(time.DateOnly)
	get := func(key *string, from, to string) (*awsapigateway.GetUsageOutput, error) {
		return client.GetUsage(t.Context(), &awsapigateway.GetUsageInput{UsagePlanId: aws.String(w.planID()), KeyId: key, StartDate: &from, EndDate: &to})
	}
	got := must[*awsapigateway.GetUsageOutput](t)(get(nil, today, today))
	if !reflect.DeepEqual(got.Items, map[string][][]int64{key: {{1, unlimited}}}) || *got.StartDate != today || *got.UsagePlanId != w.planID() {
		t.Errorf("%+v", got)
	}
	for dates, words := range map[string]string{
		"2000-01-01 yesterday": "YYYY-MM-DD", "2000-01-02 2000-01-01": "must not be before", "2000-01-01 2000-03-31": "90 days",
	} {
		from, to, _ := strings.Cut(dates, " ")
		_, err := get(nil, from, to)
		fails[*types.BadRequestException](t, err, words)
	}
	must[*awsapigateway.GetUsageOutput](t)(get(&key, "2000-01-01", "2000-03-30"))
	_, err := get(aws.String("nobody"), today, today)
	fails[*types.NotFoundException](t, err, "Invalid API Key identifier")
	update := func(path, value string) error {
		_, err := client.UpdateUsage(t.Context(), &awsapigateway.UpdateUsageInput{UsagePlanId: aws.String(w.planID()), KeyId: &key, PatchOperations: []types.PatchOperation{
			{Op: types.OpReplace, Path: &path, Value: &value},
		}})
		return err
	}
	fails[*types.BadRequestException](t, update("/remaining", "5"), "has no quota")
	if _, err := w.patchPlan(t, w.planID(), "replace /quota/limit 5", "replace /quota/period DAY"); err != nil {
		t.Fatal(err)
	}
	fails[*types.BadRequestException](t, update("/remaining", "-5"), "Invalid remaining quota '-5'")
	fails[*types.BadRequestException](t, update("/used", "5"), "Must be one of: [/remaining]")
	if err := update("/remaining", "0"); err != nil {
		t.Error(err)
	}
	if status := w.opens(t, acmeKey); status != 429 {
		t.Errorf("with nothing left: status %d", status)
	}
}

// Requests come in while keys are made, moved and deleted, and plans change.
func TestKeysComeAndGoUnderLoad(t *testing.T) {
	w := protected(t)
	client, plan := w.client(t), w.planID()
	w.addKey(t, acmeKey, plan)
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			if got := w.passes(t, acmeKey, 200); got != 200 {
				t.Errorf("%d of 200 requests with a key that nobody touches passed", got)
			}
		})
		all.Go(func() { w.passes(t, globexKey, 200) })
	}
	all.Go(func() {
		for range 10 {
			id := w.addKey(t, globexKey, plan)
			_, left := client.DeleteUsagePlanKey(t.Context(), &awsapigateway.DeleteUsagePlanKeyInput{UsagePlanId: &plan, KeyId: &id})
			_, deleted := client.DeleteApiKey(t.Context(), &awsapigateway.DeleteApiKeyInput{ApiKey: &id})
			if err := errors.Join(left, deleted); err != nil {
				t.Error(err)
			}
		}
	})
	all.Go(func() {
		today := time.Now().UTC().Format(time.DateOnly)
		for i := range 10 {
			_, changed := w.patchPlan(t, plan, fmt.Sprintf("replace /throttle/burstLimit %d", 1_000_000+i))
			_, told := client.GetUsage(t.Context(), &awsapigateway.GetUsageInput{UsagePlanId: &plan, StartDate: &today, EndDate: &today})
			if err := errors.Join(changed, told); err != nil {
				t.Error(err)
			}
		}
	})
	all.Wait()
}
