package iam_test

// This file is about credentials for services, and about users who do not say who they are.

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestAUserHasCredentialsForAService(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	ada, service := aws.String("ada"), aws.String("codecommit.amazonaws.com")
	must(e.CreateUser(ctx, &awsiam.CreateUserInput{UserName: ada}))(t)
	create := func() (*types.ServiceSpecificCredential, error) {
		out, err := e.CreateServiceSpecificCredential(ctx, &awsiam.CreateServiceSpecificCredentialInput{UserName: ada, ServiceName: service})
		if err != nil {
			return nil, err
		}
		return out.ServiceSpecificCredential, nil
	}
	list := func(service *string) []types.ServiceSpecificCredentialMetadata {
		return must(e.ListServiceSpecificCredentials(ctx, &awsiam.ListServiceSpecificCredentialsInput{UserName: ada, ServiceName: service}))(t).ServiceSpecificCredentials
	}
	one, two := must(create())(t), must(create())(t)
	if *one.ServiceUserName != "ada-at-111122223333" || *two.ServiceUserName != "ada+1-at-111122223333" || *one.ServicePassword == *two.ServicePassword {
		t.Errorf("made %+v and %+v", one, two)
	}
	_, err := create()
	fails[*types.LimitExceededException](t, "a third", err)
	id := one.ServiceSpecificCredentialId
	must(e.UpdateServiceSpecificCredential(ctx, &awsiam.UpdateServiceSpecificCredentialInput{UserName: ada, ServiceSpecificCredentialId: id, Status: types.StatusTypeInactive}))(t)
	reset := must(e.ResetServiceSpecificCredential(ctx, &awsiam.ResetServiceSpecificCredentialInput{UserName: ada, ServiceSpecificCredentialId: id}))(t).ServiceSpecificCredential
	if reset.Status != types.StatusTypeInactive || *reset.ServicePassword == *one.ServicePassword || *reset.ServiceUserName != *one.ServiceUserName {
		t.Errorf("reset is %+v", reset)
	}
	all := list(nil)
	if len(all) != 2 || all[0].Status != types.StatusTypeInactive || all[1].Status != types.StatusTypeActive || len(list(service)) != 2 || len(list(aws.String("cassandra.amazonaws.com"))) != 0 {
		t.Errorf("listed are %+v", all)
	}
	_, err = e.DeleteUser(ctx, &awsiam.DeleteUserInput{UserName: ada})
	if fails[*types.DeleteConflictException](t, "a user with credentials", err); !strings.Contains(err.Error(), "Cannot delete entity, must remove referenced objects first.") {
		t.Error(err)
	}
	must(e.DeleteServiceSpecificCredential(ctx, &awsiam.DeleteServiceSpecificCredentialInput{UserName: ada, ServiceSpecificCredentialId: id}))(t)
	if again := must(create())(t); *again.ServiceUserName != *one.ServiceUserName {
		t.Errorf("the name that is free is not taken: %s", *again.ServiceUserName)
	}
}

func TestWhatCredentialsForAServiceMayNotBe(t *testing.T) {
	e := newEngine(t)
	must(e.CreateUser(t.Context(), &awsiam.CreateUserInput{UserName: aws.String("ada")}))(t)
	for name, tt := range map[string]struct {
		action string
		input  map[string]string
		want   string
	}{
		"of nobody":               {"CreateServiceSpecificCredential", map[string]string{"UserName": "bob", "ServiceName": "none"}, "NoSuchEntityException: The user with name bob cannot be found."},
		"for a service with keys": {"CreateServiceSpecificCredential", map[string]string{"UserName": "ada", "ServiceName": "lambda.amazonaws.com"}, "NoSuchEntityException: No such service lambda.amazonaws.com is supported for Service Specific Credentials"},
		"for Bedrock":             {"CreateServiceSpecificCredential", map[string]string{"UserName": "ada", "ServiceName": "bedrock.amazonaws.com"}, "NotImplemented: the local engine has no credentials for bedrock.amazonaws.com"},
		"listed of no service":    {"ListServiceSpecificCredentials", map[string]string{"UserName": "ada", "ServiceName": "none"}, "NoSuchEntityException: No such service none is"},
		"of another status":       {"UpdateServiceSpecificCredential", map[string]string{"ServiceSpecificCredentialId": "ACCA0", "Status": "Off"}, "ValidationError: 1 validation error detected: Value at 'status' failed to satisfy constraint: Member must satisfy enum value set"},
		"without a status":        {"UpdateServiceSpecificCredential", map[string]string{"ServiceSpecificCredentialId": "ACCA0"}, "Value at 'status' failed to satisfy constraint: Member must not be null"},
		"of a strange id":         {"ResetServiceSpecificCredential", map[string]string{"UserName": "ada", "ServiceSpecificCredentialId": "a-b"}, `Value at 'serviceSpecificCredentialId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w]+`},
		"of another id":           {"DeleteServiceSpecificCredential", map[string]string{"UserName": "ada", "ServiceSpecificCredentialId": "ACCA0"}, "NoSuchEntityException: No such credential ACCA0 exists"},
		"of the administrator":    {"DeleteServiceSpecificCredential", map[string]string{"ServiceSpecificCredentialId": "ACCA0"}, "ValidationError: Must specify userName when calling with non-User credentials"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := e.Do(t.Context(), e.Administrator(), "iam", tt.action, tt.input, nil); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestAUserMakesAKeyWithoutSayingForWhom(t *testing.T) {
	e, ctx := newEngine(t), t.Context()
	must(e.CreateUser(ctx, &awsiam.CreateUserInput{UserName: aws.String("ada")}))(t)
	must(e.PutUserPolicy(ctx, &awsiam.PutUserPolicyInput{UserName: aws.String("ada"), PolicyName: aws.String("keys"), PolicyDocument: aws.String(
		`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:*AccessKey*", "Resource": "arn:aws:iam::*:user/${aws:username}"}]}`)}))(t)
	ada := e.as(t, cloud.Caller{ARN: account + "user/ada", ID: "AIDA"})
	made := must(ada.CreateAccessKey(ctx, &awsiam.CreateAccessKeyInput{}))(t).AccessKey
	if *made.UserName != "ada" || e.whose(t, *made.AccessKeyId).ARN != account+"user/ada" {
		t.Errorf("made %+v", made)
	}
	if listed := must(ada.ListAccessKeys(ctx, &awsiam.ListAccessKeysInput{}))(t).AccessKeyMetadata; len(listed) != 1 {
		t.Errorf("listed are %+v", listed)
	}
	must(ada.UpdateAccessKey(ctx, &awsiam.UpdateAccessKeyInput{AccessKeyId: made.AccessKeyId, Status: types.StatusTypeInactive}))(t)
	must(ada.DeleteAccessKey(ctx, &awsiam.DeleteAccessKeyInput{AccessKeyId: made.AccessKeyId}))(t)
	if _, err := e.CreateAccessKey(ctx, &awsiam.CreateAccessKeyInput{}); err == nil || !strings.Contains(err.Error(), "Must specify userName") {
		t.Errorf("the administrator's: %v", err)
	}
}
