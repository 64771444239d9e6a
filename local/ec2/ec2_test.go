package ec2_test

// This file calls the service with the AWS SDK.

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// act performs one of the operations that change instances, by the name of the
// AWS CLI, and returns how the states changed, or an error's code.
func act(t *testing.T, client *awsec2.Client, action string, ids ...string) string {
	t.Helper()
	var changes []types.InstanceStateChange
	var failure error
	switch action {
	case "start":
		out, err := client.StartInstances(t.Context(), &awsec2.StartInstancesInput{InstanceIds: ids})
		if failure = err; err == nil {
			changes = out.StartingInstances
		}
	case "stop":
		out, err := client.StopInstances(t.Context(), &awsec2.StopInstancesInput{InstanceIds: ids})
		if failure = err; err == nil {
			changes = out.StoppingInstances
		}
	case "terminate":
		out, err := client.TerminateInstances(t.Context(), &awsec2.TerminateInstancesInput{InstanceIds: ids})
		if failure = err; err == nil {
			changes = out.TerminatingInstances
		}
	case "reboot":
		_, failure = client.RebootInstances(t.Context(), &awsec2.RebootInstancesInput{InstanceIds: ids})
	}
	if failure != nil {
		return code(failure)
	}
	var texts []string
	for _, c := range changes {
		texts = append(texts, fmt.Sprintf("%s -> %s", c.PreviousState.Name, c.CurrentState.Name))
	}
	return strings.Join(texts, ", ")
}

func TestAnInstanceStopsStartsAndEndsOverTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, resource("Server", "Instance", image))
		client, id := e.root(t), e.ref("Server")
		for n, step := range []struct {
			action string
			wait   int // seconds, before it
			want   string
			then   string // the state
		}{
			{"", 0, "", "running"},
			{"start", 0, "running -> running", "running"},
			{"reboot", 0, "", "running"},
			{"stop", 1, "running -> stopping", "stopping"},
			{"stop", 1, "stopping -> stopping", "stopping"},
			{"start", 0, "IncorrectInstanceState", "stopping"},
			{"reboot", 0, "IncorrectInstanceState", "stopping"},
			{"stop", 10, "stopped -> stopped", "stopped"},
			{"start", 0, "stopped -> pending", "pending"},
			{"start", 1, "pending -> pending", "pending"},
			{"stop", 0, "pending -> stopping", "stopping"},
			{"start", 10, "stopped -> pending", "pending"},
			{"", 10, "", "running"},
			{"terminate", 0, "running -> shutting-down", "shutting-down"},
			{"start", 0, "IncorrectInstanceState", "shutting-down"},
			{"stop", 0, "IncorrectInstanceState", "shutting-down"},
			{"terminate", 10, "terminated -> terminated", "terminated"},
			{"start", 0, "IncorrectInstanceState", "terminated"},
			{"", 59 * 60, "", "terminated"},
			{"", 60, "", "InvalidInstanceID.NotFound"},
			{"start", 0, "InvalidInstanceID.NotFound", "InvalidInstanceID.NotFound"},
		} {
			seconds(step.wait)
			synctest.Wait()
			if got := act(t, client, step.action, id); got != step.want {
				t.Fatalf("step %d: %s answers %q, want %q", n, step.action, got, step.want)
			}
			if got := state(t, client, id); got != step.then {
				t.Fatalf("step %d: after %q the state is %s, want %s", n, step.action, got, step.then)
			}
		}
		if got, want := e.told(), "stopping stopped pending stopping stopped pending running shutting-down terminated"; got != want {
			t.Errorf("EventBridge was told\n%s, want\n%s", got, want)
		}
	})
}

func TestAnOperationChangesAllInstancesOrNone(t *testing.T) {
	e := newEngine(t, resource("A", "Instance", image)+","+resource("B", "Instance", image+`, "DisableApiTermination": true`))
	client, a, b := e.root(t), e.ref("A"), e.ref("B")
	for _, row := range []struct {
		name, action string
		ids          []string
		want         string
	}{
		{"one that does not exist", "stop", []string{a, "i-00000000000000000"}, "InvalidInstanceID.NotFound"},
		{"one that is no id", "stop", []string{a, "server"}, "InvalidInstanceID.Malformed"},
		{"one with capital letters", "stop", []string{a, "i-0123456789ABCDEF0"}, "InvalidInstanceID.Malformed"},
		{"one that is protected", "terminate", []string{a, b}, "OperationNotPermitted"},
		{"one twice", "start", []string{a, a}, "running -> running"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := act(t, client, row.action, row.ids...); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
			if got := state(t, client, a); got != "running" {
				t.Errorf("the other one is %s", got)
			}
		})
	}
	if got := act(t, client, "stop", a, b); got != "running -> stopping, running -> stopping" {
		t.Errorf("both: %s", got)
	}
}

