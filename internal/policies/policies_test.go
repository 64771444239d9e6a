package policies

// This file is the table of policies, each with its verdict.

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// restricted is the list that the table's policies are judged by.
var restricted = []string{"s3:DeleteBucket", "iam:*", "dynamodb:Delete*", "cloudtrail:StopLogging"}

// everything is what a policy without bounds grants of them.
const everything = "s3:deletebucket iam:* dynamodb:delete* cloudtrail:stoplogging"

// verdicts are documents, or the statements of one, with what they grant by each
// statement: "1: iam:*; 3: s3:deletebucket", "" for nothing. What cannot be read
// is "!" and a part of the reason.
var verdicts = []struct{ name, document, verdict string }{
	// Actions.
	{"a restricted action", `{"Effect": "Allow", "Action": "s3:DeleteBucket", "Resource": "*"}`, "1: s3:deletebucket"},
	{"another action", `{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}`, ""},
	{"a list with one restricted action", `{"Effect": "Allow", "Action": ["s3:GetObject", "s3:DeleteBucket", "ec2:RunInstances"], "Resource": "*"}`, "1: s3:deletebucket"},
	{"a list of others", `{"Effect": "Allow", "Action": ["s3:GetObject", "ec2:RunInstances"], "Resource": "*"}`, ""},
	{"a list of one", `{"Effect": "Allow", "Action": ["s3:DeleteBucket"], "Resource": "*"}`, "1: s3:deletebucket"},
	{"an empty list", `{"Effect": "Allow", "Action": [], "Resource": "*"}`, ""},
	{"an empty action", `{"Effect": "Allow", "Action": "", "Resource": "*"}`, ""},
	{"a longer action", `{"Effect": "Allow", "Action": "s3:DeleteBucketPolicy", "Resource": "*"}`, ""},
	{"a shorter action", `{"Effect": "Allow", "Action": "s3:DeleteBucke", "Resource": "*"}`, ""},
	{"another service's action of that name", `{"Effect": "Allow", "Action": "s3express:DeleteBucket", "Resource": "*"}`, ""},
	{"several restricted actions", `{"Effect": "Allow", "Action": ["cloudtrail:StopLogging", "iam:PassRole", "s3:DeleteBucket"], "Resource": "*"}`, "1: s3:deletebucket iam:* cloudtrail:stoplogging"},

	// Letters' case.
	{"an action in lower case", `{"Effect": "Allow", "Action": "s3:deletebucket", "Resource": "*"}`, "1: s3:deletebucket"},
	{"an action in upper case", `{"Effect": "Allow", "Action": "S3:DELETEBUCKET", "Resource": "*"}`, "1: s3:deletebucket"},
	{"an action in mixed case", `{"Effect": "Allow", "Action": "IaM:cReAtEuSeR", "Resource": "*"}`, "1: iam:*"},
	{"a NotAction in mixed case", `{"Effect": "Allow", "NotAction": ["S3:*", "IAM:*", "DYNAMODB:*", "CLOUDTRAIL:*"], "Resource": "*"}`, ""},
	{"elements in lower case", `{"effect": "Allow", "action": "s3:*", "resource": "*"}`, "1: s3:deletebucket"},
	{"a document in upper case", `{"VERSION": "2012-10-17", "STATEMENT": {"EFFECT": "Allow", "ACTION": "s3:*", "RESOURCE": "*"}}`, "1: s3:deletebucket"},
	{"an action in escapes", `{"Effect": "Allow", "Action": "\u0073\u0033\u003a\u002a", "Resource": "*"}`, "1: s3:deletebucket"},
	{"an element's name in escapes", `{"Effect": "Allow", "\u0041ction": "s3:*", "Resource": "*"}`, "1: s3:deletebucket"},
	{"an action with blanks around it", `{"Effect": "Allow", "Action": " s3:DeleteBucket\n", "Resource": "*"}`, "1: s3:deletebucket"},

	// Wildcards of the policy.
	{"all of a service", `{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}`, "1: s3:deletebucket"},
	{"everything", `{"Effect": "Allow", "Action": "*", "Resource": "*"}`, "1: " + everything},
	{"everything, twice over", `{"Effect": "Allow", "Action": "**", "Resource": "*"}`, "1: " + everything},
	{"everything with a colon", `{"Effect": "Allow", "Action": "*:*", "Resource": "*"}`, "1: " + everything},
	{"a wildcard at the end", `{"Effect": "Allow", "Action": "s3:Delete*", "Resource": "*"}`, "1: s3:deletebucket"},
	{"a wildcard that stands for nothing", `{"Effect": "Allow", "Action": "s3:DeleteBucket*", "Resource": "*"}`, "1: s3:deletebucket"},
	{"a wildcard at the beginning", `{"Effect": "Allow", "Action": "*:DeleteBucket", "Resource": "*"}`, "1: s3:deletebucket iam:* dynamodb:delete*"},
	{"a wildcard inside", `{"Effect": "Allow", "Action": "s3:D*t", "Resource": "*"}`, "1: s3:deletebucket"},
	{"a wildcard that needs more", `{"Effect": "Allow", "Action": "s3:DeleteBucket*Policy", "Resource": "*"}`, ""},
	{"a wildcard over the colon", `{"Effect": "Allow", "Action": "s*t", "Resource": "*"}`, "1: s3:deletebucket"},
	{"a question mark", `{"Effect": "Allow", "Action": "s3:Delete?ucket", "Resource": "*"}`, "1: s3:deletebucket"},
	{"question marks throughout", `{"Effect": "Allow", "Action": "??:????????????", "Resource": "*"}`, "1: s3:deletebucket"},
	{"a question mark too many", `{"Effect": "Allow", "Action": "s3:DeleteBucket?", "Resource": "*"}`, ""},
	{"a question mark too few", `{"Effect": "Allow", "Action": "s3:Delete?cket", "Resource": "*"}`, ""},
	{"a question mark in the service", `{"Effect": "Allow", "Action": "?am:CreateUser", "Resource": "*"}`, "1: iam:*"},
	{"wildcards of another service", `{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}`, ""},
	{"other actions by a wildcard", `{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}`, ""},

	// Wildcards of the list, and of both.
	{"an action of a restricted service", `{"Effect": "Allow", "Action": "iam:CreateUser", "Resource": "*"}`, "1: iam:*"},
	{"a harmless action of a restricted service", `{"Effect": "Allow", "Action": "iam:GetUser", "Resource": "*"}`, "1: iam:*"},
	{"a restricted service as a whole", `{"Effect": "Allow", "Action": "iam:*", "Resource": "*"}`, "1: iam:*"},
	{"part of a restricted service", `{"Effect": "Allow", "Action": "iam:Create*", "Resource": "*"}`, "1: iam:*"},
	{"an action of restricted ones", `{"Effect": "Allow", "Action": "dynamodb:DeleteTable", "Resource": "*"}`, "1: dynamodb:delete*"},
	{"wildcards that cross", `{"Effect": "Allow", "Action": "dynamodb:*Table", "Resource": "*"}`, "1: dynamodb:delete*"},
	{"wildcards that do not cross", `{"Effect": "Allow", "Action": "dynamodb:Get*Delete", "Resource": "*"}`, ""},
	{"wildcards on both sides that cross", `{"Effect": "Allow", "Action": "dynamo*:D*I?em", "Resource": "*"}`, "1: dynamodb:delete*"},
	{"a beginning that is restricted", `{"Effect": "Allow", "Action": "dynamodb:D*", "Resource": "*"}`, "1: dynamodb:delete*"},
	{"a beginning that is not", `{"Effect": "Allow", "Action": "dynamodb:Describe*", "Resource": "*"}`, ""},

	// NotAction.
	{"all but another action", `{"Effect": "Allow", "NotAction": "ec2:RunInstances", "Resource": "*"}`, "1: " + everything},
	{"all but a restricted action", `{"Effect": "Allow", "NotAction": "s3:DeleteBucket", "Resource": "*"}`, "1: iam:* dynamodb:delete* cloudtrail:stoplogging"},
	{"all but the restricted ones", `{"Effect": "Allow", "NotAction": ["s3:DeleteBucket", "iam:*", "dynamodb:Delete*", "cloudtrail:StopLogging"], "Resource": "*"}`, ""},
	{"all but a part of restricted ones", `{"Effect": "Allow", "NotAction": ["s3:*", "iam:Create*", "dynamodb:*", "cloudtrail:*"], "Resource": "*"}`, "1: iam:*"},
	{"all but everything", `{"Effect": "Allow", "NotAction": "*", "Resource": "*"}`, ""},
	{"all but nothing", `{"Effect": "Allow", "NotAction": [], "Resource": "*"}`, "1: " + everything},
	{"all but what looks alike", `{"Effect": "Allow", "NotAction": ["s3:DeleteBucke", "s3:DeleteBucket?"], "Resource": "*"}`, "1: " + everything},

	// Resources and conditions: they are told, and excuse nothing.
	{"one resource", `{"Effect": "Allow", "Action": "s3:DeleteBucket", "Resource": "arn:aws:s3:::mine"}`, "1: s3:deletebucket"},
	{"resources that are none of the action's", `{"Effect": "Allow", "Action": "s3:DeleteBucket", "Resource": ["arn:aws:sqs:*:*:q", "arn:aws:s3:::a/*"]}`, "1: s3:deletebucket"},
	{"all resources but one", `{"Effect": "Allow", "Action": "s3:DeleteBucket", "NotResource": "arn:aws:s3:::kept"}`, "1: s3:deletebucket"},
	{"all resources but all", `{"Effect": "Allow", "Action": "s3:DeleteBucket", "NotResource": "*"}`, "1: s3:deletebucket"},
	{"a condition", `{"Effect": "Allow", "Action": "iam:*", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}`, "1: iam:*"},
	{"a condition that never holds", `{"Effect": "Allow", "Action": "iam:*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "nobody"}}}`, "1: iam:*"},
	{"an empty condition", `{"Effect": "Allow", "Action": "iam:*", "Resource": "*", "Condition": {}}`, "1: iam:*"},

	// Several statements.
	{"two that grant", `[{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}, {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}]`, "1: s3:deletebucket; 2: iam:*"},
	{"one of three that grants", `[{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}, {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}, {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]`, "3: s3:deletebucket"},
	{"a list of one statement", `[{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]`, "1: s3:deletebucket"},
	{"no statement", `[]`, ""},
	{"nothing", `{}`, "!it has no Effect"},

	// Deny.
	{"a Deny", `{"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}`, ""},
	{"a Deny of everything", `{"Effect": "Deny", "Action": "*", "Resource": "*"}`, ""},
	{"a Deny with NotAction", `{"Effect": "Deny", "NotAction": "s3:GetObject", "Resource": "*"}`, ""},
	{"a Deny of what is allowed", `[{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}, {"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}]`, ""},
	{"a Deny that stands before", `[{"Effect": "Deny", "Action": "s3:Delete*", "Resource": ["arn:aws:s3:::a", "*"]}, {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]`, ""},
	{"a Deny of all that is restricted", `[{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": ["s3:D*", "IAM:*", "dynamodb:Delete*", "cloudtrail:*"], "Resource": "*"}]`, ""},
	{"a Deny of a part", `[{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": ["s3:*", "iam:CreateUser", "dynamodb:DeleteTable"], "Resource": "*"}]`, "1: iam:* dynamodb:delete* cloudtrail:stoplogging"},
	{"a Deny of what is allowed of a restricted service", `[{"Effect": "Allow", "Action": "iam:Create*", "Resource": "*"}, {"Effect": "Deny", "Action": "iam:C*", "Resource": "*"}]`, ""},
	{"a Deny on one resource", `[{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}, {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::kept"}]`, "1: s3:deletebucket"},
	{"a Deny on all buckets", `[{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}, {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::*"}]`, "1: s3:deletebucket"},
	{"a Deny on all resources but one", `[{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}, {"Effect": "Deny", "Action": "s3:*", "NotResource": "arn:aws:s3:::mine"}]`, "1: s3:deletebucket"},
	{"a Deny with a condition", `[{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}, {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]`, "1: s3:deletebucket"},
	{"a Deny with an empty condition", `[{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}, {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {}}]`, "1: s3:deletebucket"},
	{"a Deny of another action", `[{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}, {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"}]`, "1: s3:deletebucket"},
	{"a Deny of all but one", `[{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "NotAction": "s3:GetObject", "Resource": "*"}]`, ""},
	{"a Deny of all but a restricted one", `[{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "NotAction": "iam:CreateUser", "Resource": "*"}]`, "1: iam:*"},
	{"a Deny of all but what is not allowed", `[{"Effect": "Allow", "Action": "iam:Create*", "Resource": "*"}, {"Effect": "Deny", "NotAction": "iam:Get*", "Resource": "*"}]`, ""},
	{"a Deny for all that NotAction allows", `[{"Effect": "Allow", "NotAction": "ec2:*", "Resource": "*"}, {"Effect": "Deny", "Action": ["s3:*", "iam:*", "dynamodb:*"], "Resource": "*"}]`, "1: cloudtrail:stoplogging"},

	// Given twice.
	{"Action twice, the last one harmless", `{"Effect": "Allow", "Action": "s3:*", "Action": "s3:GetObject", "Resource": "*"}`, "1: s3:deletebucket"},
	{"Action twice, the first one harmless", `{"Effect": "Allow", "Action": "s3:GetObject", "action": "s3:*", "Resource": "*"}`, "1: s3:deletebucket"},
	{"Effect twice", `{"Effect": "Allow", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}`, "1: s3:deletebucket"},
	{"Effect twice, which denies nothing", `[{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}, {"Effect": "Allow", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}]`, "1: s3:deletebucket; 2: s3:deletebucket"},
	{"Statement twice", `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}, "Statement": []}`, "1: s3:deletebucket"},
	{"Condition twice", `[{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}, {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Null": {"aws:x": "true"}}, "Condition": {}}]`, "1: s3:deletebucket"},
	{"the same Sid twice", `[{"Sid": "A", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}, {"Sid": "A", "Effect": "Allow", "Action": "ec2:*", "Resource": "*"}]`, "1: s3:deletebucket"},

	// What nobody can judge.
	{"no JSON", `allow everything`, "!no JSON object"},
	{"an empty text", ``, "!no JSON object"},
	{"a list for a document", `{"Statement": [`, "!no JSON object"},
	{"more behind the document", `{"Version": "2012-10-17", "Statement": []} {}`, "!something follows it"},
	{"a text for a statement", `["Allow"]`, "!statement 1: it is no JSON object"},
	{"null for a statement", `[null]`, "!statement 1: it is no JSON object"},
	{"no Effect", `{"Action": "s3:*", "Resource": "*"}`, "!it has no Effect"},
	{"an Effect in lower case", `{"Effect": "allow", "Action": "s3:*", "Resource": "*"}`, `!its Effect is "allow"`},
	{"no Action", `{"Effect": "Allow", "Resource": "*"}`, "!it needs Action or NotAction"},
	{"Action and NotAction", `{"Effect": "Allow", "Action": "ec2:*", "NotAction": "s3:*", "Resource": "*"}`, "!it needs Action or NotAction, and not both"},
	{"no Resource", `{"Effect": "Allow", "Action": "s3:*"}`, "!it needs Resource or NotResource"},
	{"Resource and NotResource", `{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "NotResource": "x"}`, "!it needs Resource or NotResource, and not both"},
	{"a number for an Action", `{"Effect": "Allow", "Action": 7, "Resource": "*"}`, "!its Action is neither a text nor a list of texts"},
	{"null for an Action", `{"Effect": "Allow", "Action": null, "Resource": "*"}`, "!its Action is neither"},
	{"a list within the Action's", `{"Effect": "Allow", "Action": [["s3:*"]], "Resource": "*"}`, "!its Action is neither"},
	{"an element that IAM does not know", `{"Effect": "Allow", "Action": "ec2:*", "Actions": "s3:*", "Resource": "*"}`, `!the element "Actions"`},
	{"another one, of the document", `{"Version": "2012-10-17", "Statements": []}`, `!the element "Statements"`},
	{"too many bytes", `{"Version": "2012-10-17", "Statement": []` + strings.Repeat(" ", MaxDocument) + `}`, "!IAM takes up to 131072"},
}

