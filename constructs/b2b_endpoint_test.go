package constructs_test

import (
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/constructs/b2b"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

func TestServerIsReachedWhereItsEndpointSays(t *testing.T) {
	template := pipelineWith(t, "endpoint", func(p *b2b.PipelineProps) {
		p.SFTPEndpoint = b2b.SFTPEndpoint{
			VPC: "vpc-0123456789abcde11", Subnets: []string{"subnet-0123456789abcde11", "subnet-0123456789abcde22"}, Addresses: []string{"eipalloc-0123456789abcde11", "eipalloc-0123456789abcde22"}, SecurityGroups: []string{"sg-0123456789abcde11"},
			HostName: "sftp.example.com", HostedZone: "Z0123456789ABCDEFGHIJ", Banner: "Partners only.\n",
			HostKeySecret: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:sftp-host-key-AbCdEf",
		}
	})
	template.Has(template.At("AWS::Transfer::Server", "Pipeline/SFTP/Server"), `{
		"EndpointType": "VPC", "PreAuthenticationLoginBanner": "Partners only.\n",
		"EndpointDetails": {"VpcId": "vpc-0123456789abcde11", "SubnetIds": ["subnet-0123456789abcde11", "subnet-0123456789abcde22"], "AddressAllocationIds": ["eipalloc-0123456789abcde11", "eipalloc-0123456789abcde22"], "SecurityGroupIds": ["sg-0123456789abcde11"]},
		"Tags": [{"Key": "transfer:customHostname", "Value": "sftp.example.com"}, {"Key": "transfer:route53HostedZoneId", "Value": "/hostedzone/Z0123456789ABCDEFGHIJ"}]
	}`)
	template.Has(template.At("AWS::Transfer::HostKey", "Pipeline/SFTP/HostKey"), `{
		"ServerId": "<Pipeline/SFTP/Server.ServerId>",
		"HostKeyBody": "{{resolve:secretsmanager:arn:aws:secretsmanager:eu-west-1:111122223333:secret:sftp-host-key-AbCdEf:SecretString:::}}"
	}`)
	template.Has(template.At("AWS::Route53::RecordSet", "Pipeline/SFTP/HostName"), `{
		"HostedZoneId": "Z0123456789ABCDEFGHIJ", "Name": "sftp.example.com", "Type": "CNAME",
		"ResourceRecords": ["<Pipeline/SFTP/Server.ServerId>.server.transfer.<AWS::Region>.<AWS::URLSuffix>"]
	}`)
}

func TestWrongEndpointsAreRefused(t *testing.T) {
	for part, endpoint := range map[string]b2b.SFTPEndpoint{
		"give all of them":                {VPC: "vpc-0123456789abcde11", Subnets: []string{"a"}, Addresses: []string{"b"}},
		"2 Subnets and 1 Addresses":       {VPC: "vpc-0123456789abcde11", Subnets: []string{"a", "b"}, Addresses: []string{"c"}, SecurityGroups: []string{"d"}},
		"4 Subnets and 4 Addresses":       {VPC: "vpc-0123456789abcde11", Subnets: strings.Split("abcd", ""), Addresses: strings.Split("efgh", ""), SecurityGroups: []string{"i"}},
		"a HostedZone and no HostName":    {HostedZone: "Z0123456789ABCDEFGHIJ"},
		"Banner is 4097 characters":       {Banner: strings.Repeat("x", 4097)},
		"Banner is 3 characters":          {Banner: "é!"},
		`HostKeySecret is "sftp-hostkey"`: {HostKeySecret: "sftp-hostkey"},
	} {
		message := cdktest.Panics(func() {
			b2b.NewPipeline(cdktest.NewStack(t), "Pipeline", b2b.PipelineProps{Partners: testPartners(), SFTPEndpoint: endpoint})
		})
		if !strings.Contains(message, part) {
			t.Errorf("no %q in %q", part, message)
		}
	}
}
