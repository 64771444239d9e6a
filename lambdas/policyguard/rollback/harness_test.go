package rollback

// This file is an account with a guard.

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/policyguard"
	"github.com/tradepost-dev/tradepost/internal/dynamotest"
	"github.com/tradepost-dev/tradepost/internal/iamtest"
	"github.com/tradepost-dev/tradepost/internal/policyguard"
)

const (
	bad      = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:*", "Resource": "*"}]}`
	harmless = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}`
	worse    = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}`
)

// room is an account with a guard.
type room struct {
	*iamtest.Account
	*Handler
	t      *testing.T
	tables *dynamotest.Tables
}

func newRoom(t *testing.T) *room {
	t.Helper()
	r := &room{Account: iamtest.New(t), t: t, tables: dynamotest.Empty(t)}
	r.tables.Create("Cases", contract.AttrPolicy, contract.AttrEntry)
	r.Handler = &Handler{IAM: r.Account, Cases: policyguard.Cases{DynamoDB: r.tables, Table: "Cases"}}
	return r
}

func (r *room) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// policy makes a managed policy with versions, the last of them the default.
func (r *room) policy(name string, documents ...string) string {
	r.t.Helper()
	created, err := r.CreatePolicy(r.t.Context(), &iam.CreatePolicyInput{PolicyName: &name, PolicyDocument: &documents[0]})
	r.must(err)
	for _, document := range documents[1:] {
		r.version(*created.Policy.Arn, document)
	}
	r.Calls = nil
	return *created.Policy.Arn
}

func (r *room) version(arn, document string) string {
	r.t.Helper()
	created, err := r.CreatePolicyVersion(r.t.Context(), &iam.CreatePolicyVersionInput{PolicyArn: &arn, PolicyDocument: &document, SetAsDefault: true})
	r.must(err)
	return *created.PolicyVersion.VersionId
}

// standing is the version in force, and its document.
func (r *room) standing(arn string) (version, document string) {
	r.t.Helper()
	d, _, err := policyguard.ReadDefault(r.t.Context(), r.Account, arn)
	r.must(err)
	document, _, err = policyguard.ReadVersion(r.t.Context(), r.Account, arn, d.Version)
	r.must(err)
	return d.Version, document
}

// role makes a role with an inline policy.
func (r *room) role(name, document string) contract.Policy {
	r.t.Helper()
	_, err := r.CreateRole(r.t.Context(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(
		`{"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}}`)})
	r.must(err)
	p := contract.Policy{Kind: contract.Role, Of: name, Name: "inline"}
	r.put(p, document)
	return p
}

func (r *room) put(p contract.Policy, document string) {
	r.t.Helper()
	_, err := policyguard.PutInline(r.t.Context(), r.Account, p, document)
	r.must(err)
}

func (r *room) inlineOf(p contract.Policy) string {
	r.t.Helper()
	document, _, err := policyguard.ReadInline(r.t.Context(), r.Account, p)
	r.must(err)
	return document
}

// change is what evaluate has judged, in an execution of its own.
func change(event, arn, version, document string) contract.RollBack {
	return contract.RollBack{Execution: "execution-of-" + event, Evaluated: contract.Evaluated{
		EventID: event, Policy: contract.Policy{Kind: contract.Managed, ARN: arn}, Key: arn, Version: version, Document: document,
		ChangedBy: "arn:eve", Details: "It grants iam:*",
	}}
}

func inlineChange(event string, p contract.Policy, document string) contract.RollBack {
	in := change(event, "", "", document)
	in.Evaluated.Policy, in.Evaluated.Key = p, p.Key()
	return in
}

// want rolls back, and checks what comes of it.
func (r *room) want(in contract.RollBack, want contract.Outcome) {
	r.t.Helper()
	got, err := r.Handle(r.t.Context(), in)
	if err != nil || got.Outcome != want {
		r.t.Errorf("%s: %+v, %v, want %s", in.Evaluated.EventID, got, err, want)
	}
	r.unlocked(in.Evaluated.Key)
}

func (r *room) wantChanged(in contract.RollBack) {
	r.t.Helper()
	if _, err := r.Handle(r.t.Context(), in); err != (contract.PolicyChanged{Policy: in.Evaluated.Key}) {
		r.t.Errorf("%s: %v", in.Evaluated.EventID, err)
	}
	r.unlocked(in.Evaluated.Key)
}

func (r *room) unlocked(policy string) {
	r.t.Helper()
	if row := r.row(policy, contract.EntryCurrent); row[contract.AttrLockedBy] != nil || row[contract.AttrLockedUntil] != nil {
		r.t.Errorf("%s stays locked", policy)
	}
}

func (r *room) row(policy, entry string) map[string]types.AttributeValue {
	for _, item := range r.tables.All("Cases") {
		if attribute.String(item, contract.AttrPolicy) == policy && attribute.String(item, contract.AttrEntry) == entry {
			return item
		}
	}
	return nil
}
