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

	"github.com/tradepost-dev/tradepost/local/cfn"
)

// addKey makes a key that is enabled, and puts it into a plan unless that is
// empty.
func (w *world) addKey(t *testing.T, value, plan string) string {
	t.Helper()
	client := w.client(t)
	created := must[*awsapigateway.CreateApiKeyOutput](t)(client.CreateApiKey(t.Context(), &awsapigateway.CreateApiKeyInput{Name: &value, Value: &value, Enabled: true}))
	if plan != "" {
		if err := w.joinKey(t, *created.Id, plan); err != nil {
			t.Fatal(err)
		}
	}
	return *created.Id
}

func (w *world) joinKey(t *testing.T, id, plan string) error {
	t.Helper()
	_, err := w.client(t).CreateUsagePlanKey(t.Context(), &awsapigateway.CreateUsagePlanKeyInput{UsagePlanId: &plan, KeyId: &id, KeyType: aws.String("API_KEY")})
	return err
}

// onStage is the API's stage in the shape of the SDK.
func (w *world) onStage() types.ApiStage {
	return types.ApiStage{ApiId: aws.String(w.apiID()), Stage: aws.String("prod")}
}

// addPlan makes a plan, which has the stage if that is said.
func (w *world) newPlan(t *testing.T, in awsapigateway.CreateUsagePlanInput, stages ...types.ApiStage) string {
	t.Helper()
	in.Name, in.ApiStages = aws.String("plan"), stages
	return *must[*awsapigateway.CreateUsagePlanOutput](t)(w.client(t).CreateUsagePlan(t.Context(), &in)).Id
}

// patchPlan updates a plan by operations written "op path value".
func (w *world) patchPlan(t *testing.T, plan string, operations ...string) (*awsapigateway.UpdateUsagePlanOutput, error) {
	t.Helper()
	in := &awsapigateway.UpdateUsagePlanInput{UsagePlanId: &plan}
	for _, o := range operations {
		words := strings.SplitN(o+"  ", " ", 3)
		in.PatchOperations = append(in.PatchOperations, types.PatchOperation{Op: types.Op(words[0]), Path: &words[1], Value: aws.String(strings.TrimSpace(words[2]))})
	}
	return w.client(t).UpdateUsagePlan(t.Context(), in)
}

func TestAPlanOfTheAPIIsDescribedAsItWasMade(t *testing.T) {
	w := protected(t)
	client := w.client(t)
	made := must[*awsapigateway.CreateUsagePlanOutput](t)(client.CreateUsagePlan(t.Context(), &awsapigateway.CreateUsagePlanInput{
		Name: aws.String("gold"), Description: aws.String("the best"), Tags: map[string]string{"tier": "gold"},
		Quota:    &types.QuotaSettings{Limit: 100, Offset: 2, Period: types.QuotaPeriodTypeWeek},
		Throttle: &types.ThrottleSettings{RateLimit: 2.5, BurstLimit: 5},
		ApiStages: []types.ApiStage{{ApiId: aws.String(w.apiID()), Stage: aws.String("prod"), Throttle: map[string]types.ThrottleSettings{
			"/orders/GET": {RateLimit: 1, BurstLimit: 2},
		}}},
	}))
	got := must[*awsapigateway.GetUsagePlanOutput](t)(client.GetUsagePlan(t.Context(), &awsapigateway.GetUsagePlanInput{UsagePlanId: made.Id}))
	if len(*made.Id) != 6 || *got.Name != "gold" || *got.Description != "the best" || got.Tags["tier"] != "gold" || *got.Quota != (types.QuotaSettings{Limit: 100, Offset: 2, Period: "WEEK"}) ||
		*got.Throttle != (types.ThrottleSettings{RateLimit: 2.5, BurstLimit: 5}) || len(got.ApiStages) != 1 || *got.ApiStages[0].Stage != "prod" ||
		got.ApiStages[0].Throttle["/orders/GET"] != (types.ThrottleSettings{RateLimit: 1, BurstLimit: 2}) {
		t.Errorf("%+v", got)
	}
	key := w.addKey(t, acmeKey, *made.Id)
	of := func(id string) []string {
		var names []string
		for _, plan := range must[*awsapigateway.GetUsagePlansOutput](t)(client.GetUsagePlans(t.Context(), &awsapigateway.GetUsagePlansInput{KeyId: aws.String(id)})).Items {
			names = append(names, *plan.Name)
		}
		return names
	}
	if all, its := len(of("")), of(key); all != 2 || !reflect.DeepEqual(its, []string{"gold"}) {
		t.Errorf("%d plans, %v of the key", all, its)
	}
	_, err := client.GetUsagePlans(t.Context(), &awsapigateway.GetUsagePlansInput{KeyId: aws.String("nobody")})
	fails[*types.NotFoundException](t, err, "Invalid API Key identifier specified")
}

