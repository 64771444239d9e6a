package b2b

// This file declares where partners reach the SFTP server, and by what they
// know that it is the right one.

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/aws-cdk-go/awscdk/v2/awstransfer"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
)

// SFTPEndpoint is where partners reach the SFTP server. The zero value is a
// name of AWS's, <server id>.server.transfer.<region>.amazonaws.com, at
// addresses that change.
type SFTPEndpoint struct {
	// VPC puts the server into a VPC, at fixed addresses that partners can
	// open their firewalls to: an Elastic IP (its allocation id) for each of 1
	// to 3 subnets, open to what the security groups let in on port 22. Give
	// all four. Default: the server is public, and everybody may connect.
	VPC            string   // id
	Subnets        []string // ids, in different availability zones
	Addresses      []string // allocation ids, as many as subnets
	SecurityGroups []string // ids; the VPC's own default group would let nobody in

	// HostName is the name that partners connect to. Default: AWS's.
	HostName string

	// HostedZone is the id of the Route 53 zone that gets a CNAME record for
	// HostName. Default: the record is yours to make, in whichever DNS.
	HostedZone string

	// Banner is shown before the login: up to 4,096 ASCII characters.
	// Default: none.
	Banner string

	// HostKeySecret is the ARN of a secret whose text is an SSH private key
	// (PEM), by which clients know the server: kept there, it outlives the
	// server. See docs/operations.md. Default: AWS makes a key, and a new one
	// for each new server.
	HostKeySecret string
}

func (e SFTPEndpoint) validate(faults *operation.Faults) {
	given := 0
	for _, one := range []bool{e.VPC != "", len(e.Subnets) > 0, len(e.Addresses) > 0, len(e.SecurityGroups) > 0} {
		if one {
			given++
		}
	}
	if given != 0 && given != 4 {
		faults.Addf("Endpoint has some of VPC, Subnets, Addresses and SecurityGroups: give all of them, or none for a public server")
	}
	if len(e.Addresses) != len(e.Subnets) || len(e.Subnets) > 3 {
		faults.Addf("Endpoint has %d Subnets and %d Addresses: give 1 to 3, an address for each", len(e.Subnets), len(e.Addresses))
	}
	if e.HostedZone != "" && e.HostName == "" {
		faults.Addf("Endpoint has a HostedZone and no HostName")
	}
	printable := func(r rune) bool { return r < '\t' || r > '\r' && r < ' ' || r > '~' }
	if len(e.Banner) > 4096 || strings.ContainsFunc(e.Banner, printable) {
		faults.Addf("Endpoint.Banner is %d characters: give up to 4096, ASCII only", len(e.Banner))
	}
	if e.HostKeySecret != "" && !*awscdk.Token_IsUnresolved(e.HostKeySecret) && !strings.Contains(e.HostKeySecret, ":secretsmanager:") {
		faults.Addf("Endpoint.HostKeySecret is %q: give the ARN of a secret", e.HostKeySecret)
	}
}

// configure sets the server's properties.
func (e SFTPEndpoint) configure(server *awstransfer.CfnServerProps) {
	server.EndpointType = jsii.String("PUBLIC")
	if e.VPC != "" {
		server.EndpointType = jsii.String("VPC")
		server.EndpointDetails = &awstransfer.CfnServer_EndpointDetailsProperty{
			VpcId: &e.VPC, SubnetIds: jsii.Strings(e.Subnets...),
			AddressAllocationIds: jsii.Strings(e.Addresses...), SecurityGroupIds: jsii.Strings(e.SecurityGroups...),
		}
	}
	if e.Banner != "" {
		server.PreAuthenticationLoginBanner = &e.Banner
	}
	// Transfer takes its custom host name from these tags, and shows it.
	var tags []*awscdk.CfnTag
	if e.HostName != "" {
		tags = append(tags, &awscdk.CfnTag{Key: jsii.String("transfer:customHostname"), Value: &e.HostName})
	}
	if e.HostedZone != "" {
		tags = append(tags, &awscdk.CfnTag{Key: jsii.String("transfer:route53HostedZoneId"), Value: jsii.String("/hostedzone/" + e.HostedZone)})
	}
	if len(tags) > 0 {
		server.Tags = &tags
	}
}

// addIdentity declares the server's name and its key.
func (s *SFTPIntake) addIdentity(e SFTPEndpoint) {
	if e.HostedZone != "" {
		awsroute53.NewCfnRecordSet(s.Construct, jsii.String("HostName"), &awsroute53.CfnRecordSetProps{
			HostedZoneId: &e.HostedZone, Name: &e.HostName, Type: jsii.String("CNAME"), Ttl: jsii.String("300"),
			ResourceRecords: jsii.Strings(s.awsName()),
		})
	}
	if e.HostKeySecret != "" {
		awstransfer.NewCfnHostKey(s.Construct, jsii.String("HostKey"), &awstransfer.CfnHostKeyProps{
			ServerId:    s.Server.AttrServerId(),
			Description: jsii.String("Kept in a secret, so that it outlives the server"),
			// CloudFormation reads it: it is in no template.
			HostKeyBody: awscdk.SecretValue_SecretsManager(&e.HostKeySecret, nil).UnsafeUnwrap(),
		})
	}
}

// Endpoint is the host name that partners connect to.
func (s *SFTPIntake) Endpoint() string {
	if s.hostName != "" {
		return s.hostName
	}
	return s.awsName()
}

func (s *SFTPIntake) awsName() string {
	return strings.Join([]string{*s.Server.AttrServerId(), "server.transfer", *s.Server.Stack().Region(), *s.Server.Stack().UrlSuffix()}, ".")
}
