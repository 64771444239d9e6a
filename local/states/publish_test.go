package states_test

// This file publishes versions, routes executions by aliases, and tags machines.

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go"
)

// update gives the machine another definition, and publishes it.
func (s *service) update(t *testing.T, arn, definition string) *sfn.UpdateStateMachineOutput {
	t.Helper()
	out, err := s.UpdateStateMachine(context.Background(), &sfn.UpdateStateMachineInput{StateMachineArn: &arn, Definition: &definition, Publish: true})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (s *service) alias(t *testing.T, name string, routes ...types.RoutingConfigurationListItem) string {
	t.Helper()
	out, err := s.CreateStateMachineAlias(context.Background(), &sfn.CreateStateMachineAliasInput{Name: &name, Description: aws.String("of " + name), RoutingConfiguration: routes})
	if err != nil {
		t.Fatal(err)
	}
	return *out.StateMachineAliasArn
}

func to(arn string, weight int32) types.RoutingConfigurationListItem {
	return types.RoutingConfigurationListItem{StateMachineVersionArn: &arn, Weight: weight}
}

// run starts an execution and waits for its end.
func (s *service) run(t *testing.T, arn string) *sfn.DescribeExecutionOutput {
	t.Helper()
	started, err := s.StartExecution(context.Background(), &sfn.StartExecutionInput{StateMachineArn: &arn})
	if err != nil {
		t.Fatal(err)
	}
	for {
		d, err := s.DescribeExecution(context.Background(), &sfn.DescribeExecutionInput{ExecutionArn: started.ExecutionArn})
		if err != nil {
			t.Fatal(err)
		}
		if d.Status != types.ExecutionStatusRunning {
			return d
		}
	}
}

func expectCode(t *testing.T, name string, err error, code, message string) {
	t.Helper()
	var e smithy.APIError
	if !errors.As(err, &e) || e.ErrorCode() != code || e.ErrorMessage() != message {
		t.Errorf("%s: got %v, want %s: %s", name, err, code, message)
	}
}

func TestAVersionIsOfOneRevisionAndKeepsIt(t *testing.T) {
	s, ctx := newService(t), context.Background()
	created := s.make(t, &sfn.CreateStateMachineInput{Name: aws.String("m"), Publish: true, VersionDescription: aws.String("the first")})
	arn := *created.StateMachineArn
	if *created.StateMachineVersionArn != arn+":1" {
		t.Errorf("published %+v", created)
	}
	if again := s.make(t, &sfn.CreateStateMachineInput{Name: aws.String("m"), Publish: true, VersionDescription: aws.String("the first")}); *again.StateMachineVersionArn != arn+":1" {
		t.Errorf("published again %+v", again)
	}
	_, err := s.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{Name: aws.String("m"), RoleArn: aws.String(role), Definition: aws.String(saying1)})
	expectCode(t, "without a version", err, "StateMachineAlreadyExists", "State Machine Already Exists: '"+arn+"'")

	second := s.update(t, arn, saying2)
	if *second.StateMachineVersionArn != arn+":2" {
		t.Errorf("published %+v", second)
	}
	for revision, want := range map[string]string{"": arn + ":2", *second.RevisionId: arn + ":2"} {
		out, err := s.PublishStateMachineVersion(ctx, &sfn.PublishStateMachineVersionInput{StateMachineArn: &arn, RevisionId: &revision})
		if err != nil || *out.StateMachineVersionArn != want {
			t.Errorf("published again %v, %v", out, err)
		}
	}
	_, err = s.PublishStateMachineVersion(ctx, &sfn.PublishStateMachineVersionInput{StateMachineArn: &arn, RevisionId: aws.String("INITIAL")})
	expectCode(t, "an old revision", err, "ConflictException",
		"Failed to publish the State Machine version for revision INITIAL. The current State Machine revision is "+*second.RevisionId+".")

	first := s.describe(t, arn+":1")
	if *first.Definition != saying1 || *first.StateMachineArn != arn+":1" || *first.Description != "the first" || first.RevisionId != nil || *first.Name != "m" {
		t.Errorf("the first version is %+v", first)
	}
	if d := s.describe(t, arn+":2"); *d.Definition != saying2 || *d.RevisionId != *second.RevisionId || d.Description != nil {
		t.Errorf("the second version is %+v", d)
	}
	for qualified, output := range map[string]string{arn: "2", arn + ":1": "1", arn + ":2": "2"} {
		d := s.run(t, qualified)
		if *d.Output != output || *d.StateMachineArn != arn || qualified != arn && *d.StateMachineVersionArn != qualified || qualified == arn && d.StateMachineVersionArn != nil {
			t.Errorf("%s: %+v", qualified, d)
		}
	}
	list, err := s.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: aws.String(arn + ":1")})
	if err != nil || len(list.Executions) != 1 || *list.Executions[0].StateMachineVersionArn != arn+":1" {
		t.Errorf("executions of the first version: %+v, %v", list, err)
	}
	if all, err := s.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: &arn}); err != nil || len(all.Executions) != 3 {
		t.Errorf("all executions: %+v, %v", all, err)
	}
	for name, call := range map[string]func() error{
		"started": func() error {
			_, err := s.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: aws.String(arn + ":3")})
			return err
		},
		"updated": func() error {
			_, err := s.UpdateStateMachine(ctx, &sfn.UpdateStateMachineInput{StateMachineArn: aws.String(arn + ":3"), RoleArn: aws.String(role)})
			return err
		},
	} {
		expectCode(t, "a version that there is not is "+name, call(), "StateMachineDoesNotExist", "State Machine Does Not Exist: '"+arn+":3'")
	}
	_, err = s.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{Name: aws.String("n"), RoleArn: aws.String(role), Definition: aws.String(saying1), VersionDescription: aws.String("x")})
	expectCode(t, "a description of no version", err, "ValidationException", "Version description can only be set when publish is true")
}