func TestADryRunTellsWhetherItWouldBeAllowedAndDoesNothing(t *testing.T) {
	e := newEngine(t, resource("A", "Instance", image))
	client, id := e.root(t), e.ref("A")
	_, err := client.StopInstances(t.Context(), &awsec2.StopInstancesInput{InstanceIds: []string{id}, DryRun: aws.Bool(true)})
	if code(err) != "DryRunOperation" {
		t.Errorf("got %v", err)
	}
	if got := state(t, client, id); got != "running" {
		t.Errorf("the instance is %s", got)
	}
	_, err = client.DescribeInstances(t.Context(), &awsec2.DescribeInstancesInput{DryRun: aws.Bool(true)})
	if code(err) != "DryRunOperation" {
		t.Errorf("got %v", err)
	}
}

// only allows one action on one resource.
type only struct {
	cloud.Authorizer
	action, resource string
}

func (o only) Authorize(_ cloud.Caller, action, resource string) error {
	if action == o.action && resource == o.resource {
		return nil
	}
	return cloud.Errorf(403, "AccessDeniedException", "%s on %s", action, resource)
}

func TestEachActionNeedsPermissionForTheInstanceAndDescribingForAll(t *testing.T) {
	e := newEngine(t, resource("A", "Instance", image))
	id := e.ref("A")
	arn := "arn:aws:ec2:eu-west-1:111122223333:instance/" + id
	client := e.root(t)
	for _, row := range []struct{ action, resource string }{
		{"DescribeInstances", "*"}, {"DescribeInstanceStatus", "*"},
		{"StartInstances", arn}, {"RebootInstances", arn}, {"StopInstances", arn}, {"TerminateInstances", arn},
	} {
		t.Run(row.action, func(t *testing.T) {
			call := func() error {
				switch row.action {
				case "DescribeInstances":
					_, err := client.DescribeInstances(t.Context(), &awsec2.DescribeInstancesInput{InstanceIds: []string{id}})
					return err
				case "DescribeInstanceStatus":
					_, err := client.DescribeInstanceStatus(t.Context(), &awsec2.DescribeInstanceStatusInput{InstanceIds: []string{id}})
					return err
				}
				name := strings.ToLower(strings.TrimSuffix(row.action, "Instances"))
				if got := act(t, client, name, id); strings.Contains(got, "UnauthorizedOperation") {
					return cloud.Errorf(403, "UnauthorizedOperation", "%s on %s", "ec2:"+row.action, arn)
				}
				return nil
			}
			e.Authorizer = only{action: "ec2:" + row.action, resource: row.resource}
			if err := call(); err != nil {
				t.Errorf("with the permission: %v", err)
			}
			e.Authorizer = only{action: "ec2:" + row.action, resource: arn + "0"}
			if err := call(); err == nil || !strings.Contains(err.Error(), "UnauthorizedOperation") || !strings.Contains(err.Error(), row.action+" on "+row.resource) {
				t.Errorf("with that of another instance: %v", err)
			}
		})
	}
}