func TestWhatAPlanCannotBe(t *testing.T) {
	w := protected(t)
	stage := func(api, name string) []types.ApiStage { return []types.ApiStage{{ApiId: &api, Stage: &name}} }
	for name, row := range map[string]struct {
		in    awsapigateway.CreateUsagePlanInput
		words string
	}{
		"without a name":  {awsapigateway.CreateUsagePlanInput{Name: aws.String("")}, "name"},
		"an hour's quota": {awsapigateway.CreateUsagePlanInput{Name: aws.String("p"), Quota: &types.QuotaSettings{Limit: 1, Period: "HOUR"}}, "DAY, WEEK or MONTH"},
		"no quota at all": {awsapigateway.CreateUsagePlanInput{Name: aws.String("p"), Quota: &types.QuotaSettings{Limit: 0, Period: "DAY"}}, "Quota limit"},
		"a big offset":    {awsapigateway.CreateUsagePlanInput{Name: aws.String("p"), Quota: &types.QuotaSettings{Limit: 3, Offset: 3, Period: "DAY"}}, "Quota limit"},
		"half a stage":    {awsapigateway.CreateUsagePlanInput{Name: aws.String("p"), ApiStages: stage(w.apiID(), "")}, "Invalid API Stage"},
	} {
		_, err := w.client(t).CreateUsagePlan(t.Context(), &row.in)
		if err == nil {
			t.Errorf("%s: it is made", name)
			continue
		}
		fails[*types.BadRequestException](t, err, row.words)
	}
	for api, name := range map[string]string{"nobody": "prod", w.apiID(): "test"} {
		_, err := w.client(t).CreateUsagePlan(t.Context(), &awsapigateway.CreateUsagePlanInput{Name: aws.String("p"), ApiStages: stage(api, name)})
		fails[*types.NotFoundException](t, err, "")
	}
	for range maxPlans - 1 { // the template has one
		w.newPlan(t, awsapigateway.CreateUsagePlanInput{})
	}
	_, err := w.client(t).CreateUsagePlan(t.Context(), &awsapigateway.CreateUsagePlanInput{Name: aws.String("one more")})
	fails[*types.LimitExceededException](t, err, "Usage Plans")
}

func TestAStageLetsAKeyInByOnePlanOnly(t *testing.T) {
	w := protected(t)
	first, other, third := w.planID(), w.newPlan(t, awsapigateway.CreateUsagePlanInput{}, w.onStage()), w.newPlan(t, awsapigateway.CreateUsagePlanInput{})
	key := w.addKey(t, acmeKey, first)
	fails[*types.ConflictException](t, w.joinKey(t, key, first), "already been added")
	fails[*types.ConflictException](t, w.joinKey(t, key, other), w.apiID()+":prod")
	if err := w.joinKey(t, key, third); err != nil {
		t.Fatal(err)
	}
	_, err := w.patchPlan(t, third, "add /apiStages "+w.apiID()+":prod")
	fails[*types.ConflictException](t, err, w.apiID()+":prod")
	for range maxPlansPerKey - 2 {
		if err := w.joinKey(t, key, w.newPlan(t, awsapigateway.CreateUsagePlanInput{})); err != nil {
			t.Fatal(err)
		}
	}
	fails[*types.LimitExceededException](t, w.joinKey(t, key, w.newPlan(t, awsapigateway.CreateUsagePlanInput{})), "Usage Plans")
	fails[*types.NotFoundException](t, w.joinKey(t, key, "nobody"), "Invalid Usage Plan ID specified")
	fails[*types.NotFoundException](t, w.joinKey(t, "nobody", first), "Invalid API Key identifier specified")
	_, err = w.client(t).CreateUsagePlanKey(t.Context(), &awsapigateway.CreateUsagePlanKeyInput{UsagePlanId: &first, KeyId: &key, KeyType: aws.String("TOKEN")})
	fails[*types.BadRequestException](t, err, "API_KEY")
	_, err = w.client(t).DeleteUsagePlanKey(t.Context(), &awsapigateway.DeleteUsagePlanKeyInput{UsagePlanId: &other, KeyId: &key})
	fails[*types.NotFoundException](t, err, key)
}

