package deployment

// This file deploys the app as it has become into an engine that serves it as it was.

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func TestAnEngineThatServesTheAppTakesAChangedOneMeanwhileAndKeepsItsDataWhenItIsDestroyed(t *testing.T) {
	t.Parallel()
	was, is := first(t), second(t)
	a := open(t, was.assembly())
	a.take(t, was)
	a.staff(t, was)
	var data contents
	story(t,
		step{"an app that has not changed is no other for the CLI", func(t *testing.T) {
			a.run(t, command(t, "bootstrap"))
			a.says(t, "Number of stacks with differences: 0", command(t, "diff"))
		}},
		step{"a changed one is deployed while partners send", func(t *testing.T) { changed(t, a, is) }},
		step{"a stack that is not ephemeral any more is protected", func(t *testing.T) { protected(t, a) }},
		step{"what is not ephemeral any more stays, with all that is in it", func(t *testing.T) {
			a.fills(t)
			data = a.contents(t)
			left := a.inventory(t).keeping(a.retained(t))
			if len(left["tables"]) < 16 || len(left["buckets"]) < 9 {
				t.Errorf("what is meant to stay are %q and %q", left["tables"], left["buckets"])
			}
			a.unprotect(t)
			a.run(t, command(t, "destroy"))
			a.inventory(t).is(t, left)
			a.contents(t).has(t, data)
		}},
	)
}

// changed deploys the other edition, and other functions, stages and tables.
func changed(t *testing.T, a *account, is edition) {
	a.take(t, is)
	a.edit(t, pipeline, func(s template) {
		s.of(t, "AWS::Lambda::Function", func(_ string, p map[string]any) { p["Timeout"] = p["Timeout"].(float64) - 1 })
		s.of(t, "AWS::ApiGateway::Stage", func(_ string, p map[string]any) { p["Variables"] = map[string]string{"edition": "second"} })
		s.of(t, "AWS::DynamoDB::Table", func(id string, p map[string]any) {
			if strings.HasPrefix(id, "PipelineTablesFiles") {
				p["AttributeDefinitions"] = append(p["AttributeDefinitions"].([]any), map[string]string{"AttributeName": "edition", "AttributeType": "S"})
				p["GlobalSecondaryIndexes"] = append(p["GlobalSecondaryIndexes"].([]any), map[string]any{
					"IndexName": "ByEdition", "Projection": map[string]string{"ProjectionType": "ALL"},
					"KeySchema": []map[string]string{{"AttributeName": "edition", "KeyType": "HASH"}},
				})
			}
		})
	})
	desk, timeout, names, addresses := a.desk(t), a.timeout(t), a.names(t), a.now().Endpoints
	partners := sending(t, desk)
	a.run(t, command(t, "deploy --app cdk.out --all"))
	partners.end(t)

	now := a.names(t)
	for which, name := range names {
		if is, ok := now[which]; ok && is != name {
			t.Errorf("%s %s was %s, and is %s", which.stack, which.id, name, is)
		}
	}
	for what, same := range map[string]bool{
		"SFTP servers": maps.EqualFunc(addresses.SFTP, a.now().Endpoints.SFTP, maps.Equal[map[string]string]),
		"REST APIs":    maps.EqualFunc(addresses.APIs, a.now().Endpoints.APIs, maps.Equal[map[string]string]),
	} {
		if !same {
			t.Errorf("the addresses of %s were %+v, and are %+v", what, addresses, a.Endpoints)
		}
	}
	if after := a.timeout(t); after != timeout-1 {
		t.Errorf("the function's timeout was %d seconds, and is %d", timeout, after)
	}
	if indexes := a.indexes(t, "FilesTable"); !slices.Contains(indexes, "ByEdition") {
		t.Errorf("the table has the indexes %q", indexes)
	}
	if session, err := desk.Partners["globex"].Dial(deadline(t)); err == nil {
		session.Close()
		t.Error("the partner's former key is still taken")
	}
	a.staff(t, is)
	a.works(t, "acme", "second")
	a.works(t, "globex", "second-too")
	a.works(t, "initech", "first-of-all")
}