func TestNumbersOfVersionsAreNotUsedAgain(t *testing.T) {
	s, ctx := newService(t), context.Background()
	arn := *s.make(t, &sfn.CreateStateMachineInput{Name: aws.String("m"), Publish: true}).StateMachineArn
	for _, definition := range []string{saying2, saying1, saying2} {
		s.update(t, arn, definition)
	}
	for range 2 { // the second time it is not there
		if _, err := s.DeleteStateMachineVersion(ctx, &sfn.DeleteStateMachineVersionInput{StateMachineVersionArn: aws.String(arn + ":4")}); err != nil {
			t.Error(err)
		}
	}
	out, err := s.PublishStateMachineVersion(ctx, &sfn.PublishStateMachineVersionInput{StateMachineArn: &arn, Description: aws.String("again")})
	if err != nil || *out.StateMachineVersionArn != arn+":5" {
		t.Errorf("published %v, %v", out, err)
	}
	var got []string
	pages := sfn.ListStateMachineVersionsInput{StateMachineArn: &arn, MaxResults: 3}
	for {
		page, err := s.ListStateMachineVersions(ctx, &pages)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range page.StateMachineVersions {
			got = append(got, strings.TrimPrefix(*v.StateMachineVersionArn, arn))
		}
		if pages.NextToken = page.NextToken; page.NextToken == nil {
			break
		}
	}
	if want := ":5 :3 :2 :1"; strings.Join(got, " ") != want {
		t.Errorf("there are %v, want %s", got, want)
	}
}