func TestFiltersChooseInstances(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, resource("Web", "Instance", image+`, "InstanceType": "t4g.nano", "Tags": [{"Key": "Name", "Value": "web/1"}, {"Key": "stage", "Value": "dev"}]`)+","+
			resource("Mail", "Instance", `"ImageId": "ami-00000000", "InstanceType": "m5dn.large", "AvailabilityZone": "eu-west-1b", "Tags": [{"Key": "Name", "Value": "mail"}]`))
		client := e.root(t)
		act(t, client, "stop", e.ref("Mail"))
		for _, row := range []struct {
			name    string
			filters map[string][]string
			want    string
		}{
			{"none", nil, "Mail Web"},
			{"by state", map[string][]string{"instance-state-name": {"running", "pending"}}, "Web"},
			{"by the state's code", map[string][]string{"instance-state-code": {"64"}}, "Mail"},
			{"by a tag", map[string][]string{"tag:Name": {"mail"}}, "Mail"},
			{"by a tag's key", map[string][]string{"tag-key": {"stage"}}, "Web"},
			{"by a pattern that crosses a slash", map[string][]string{"tag:Name": {"w*1"}}, "Web"},
			{"by a pattern of one character", map[string][]string{"instance-type": {"t?g.*"}}, "Web"},
			{"by a bracket, which is none of a pattern", map[string][]string{"tag:Name": {"[mw]*"}}, ""},
			{"by all of several", map[string][]string{"tag:Name": {"mail", "web/1"}, "availability-zone": {"eu-west-1b"}}, "Mail"},
			{"by what nobody has", map[string][]string{"image-id": {"ami-1"}}, ""},
			{"by what there is not", map[string][]string{"colour": {"red"}}, "InvalidParameterValue"},
		} {
			var filters []types.Filter
			for name, values := range row.filters {
				filters = append(filters, types.Filter{Name: aws.String(name), Values: values})
			}
			out, err := client.DescribeInstances(t.Context(), &awsec2.DescribeInstancesInput{Filters: filters})
			got := code(err)
			if err == nil {
				got = e.names(out.Reservations)
			}
			if got != row.want {
				t.Errorf("%s: got %q, want %q", row.name, got, row.want)
			}
		}
	})
}

// names returns the logical ids of described instances, sorted.
func (e *engine) names(reservations []types.Reservation) string {
	var names []string
	for _, id := range []string{"Mail", "Web"} {
		for _, r := range reservations {
			if *r.Instances[0].InstanceId == e.ref(id) {
				names = append(names, id)
			}
		}
	}
	return strings.Join(names, " ")
}

func TestDescriptionsComeInPages(t *testing.T) {
	var resources []string
	for n := range 12 {
		resources = append(resources, resource(fmt.Sprintf("S%d", n), "Instance", image))
	}
	e := newEngine(t, strings.Join(resources, ","))
	client := e.root(t)
	seen := map[string]bool{}
	pages := 0
	for p := awsec2.NewDescribeInstancesPaginator(client, &awsec2.DescribeInstancesInput{MaxResults: aws.Int32(5)}); p.HasMorePages(); pages++ {
		page, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Reservations {
			seen[*r.Instances[0].InstanceId] = true
		}
	}
	if pages != 3 || len(seen) != 12 {
		t.Errorf("%d pages with %d instances", pages, len(seen))
	}
	for _, row := range []struct {
		name string
		in   *awsec2.DescribeInstancesInput
		want string
	}{
		{"too small a page", &awsec2.DescribeInstancesInput{MaxResults: aws.Int32(4)}, "InvalidParameterValue"},
		{"too large a page", &awsec2.DescribeInstancesInput{MaxResults: aws.Int32(1001)}, "InvalidParameterValue"},
		{"pages of chosen instances", &awsec2.DescribeInstancesInput{MaxResults: aws.Int32(5), InstanceIds: []string{e.ref("S1")}}, "InvalidParameterCombination"},
		{"an invented token", &awsec2.DescribeInstancesInput{NextToken: aws.String("x")}, "InvalidNextToken"},
		{"a token beyond the end", &awsec2.DescribeInstancesInput{NextToken: aws.String("99")}, ""},
	} {
		if _, err := client.DescribeInstances(t.Context(), row.in); code(err) != row.want {
			t.Errorf("%s: got %v, want %s", row.name, err, row.want)
		}
	}
}

func TestTheStatusOfInstancesIsThatOfTheRunningOnesUnlessAllAreAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, resource("A", "Instance", image)+","+resource("B", "Instance", image))
		client := e.root(t)
		act(t, client, "stop", e.ref("B"))
		seconds(10)
		out, err := client.DescribeInstanceStatus(t.Context(), &awsec2.DescribeInstanceStatusInput{})
		if err != nil || len(out.InstanceStatuses) != 1 || *out.InstanceStatuses[0].InstanceId != e.ref("A") || out.InstanceStatuses[0].SystemStatus.Status != "ok" {
			t.Errorf("got %+v, %v", out, err)
		}
		out, err = client.DescribeInstanceStatus(t.Context(), &awsec2.DescribeInstanceStatusInput{InstanceIds: []string{e.ref("B")}, IncludeAllInstances: aws.Bool(true)})
		if err != nil || len(out.InstanceStatuses) != 1 || out.InstanceStatuses[0].InstanceState.Name != "stopped" || out.InstanceStatuses[0].InstanceStatus.Status != "not-applicable" {
			t.Errorf("got %+v, %v", out, err)
		}
	})
}
