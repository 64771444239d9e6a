// What calls lack, what is beyond a bound, and pages of tags.

package transfer_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/transfer"
)

func TestWhatACallLacksOrHasTooMuchOfIsRefused(t *testing.T) {
	w, _, server, role := controlled(t)
	type values = map[string]any
	user := func(more values) values {
		in := values{"ServerId": *server, "UserName": "beta"}
		for name, value := range more {
			in[name] = value
		}
		return in
	}
	tags := func(n int) (list []cloud.Tag) {
		for i := range n {
			list = append(list, cloud.Tag{Key: fmt.Sprintf("k%02d", i)})
		}
		return list
	}
	ask := func(action string, in values, out any) error {
		return w.cloud.Do(t.Context(), w.cloud.Administrator(), "transfer", action, in, out)
	}
	ofUser, ofServer := w.cloud.ARN("transfer", "user/"+*server+"/beta"), w.cloud.ARN("transfer", "server/"+*server)
	long := strings.Repeat("ä", 256)
	type row struct {
		name, action string
		in           values
		want         string // a part of the error; empty: it is accepted
	}
	check := func(rows []row) {
		t.Helper()
		for _, row := range rows {
			if err := ask(row.action, row.in, nil); (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
				t.Errorf("%s: got %v, want %q", row.name, err, row.want)
			}
		}
	}
	check([]row{
		{"no role", "CreateUser", user(nil), "Value 'null' at 'role'"},
		{"too many tags", "CreateUser", user(values{"Role": *role, "Tags": tags(51)}), "A resource has at most 50 tags"},
		{"a tag twice", "CreateUser", user(values{"Role": *role, "Tags": append(tags(2), tags(1)...)}), "Duplicate tag keys are not allowed: k00"},
		{"a tag's long key", "CreateUser", user(values{"Role": *role, "Tags": []cloud.Tag{{Key: long[:258]}}}), "at 'tags'"},
		{"what fits", "CreateUser", user(values{"Role": *role, "HomeDirectory": "/landing", "Tags": append(tags(49), cloud.Tag{Key: long[:256], Value: long})}), ""},
		{"a user twice", "CreateUser", user(values{"Role": *role}), "ResourceExistsException: User beta of server " + *server + " exists already"},
		{"a user's name", "DeleteUser", user(values{"UserName": "a b"}), "at 'userName'"},
		{"nobody", "UpdateUser", user(values{"UserName": "gamma"}), "ResourceNotFoundException: Unknown user"},
		{"a home of mappings", "UpdateUser", user(values{"HomeDirectoryType": "LOGICAL", "HomeDirectoryMappings": []values{{"Entry": "/a", "Target": "/landing/b"}}}), ""},
		{"other mappings", "UpdateUser", user(values{"HomeDirectoryMappings": []values{{"Entry": "/c", "Target": "/landing/d"}}}), ""},
		{"files of EFS", "CreateServer", values{"Domain": "EFS"}, `the parameter Domain of CreateServer: the local engine serves S3 only, got "EFS"`},
		{"an endpoint of old", "CreateServer", values{"EndpointType": "VPC_ENDPOINT"}, "EndpointType: must be PUBLIC or VPC"},
		{"a mode for attributes", "CreateServer", values{"ProtocolDetails": values{"SetStatOption": "SOME"}}, "ProtocolDetails.SetStatOption: must be DEFAULT or ENABLE_NO_OP"},
		{"no ARN", "TagResource", values{"Arn": "beta", "Tags": tags(1)}, "Unsupported or invalid ARN: beta"},
		{"an ARN of something else", "ListTagsForResource", values{"Arn": strings.Replace(ofServer, "server/", "agent/", 1)}, "Unsupported or invalid ARN"},
		{"an ARN of a user of nothing", "ListTagsForResource", values{"Arn": strings.Replace(ofServer, "server/", "user/", 1)}, "Unsupported or invalid ARN"},
		{"an ARN of an agent's user", "ListTagsForResource", values{"Arn": strings.Replace(ofUser, ":user/", ":agent/", 1)}, "Unsupported or invalid ARN"},
		{"an ARN of nobody", "ListTagsForResource", values{"Arn": ofUser + "x"}, "Unknown user"},
		{"a page of none", "ListTagsForResource", values{"Arn": ofUser, "MaxResults": 0}, "at 'maxResults'"},
		{"a page of one", "ListTagsForResource", values{"Arn": ofUser, "MaxResults": 1}, ""},
		{"the longest page", "ListTagsForResource", values{"Arn": ofUser, "MaxResults": 1000}, ""},
		{"a longer page", "ListTagsForResource", values{"Arn": ofUser, "MaxResults": 1001}, "at 'maxResults'"},
	})
	var told struct {
		User struct {
			HomeDirectoryMappings []struct{ Entry, Target string }
		}
	}
	if err := ask("DescribeUser", user(nil), &told); err != nil || fmt.Sprint(told.User.HomeDirectoryMappings) != "[{/c /landing/d}]" {
		t.Errorf("the user is told as %+v, %v", told, err)
	}
	var page struct {
		Arn, NextToken string
		Tags           []cloud.Tag
	}
	seen := 0
	for in := (values{"Arn": ofUser, "MaxResults": 20}); ; in["NextToken"] = page.NextToken {
		page.NextToken, page.Tags = "", nil
		if err := ask("ListTagsForResource", in, &page); err != nil || page.Arn != ofUser {
			t.Fatalf("%+v, %v", page, err)
		}
		if seen += len(page.Tags); page.NextToken == "" {
			break
		}
	}
	if seen != 50 {
		t.Errorf("pages have %d tags of 50", seen)
	}
	for i := range 51 {
		err := ask("ImportSshPublicKey", user(values{"SshPublicKeyBody": authorized(t, newKey(t))}), nil)
		if (err == nil) != (i < 50) || err != nil && !strings.Contains(err.Error(), "A user has at most 50 SSH public keys") {
			t.Errorf("key %d: %v", i, err)
		}
	}
	check([]row{{"no tags any more", "UntagResource", values{"Arn": ofServer, "TagKeys": []string{"team"}}, ""}})
	if err := ask("ListTagsForResource", values{"Arn": ofServer}, &page); err != nil || page.Arn != ofServer || page.Tags == nil || len(page.Tags) != 0 {
		t.Errorf("without tags %+v, %v", page, err)
	}
}

func TestWhoeverWantsToKnowIsToldOfServersThatCallsMakeAndDelete(t *testing.T) {
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-central-1"})
	defer c.Close()
	told := 0
	c.Register("transfer", transfer.New(c, transfer.Options{Changed: func() { told++ }}))
	var made struct{ ServerId string }
	for i, action := range []string{"CreateServer", "DeleteServer"} {
		in := map[string]any{}
		if made.ServerId != "" {
			in["ServerId"] = made.ServerId
		}
		if err := c.Do(t.Context(), c.Administrator(), "transfer", action, in, &made); err != nil || told != i+1 {
			t.Errorf("%s: %v, told %d times", action, err, told)
		}
	}
}