func protected(t *testing.T, a *account) {
	stacks, there := a.stacks(t), a.inventory(t)
	said, err := a.try(deadline(t), command(t, "destroy"))
	if want := "cannot be deleted while TerminationProtection is enabled"; err == nil || !strings.Contains(said, want) {
		t.Errorf("the protected stacks: %v, want %q\n%s", err, want, said)
	}
	if now := a.stacks(t); !slices.Equal(now, stacks) {
		t.Errorf("there were the stacks %q, and are %q", stacks, now)
	}
	a.inventory(t).is(t, there)
}

// unprotect lets all stacks be deleted.
func (a *account) unprotect(t *testing.T) {
	t.Helper()
	for _, stack := range a.stacks(t) {
		if _, err := cloudformation.NewFromConfig(a.AWS()).UpdateTerminationProtection(t.Context(), &cloudformation.UpdateTerminationProtectionInput{
			StackName: &stack, EnableTerminationProtection: aws.Bool(false),
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// names are the physical ids of all resources.
func (a *account) names(t *testing.T) map[resource]string {
	t.Helper()
	names := map[resource]string{}
	for which, r := range a.resources(t) {
		names[which] = *r.PhysicalResourceId
	}
	return names
}

func (a *account) indexes(t *testing.T, output string) (names []string) {
	t.Helper()
	table, err := a.now().Output(pipeline, output)
	if err != nil {
		t.Fatal(err)
	}
	described, err := dynamodb.NewFromConfig(a.AWS()).DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: &table})
	if err != nil {
		t.Fatal(err)
	}
	for _, index := range described.Table.GlobalSecondaryIndexes {
		names = append(names, *index.IndexName)
	}
	return names
}

// contents are what tables and buckets hold: keys of items, versions of objects.
type contents map[string][]string

func (a *account) contents(t *testing.T) contents {
	t.Helper()
	tables, buckets, held := dynamodb.NewFromConfig(a.AWS()), s3.NewFromConfig(a.AWS()), contents{}
	for _, table := range listed(t, dynamodb.NewListTablesPaginator(tables, nil), "TableNames") {
		described, err := tables.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: &table})
		if err != nil {
			t.Fatal(err)
		}
		items := dynamodb.NewScanPaginator(tables, &dynamodb.ScanInput{TableName: &table, ConsistentRead: aws.Bool(true)})
		for items.HasMorePages() {
			page, err := items.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, item := range page.Items {
				key := []any{}
				for _, attribute := range described.Table.KeySchema {
					key = append(key, item[*attribute.AttributeName])
				}
				text, err := json.Marshal(key)
				if err != nil {
					t.Fatal(err)
				}
				held[table] = append(held[table], string(text))
			}
		}
	}
	for _, bucket := range listed(t, s3.NewListBucketsPaginator(buckets, nil), "Buckets", "Name") {
		versions := s3.NewListObjectVersionsPaginator(buckets, &s3.ListObjectVersionsInput{Bucket: &bucket})
		for versions.HasMorePages() {
			page, err := versions.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range page.Versions {
				held[bucket] = append(held[bucket], fmt.Sprint("version ", *v.Key, *v.VersionId, *v.ETag))
			}
			for _, m := range page.DeleteMarkers {
				held[bucket] = append(held[bucket], fmt.Sprint("marker ", *m.Key, *m.VersionId))
			}
		}
	}
	return held
}

// has tells what is missing of what there was.
func (c contents) has(t *testing.T, before contents) {
	t.Helper()
	for holder, things := range before {
		for _, thing := range things {
			if !slices.Contains(c[holder], thing) {
				t.Errorf("of %s this is gone: %s", holder, thing)
			}
		}
	}
}
