package apigateway

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

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
	if left := len(w.keys.byID[key].subscriptions); left != 0 {
		t.Errorf("the key is in %d plans", left)
	}
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