func TestAPlanIsDeletedWhenItOpensNoStage(t *testing.T) {
	w := protected(t)
	client, plan := w.client(t), w.planID()
	key := w.addKey(t, acmeKey, plan)
	remove := func() error {
		_, err := client.DeleteUsagePlan(t.Context(), &awsapigateway.DeleteUsagePlanInput{UsagePlanId: &plan})
		return err
	}
	fails[*types.BadRequestException](t, remove(), fmt.Sprintf("Cannot delete Usage Plan %s because there are API Stages associated with it, including %s:prod", plan, w.apiID()))
	if _, err := w.patchPlan(t, plan, "remove /apiStages "+w.apiID()+":prod"); err != nil {
		t.Fatal(err)
	}
	if status := w.opens(t, acmeKey); status != 403 {
		t.Errorf("status %d of a stage that is in no plan any more", status)
	}
	if err := remove(); err != nil {
		t.Fatal(err)
	}
	fails[*types.NotFoundException](t, remove(), "Invalid Usage Plan ID specified")
	// The key goes on without it.
	if err := w.joinKey(t, key, w.newPlan(t, awsapigateway.CreateUsagePlanInput{}, w.onStage())); err != nil {
		t.Error(err)
	}
	if status := w.opens(t, acmeKey); status != 200 {
		t.Errorf("status %d in another plan", status)
	}
	if err := w.created.Handles["Plan"].Delete(t.Context()); err != nil { // as when the stack goes
		t.Error(err)
	}
}

func TestPatchesOfAPlan(t *testing.T) {
	w := protected(t)
	stage := w.apiID() + ":prod"
	describe := func(p *awsapigateway.UpdateUsagePlanOutput) string {
		text := fmt.Sprint(aws.ToString(p.Name), " ", aws.ToString(p.Description), " ", aws.ToString(p.ProductCode), " ", len(p.ApiStages))
		if p.Quota != nil {
			text += fmt.Sprint(" ", *p.Quota)
		}
		if p.Throttle != nil {
			text += fmt.Sprint(" ", *p.Throttle)
		}
		for _, s := range p.ApiStages {
			text += fmt.Sprint(" ", s.Throttle)
		}
		return text
	}
	for _, row := range []struct {
		operations []string
		want       string
	}{
		{[]string{"replace /name gold", "replace /description best", "replace /productCode p1"}, "gold best p1 1 map[]"},
		{[]string{"remove /productCode"}, "gold best  1 map[]"},
		{[]string{"replace /quota/limit 10", "replace /quota/period DAY", "replace /quota/offset 2"}, "gold best  1 {10 2 DAY {}} map[]"},
		{[]string{"replace /throttle/rateLimit 2.5", "replace /throttle/burstLimit 5"}, "gold best  1 {10 2 DAY {}} {5 2.5 {}} map[]"},
		{[]string{"remove /quota", "remove /throttle"}, "gold best  1 map[]"},
		{[]string{"replace /apiStages/" + stage + "/throttle//orders/GET/rateLimit 1"}, "gold best  1 map[/orders/GET:{0 1 {}}]"},
		{[]string{"replace /apiStages/" + stage + "/throttle/~1orders/GET/burstLimit 3"}, "gold best  1 map[/orders/GET:{3 1 {}}]"},
		{[]string{"remove /apiStages/" + stage + "/throttle/~1orders/GET"}, "gold best  1 map[]"},
		{[]string{"replace /apiStages/" + stage + `/throttle {"/a/GET":{"rateLimit":1,"burstLimit":2}}`}, "gold best  1 map[/a/GET:{2 1 {}}]"},
		{[]string{"remove /apiStages/" + stage + "/throttle"}, "gold best  1 map[]"},
		{[]string{"remove /apiStages " + stage}, "gold best  0"},
		{[]string{"add /apiStages " + stage}, "gold best  1 map[]"},
	} {
		got, err := w.patchPlan(t, w.planID(), row.operations...)
		if err != nil {
			t.Errorf("%q: %v", row.operations, err)
		} else if describe(got) != row.want {
			t.Errorf("%q: %q, want %q", row.operations, describe(got), row.want)
		}
	}
	for operation, words := range map[string]string{
		"replace /id x":                                "Invalid patch path  '/id' specified for op 'replace'. Must be one of: [/description",
		"move /name x":                                 "Must be one of: [add, remove, replace]",
		"replace /quota/limit 5":                       "DAY, WEEK or MONTH", // a quota of which the period is not said
		"replace /quota/limit many":                    "Invalid integer value 'many'",
		"replace /throttle/rateLimit -1":               "Invalid number '-1'",
		"replace /throttle/burstLimit NaN":             "Invalid number 'NaN'",
		"remove /apiStages nobody:prod":                "Invalid API Stage specified",
		"remove /apiStages/nobody:prod/throttle":       "Invalid API Stage specified",
		"replace /apiStages/" + stage + "/throttle []": "Invalid throttle settings",
		"replace /apiStages/" + stage + "/throttle/x":  "Invalid patch path",
		"add /apiStages/" + stage + "/throttle {}":     "Invalid patch path",
	} {
		_, err := w.patchPlan(t, w.planID(), "replace /name changed", operation)
		fails[*types.BadRequestException](t, err, words)
	}
	_, err := w.patchPlan(t, w.planID(), "add /apiStages "+stage)
	fails[*types.ConflictException](t, err, stage)
	_, err = w.patchPlan(t, w.planID(), "add /apiStages nobody:prod")
	fails[*types.NotFoundException](t, err, "Invalid API identifier specified 111122223333:nobody")
	if plan := must[*awsapigateway.GetUsagePlanOutput](t)(w.client(t).GetUsagePlan(t.Context(), &awsapigateway.GetUsagePlanInput{UsagePlanId: aws.String(w.planID())})); *plan.Name != "gold" {
		t.Errorf("updates that were refused have named the plan %s", *plan.Name)
	}
}

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

