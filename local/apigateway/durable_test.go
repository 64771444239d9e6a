package apigateway

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsapigateway "github.com/aws/aws-sdk-go-v2/service/apigateway"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

// records are what is saved, one JSON text each.
func (w *world) records(t *testing.T) (texts []string) {
	t.Helper()
	for record := range w.Snapshot() {
		text, err := json.Marshal(record)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	return texts
}

func (w *world) restore(t *testing.T, texts ...string) {
	t.Helper()
	err := w.Restore(func(record any) error {
		if len(texts) == 0 {
			return io.EOF
		}
		text := texts[0]
		texts = texts[1:]
		return json.Unmarshal([]byte(text), record)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAKeyOfATemplateFindsThePlansThatItWasIn(t *testing.T) {
	const late = `"Late": {"Type": "AWS::ApiGateway::ApiKey", "Properties": {"Value": "late-late-late-late-late", "Enabled": true}}`
	plan := `,"Plan": {"Type": "AWS::ApiGateway::UsagePlan", "Properties": {"UsagePlanName": "basic", "ApiStages": [` + onProd + `]}}`
	api := declare("", methodOn(root, "ANY", `"ApiKeyRequired": true, `+lambdaProxyTo("echo")))
	id := identifier(cfn.Resource{Stack: "app", LogicalID: "Late", Type: "AWS::ApiGateway::ApiKey"}, 10)
	w := start(t, Options{}, serveEcho(), api+plan)
	saved := fmt.Sprintf(`{"KeyID":%q,"Plans":[%q]}`, id, w.planID())
	w.restore(t, saved)
	if got := w.records(t); !slices.Equal(got, []string{saved}) {
		t.Errorf("as long as the key is not there, %q is saved", got)
	}
	w.become(t, api+plan+","+late)
	if got := w.opens(t, "late-late-late-late-late"); got != 200 {
		t.Errorf("status %d", got)
	}
	if got := w.records(t); !slices.Equal(got, []string{saved}) {
		t.Errorf("%q is saved", got)
	}
}

func TestAKeyThatIsDeletedWaitsForNothing(t *testing.T) {
	w := protected(t)
	w.restore(t, `{"Key": {"ID": "k1", "Value": "value-value-value-value", "Enabled": true}, "Plans": ["gone", "`+w.planID()+`"]}`)
	if got := w.opens(t, "value-value-value-value"); got != 200 || len(w.waiting) != 1 {
		t.Errorf("status %d, waiting %v", got, w.waiting)
	}
	must[*awsapigateway.DeleteApiKeyOutput](t)(w.client(t).DeleteApiKey(t.Context(), &awsapigateway.DeleteApiKeyInput{ApiKey: aws.String("k1")}))
	if got := w.records(t); len(got) != 0 {
		t.Errorf("%q is saved", got)
	}
}

func TestUsageIsKeptForNinetyDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &subscription{}
		for range 200 {
			s.note(1, unlimited)
			time.Sleep(24 * time.Hour)
		}
		if len(s.days) != maxUsageDays || time.Since(s.days[0].day) != maxUsageDays*24*time.Hour {
			t.Errorf("%d days since %v", len(s.days), s.days[0].day)
		}
	})
}

func TestAQuotaCanBeExtendedBeforeItsPeriodsFirstRequest(t *testing.T) {
	w := start(t, Options{}, serveEcho(), metered("", `"ApiKeyRequired": true, `, `"Quota": {"Limit": 2, "Period": "DAY"},`, onProd))
	synctest.Test(t, func(t *testing.T) {
		for day := range 2 {
			w.operate(t, "UpdateUsage", fmt.Sprintf(`{"usagePlanId": %q, "keyId": %q, "patchOperations": [{"op": "replace", "path": "/remaining", "value": "5"}]}`, w.planID(), w.created.Handles["Acme"].Ref))
			if got := w.passes(t, acmeKey, 8); got != 5 {
				t.Errorf("day %d: %d passed", day, got)
			}
			time.Sleep(24 * time.Hour)
		}
		if got := w.passes(t, acmeKey, 8); got != 2 {
			t.Errorf("on the day after: %d passed", got)
		}
	})
}