func TestAnAliasRoutesByWeight(t *testing.T) {
	s, ctx := newService(t), context.Background()
	arn := *s.make(t, &sfn.CreateStateMachineInput{Name: aws.String("m"), Publish: true}).StateMachineArn
	s.update(t, arn, saying2)
	first, second := to(arn+":1", 100), to(arn+":2", 0)
	live := s.alias(t, "live", first, second)
	if live != arn+":live" || s.alias(t, "live", first, second) != live {
		t.Errorf("the alias is %s", live)
	}
	for range 5 {
		if d := s.run(t, live); *d.Output != "1" || *d.StateMachineAliasArn != live || *d.StateMachineVersionArn != arn+":1" || *d.StateMachineArn != arn {
			t.Errorf("ran %+v", d)
		}
	}
	before, err := s.DescribeStateMachineAlias(ctx, &sfn.DescribeStateMachineAliasInput{StateMachineAliasArn: &live})
	if err != nil || *before.Name != "live" || *before.Description != "of live" || len(before.RoutingConfiguration) != 2 || before.RoutingConfiguration[0].Weight != 100 {
		t.Errorf("the alias is %+v, %v", before, err)
	}
	if _, err := s.UpdateStateMachineAlias(ctx, &sfn.UpdateStateMachineAliasInput{StateMachineAliasArn: &live, RoutingConfiguration: []types.RoutingConfigurationListItem{to(arn+":1", 50), to(arn+":2", 50)}}); err != nil {
		t.Fatal(err)
	}
	outputs := map[string]bool{}
	for range 200 { // one in 2^199 that both do not come up
		if outputs[*s.run(t, live).Output] = true; len(outputs) == 2 {
			break
		}
	}
	if fmt.Sprint(outputs) != "map[1:true 2:true]" {
		t.Errorf("ran %v", outputs)
	}
	if _, err := s.UpdateStateMachineAlias(ctx, &sfn.UpdateStateMachineAliasInput{StateMachineAliasArn: &live, Description: aws.String("other")}); err != nil {
		t.Fatal(err)
	}
	after, err := s.DescribeStateMachineAlias(ctx, &sfn.DescribeStateMachineAliasInput{StateMachineAliasArn: &live})
	if err != nil || *after.Description != "other" || after.RoutingConfiguration[1].Weight != 50 || !after.CreationDate.Equal(*before.CreationDate) || after.UpdateDate.Before(*before.UpdateDate) {
		t.Errorf("the alias is %+v, %v", after, err)
	}
	if list, err := s.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: &live}); err != nil || len(list.Executions) < 7 || *list.Executions[0].StateMachineAliasArn != live {
		t.Errorf("executions by the alias: %+v, %v", list, err)
	}
	_, err = s.DeleteStateMachineVersion(ctx, &sfn.DeleteStateMachineVersionInput{StateMachineVersionArn: aws.String(arn + ":2")})
	expectCode(t, "a version of an alias is deleted", err, "ConflictException",
		"Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [live]")

	s.alias(t, "only1", to(arn+":1", 100))
	for of, want := range map[string]string{arn: "live only1", arn + ":2": "live"} {
		list, err := s.ListStateMachineAliases(ctx, &sfn.ListStateMachineAliasesInput{StateMachineArn: &of})
		var got []string
		for _, a := range list.StateMachineAliases {
			got = append(got, strings.TrimPrefix(*a.StateMachineAliasArn, arn+":"))
		}
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("aliases of %s: %v, %v", of, got, err)
		}
	}
	for range 2 { // the second time it is not there
		if _, err := s.DeleteStateMachineAlias(ctx, &sfn.DeleteStateMachineAliasInput{StateMachineAliasArn: &live}); err != nil {
			t.Error(err)
		}
	}
	const missing = "Request references a resource that does not exist."
	_, err = s.DescribeStateMachineAlias(ctx, &sfn.DescribeStateMachineAliasInput{StateMachineAliasArn: &live})
	expectCode(t, "a deleted alias is described", err, "ResourceNotFound", missing)
	_, err = s.UpdateStateMachineAlias(ctx, &sfn.UpdateStateMachineAliasInput{StateMachineAliasArn: &live, Description: aws.String("x")})
	expectCode(t, "a deleted alias is updated", err, "ResourceNotFound", missing)
}

func TestCreateStateMachineAliasRefuses(t *testing.T) {
	s, ctx := newService(t), context.Background()
	arn := *s.make(t, &sfn.CreateStateMachineInput{Name: aws.String("m"), Publish: true}).StateMachineArn
	s.update(t, arn, saying2)
	s.alias(t, "taken", to(arn+":1", 100))
	other := *s.make(t, &sfn.CreateStateMachineInput{Name: aws.String("other"), Publish: true}).StateMachineArn
	one, two := arn+":1", arn+":2"
	const pattern = `Member must satisfy regular expression pattern: ^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$`
	const failed = "1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: %s"
	type routes = []types.RoutingConfigurationListItem
	for name, row := range map[string]struct {
		alias         string
		routes        routes
		code, message string
	}{
		"a number as a name": {"123", routes{to(one, 100)}, "ValidationException", fmt.Sprintf(failed, "123", "name", pattern)},
		"a name with an at":  {"a@", routes{to(one, 100)}, "ValidationException", fmt.Sprintf(failed, "a@", "name", pattern)},
		"a long name": {strings.Repeat("a", 81), routes{to(one, 100)}, "ValidationException",
			fmt.Sprintf(failed, strings.Repeat("a", 81), "name", "Member must have length less than or equal to 80")},
		"no routes": {"a", routes{}, "ValidationException", fmt.Sprintf(failed, "[]", "routingConfiguration", "Member must have length greater than or equal to 1")},
		"three routes": {"a", routes{to(one, 50), to(two, 30), to(arn+":3", 20)}, "ValidationException", fmt.Sprintf(failed,
			"[RoutingConfigurationListItem(stateMachineVersionArn="+one+", weight=50), RoutingConfigurationListItem(stateMachineVersionArn="+two+
				", weight=30), RoutingConfigurationListItem(stateMachineVersionArn="+arn+":3, weight=20)]", "routingConfiguration", "Member must have length less than or equal to 2")},
		"one version twice": {"a", routes{to(one, 50), to(one, 50)}, "ValidationException",
			"Routing configuration must contain distinct state machine version ARNs. Received: [" + one + ", " + one + "]"},
		"a machine":                  {"a", routes{to(arn, 50), to(two, 50)}, "ValidationException", "Routing configuration must contain state machine version ARNs. Received: [" + arn + ", " + two + "]"},
		"a version that is not":      {"a", routes{to(arn+":9", 100)}, "ValidationException", "Routing configuration must contain state machine version ARNs. Received: [" + arn + ":9]"},
		"another machine's version":  {"a", routes{to(one, 50), to(other+":1", 50)}, "ValidationException", "Routing configuration must contain state machine version ARNs. Received: [" + one + ", " + other + ":1]"},
		"a weight above 100":         {"a", routes{to(one, 101)}, "ValidationException", fmt.Sprintf(failed, "101", "routingConfiguration.1.member.weight", "Member must have value less than or equal to 100")},
		"a negative weight":          {"a", routes{to(one, 100), to(two, -1)}, "ValidationException", fmt.Sprintf(failed, "-1", "routingConfiguration.2.member.weight", "Member must have value greater than or equal to 0")},
		"weights of 99":              {"a", routes{to(one, 70), to(two, 29)}, "ValidationException", "Sum of routing configuration weights must equal 100. Received: [70, 29]"},
		"a name with another target": {"taken", routes{to(two, 100)}, "ConflictException", "Failed to create alias because an alias with the same name and a different routing configuration already exists."},
	} {
		_, err := s.CreateStateMachineAlias(ctx, &sfn.CreateStateMachineAliasInput{Name: &row.alias, RoutingConfiguration: row.routes})
		expectCode(t, name, err, row.code, row.message)
	}
}