// become updates the stack to other resources.
func (w *world) become(t *testing.T, resources string) {
	t.Helper()
	template, err := cfn.Parse([]byte(`{"Resources": {` + resources + `}}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.created.Update(t.Context(), &cfn.Stack{Name: "app", Site: w.cloud.Site, Template: template}); err != nil {
		t.Fatalf("%v: %v", err, errors.Unwrap(err))
	}
	if err := w.created.CleanUp(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestAStackChangesItsKeysAndPlansInPlace(t *testing.T) {
	resources := metered("", `"ApiKeyRequired": true, `, `"Quota": {"Limit": 5, "Period": "DAY"},`, onProd)
	w := start(t, Options{}, serveEcho(), resources)
	ids := []string{w.planID(), w.created.Handles["Acme"].Ref, w.created.Handles["Globex"].Ref}
	if got := w.passes(t, acmeKey, 3); got != 3 {
		t.Fatalf("%d passed", got)
	}
	must[*awsapigateway.CreateUsagePlanKeyOutput](t)(w.client(t).CreateUsagePlanKey(t.Context(), &awsapigateway.CreateUsagePlanKeyInput{
		UsagePlanId: aws.String(w.planID()), KeyId: aws.String(w.created.Handles["Stranger"].Ref), KeyType: aws.String("API_KEY"),
	}))
	changed := strings.NewReplacer(`"Limit": 5`, `"Limit": 4`, `"Value": "`+globexKey+`", "Enabled": true`, `"Value": "`+globexKey+`", "Enabled": false, "Description": "gone"`).Replace(resources)
	w.become(t, changed)
	if got := w.passes(t, acmeKey, 3); got != 1 {
		t.Errorf("%d passed of the one that a smaller quota leaves", got)
	}
	if got := w.opens(t, globexKey); got != 403 {
		t.Errorf("a key that the template has come to disable: status %d", got)
	}
	if got := w.opens(t, "stranger-stranger-stranger"); got != 200 {
		t.Errorf("a key that the API has put into the plan: status %d", got)
	}
	now := []string{w.planID(), w.created.Handles["Acme"].Ref, w.created.Handles["Globex"].Ref}
	if !reflect.DeepEqual(now, ids) {
		t.Errorf("ids %v, were %v", now, ids)
	}
	w.become(t, strings.Replace(changed, acmeKey, "acme-acme-acme-acme-2027", 1))
	if w.opens(t, acmeKey) != 403 || w.opens(t, "acme-acme-acme-acme-2027") != 200 || w.created.Handles["Acme"].Ref == ids[1] {
		t.Error("another value has not made another key in the place of the one before")
	}
}
