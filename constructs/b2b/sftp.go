package b2b

// This file declares how partners hand files over: the SFTP server. sftp_access.go
// declares who may, and detection.go how an arrived file is noticed.

import (
	"cmp"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudtrail"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awstransfer"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
)

// SFTPIntakeProps are the properties of an SFTPIntake.
type SFTPIntakeProps struct {
	// Landing is where files land. Required.
	Landing *Landing

	// Tables know the partners and remember which files are done. Required.
	Tables *Tables

	// Queue receives a message per transaction. Required.
	Queue awssqs.IQueue

	// Settlement is started for each file, and has files split again that split
	// has given up halfway. Required.
	Settlement *Settlement

	// Detection is who tells of an arrived file. Default: S3Events.
	Detection Detection

	// SettlementTimeout and SettlementRate tell when a file that still has
	// transactions without an outcome is overdue: so long after it was split,
	// and a second more for so many transactions, up to 14 days in all.
	// Default: 15 minutes, and 100, which leaves a margin below the 150
	// executions per second that Step Functions starts in most regions.
	SettlementTimeout time.Duration
	SettlementRate    int

	// MaxFileBytes bounds a file, decompressed; a larger one is quarantined.
	// Default: 1 GiB.
	MaxFileBytes int64

	// MaxFileRecords bounds the transactions of a file; one with more is
	// quarantined. Default: 500,000.
	MaxFileRecords int

	// Endpoint is where partners reach the server. Default: a public name of
	// AWS's. See SFTPEndpoint.
	Endpoint SFTPEndpoint

	// PartnersDeleteReplies lets partners delete what is in their outbox, as
	// clients do that fetch and delete. Default: replies stay for a year.
	PartnersDeleteReplies bool

	// Code replaces the code of functions. Default: this module's own
	// handlers, built here.
	Code map[Handler]awslambda.Code

	// Alarms adjusts the alarms. Default: see Alarms.
	Alarms Alarms

	// Operation says how long data and logs are kept and whom the alarms tell.
	// Default: see operation.Settings.
	Operation operation.Settings
}

// SFTPIntake takes in files of transactions.
type SFTPIntake struct {
	Construct constructs.Construct
	Server    awstransfer.CfnServer

	// Authenticate tells the server what the directory says of a user. Each
	// session takes on SessionRole, with a policy that leaves it the partner's
	// own folders.
	Authenticate *gofunction.Function
	SessionRole  awsiam.Role

	// Split reads files. Undelivered holds the notices of files that it never
	// got or gave up.
	Split       *gofunction.Function
	Undelivered awssqs.Queue

	// Trail and its rule are nil with S3Events, S3Rule with CloudTrail.
	Trail      awscloudtrail.Trail
	TrailRule  awsevents.Rule
	S3Rule     awsevents.Rule
	ServerRule awsevents.Rule

	// SettlementTimeout and SettlementRate are those of the props, filled in:
	// a replay gives files as long.
	SettlementTimeout time.Duration
	SettlementRate    int

	landing  *Landing
	hostName string // or empty
	settings operation.Settings
}

// NewSFTPIntake declares the server, who may use it, and the function that reads
// what they upload. It panics if props are wrong.
func NewSFTPIntake(scope constructs.Construct, id string, props SFTPIntakeProps) *SFTPIntake {
	props = props.withDefaults()
	operation.Must("b2b.SFTPIntake", id, props.validate())
	this := constructs.NewConstruct(scope, &id)
	props.Operation = props.Operation.WithDefaults(this)
	s := &SFTPIntake{
		Construct: this, SettlementTimeout: props.SettlementTimeout, SettlementRate: props.SettlementRate,
		landing: props.Landing, settings: props.Operation, hostName: props.Endpoint.HostName,
	}
	s.addSessionRole(props)
	s.addAuthenticate(props)
	s.addServer(props)
	s.addSplit(props)
	s.addDetection(props)
	return s
}

func (p SFTPIntakeProps) withDefaults() SFTPIntakeProps {
	p.Detection = cmp.Or(p.Detection, S3Events)
	p.SettlementTimeout = cmp.Or(p.SettlementTimeout, 15*time.Minute)
	p.SettlementRate = cmp.Or(p.SettlementRate, 100)
	p.MaxFileBytes = cmp.Or(p.MaxFileBytes, 1<<30)
	p.MaxFileRecords = cmp.Or(p.MaxFileRecords, 500_000)
	return p
}

// longestSettlement is the timeout of the settlement's state machine.
const longestSettlement = 14 * 24 * time.Hour

func (p SFTPIntakeProps) validate() error {
	var faults operation.Faults
	faults.Require("Landing", p.Landing != nil)
	faults.Require("Tables", p.Tables != nil)
	faults.Require("Queue", p.Queue != nil)
	faults.Require("Settlement", p.Settlement != nil)
	operation.NotNegative(&faults, "SettlementTimeout", p.SettlementTimeout)
	operation.NotNegative(&faults, "SettlementRate", p.SettlementRate)
	operation.NotNegative(&faults, "MaxFileBytes", p.MaxFileBytes)
	operation.NotNegative(&faults, "MaxFileRecords", p.MaxFileRecords)
	if p.SettlementRate > 0 {
		processing := time.Duration(p.MaxFileRecords) * time.Second / time.Duration(p.SettlementRate)
		if p.SettlementTimeout+processing > longestSettlement {
			faults.Addf("SettlementTimeout of %v and MaxFileRecords/SettlementRate of %v make more than the 14 days that a settlement may take", p.SettlementTimeout, processing)
		}
	}
	faults.Add(p.Detection.Validate())
	p.Endpoint.validate(&faults)
	operation.Handlers(&faults, p.Code, handlers)
	p.Alarms.validate(&faults)
	return faults.Err()
}

func (s *SFTPIntake) addServer(props SFTPIntakeProps) {
	logs := operation.NewServiceLogGroup(s.Construct, "ServerLogs", props.Operation)
	server := &awstransfer.CfnServerProps{
		Domain:               jsii.String("S3"),
		IdentityProviderType: jsii.String("AWS_LAMBDA"),
		IdentityProviderDetails: &awstransfer.CfnServer_IdentityProviderDetailsProperty{
			Function: s.Authenticate.Function.FunctionArn(),
			// Nobody is asked for a password, so that none is told a function.
			SftpAuthenticationMethods: jsii.String("PUBLIC_KEY"),
		},
		Protocols:                 jsii.Strings("SFTP"),
		SecurityPolicyName:        jsii.String("TransferSecurityPolicy-2025-03"),
		StructuredLogDestinations: &[]*string{logs.LogGroupArn()},
		// Without it, a folder that has no object yet does not exist, and a
		// new partner would see neither its inbox nor its outbox.
		S3StorageOptions: &awstransfer.CfnServer_S3StorageOptionsProperty{
			DirectoryListingOptimization: jsii.String("ENABLED"),
		},
		// Clients that set the time of what they have uploaded (put -p,
		// WinSCP) would otherwise report a failed transfer.
		ProtocolDetails: &awstransfer.CfnServer_ProtocolDetailsProperty{
			SetStatOption: jsii.String("ENABLE_NO_OP"),
		},
	}
	props.Endpoint.configure(server)
	s.Server = awstransfer.NewCfnServer(s.Construct, jsii.String("Server"), server)
	s.addIdentity(props.Endpoint)
	s.letServerAsk()
}