func TestTagsAreOfMachinesOnly(t *testing.T) {
	s, ctx := newService(t), context.Background()
	tags := func(pairs ...string) (list []types.Tag) {
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, types.Tag{Key: &pairs[i], Value: &pairs[i+1]})
		}
		return list
	}
	arn := *s.make(t, &sfn.CreateStateMachineInput{Name: aws.String("m"), Publish: true, Tags: tags("a", "1", "b", "2")}).StateMachineArn
	expect := func(want string) {
		t.Helper()
		out, err := s.ListTagsForResource(ctx, &sfn.ListTagsForResourceInput{ResourceArn: &arn})
		got := ""
		for _, tag := range out.Tags {
			got += *tag.Key + "=" + *tag.Value + " "
		}
		if err != nil || got != want {
			t.Errorf("tags %s, want %s; %v", got, want, err)
		}
	}
	expect("a=1 b=2 ")
	if _, err := s.TagResource(ctx, &sfn.TagResourceInput{ResourceArn: &arn, Tags: tags("b", "3", "c", "")}); err != nil {
		t.Error(err)
	}
	expect("a=1 b=3 c= ")
	if _, err := s.UntagResource(ctx, &sfn.UntagResourceInput{ResourceArn: &arn, TagKeys: []string{"a", "none"}}); err != nil {
		t.Error(err)
	}
	expect("b=3 c= ")
	_, err := s.TagResource(ctx, &sfn.TagResourceInput{ResourceArn: aws.String(arn + ":1"), Tags: tags("a", "1")})
	expectCode(t, "a version is tagged", err, "ResourceNotFound", "Resource not found: '"+arn+":1'")
	var many []types.Tag
	for i := range 49 {
		many = append(many, tags(fmt.Sprint("n", i), "")...)
	}
	_, err = s.TagResource(ctx, &sfn.TagResourceInput{ResourceArn: &arn, Tags: many})
	expectCode(t, "51 tags", err, "TooManyTags", "Resource "+arn+" has more tags than 50")
	expect("b=3 c= ")
}

func TestAVersionOrAnAliasIsAuthorizedByItsMachine(t *testing.T) {
	s, ctx := newService(t), context.Background()
	arn := *s.make(t, &sfn.CreateStateMachineInput{Name: aws.String("m"), Publish: true}).StateMachineArn
	live := s.alias(t, "live", to(arn+":1", 100))
	s.guard.denied = "states:StartExecution " + arn
	for qualifier, qualified := range map[string]string{"live": live, "1": arn + ":1"} {
		_, err := s.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &qualified})
		expectCode(t, qualified, err, "AccessDeniedException", "not allowed: states:StartExecution "+arn)
		if s.guard.qualifier != qualifier {
			t.Errorf("states:StateMachineQualifier is %q, want %q", s.guard.qualifier, qualifier)
		}
	}
	s.guard.denied = "states:PublishStateMachineVersion " + arn
	_, err := s.UpdateStateMachine(ctx, &sfn.UpdateStateMachineInput{StateMachineArn: &arn, Definition: aws.String(saying2), Publish: true})
	expectCode(t, "an update that publishes", err, "AccessDeniedException", "not allowed: states:PublishStateMachineVersion "+arn)
	if *s.describe(t, arn).Definition != saying1 {
		t.Error("it was updated")
	}
}
