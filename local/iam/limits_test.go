package iam_test

// This file holds IAM to its grammar and its quotas, with hostile input.

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

func TestADocumentIsHeldToTheGrammarOfPolicies(t *testing.T) {
	e := newEngine(t)
	one := func(statement string) string { return `{"Version":"2012-10-17","Statement":` + statement + `}` }
	allow := func(more string) string { return one(`{"Effect":"Allow",` + more + `}`) }
	for _, tt := range []struct{ name, document, want string }{
		{"one statement", allow(`"Action":"s3:*","Resource":"*"`), ""},
		{"two statements", one(`[{"Sid":"A","Effect":"Allow","Action":"s3:*","Resource":"*"},{"Sid":"B","Effect":"Deny","NotAction":"s3:*","NotResource":"*"}]`), ""},
		{"an id", `{"Version":"2012-10-17","Id":"x","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, ""},
		{"white space around it", " \n\t" + allow(`"Action":"*","Resource":"*"`) + "\r\n", ""},
		{"conditions of all kinds", allow(`"Action":"*","Resource":"*","Condition":{"ForAnyValue:StringLike":{"aws:TagKeys":["a","b"]},"DateGreaterThanIfExists":{"aws:CurrentTime":"2026-01-01T00:00:00Z"},"Bool":{"aws:SecureTransport":true},"NumericLessThan":{"s3:max-keys":10},"Null":{"aws:SourceIp":"true"}}`), ""},
		{"an ARN of any partition", allow(`"Action":"s3:*","Resource":"arn:*:s3:::a"`), ""},

		{"no JSON", `allow everything`, "Syntax errors in policy."},
		{"half of it", `{"Version":"2012-10-17","Statement":`, "Syntax errors in policy."},
		{"something after it", allow(`"Action":"*","Resource":"*"`) + `{}`, "Syntax errors in policy."},
		{"a list", `[]`, "Syntax errors in policy."},
		{"no statement", `{"Version":"2012-10-17"}`, "Syntax errors in policy."},
		{"an empty list of statements", one(`[]`), "Syntax errors in policy."},
		{"an unknown version", `{"Version":"2026-01-01","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, "Syntax errors in policy."},
		{"the older version", `{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, "Policy document must be version 2012-10-17 or greater."},
		{"no version", `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, "Policy document must be version 2012-10-17 or greater."},
		{"an unknown element", allow(`"Action":"*","Resource":"*","Reason":"x"`), "Syntax errors in policy."},
		{"an element in another letter case", allow(`"action":"*","Resource":"*"`), "Syntax errors in policy."},
		{"an element twice", allow(`"Action":"s3:GetObject","Action":"*","Resource":"*"`), "Syntax errors in policy."},
		{"a condition's operator twice", allow(`"Action":"*","Resource":"*","Condition":{"Bool":{"a:b":"true"},"Bool":{"c:d":"true"}}`), "Syntax errors in policy."},
		{"no effect", one(`{"Action":"*","Resource":"*"}`), "Syntax errors in policy."},
		{"an effect in lower case", one(`{"Effect":"allow","Action":"*","Resource":"*"}`), "Syntax errors in policy."},
		{"a number of actions", allow(`"Action":7,"Resource":"*"`), "Syntax errors in policy."},
		{"both kinds of actions", allow(`"Action":"*","NotAction":"s3:*","Resource":"*"`), "Syntax errors in policy."},
		{"both kinds of resources", allow(`"Action":"*","Resource":"*","NotResource":"*"`), "Syntax errors in policy."},
		{"an unknown operator", allow(`"Action":"*","Resource":"*","Condition":{"StringResembles":{"a:b":"c"}}`), "Syntax errors in policy."},
		{"no actions", allow(`"Resource":"*"`), "Policy statement must contain actions."},
		{"an empty list of actions", allow(`"Action":[],"Resource":"*"`), "Policy statement must contain actions."},
		{"no resources", allow(`"Action":"*"`), "Policy statement must contain resources."},
		{"a principal", allow(`"Action":"*","Resource":"*","Principal":"*"`), "Policy document should not specify a principal."},
		{"the same Sid twice", one(`[{"Sid":"A","Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"A","Effect":"Deny","Action":"*","Resource":"*"}]`), "Statement IDs (SID) in a single policy must be unique."},
		{"a Sid with a space", one(`{"Sid":"a b","Effect":"Allow","Action":"*","Resource":"*"}`), "Statement IDs (SID) must be alpha-numeric."},
		{"an action without a service", allow(`"Action":"DeleteBucket","Resource":"*"`), "Actions/Conditions must be prefaced by a vendor"},
		{"a condition key without a service", allow(`"Action":"*","Resource":"*","Condition":{"Bool":{"secure":"true"}}`), "Actions/Conditions must be prefaced by a vendor"},
		{"an action with two colons", allow(`"Action":"s3:Get:Object","Resource":"*"`), "Actions/Condition can contain only one colon."},
		{"a service with a space", allow(`"Action":"s 3:GetObject","Resource":"*"`), "Vendor s 3 is not valid"},
		{"a resource that is no ARN", allow(`"Action":"*","Resource":"bucket"`), `Resource bucket must be in ARN format or "*".`},
		{"another partition", allow(`"Action":"*","Resource":"arn:gov:s3:::a"`), `Partition "gov" is not valid`},
		{"a resource of any service", allow(`"Action":"*","Resource":"arn:aws:*:::a"`), "Resource vendor must be fully qualified and cannot contain regexes."},
		{"IAM in a region", allow(`"Action":"*","Resource":"arn:aws:iam:us-east-1:111122223333:role/x"`), "cannot contain region information"},
		{"a thousand levels", allow(`"Action":"*","Resource":"*","Condition":` + strings.Repeat(`{"a":`, 1000) + `1` + strings.Repeat(`}`, 1000)), "Syntax errors in policy."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := e.CreatePolicy(t.Context(), &awsiam.CreatePolicyInput{PolicyName: aws.String("p"), PolicyDocument: &tt.document})
			if tt.want == "" {
				must(err, err)(t)
				must(e.DeletePolicy(t.Context(), &awsiam.DeletePolicyInput{PolicyArn: aws.String(account + "policy/p")}))(t)
				return
			}
			fails[*types.MalformedPolicyDocumentException](t, tt.name, err)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestATrustPolicySaysWhoMayTakeOnTheRole(t *testing.T) {
	e := newEngine(t)
	for name, tt := range map[string]struct{ document, want string }{
		"a service":          {`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}`, ""},
		"the older version":  {`{"Version":"2008-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}}`, ""},
		"nobody":             {`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole"}}`, "Missing required field Principal"},
		"a resource":         {`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"}}`, "Has prohibited field Resource"},
		"another action":     {`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject"}}`, "AssumeRole policy may only specify STS AssumeRole actions."},
		"no JSON":            {`?`, "This policy contains invalid Json"},
		"too long":           {strings.Replace(trustsAll, `"sts:AssumeRole"`, `["sts:AssumeRole"`+strings.Repeat(`,"sts:AssumeRole"`, 150)+`]`, 1), "Cannot exceed quota for ACLSizePerRole: 2048"},
		"long, but of space": {trustsAll + strings.Repeat(" ", 5000), ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := e.CreateRole(t.Context(), &awsiam.CreateRoleInput{RoleName: aws.String(strings.ReplaceAll(strings.ReplaceAll(name, " ", "-"), ",", "")), AssumeRolePolicyDocument: &tt.document})
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// sized is a policy of so many characters besides white space.
func sized(n int) string {
	const start, end = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::`, `"}}`
	return start + strings.Repeat("x", n-len(start)-len(end)) + end
}

func TestIAMHasItsQuotas(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	e.role(t, "r")
	must(e.CreateUser(ctx, &awsiam.CreateUserInput{UserName: aws.String("u")}))(t)
	must(e.CreateGroup(ctx, &awsiam.CreateGroupInput{GroupName: aws.String("g")}))(t)
	policy := func(name, document string) error {
		_, err := e.CreatePolicy(ctx, &awsiam.CreatePolicyInput{PolicyName: &name, PolicyDocument: &document})
		return err
	}
	putUser := func(name, document string) error {
		_, err := e.PutUserPolicy(ctx, &awsiam.PutUserPolicyInput{UserName: aws.String("u"), PolicyName: &name, PolicyDocument: &document})
		return err
	}
	putRole := func(document string) error {
		_, err := e.PutRolePolicy(ctx, &awsiam.PutRolePolicyInput{RoleName: aws.String("r"), PolicyName: aws.String("p"), PolicyDocument: &document})
		return err
	}
	putGroup := func(document string) error {
		_, err := e.PutGroupPolicy(ctx, &awsiam.PutGroupPolicyInput{GroupName: aws.String("g"), PolicyName: aws.String("p"), PolicyDocument: &document})
		return err
	}
	attach := func(i int) error {
		name := fmt.Sprint("attached-", i)
		if err := policy(name, allowRead); err != nil {
			return err
		}
		_, err := e.AttachRolePolicy(ctx, &awsiam.AttachRolePolicyInput{RoleName: aws.String("r"), PolicyArn: aws.String(account + "policy/" + name)})
		return err
	}
	join := func(i int) error {
		name := aws.String(fmt.Sprint("group-", i))
		if _, err := e.CreateGroup(ctx, &awsiam.CreateGroupInput{GroupName: name}); err != nil {
			return err
		}
		_, err := e.AddUserToGroup(ctx, &awsiam.AddUserToGroupInput{GroupName: name, UserName: aws.String("u")})
		return err
	}
	key := func(int) error {
		_, err := e.CreateAccessKey(ctx, &awsiam.CreateAccessKeyInput{UserName: aws.String("u")})
		return err
	}
	tag := func(i int) error {
		_, err := e.TagRole(ctx, &awsiam.TagRoleInput{RoleName: aws.String("r"), Tags: []types.Tag{{Key: aws.String(fmt.Sprint(i)), Value: aws.String("")}}})
		return err
	}
	nth := func(n int, do func(int) error) error {
		for i := range n - 1 {
			if err := do(i); err != nil {
				t.Fatal(i, err)
			}
		}
		return do(n - 1)
	}
	for _, tt := range []struct {
		name string
		err  error
		want string // of a LimitExceededException; empty for what is within the quota
	}{
		{"a policy of 6,144 characters", policy("most", sized(6144)), ""},
		{"and white space", policy("spacious", sized(6144)+strings.Repeat("\n", 1000)), ""},
		{"a policy of one more", policy("more", sized(6145)), "Cannot exceed quota for PolicySize: 6144"},
		{"inline policies of a user of 2,048", putUser("a", sized(1048)), ""},
		{"together", putUser("b", sized(1000)), ""},
		{"and one more", putUser("b", sized(1001)), "Maximum policy size of 2048 bytes exceeded for user u"},
		{"less again", putUser("b", sized(999)), ""},
		{"of a role of 10,240", putRole(sized(10240)), ""},
		{"of a role of one more", putRole(sized(10241)), "Maximum policy size of 10240 bytes exceeded for role r"},
		{"of a group of 5,120", putGroup(sized(5120)), ""},
		{"of a group of one more", putGroup(sized(5121)), "Maximum policy size of 5120 bytes exceeded for group g"},
		{"ten policies of a role", nth(10, attach), ""},
		{"an eleventh", attach(10), "Cannot exceed quota for PoliciesPerRole: 10"},
		{"ten groups of a user", nth(10, join), ""},
		{"an eleventh group", join(10), "Cannot exceed quota for GroupsPerUser: 10"},
		{"two keys of a user", nth(2, key), ""},
		{"a third", key(2), "Cannot exceed quota for AccessKeysPerUser: 2"},
		{"50 tags", nth(50, tag), ""},
		{"a 51st", tag(50), "The number of tags has reached the maximum limit."},
	} {
		if tt.want == "" && tt.err != nil {
			t.Errorf("%s: %v", tt.name, tt.err)
		}
		if tt.want == "" {
			continue
		}
		fails[*types.LimitExceededException](t, tt.name, tt.err)
		if tt.err == nil || !strings.Contains(tt.err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %s", tt.name, tt.err, tt.want)
		}
	}
}

// An account holds so many roles and policies, and no loop fills the memory.
func TestAnAccountHasRoomForSoMany(t *testing.T) {
	e := newEngine(t)
	for _, tt := range []struct {
		action, member string
		room           int
		more           map[string]any
	}{
		{"CreateRole", "RoleName", 1000, map[string]any{"AssumeRolePolicyDocument": trustsAll}},
		{"CreateUser", "UserName", 5000, nil},
		{"CreateGroup", "GroupName", 300, nil},
		{"CreatePolicy", "PolicyName", 1500, map[string]any{"PolicyDocument": allowRead}},
		{"CreateInstanceProfile", "InstanceProfileName", 1000, nil},
	} {
		made := 0
		var err error
		for ; err == nil; made++ {
			input := map[string]any{tt.member: fmt.Sprint("n", made)}
			for name, value := range tt.more {
				input[name] = value
			}
			err = e.Do(t.Context(), e.Administrator(), "iam", tt.action, input, nil)
		}
		if made-1 != tt.room || !strings.Contains(err.Error(), "LimitExceededException: Cannot exceed quota for ") {
			t.Errorf("%s: %d times, and then %v; want %d", tt.action, made-1, err, tt.room)
		}
	}
}

func TestParametersAreHeldToTheirPatterns(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	e.role(t, "r")
	role := func(name string, change func(*awsiam.CreateRoleInput)) error {
		in := &awsiam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(trustsAll)}
		change(in)
		_, err := e.CreateRole(ctx, in)
		return err
	}
	as := func(*awsiam.CreateRoleInput) {}
	list := func(marker *string, items int32) error {
		_, err := e.ListRoles(ctx, &awsiam.ListRolesInput{Marker: marker, MaxItems: &items})
		return err
	}
	policy := func(name string) error {
		_, err := e.CreatePolicy(ctx, &awsiam.CreatePolicyInput{PolicyName: &name, PolicyDocument: aws.String(allowRead)})
		return err
	}
	version := func(id string) error {
		_, err := e.GetPolicyVersion(ctx, &awsiam.GetPolicyVersionInput{PolicyArn: aws.String(account + "policy/p"), VersionId: &id})
		return err
	}
	put := func(document string) error {
		_, err := e.PutRolePolicy(ctx, &awsiam.PutRolePolicyInput{RoleName: aws.String("r"), PolicyName: aws.String("p"), PolicyDocument: &document})
		return err
	}
	profile := func(name, path string) error {
		in := &awsiam.CreateInstanceProfileInput{InstanceProfileName: &name}
		if path != "" {
			in.Path = &path
		}
		made, err := e.CreateInstanceProfile(ctx, in)
		if err == nil && *made.InstanceProfile.Path != cmp.Or(path, "/") {
			t.Errorf("the path of %s is %s", name, *made.InstanceProfile.Path)
		}
		return err
	}
	rename := func(path, name string) error {
		_, err := e.UpdateUser(ctx, &awsiam.UpdateUserInput{UserName: aws.String("ada"), NewPath: &path, NewUserName: &name})
		return err
	}
	must(e.CreateUser(ctx, &awsiam.CreateUserInput{UserName: aws.String("ada")}))(t)
	filter := func() error {
		_, err := e.ListEntitiesForPolicy(ctx, &awsiam.ListEntitiesForPolicyInput{PolicyArn: aws.String(account + "policy/p"), EntityFilter: "Robot"})
		return err
	}
	for _, tt := range []struct {
		name string
		err  error
		code string
	}{
		{"a name of 64 characters", role(strings.Repeat("n", 64), as), ""},
		{"a name of 65", role(strings.Repeat("n", 65), as), "ValidationError"},
		{"all characters of names", role("aZ0_+=,.@-", as), ""},
		{"a name with a slash", role("a/b", as), "ValidationError"},
		{"a name with a line's end", role("a\n", as), "ValidationError"},
		{"an empty name", role("", as), "ValidationError"},
		{"a name that differs by case", role("R", as), "EntityAlreadyExists"},
		{"a path", role("p1", func(in *awsiam.CreateRoleInput) { in.Path = aws.String("/a/b/") }), ""},
		{"a path without its end", role("p2", func(in *awsiam.CreateRoleInput) { in.Path = aws.String("/a") }), "ValidationError"},
		{"a session of 12 hours", role("s1", func(in *awsiam.CreateRoleInput) { in.MaxSessionDuration = aws.Int32(43200) }), ""},
		{"a session of more", role("s2", func(in *awsiam.CreateRoleInput) { in.MaxSessionDuration = aws.Int32(43201) }), "ValidationError"},
		{"a session of less than an hour", role("s3", func(in *awsiam.CreateRoleInput) { in.MaxSessionDuration = aws.Int32(3599) }), "ValidationError"},
		{"a boundary that is not there", role("b", func(in *awsiam.CreateRoleInput) { in.PermissionsBoundary = aws.String(account + "policy/none") }), "NoSuchEntity"},
		{"a description of 1,001 characters", role("d", func(in *awsiam.CreateRoleInput) { in.Description = aws.String(strings.Repeat("d", 1001)) }), "ValidationError"},
		{"a tag of 129 characters", role("t", func(in *awsiam.CreateRoleInput) {
			in.Tags = []types.Tag{{Key: aws.String(strings.Repeat("k", 129)), Value: aws.String("")}}
		}), "ValidationError"},
		{"a policy's name of 128 characters", policy(strings.Repeat("n", 128)), ""},
		{"a policy's name of 129", policy(strings.Repeat("n", 129)), "ValidationError"},
		{"a profile's name of 128 characters", profile(strings.Repeat("n", 128), ""), ""},
		{"a profile's name of 129", profile(strings.Repeat("n", 129), ""), "ValidationError"},
		{"a profile's path", profile("p1", "/a/"), ""},
		{"a profile's path without its end", profile("p2", "/a"), "ValidationError"},
		{"another path without its end", rename("/a", "ada"), "ValidationError"},
		{"another name with a slash", rename("/", "a/b"), "ValidationError"},
		{"the same name in another case", rename("/", "Ada"), ""},
		{"a page of 1,000", list(nil, 1000), ""},
		{"a page of none", list(nil, 0), "ValidationError"},
		{"a page of more", list(nil, 1001), "ValidationError"},
		{"a marker of nobody's", list(aws.String("?"), 10), "ValidationError"},
		{"a version that is none", version("1"), "ValidationError"},
		{"a filter that is none", filter(), "ValidationError"},
		{"a document of 131,072 characters", put(allowRead + strings.Repeat(" ", 131072-len(allowRead))), ""},
		{"a document of more", put(allowRead + strings.Repeat(" ", 131073-len(allowRead))), "ValidationError"},
		{"a document with a picture", put(strings.Replace(allowRead, "sqs", "😀", 1)), "ValidationError"},
		{"an empty document", put(""), "ValidationError"},
	} {
		if code := cloudCode(tt.err); code != tt.code || (tt.err == nil) != (tt.code == "") {
			t.Errorf("%s: got %v, want %q", tt.name, tt.err, tt.code)
		}
	}
}

func TestListsComeInPagesAndByPath(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	for i := range 7 {
		name := fmt.Sprint("u", i)
		must(e.CreateUser(ctx, &awsiam.CreateUserInput{UserName: &name, Path: aws.String([]string{"/a/", "/b/"}[i%2])}))(t)
	}
	var names []string
	pages := awsiam.NewListUsersPaginator(e.Client, &awsiam.ListUsersInput{MaxItems: aws.Int32(3)})
	for number := 0; pages.HasMorePages(); number++ {
		page := must(pages.NextPage(ctx))(t)
		if page.IsTruncated != (number < 2) {
			t.Errorf("page %d is truncated: %t", number, page.IsTruncated)
		}
		for _, u := range page.Users {
			names = append(names, *u.UserName)
		}
		if number == 0 { // what comes and goes moves nothing
			must(e.DeleteUser(ctx, &awsiam.DeleteUserInput{UserName: aws.String("u1")}))(t)
			must(e.CreateUser(ctx, &awsiam.CreateUserInput{UserName: aws.String("a")}))(t)
		}
	}
	if want := strings.Fields("u0 u1 u2 u3 u4 u5 u6"); !slices.Equal(names, want) {
		t.Errorf("users %v, want %v", names, want)
	}
	of := must(e.ListUsers(ctx, &awsiam.ListUsersInput{PathPrefix: aws.String("/b/")}))(t)
	if len(of.Users) != 2 || *of.Users[0].UserName != "u3" || of.IsTruncated || of.Marker != nil {
		t.Errorf("users below a path %+v", of)
	}
}
