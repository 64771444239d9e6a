package b2b

// This file declares who may use the SFTP server, and for what: those whom the
// directory lets in, each in its own folders.

import (
	"encoding/json"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// addSessionRole declares what all sessions together may do. What is left of it
// to one is its partner's: authenticate says so, and IAM holds the session to
// both.
//
// Transfer takes it on for a user, whose ARN has the server's id, and the server
// knows its function, which knows this role: the trust is for this account's
// servers, since the one could be told only after the other.
func (s *SFTPIntake) addSessionRole(props SFTPIntakeProps) {
	bucket := props.Landing.Bucket
	s.SessionRole = awsiam.NewRole(s.Construct, jsii.String("SessionRole"), &awsiam.RoleProps{
		Description: jsii.String("SFTP sessions of partners, each held to its own folders"),
		AssumedBy:   operation.Service(s.Construct, "transfer", "user/*"),
	})
	inboxes, outboxes := contract.InboxPrefix+"*", contract.OutboxPrefix+"*"
	operation.AllowObjects(s.SessionRole, bucket, []string{inboxes},
		"s3:PutObject", "s3:AbortMultipartUpload",
		"s3:GetObject", "s3:DeleteObject") // a rename is a copy and a delete
	operation.AllowObjects(s.SessionRole, bucket, []string{outboxes}, "s3:GetObject")
	if props.PartnersDeleteReplies {
		operation.AllowObjects(s.SessionRole, bucket, []string{outboxes}, "s3:DeleteObject")
	}
	s.SessionRole.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions:    jsii.Strings("s3:ListBucket"),
		Resources:  &[]*string{bucket.BucketArn()},
		Conditions: &map[string]any{"StringLike": map[string]any{"s3:prefix": []string{inboxes, outboxes}}},
	}))
	operation.Suppress(s.SessionRole, "AwsSolutions-IAM5", "The session's own policy leaves it one partner's folders; what a partner names its files is up to it.",
		`^Resource::.*\/(inbox|outbox)\/\*$`)
}

// addAuthenticate declares the function that the server asks.
func (s *SFTPIntake) addAuthenticate(props SFTPIntakeProps) {
	sessions := contract.Sessions{
		Role: *s.SessionRole.RoleArn(), Bucket: *props.Landing.Bucket.BucketArn(), DeletesReplies: props.PartnersDeleteReplies,
	}
	if key := props.Landing.Bucket.EncryptionKey(); key != nil {
		sessions.BucketKey = *key.KeyArn()
	}
	encoded, err := json.Marshal(sessions)
	operation.Must("b2b.SFTPIntake", *s.Construct.Node().Id(), err)
	s.Authenticate = functions(s.Construct, props.Code, props.Operation, props.Alarms.Functions).Add("Authenticate", Authenticate, gofunction.Props{
		Description: "Tells the SFTP server what the directory says of a user",
		Timeout:     10 * time.Second,
		Environment: map[string]string{
			contract.EnvDirectoryTable: *props.Tables.Partners.TableName(),
			contract.EnvSessions:       string(encoded),
		},
	})
	operation.AllowTable(s.Authenticate.Role, props.Tables.Partners, "dynamodb:GetItem")
}

// letServerAsk lets this server, and no other one, invoke the function.
func (s *SFTPIntake) letServerAsk() {
	s.Authenticate.Function.AddPermission(jsii.String("Server"), &awslambda.Permission{
		Principal:     awsiam.NewServicePrincipal(jsii.String("transfer.amazonaws.com"), nil),
		SourceArn:     s.Server.AttrArn(),
		SourceAccount: s.Server.Stack().Account(),
	})
}