func TestEachPolicyHasItsVerdict(t *testing.T) {
	if len(verdicts) < 100 {
		t.Errorf("%d policies", len(verdicts))
	}
	patterns, err := Patterns(restricted)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, row := range verdicts {
		names = append(names, row.name)
		if got := verdict(whole(row.document), patterns); got != row.verdict && (row.verdict == "" || row.verdict[0] != '!' || !strings.Contains(got, row.verdict[1:]) || got[0] != '!') {
			t.Errorf("%s: %q, want %q", row.name, got, row.verdict)
		}
	}
	slices.Sort(names)
	if len(slices.Compact(names)) != len(verdicts) {
		t.Error("a name is given twice")
	}
}

// whole is the document of a row that has statements only.
func whole(text string) string {
	if strings.HasPrefix(text, "[") || strings.HasPrefix(text, "{") && !strings.Contains(strings.ToLower(text), `"version"`) && !strings.HasPrefix(text, `{"Statement": [`) {
		return `{"Version": "2012-10-17", "Statement": ` + text + `}`
	}
	return text
}

func verdict(document string, patterns []Pattern) string {
	d, err := Parse(document)
	if err != nil {
		return "!" + err.Error()
	}
	var parts []string
	for _, f := range d.Grants(patterns) {
		grants := strings.Trim(fmt.Sprint(f.Grants), "[]")
		parts = append(parts, fmt.Sprintf("%d: %s", f.Statement, grants))
	}
	return strings.Join(parts, "; ")
}

