package ec2

// This file accepts the network around instances. Nothing flows in it, so that
// its resources have ids and nothing else.

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

// subnet is what instances take over from the subnet that they are in.
type subnet struct{ vpc, zone string }

// network returns the types.
func (e *EC2) network() []cfn.Type {
	return []cfn.Type{
		e.plain("FlowLog", "fl-", "Id"),
		e.plain("InternetGateway", "igw-", "InternetGatewayId"),
		e.plain("EgressOnlyInternetGateway", "eigw-", "Id"),
		e.plain("KeyPair", "key-", "KeyPairId"),
		e.plain("NatGateway", "nat-", "NatGatewayId"),
		e.plain("NetworkAcl", "acl-", "Id"),
		e.plain("NetworkAclEntry", "acle-", "Id"),
		e.plain("Route", "r-", "CidrBlock"),
		e.plain("RouteTable", "rtb-", "RouteTableId"),
		e.plain("SecurityGroupEgress", "sgr-", "Id"),
		e.plain("SecurityGroupIngress", "sgr-", "Id"),
		e.plain("SubnetNetworkAclAssociation", "aclassoc-", "AssociationId"),
		e.plain("SubnetRouteTableAssociation", "rtbassoc-", "Id"),
		e.plain("VPCEndpoint", "vpce-", "Id"),
		cfn.Define("AWS::EC2::VPCGatewayAttachment", e.attachGateway, cfn.Update(same)),
		cfn.Define("AWS::EC2::EIP", e.createAddress, cfn.Update(same)),
		cfn.Define("AWS::EC2::SecurityGroup", e.createSecurityGroup, cfn.Update(same)),
		cfn.Define("AWS::EC2::Subnet", e.createSubnet, cfn.Update(same)),
		cfn.Define("AWS::EC2::VPC", e.createVPC, cfn.Update(same)),
	}
}

// same is the update of what is no other for its properties.
func same(_ context.Context, _ cfn.Resource, h cfn.Handle, _, _ map[string]any) (cfn.Handle, error) {
	return h, nil
}

// plain accepts a type with whatever properties. Its id is also the attribute.
func (e *EC2) plain(name, prefix, attribute string) cfn.Type {
	return cfn.Define("AWS::EC2::"+name, func(_ context.Context, r cfn.Resource, _ map[string]any) (cfn.Handle, error) {
		id := identifier(prefix, r.Key())
		return cfn.Handle{Ref: id, Attributes: map[string]any{attribute: id}}, nil
	}, cfn.Update(same))
}

// attachGateway accepts the gateway of a network, by which the attachment is known.
func (e *EC2) attachGateway(_ context.Context, _ cfn.Resource, p map[string]any) (cfn.Handle, error) {
	kind := "IGW"
	if p["VpnGatewayId"] != nil {
		kind = "VGW"
	}
	return cfn.Handle{Ref: fmt.Sprintf("%s|%v", kind, p["VpcId"]), Attributes: map[string]any{"AttachmentType": kind}}, nil
}

func (e *EC2) createVPC(_ context.Context, r cfn.Resource, p map[string]any) (cfn.Handle, error) {
	of := r.Key()
	id := identifier("vpc-", of)
	return cfn.Handle{Ref: id, Attributes: map[string]any{
		"VpcId": id, "CidrBlock": p["CidrBlock"], "CidrBlockAssociations": []any{identifier("vpc-cidr-assoc-", of)},
		"DefaultNetworkAcl": identifier("acl-", of), "DefaultSecurityGroup": identifier("sg-", of), "Ipv6CidrBlocks": []any{},
	}}, nil
}

func (e *EC2) createSubnet(_ context.Context, r cfn.Resource, p map[string]any) (cfn.Handle, error) {
	id := identifier("subnet-", r.Key())
	in := subnet{fmt.Sprint(p["VpcId"]), e.cloud.Region + "a"}
	if zone, ok := p["AvailabilityZone"].(string); ok {
		in.zone = zone
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.subnets[id] = in
	return cfn.Handle{Ref: id, Attributes: map[string]any{
		"SubnetId": id, "VpcId": in.vpc, "AvailabilityZone": in.zone, "CidrBlock": p["CidrBlock"], "Ipv6CidrBlocks": []any{},
	}, Delete: cfn.Removal(&e.mu, e.subnets, id)}, nil
}

func (e *EC2) createSecurityGroup(_ context.Context, r cfn.Resource, p map[string]any) (cfn.Handle, error) {
	id := identifier("sg-", r.Key())
	vpc, ok := p["VpcId"].(string)
	if !ok {
		vpc = identifier("vpc-", "default")
	}
	return cfn.Handle{Ref: id, Attributes: map[string]any{"GroupId": id, "Id": id, "VpcId": vpc}}, nil
}

// createAddress answers an address of those that RFC 5737 sets aside for
// documentation: nobody has it.
func (e *EC2) createAddress(_ context.Context, r cfn.Resource, _ map[string]any) (cfn.Handle, error) {
	of := r.Key()
	sum := sha256.Sum256([]byte(of))
	address := fmt.Sprintf("203.0.113.%d", sum[0])
	return cfn.Handle{Ref: address, Attributes: map[string]any{
		"AllocationId": identifier("eipalloc-", of), "PublicIp": address,
	}}, nil
}
