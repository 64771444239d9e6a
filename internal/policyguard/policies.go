// Package policyguard is what the functions of constructs/policyguard share: the
// policies as IAM has them, and the rows of cases.
package policyguard

// This file reads and replaces policies.

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	contract "github.com/tradepost-dev/tradepost/internal/contract/policyguard"
	"github.com/tradepost-dev/tradepost/internal/patience"
)

// Reader is what Policies need of the IAM client to be read.
type Reader interface {
	GetPolicy(context.Context, *iam.GetPolicyInput, ...func(*iam.Options)) (*iam.GetPolicyOutput, error)
	GetPolicyVersion(context.Context, *iam.GetPolicyVersionInput, ...func(*iam.Options)) (*iam.GetPolicyVersionOutput, error)
	GetRolePolicy(context.Context, *iam.GetRolePolicyInput, ...func(*iam.Options)) (*iam.GetRolePolicyOutput, error)
	GetUserPolicy(context.Context, *iam.GetUserPolicyInput, ...func(*iam.Options)) (*iam.GetUserPolicyOutput, error)
	GetGroupPolicy(context.Context, *iam.GetGroupPolicyInput, ...func(*iam.Options)) (*iam.GetGroupPolicyOutput, error)
}

// Writer is what it takes to replace them.
type Writer interface {
	SetDefaultPolicyVersion(context.Context, *iam.SetDefaultPolicyVersionInput, ...func(*iam.Options)) (*iam.SetDefaultPolicyVersionOutput, error)
	DeletePolicyVersion(context.Context, *iam.DeletePolicyVersionInput, ...func(*iam.Options)) (*iam.DeletePolicyVersionOutput, error)
	PutRolePolicy(context.Context, *iam.PutRolePolicyInput, ...func(*iam.Options)) (*iam.PutRolePolicyOutput, error)
	PutUserPolicy(context.Context, *iam.PutUserPolicyInput, ...func(*iam.Options)) (*iam.PutUserPolicyOutput, error)
	PutGroupPolicy(context.Context, *iam.PutGroupPolicyInput, ...func(*iam.Options)) (*iam.PutGroupPolicyOutput, error)
}

// Default is the version of a managed policy that is in force.
type Default struct{ PolicyID, Version string }

// ReadDefault tells which version of a managed policy is in force; ok is false
// if there is no such policy.
func ReadDefault(ctx context.Context, client Reader, arn string) (d Default, ok bool, err error) {
	output, err := client.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &arn})
	if ok, err = found(err, "look up %s", arn); !ok {
		return Default{}, false, err
	}
	return Default{PolicyID: aws.ToString(output.Policy.PolicyId), Version: aws.ToString(output.Policy.DefaultVersionId)}, true, nil
}

// ReadVersion is the document of a version of a managed policy; ok is false if
// there is none.
func ReadVersion(ctx context.Context, client Reader, arn, version string) (document string, ok bool, err error) {
	output, err := client.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: &arn, VersionId: &version})
	if ok, err = found(err, "read %s of %s", version, arn); !ok {
		return "", false, err
	}
	document, err = decoded(output.PolicyVersion.Document)
	return document, err == nil, err
}

// ReadInline is the document of an inline policy; ok is false if there is none.
func ReadInline(ctx context.Context, client Reader, p contract.Policy) (document string, ok bool, err error) {
	var encoded *string
	switch p.Kind {
	case contract.Role:
		output, failure := client.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &p.Of, PolicyName: &p.Name})
		if err = failure; err == nil {
			encoded = output.PolicyDocument
		}
	case contract.User:
		output, failure := client.GetUserPolicy(ctx, &iam.GetUserPolicyInput{UserName: &p.Of, PolicyName: &p.Name})
		if err = failure; err == nil {
			encoded = output.PolicyDocument
		}
	case contract.Group:
		output, failure := client.GetGroupPolicy(ctx, &iam.GetGroupPolicyInput{GroupName: &p.Of, PolicyName: &p.Name})
		if err = failure; err == nil {
			encoded = output.PolicyDocument
		}
	default:
		err = fmt.Errorf("a %s has no inline policies", p.Kind)
	}
	if ok, err = found(err, "read %s", p.Key()); !ok {
		return "", false, err
	}
	document, err = decoded(encoded)
	return document, err == nil, err
}

