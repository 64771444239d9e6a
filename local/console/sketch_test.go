package console

// This file draws pictures of stacks, alone and beside others.

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// stack is one whose resources have their types in lower case and their logical ids as
// their names, such as queue/Jobs.
func stack(t *testing.T, name, template string, more func(*types.Stack), physical ...string) *deployed {
	t.Helper()
	s := types.Stack{StackName: &name, StackId: aws.String("arn:aws:cloudformation:eu-central-1:123456789012:stack/" + name + "/1"), StackStatus: types.StackStatusCreateComplete}
	if more != nil {
		more(&s)
	}
	var resources []types.StackResourceSummary
	for _, pair := range physical {
		id, name, _ := strings.Cut(pair, "=")
		resources = append(resources, types.StackResourceSummary{LogicalResourceId: &id, PhysicalResourceId: &name})
	}
	d, err := newDeployed(s, `{"Resources": {`+template+`}}`, resources)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// arrows are those of a stack's picture.
func (a *account) arrows(name string) string {
	var all []string
	for _, c := range a.sketch(a.stack(name)).calls {
		all = append(all, c.From+" -> "+c.To)
	}
	return strings.Join(all, ", ")
}

const (
	jobs     = `"Dead": {"Type": "AWS::SQS::Queue"}, "Jobs": {"Type": "AWS::SQS::Queue", "Properties": {"RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}}}}`
	deadURL  = "Dead=http://127.0.0.1:4566/123456789012/dead"
	jobsURL  = "Jobs=http://127.0.0.1:4566/123456789012/jobs"
	someRole = `{"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}}`
)

func TestAPictureIsLaidOutAnewOnlyWhenAStackHasChanged(t *testing.T) {
	var s accounts
	loads := 0
	of := func(status types.StackStatus, template string) *sketch {
		t.Helper()
		a, err := s.of([]types.Stack{stack(t, "a", "", func(s *types.Stack) { s.StackStatus = status }).Stack}, func(told types.Stack) (*deployed, error) {
			loads++
			return stack(t, "a", template, func(s *types.Stack) { *s = told }, deadURL, jobsURL), nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return a.sketch(a.stack("a"))
	}
	first := of(types.StackStatusCreateComplete, jobs)
	if len(first.nodes) != 2 || len(first.calls) != 1 || !first.calls[0].Dead {
		t.Fatalf("the picture has %v and %v", first.nodes, first.calls)
	}
	if of(types.StackStatusCreateComplete, jobs) != first || loads != 1 {
		t.Errorf("the picture was laid out again, or the stack read %d times", loads)
	}
	for range 2 { // it changes all the time
		if of(types.StackStatusUpdateInProgress, jobs) == first {
			t.Error("the stack changes, and the picture is as before")
		}
	}
	if of(types.StackStatusUpdateComplete, jobs) == first || loads != 4 {
		t.Errorf("the stack has changed, and the picture is as before; it was read %d times", loads)
	}
	if a, err := s.of(nil, nil); err != nil || len(a.stacks) != 0 {
		t.Errorf("a stack that is deleted is still there: %v, %v", a.stacks, err)
	}
}

func TestAStackWhereNothingCallsAnythingHasNoPicture(t *testing.T) {
	d := stack(t, "a", `"Jobs": {"Type": "AWS::SQS::Queue"}`, nil, jobsURL)
	if s := newAccount([]*deployed{d}).sketch(d); s.plan != nil || len(s.nodes) != 0 {
		t.Errorf("the picture has %v", s.nodes)
	}
}

func TestAPictureShowsCallsToAndFromOtherStacks(t *testing.T) {
	data := stack(t, "Data", `"Orders": {"Type": "AWS::DynamoDB::Table"}, "Jobs": {"Type": "AWS::SQS::Queue"}, "News": {"Type": "AWS::SNS::Topic"}, "Role": `+someRole, func(s *types.Stack) {
		s.Outputs = []types.Output{
			{OutputKey: aws.String("Table"), OutputValue: aws.String("orders"), ExportName: aws.String("Data:Table")},
			{OutputKey: aws.String("Queue"), OutputValue: aws.String("arn:aws:sqs:eu-central-1:123456789012:jobs"), ExportName: aws.String("Data:Queue")},
			{OutputKey: aws.String("Role"), OutputValue: aws.String("arn:aws:iam::123456789012:role/role"), ExportName: aws.String("Data:Role")},
			{OutputKey: aws.String("Address"), OutputValue: aws.String("http://127.0.0.1:4566/123456789012/jobs")},
		}
	}, "Orders=orders", jobsURL, "News=arn:aws:sns:eu-central-1:123456789012:news", "Role=role")
	const topic = `arn:aws:sns:eu-central-1:123456789012:news`
	for name, row := range map[string]struct{ environment, want string }{
		"an export":                       {`{"Fn::ImportValue": "Data:Table"}`, "Orders of Data"},
		"an export by a parameter":        {`{"Fn::ImportValue": {"Fn::Sub": "${Source}:Queue"}}`, "Jobs of Data"},
		"an export by a variable":         {`{"Fn::ImportValue": {"Fn::Sub": ["${From}:Queue", {"From": {"Ref": "Source"}}]}}`, "Jobs of Data"},
		"a parameter that is an ARN":      {`{"Ref": "Topic"}`, "News of Data"},
		"a parameter that is a name":      {`{"Ref": "Table"}`, "Orders of Data"},
		"a nested stack's output":         {`{"Fn::GetAtt": ["Nested", "Outputs.Address"]}`, "Jobs of Data"},
		"an ARN":                          {`"` + topic + `"`, "News of Data"},
		"an ARN of parts":                 {`{"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":sns:", {"Ref": "AWS::Region"}, ":", {"Ref": "AWS::AccountId"}, ":news"]]}`, "News of Data"},
		"an ARN of variables":             {`{"Fn::Sub": "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:jobs"}`, "Jobs of Data"},
		"a table's index":                 {`"arn:aws:dynamodb:eu-central-1:123456789012:table/orders/index/ByShop"`, "Orders of Data"},
		"an address":                      {`"http://127.0.0.1:4566/123456789012/jobs"`, "Jobs of Data"},
		"an import within a text":         {`{"Fn::Join": ["", [{"Fn::ImportValue": "Data:Queue"}, "/*"]]}`, "Jobs of Data"},
		"what only sounds like a name":    {`"orders"`, ""},
		"what is in no picture":           {`{"Fn::ImportValue": "Data:Role"}`, ""},
		"what nobody exports":             {`{"Fn::ImportValue": "Data:Nothing"}`, ""},
		"somebody else's ARN":             {`"arn:aws:sqs:eu-central-1:123456789012:others"`, ""},
		"its own, of a physical name":     {`"arn:aws:sqs:eu-central-1:123456789012:own"`, "Own"},
		"what is known to its stack only": {`{"Fn::Sub": "${Nowhere}"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			shop := stack(t, "Shop", `"Sell": {"Type": "AWS::Lambda::Function", "Properties": {"Environment": {"Variables": {"X": `+row.environment+`}}}},
				"Own": {"Type": "AWS::SQS::Queue"}, "Nested": {"Type": "AWS::CloudFormation::Stack"}`, func(s *types.Stack) {
				for name, value := range map[string]string{"Source": "Data", "Topic": topic, "Table": "orders"} {
					s.Parameters = append(s.Parameters, types.Parameter{ParameterKey: &name, ParameterValue: &value})
				}
			}, "Sell=shop-sell", "Nested="+*data.StackId, "Own=http://127.0.0.1:4566/123456789012/own")
			a := newAccount([]*deployed{data, shop})
			want, back := "", ""
			if row.want != "" {
				want = "Sell -> " + row.want
			}
			if there, guest := strings.CutSuffix(row.want, " of Data"); guest {
				back = "Sell of Shop -> " + there
			}
			if got := a.arrows("Shop"); got != want {
				t.Errorf("the picture has %q, want %q", got, want)
			}
			if got := a.arrows("Data"); got != back {
				t.Errorf("the other stack's picture has %q, want %q", got, back)
			}
		})
	}
}

func TestManyResourcesOfAnotherStackAreThatStack(t *testing.T) {
	declared, physical := []string{`"Jobs": {"Type": "AWS::SQS::Queue"}`}, []string{jobsURL}
	for i := range maxElsewhere + 1 {
		declared = append(declared, fmt.Sprintf(`"Sell%d": {"Type": "AWS::Lambda::Function", "Properties": {"Environment": {"X": "arn:aws:sqs:eu-central-1:123456789012:jobs"}}}`, i))
		physical = append(physical, fmt.Sprintf("Sell%d=sell-%d", i, i))
	}
	for sellers, want := range map[int]string{2: "Sell0 of Shop -> Jobs, Sell1 of Shop -> Jobs", maxElsewhere + 1: "Shop -> Jobs"} {
		data := stack(t, "Data", declared[0], nil, physical[0])
		shop := stack(t, "Shop", strings.Join(declared[1:1+sellers], ", "), nil, physical[1:1+sellers]...)
		a := newAccount([]*deployed{data, shop})
		if got := a.arrows("Data"); got != want {
			t.Errorf("with %d resources of another stack the picture has %q, want %q", sellers, got, want)
		}
		for _, n := range a.sketch(data).nodes {
			if n.guest = n.Stack != "Data"; n.Type == stackType && (n.At() != "/stacks/Shop" || n.Now != "9 resources") {
				t.Errorf("the other stack is at %s and has %s", n.At(), n.Now)
			}
		}
	}
}
