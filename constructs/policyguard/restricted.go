package policyguard

// This file has the actions that are restricted unless a team says otherwise.

import "slices"

// restricted by default.
var restricted = slices.Concat(
	// Who has one of these can give themselves every other permission.
	[]string{
		"iam:AddUserToGroup", "iam:AttachGroupPolicy", "iam:AttachRolePolicy", "iam:AttachUserPolicy",
		"iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:CreateOpenIDConnectProvider", "iam:CreatePolicyVersion",
		"iam:CreateSAMLProvider", "iam:CreateUser", "iam:Delete*PermissionsBoundary", "iam:Put*PermissionsBoundary",
		"iam:PutGroupPolicy", "iam:PutRolePolicy", "iam:PutUserPolicy", "iam:SetDefaultPolicyVersion",
		"iam:UpdateAssumeRolePolicy", "iam:UpdateLoginProfile", "iam:UpdateSAMLProvider", "iam:DeactivateMFADevice",
	},
	// These keep others from seeing what is done, this guard as well.
	[]string{
		"access-analyzer:DeleteAnalyzer", "cloudtrail:DeleteTrail", "cloudtrail:PutEventSelectors", "cloudtrail:StopLogging",
		"cloudtrail:UpdateTrail", "config:DeleteConfigurationRecorder", "config:StopConfigurationRecorder",
		"events:DeleteRule", "events:DisableRule", "events:RemoveTargets", "guardduty:DeleteDetector", "guardduty:UpdateDetector",
		"logs:DeleteLogGroup", "organizations:LeaveOrganization", "securityhub:DisableSecurityHub",
		"states:DeleteStateMachine", "states:UpdateStateMachine",
	},
	// These destroy data, or open it to everybody.
	[]string{
		"backup:DeleteBackupVault", "backup:DeleteRecoveryPoint", "dynamodb:DeleteBackup", "dynamodb:DeleteTable",
		"kms:DisableKey", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "rds:DeleteDBCluster", "rds:DeleteDBInstance",
		"s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:DeleteObjectVersion", "s3:PutAccountPublicAccessBlock",
		"s3:PutBucketPolicy", "s3:PutBucketPublicAccessBlock", "s3:PutLifecycleConfiguration", "secretsmanager:DeleteSecret",
	},
)

// DefaultRestricted are the actions that are restricted by default: those by
// which their bearer gets every other permission, those that switch off trails,
// logs, detectors and this guard, and those that destroy data or open it to
// everybody. Add to them, or take some out:
//
//	Restricted: append(policyguard.DefaultRestricted(), "iam:PassRole")
func DefaultRestricted() []string { return slices.Clone(restricted) }