// PutInline replaces an inline policy; ok is false if whose it is exists no more.
func PutInline(ctx context.Context, client Writer, p contract.Policy, document string) (ok bool, err error) {
	switch p.Kind {
	case contract.Role:
		_, err = client.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &p.Of, PolicyName: &p.Name, PolicyDocument: &document})
	case contract.User:
		_, err = client.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: &p.Of, PolicyName: &p.Name, PolicyDocument: &document})
	case contract.Group:
		_, err = client.PutGroupPolicy(ctx, &iam.PutGroupPolicyInput{GroupName: &p.Of, PolicyName: &p.Name, PolicyDocument: &document})
	default:
		err = fmt.Errorf("a %s has no inline policies", p.Kind)
	}
	return found(err, "replace %s", p.Key())
}

// Deleter is what it takes to delete inline policies.
type Deleter interface {
	DeleteRolePolicy(context.Context, *iam.DeleteRolePolicyInput, ...func(*iam.Options)) (*iam.DeleteRolePolicyOutput, error)
	DeleteUserPolicy(context.Context, *iam.DeleteUserPolicyInput, ...func(*iam.Options)) (*iam.DeleteUserPolicyOutput, error)
	DeleteGroupPolicy(context.Context, *iam.DeleteGroupPolicyInput, ...func(*iam.Options)) (*iam.DeleteGroupPolicyOutput, error)
}

// DeleteInline deletes an inline policy, if there is one.
func DeleteInline(ctx context.Context, client Deleter, p contract.Policy) (err error) {
	switch p.Kind {
	case contract.Role:
		_, err = client.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: &p.Of, PolicyName: &p.Name})
	case contract.User:
		_, err = client.DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: &p.Of, PolicyName: &p.Name})
	case contract.Group:
		_, err = client.DeleteGroupPolicy(ctx, &iam.DeleteGroupPolicyInput{GroupName: &p.Of, PolicyName: &p.Name})
	default:
		err = fmt.Errorf("a %s has no inline policies", p.Kind)
	}
	_, err = found(err, "delete %s", p.Key())
	return err
}

// SetDefault puts a version in force; ok is false if there is none.
func SetDefault(ctx context.Context, client Writer, arn, version string) (ok bool, err error) {
	_, err = client.SetDefaultPolicyVersion(ctx, &iam.SetDefaultPolicyVersionInput{PolicyArn: &arn, VersionId: &version})
	return found(err, "put %s of %s in force", version, arn)
}

// DeleteVersion deletes a version, if there is one.
func DeleteVersion(ctx context.Context, client Writer, arn, version string) error {
	_, err := client.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: &arn, VersionId: &version})
	_, err = found(err, "delete %s of %s", version, arn)
	return err
}

// Full tells whether an error says that a quota leaves no room.
func Full(err error) bool {
	_, full := errors.AsType[*types.LimitExceededException](err)
	return full
}

// found is false for what does not exist. Other errors are Named.
func found(err error, doing string, arguments ...any) (bool, error) {
	if err == nil {
		return true, nil
	}
	if _, none := errors.AsType[*types.NoSuchEntityException](err); none {
		return false, nil
	}
	return false, Named(err, doing, arguments...)
}

// Named is a *patience.ServiceBusy or a *patience.ServiceRefused that says what
// was being done.
func Named(err error, doing string, arguments ...any) error {
	_, concurrent := errors.AsType[*types.ConcurrentModificationException](err)
	_, unfinished := errors.AsType[*types.EntityTemporarilyUnmodifiableException](err)
	if concurrent || unfinished {
		err = patience.Again(err)
	}
	return patience.Named(fmt.Errorf(doing+": %w", append(arguments, err)...))
}

// decoded is a document as it was written: IAM answers with URL encoding.
func decoded(encoded *string) (string, error) {
	document, err := url.PathUnescape(aws.ToString(encoded))
	if err != nil {
		return "", fmt.Errorf("read a policy's document: %w", err)
	}
	return document, nil
}