func TestAFindingTellsWhatGrantsOnWhatAndWhen(t *testing.T) {
	patterns, err := Patterns(restricted)
	if err != nil {
		t.Fatal(err)
	}
	for document, want := range map[string]string{
		`{"Sid": "Wipe", "Effect": "Allow", "Action": ["s3:Delete*", "s3:GetObject", "s3:*"], "Resource": ["arn:a", "arn:b"], "Condition": {"Bool": {"x": "true"}}}`: `{1 Wipe [s3:deletebucket] [s3:* s3:Delete*] [] [arn:a arn:b] [] {"Bool": {"x": "true"}}}`,
		`{"Effect": "Allow", "NotAction": ["s3:*", "dynamodb:*", "cloudtrail:*"], "NotResource": "arn:c"}`:                                                           `{1  [iam:*] [] [s3:* dynamodb:* cloudtrail:*] [] [arn:c] }`,
	} {
		d, err := Parse(whole(document))
		if err != nil {
			t.Fatal(err)
		}
		f := d.Grants(patterns)
		if got := fmt.Sprintf("{%d %s %s %s %s %s %s %s}", f[0].Statement, f[0].Sid, f[0].Grants, f[0].Action, f[0].NotAction, f[0].Resource, f[0].NotResource, f[0].Condition); len(f) != 1 || got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestListsOfActionsAreChecked(t *testing.T) {
	for _, good := range []string{"*", "s3:DeleteBucket", "iam:*", "access-analyzer:DeleteAnalyzer", "*:Delete*", "s3:?elete*"} {
		if _, err := Patterns([]string{good}); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{"", "s3", "s3:", ":DeleteBucket", "s3:Delete Bucket", " s3:DeleteBucket", "s3:DeleteBucket\n", "s3:Delete'Bucket", "**", "a:b:c"} {
		if _, err := Patterns([]string{"iam:*", bad}); err == nil || !strings.Contains(err.Error(), "is no action") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
