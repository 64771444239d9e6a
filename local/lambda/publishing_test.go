package lambda_test

// This file publishes versions and names them, with the AWS SDK.

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// describeWorker changes the function, so that a version can be published.
func describeWorker(t *testing.T, client *awssdk.Client, description string) {
	t.Helper()
	if _, err := client.UpdateFunctionConfiguration(t.Context(), &awssdk.UpdateFunctionConfigurationInput{FunctionName: aws.String("worker"), Description: &description}); err != nil {
		t.Fatal(err)
	}
}

func publishWorker(t *testing.T, client *awssdk.Client, description string) *awssdk.PublishVersionOutput {
	t.Helper()
	out, err := client.PublishVersion(t.Context(), &awssdk.PublishVersionInput{FunctionName: aws.String("worker"), Description: &description})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAVersionIsPublishedOfWhatHasChanged(t *testing.T) {
	_, client := controlled(t)
	made := mustMake(t, client, newFunction(packed(t, "#!/bin/sh\n")))
	worker := aws.String("worker")
	first := publishWorker(t, client, "one")
	if *first.Version != "1" || *first.FunctionArn != workerARN+":1" || *first.Description != "one" || first.State != types.StateActive {
		t.Errorf("the first version is %+v", first)
	}
	if again := publishWorker(t, client, "again"); *again.Version != "1" || *again.Description != "one" || *again.RevisionId != *first.RevisionId {
		t.Errorf("published again, it is %+v", again)
	}
	describeWorker(t, client, "")
	if unchanged := publishWorker(t, client, ""); *unchanged.Version != "1" {
		t.Errorf("after an update to the same, version %s is published", *unchanged.Version)
	}
	describeWorker(t, client, "changed")
	if second := publishWorker(t, client, ""); *second.Version != "2" || *second.Description != "changed" {
		t.Errorf("the second version is %+v", second)
	}
	_, err := client.PublishVersion(t.Context(), &awssdk.PublishVersionInput{FunctionName: worker, CodeSha256: aws.String("x")})
	refuses(t, err, "InvalidParameterValueException CodeSHA256 (x) is different from current CodeSHA256 in $LATEST ("+*made.CodeSha256+").")
	_, err = client.PublishVersion(t.Context(), &awssdk.PublishVersionInput{FunctionName: worker, RevisionId: made.RevisionId})
	refuses(t, err, "PreconditionFailedException")
	versions := func() (all []string) {
		t.Helper()
		for pages := awssdk.NewListVersionsByFunctionPaginator(client, &awssdk.ListVersionsByFunctionInput{FunctionName: worker, MaxItems: aws.Int32(2)}); pages.HasMorePages(); {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range page.Versions {
				all = append(all, *v.Version)
			}
		}
		return all
	}
	if got := versions(); !slices.Equal(got, []string{"$LATEST", "1", "2"}) {
		t.Errorf("the versions are %q", got)
	}
	for range 2 { // one that is not there has been deleted
		if _, err := client.DeleteFunction(t.Context(), &awssdk.DeleteFunctionInput{FunctionName: worker, Qualifier: aws.String("1")}); err != nil {
			t.Fatal(err)
		}
	}
	if got := versions(); !slices.Equal(got, []string{"$LATEST", "2"}) {
		t.Errorf("then the versions are %q", got)
	}
	_, err = client.DeleteFunction(t.Context(), &awssdk.DeleteFunctionInput{FunctionName: worker, Qualifier: aws.String("$LATEST")})
	refuses(t, err, "$LATEST version cannot be deleted without deleting the function.")
	_, err = client.DeleteFunction(t.Context(), &awssdk.DeleteFunctionInput{FunctionName: aws.String("none"), Qualifier: aws.String("1")})
	if got, want := message(err), "ResourceNotFoundException Function not found: arn:aws:lambda:eu-central-1:123456789012:function:none"; got != want {
		t.Errorf("a version of no function: %s, want %s", got, want)
	}
	_, err = client.GetFunction(t.Context(), &awssdk.GetFunctionInput{FunctionName: worker, Qualifier: aws.String("1")})
	refuses(t, err, "ResourceNotFoundException Function not found: "+workerARN+":1")
}

func TestAnAliasIsAnotherNameOfAVersion(t *testing.T) {
	_, client := controlled(t)
	mustMake(t, client, newFunction(packed(t, "#!/bin/sh\n")))
	publishWorker(t, client, "")
	describeWorker(t, client, "two")
	publishWorker(t, client, "")
	worker, live := aws.String("worker"), aws.String("live")
	routing := func(number string, share float64) *types.AliasRoutingConfiguration {
		return &types.AliasRoutingConfiguration{AdditionalVersionWeights: map[string]float64{number: share}}
	}
	made, err := client.CreateAlias(t.Context(), &awssdk.CreateAliasInput{FunctionName: worker, Name: live, FunctionVersion: aws.String("1"), Description: aws.String("d"), RoutingConfig: routing("2", 0.25)})
	if err != nil || *made.AliasArn != workerARN+":live" || *made.FunctionVersion != "1" || made.RoutingConfig.AdditionalVersionWeights["2"] != 0.25 {
		t.Fatalf("%v, %+v", err, made)
	}
	create := func(name, version string, routing *types.AliasRoutingConfiguration) error {
		_, err := client.CreateAlias(t.Context(), &awssdk.CreateAliasInput{FunctionName: worker, Name: &name, FunctionVersion: &version, RoutingConfig: routing})
		return err
	}
	refuses(t, create("live", "1", nil), "ResourceConflictException Alias already exists: "+workerARN+":live")
	refuses(t, create("2024", "1", nil), "Value '2024' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)")
	refuses(t, create("other", "9", nil), "ResourceNotFoundException Function not found: "+workerARN+":9")
	refuses(t, create("other", "1", routing("1", 0.5)), "Function version 1 is already included in routing configuration.")
	refuses(t, create("other", "1", routing("2", -0.5)), "Value '{2=-0.5}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map value")
	refuses(t, create("other", "1", routing("2", 2)), "Value '{2=2.0}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map value")
	refuses(t, create("other", "1", routing("$LATEST", 0.5)), "Value '{$LATEST=0.5}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map keys")
	refuses(t, create("other", "$LATEST", routing("1", 0.5)), "$LATEST is not supported for an alias pointing to more than 1 version")
	refuses(t, create("other", "1", &types.AliasRoutingConfiguration{AdditionalVersionWeights: map[string]float64{"2": 0.1, "3": 0.1}}), "Number of items in AdditionalVersionWeights cannot be greater than 1")
	if err := create("both", "2", nil); err != nil {
		t.Fatal(err)
	}
	_, err = client.CreateAlias(t.Context(), &awssdk.CreateAliasInput{FunctionName: aws.String("none"), Name: live, FunctionVersion: aws.String("1")})
	refuses(t, err, "ResourceNotFoundException Function not found: arn:aws:lambda:eu-central-1:123456789012:function:none:1")
	aliases := func(version *string) (names []string) {
		t.Helper()
		out, err := client.ListAliases(t.Context(), &awssdk.ListAliasesInput{FunctionName: worker, FunctionVersion: version})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range out.Aliases {
			names = append(names, *a.Name)
		}
		return names
	}
	if all, of1, of2 := aliases(nil), aliases(aws.String("1")), aliases(aws.String("2")); strings.Join(all, " ") != "both live" || strings.Join(of1, " ") != "live" || strings.Join(of2, " ") != "both live" {
		t.Errorf("the aliases are %q, of version 1 %q, of version 2 %q", all, of1, of2)
	}
	_, err = client.DeleteFunction(t.Context(), &awssdk.DeleteFunctionInput{FunctionName: worker, Qualifier: aws.String("1")})
	refuses(t, err, "ResourceConflictException Unable to delete version because the following aliases reference it: [live]")
	_, err = client.DeleteFunction(t.Context(), &awssdk.DeleteFunctionInput{FunctionName: worker, Qualifier: aws.String("2")}) // to which one of them goes now and then
	refuses(t, err, "aliases reference it: [both, live]")
	_, err = client.DeleteFunction(t.Context(), &awssdk.DeleteFunctionInput{FunctionName: aws.String("none"), Qualifier: aws.String("$latest")})
	if got, want := message(err), "ResourceNotFoundException Function not found: arn:aws:lambda:eu-central-1:123456789012:function:none"; got != want {
		t.Errorf("a function that is not there is refused with %q, want %q", got, want)
	}
	_, err = client.DeleteFunction(t.Context(), &awssdk.DeleteFunctionInput{FunctionName: worker, Qualifier: live})
	refuses(t, err, "Deletion of aliases is not currently supported.")
	_, err = client.UpdateAlias(t.Context(), &awssdk.UpdateAliasInput{FunctionName: worker, Name: live, RevisionId: aws.String("x")})
	refuses(t, err, "PreconditionFailedException")
	_, err = client.UpdateAlias(t.Context(), &awssdk.UpdateAliasInput{FunctionName: worker, Name: live, FunctionVersion: aws.String("9")})
	refuses(t, err, "ResourceNotFoundException Function not found: "+workerARN+":9")
	updated, err := client.UpdateAlias(t.Context(), &awssdk.UpdateAliasInput{FunctionName: worker, Name: live, FunctionVersion: aws.String("2"), RoutingConfig: &types.AliasRoutingConfiguration{}, RevisionId: made.RevisionId})
	if err != nil || *updated.FunctionVersion != "2" || updated.RoutingConfig != nil || *updated.Description != "d" || *updated.RevisionId == *made.RevisionId {
		t.Errorf("%v, updated it is %+v", err, updated)
	}
	if updated, err = client.UpdateAlias(t.Context(), &awssdk.UpdateAliasInput{FunctionName: worker, Name: live, Description: aws.String("e")}); err != nil || *updated.Description != "e" || *updated.FunctionVersion != "2" {
		t.Errorf("%v, described it is %+v", err, updated)
	}
	got, err := client.GetFunctionConfiguration(t.Context(), &awssdk.GetFunctionConfigurationInput{FunctionName: worker, Qualifier: live})
	if err != nil || *got.Version != "2" || *got.FunctionArn != workerARN+":live" {
		t.Errorf("%v, behind the alias is %+v", err, got)
	}
	for range 2 {
		if _, err := client.DeleteAlias(t.Context(), &awssdk.DeleteAliasInput{FunctionName: worker, Name: live}); err != nil {
			t.Fatal(err)
		}
	}
	_, err = client.GetAlias(t.Context(), &awssdk.GetAliasInput{FunctionName: worker, Name: live})
	refuses(t, err, "ResourceNotFoundException Cannot find alias arn: "+workerARN+":live")
	_, err = client.UpdateAlias(t.Context(), &awssdk.UpdateAliasInput{FunctionName: worker, Name: live})
	refuses(t, err, "ResourceNotFoundException Alias not found: "+workerARN+":live")
}
