package apigateway

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsapigateway "github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

func (w *world) importKeys(t *testing.T, file string, strict bool) (*awsapigateway.ImportApiKeysOutput, error) {
	t.Helper()
	return w.client(t).ImportApiKeys(t.Context(), &awsapigateway.ImportApiKeysInput{Format: types.ApiKeysFormatCsv, Body: []byte(file), FailOnWarnings: strict})
}

// described are the keys by their values: name, description, whether they are
// enabled, and in how many plans they are.
func (w *world) described() map[string]string {
	w.mu.RLock()
	defer w.mu.RUnlock()
	out := map[string]string{}
	for value, key := range w.keys.byValue {
		out[value] = fmt.Sprintf("%s/%s/%v/%d", key.name, key.description, key.enabled, len(key.subscriptions))
	}
	return out
}

func TestAFileOfKeysIsReadAsDocumented(t *testing.T) {
	const a, b = "apikey1234abcdefghij0123456789", "apikey1234abcdefghij012345678b"
	plan := "PLAN"
	for name, row := range map[string]struct {
		file     string
		want     map[string]string
		warnings []string
	}{
		"two columns":               {"Key,name\n" + a + ",MyFirstApiKey\n", map[string]string{a: "MyFirstApiKey//true/0"}, nil},
		"all columns":               {"Name,key,description,Enabled,usageplanIds\nMine,apikey1234abcdefghij0123456789,An imported key,FALSE," + plan, map[string]string{a: "Mine/An imported key/false/1"}, nil},
		"quotes":                    {"Enabled,Name,key,UsageplanIds\ntrue,\"a, \"\"b\"\"\"," + a + ",'" + plan + "'\n,'t Hooft," + b + ",\"" + plan + "\"\n", map[string]string{a: `a, "b"//true/1`, b: "'t Hooft//true/1"}, nil},
		"lines of Windows, a mark":  {"\ufeffname,key\r\nA," + a + "\r\n\r\nB," + b + "\r\n", map[string]string{a: "A//true/0", b: "B//true/0"}, nil},
		"unknown columns":           {"colour,name,key,size\nred,A," + a + ",7\n", map[string]string{a: "A//true/0"}, nil},
		"short rows":                {"key,name,description,enabled\n" + a + "\n", map[string]string{a: "//true/0"}, nil},
		"a value that is too short": {"name,key\nA,short\nB," + b + "\n", map[string]string{b: "B//true/0"}, []string{"row 1: API Key value should be at least 20 characters"}},
		"a word for a boolean":      {"name,key,enabled\nA," + a + ",perhaps\n", map[string]string{}, []string{"row 1: Invalid boolean value 'perhaps' specified"}},
		"a plan that there is not":  {"name,key,usageplanids\nA," + a + ",'nobody," + plan + "'\n", map[string]string{a: "A//true/1"}, []string{"row 1: Invalid Usage Plan ID specified: nobody"}},
		"a key twice":               {"name,key,description\nA," + a + ",first\nB," + a + ",\n", map[string]string{a: "B//true/0"}, nil},
		"a line break in quotes":    {"name,key,description\nA," + a + ",\"two\nlines\"\n", map[string]string{a: "A/two\nlines/true/0"}, nil},
		"nothing but a heading":     {"name,key\n", map[string]string{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := protected(t)
			out, err := w.importKeys(t, strings.ReplaceAll(row.file, plan, w.planID()), false)
			if err != nil {
				t.Fatal(err)
			}
			if got := w.described(); !reflect.DeepEqual(got, row.want) || len(out.Ids) != len(row.want) || !slices.Equal(out.Warnings, row.warnings) {
				t.Errorf("got %q, ids %v, warnings %q", got, out.Ids, out.Warnings)
			}
			for _, id := range out.Ids {
				if w.keys.byID[id] == nil {
					t.Errorf("no key has the id %s", id)
				}
			}
		})
	}
}

func TestAKeyThatIsImportedAgainKeepsItsIDAndItsPlans(t *testing.T) {
	w := protected(t)
	first, err := w.importKeys(t, "name,key,description,usageplanids\nacme,"+acmeKey+",first,"+w.planID()+"\n", true)
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.importKeys(t, "name,key,enabled,usageplanids\nAcme Ltd,"+acmeKey+",false,"+w.planID()+"\n", true)
	if err != nil || !slices.Equal(first.Ids, again.Ids) {
		t.Errorf("%v: ids %v, then %v", err, first.Ids, again.Ids)
	}
	if got := w.described()[acmeKey]; got != "Acme Ltd//false/1" {
		t.Errorf("the key is %q", got)
	}
}

func TestAnImportThatFailsLeavesEverythingAsItWas(t *testing.T) {
	w := protected(t)
	if _, err := w.importKeys(t, "name,key,description\nacme,"+acmeKey+",first\n", true); err != nil {
		t.Fatal(err)
	}
	before := w.described()
	for name, row := range map[string]struct{ file, words string }{
		"a warning": {"name,key,description,usageplanids\nother," + acmeKey + ",second," + w.planID() + "\nglobex," + globexKey + ",,\nbad,short,,\n", "row 3: API Key value should be at least 20 characters"},
		"no name":   {"key\n" + globexKey + "\n", "the columns Name and Key"},
		"no key":    {"name\nglobex\n", "the columns Name and Key"},
		"nothing":   {"", "empty"},
	} {
		_, err := w.importKeys(t, row.file, true)
		fails[*types.BadRequestException](t, err, row.words)
		if got := w.described(); !reflect.DeepEqual(got, before) {
			t.Errorf("%s: the keys are %q, were %q", name, got, before)
		}
	}
	_, err := w.client(t).ImportApiKeys(t.Context(), &awsapigateway.ImportApiKeysInput{Format: "xml", Body: []byte("name,key\n")})
	fails[*types.BadRequestException](t, err, "Must be one of: [csv]")
}

func TestAnAccountHasTenThousandKeys(t *testing.T) {
	w := protected(t)
	file := &strings.Builder{}
	file.WriteString("name,key,usageplanids\n")
	for i := range maxKeys {
		fmt.Fprintf(file, "partner-%05d,value-of-partner-%05d,%s\n", i, i, w.planID())
	}
	out, err := w.importKeys(t, file.String(), true)
	if err != nil || len(out.Ids) != maxKeys {
		t.Fatalf("%v, %d ids", err, len(out.Ids))
	}
	if got := w.opens(t, "value-of-partner-09999"); got != 200 {
		t.Errorf("the last of them: status %d", got)
	}
	_, err = w.client(t).CreateApiKey(t.Context(), &awsapigateway.CreateApiKeyInput{Name: aws.String("one more")})
	fails[*types.LimitExceededException](t, err, "Maximum number of API Keys")
	_, err = w.importKeys(t, "name,key\nknown,value-of-partner-00000\none more,value-of-one-partner-more\n", false)
	fails[*types.LimitExceededException](t, err, "Maximum number of API Keys")
	if got := w.described()["value-of-partner-00000"]; got != "partner-00000//true/1" {
		t.Errorf("an import that failed has left %q", got)
	}
	members := 0
	pages := awsapigateway.NewGetUsagePlanKeysPaginator(w.client(t), &awsapigateway.GetUsagePlanKeysInput{UsagePlanId: aws.String(w.planID()), Limit: aws.Int32(500)})
	for pages.HasMorePages() {
		members += len(must[*awsapigateway.GetUsagePlanKeysOutput](t)(pages.NextPage(t.Context())).Items)
	}
	if members != maxKeys {
		t.Errorf("%d keys in the plan", members)
	}
}
