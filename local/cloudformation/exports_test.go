package cloudformation

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudformation"
)

// exporting is a template whose outputs are exported, by names and values.
func exporting(outputs ...string) string {
	var all []string
	for i := 0; i < len(outputs); i += 2 {
		all = append(all, fmt.Sprintf(`"O%d": {"Value": %q, "Export": {"Name": {"Fn::Sub": "${AWS::StackName}-%s"}}}`, i/2, outputs[i+1], outputs[i]))
	}
	return `{"Resources": {"T": {"Type": "Test::Thing"}}, "Outputs": {` + strings.Join(all, ", ") + `}}`
}

func TestAnOutputHasTheExportNameThatItDeclares(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		r.open(t, exporting("b", "one", "a", "one", "d", "one", "c", "one"))
		told := func(want string) {
			t.Helper()
			got := ""
			for _, o := range described(t, r.Client, "store").Outputs {
				got += fmt.Sprint(*o.OutputKey, "=", aws.ToString(o.ExportName), " ")
			}
			if got != want {
				t.Errorf("the outputs are %s, want %s", got, want)
			}
		}
		told("O0=store-b O1=store-a O2=store-d O3=store-c ")
		// To swap names of one value is an update.
		if err := r.update(t, exporting("a", "one", "b", "one", "d", "one", "c", "one")); err != nil {
			t.Fatal(err)
		}
		told("O0=store-a O1=store-b O2=store-d O3=store-c ")
	})
}

func TestANameIsExportedOnce(t *testing.T) {
	onReview(t, func(t *testing.T, r *review) {
		r.open(t, store(``, ``))
		// "queue" is the name that the stack "store" exports.
		const thing = `{"Parameters": {"Name": {"Type": "String", "Default": "queue"}}, "Resources": {"T": {"Type": "Test::Thing"}}, "Outputs": {"O": {"Value": "x", "Export": {"Name": {"Ref": "Name"}}}%s}}`
		create := func(name, template string) {
			t.Helper()
			if _, err := r.CreateStack(t.Context(), &sdk.CreateStackInput{StackName: &name, TemplateBody: &template}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		status := func(name, status, reason string) {
			t.Helper()
			out, err := r.DescribeStackEvents(t.Context(), &sdk.DescribeStackEventsInput{StackName: &name})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range out.StackEvents {
				if string(e.ResourceStatus) == status && strings.Contains(aws.ToString(e.ResourceStatusReason), reason) {
					return
				}
			}
			t.Errorf("%s has not been in %s because of %s: %s", name, status, reason, described(t, r.Client, name).StackStatus)
		}
		create("second", fmt.Sprintf(thing, ""))
		status("second", "ROLLBACK_COMPLETE", "")
		status("second", "ROLLBACK_IN_PROGRESS", "Export with name queue is already exported by stack store.")
		create("third", fmt.Sprintf(thing, `, "P": {"Value": "y", "Export": {"Name": "queue"}}`))
		status("third", "ROLLBACK_IN_PROGRESS", "output P: another output is exported as queue")

		create("fourth", strings.Replace(fmt.Sprintf(thing, ""), `"queue"`, `"mine"`, 1))
		status("fourth", "CREATE_COMPLETE", "")
		_, err := r.UpdateStack(t.Context(), &sdk.UpdateStackInput{StackName: aws.String("fourth"), TemplateBody: aws.String(fmt.Sprintf(thing, ""))})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		status("fourth", "UPDATE_ROLLBACK_COMPLETE", "")
		status("fourth", "UPDATE_ROLLBACK_IN_PROGRESS", "Export with name queue is already exported by stack store.")
		// A name is free again when its stack is gone.
		deleted(t, r.Client, &sdk.DeleteStackInput{StackName: aws.String("store")})
		create("fifth", fmt.Sprintf(thing, ""))
		status("fifth", "CREATE_COMPLETE", "")
	})
}
