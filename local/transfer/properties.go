// What a server is declared with, which DescribeServer tells again.

package transfer

import "github.com/tradepost-dev/tradepost/local/cloud"

type serverProperties struct {
	Domain                  string `json:",omitempty"` // S3
	Protocols               []string
	IdentityProviderType    string
	IdentityProviderDetails *identityProviderDetails `json:",omitempty"`
	ProtocolDetails         protocolDetails

	PreAuthenticationLoginBanner string   `json:",omitempty"`
	StructuredLogDestinations    []string `json:",omitempty"`

	// What a laptop has no use for.
	EndpointType                  string            `json:",omitempty"`
	EndpointDetails               *endpointDetails  `json:",omitempty"` // of a VPC
	IpAddressType                 string            `json:",omitempty"`
	LoggingRole                   string            `json:",omitempty"`
	PostAuthenticationLoginBanner string            `json:",omitempty"` // FTP's
	S3StorageOptions              *s3StorageOptions `json:",omitempty"`
	SecurityPolicyName            string            `json:",omitempty"`
	Tags                          []cloud.Tag       `json:",omitempty"`
}

type protocolDetails struct {
	SetStatOption            string `json:",omitempty"` // DEFAULT or ENABLE_NO_OP
	PassiveIp                string `json:",omitempty"` // FTP's, as the next one
	TlsSessionResumptionMode string `json:",omitempty"`
}

type endpointDetails struct {
	AddressAllocationIds []string `json:",omitempty"`
	SecurityGroupIds     []string `json:",omitempty"`
	SubnetIds            []string `json:",omitempty"`
	VpcEndpointId        string   `json:",omitempty"`
	VpcId                string   `json:",omitempty"`
}

type s3StorageOptions struct{ DirectoryListingOptimization string }

// withDefaults fills in what CreateServer does.
func (p serverProperties) withDefaults() serverProperties {
	for _, setting := range []struct {
		value *string
		is    string
	}{
		{&p.Domain, "S3"}, {&p.EndpointType, "PUBLIC"}, {&p.IdentityProviderType, serviceManaged}, {&p.ProtocolDetails.SetStatOption, "DEFAULT"},
		{&p.SecurityPolicyName, "TransferSecurityPolicy-2018-11"},
	} {
		if *setting.value == "" {
			*setting.value = setting.is
		}
	}
	if len(p.Protocols) == 0 {
		p.Protocols = []string{protocol}
	}
	if d := p.IdentityProviderDetails; d != nil {
		p.IdentityProviderDetails = &identityProviderDetails{d.Function, d.methods()}
	}
	return p
}
