package ec2

// This file is how an instance is described.

import (
	"regexp"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// reservation is a launch of instances: here, of one.
type reservation struct {
	Groups        []group         `xml:"groupSet"` // of EC2-Classic
	Instances     []instanceShape `xml:"instancesSet"`
	OwnerID       string          `json:"OwnerId" xml:"ownerId"`
	ReservationID string          `json:"ReservationId" xml:"reservationId"`
}

type instanceShape struct {
	AmiLaunchIndex        int           `xml:"amiLaunchIndex"`
	Architecture          string        `xml:"architecture"`
	EbsOptimized          bool          `xml:"ebsOptimized"`
	EnaSupport            bool          `xml:"enaSupport"`
	Hypervisor            string        `xml:"hypervisor"`
	IamInstanceProfile    *profile      `json:",omitempty" xml:"iamInstanceProfile"`
	ImageID               string        `json:"ImageId" xml:"imageId"`
	InstanceID            string        `json:"InstanceId" xml:"instanceId"`
	InstanceType          string        `xml:"instanceType"`
	KeyName               string        `json:",omitempty" xml:"keyName"`
	LaunchTime            string        `xml:"launchTime"`
	Monitoring            monitoring    `xml:"monitoring"`
	Placement             placement     `xml:"placement"`
	PrivateDNSName        string        `json:"PrivateDnsName" xml:"privateDnsName"`
	PrivateIPAddress      string        `json:"PrivateIpAddress,omitempty" xml:"privateIpAddress"`
	ProductCodes          []struct{}    `xml:"productCodes"`
	PublicDNSName         string        `json:"PublicDnsName" xml:"dnsName"` // nothing answers
	RootDeviceName        string        `xml:"rootDeviceName"`
	RootDeviceType        string        `xml:"rootDeviceType"`
	SecurityGroups        []group       `xml:"groupSet"`
	SourceDestCheck       bool          `xml:"sourceDestCheck"`
	State                 instanceState `xml:"instanceState"`
	StateReason           *stateReason  `json:",omitempty" xml:"stateReason"`
	StateTransitionReason string        `xml:"reason"`
	SubnetID              string        `json:"SubnetId,omitempty" xml:"subnetId"`
	Tags                  []tag         `json:",omitempty" xml:"tagSet"`
	VirtualizationType    string        `xml:"virtualizationType"`
	VPCID                 string        `json:"VpcId,omitempty" xml:"vpcId"`
}

type profile struct {
	ARN string `json:"Arn" xml:"arn"`
	ID  string `json:"Id" xml:"id"`
}

type monitoring struct {
	State string `xml:"state"`
}

type placement struct {
	AvailabilityZone string `xml:"availabilityZone"`
	GroupName        string `xml:"groupName"`
	Tenancy          string `xml:"tenancy"`
}

// timestamp is how EC2 writes times, and how Step Functions does.
func timestamp(t time.Time) string { return cloud.Time(t).String() }

func (i *instance) reservation() reservation {
	return reservation{
		Groups: []group{}, Instances: []instanceShape{i.shape()},
		OwnerID: i.service.cloud.Account, ReservationID: "r-" + strings.TrimPrefix(i.id, "i-"),
	}
}

func (i *instance) shape() instanceShape {
	s := instanceShape{
		Architecture:          architecture(i.kind),
		EbsOptimized:          i.ebsOptimized,
		EnaSupport:            true,
		Hypervisor:            "xen", // also of Nitro
		ImageID:               i.image,
		InstanceID:            i.id,
		InstanceType:          i.kind,
		KeyName:               i.key,
		LaunchTime:            timestamp(i.launched),
		Monitoring:            monitoring{"disabled"},
		Placement:             placement{AvailabilityZone: i.zone, Tenancy: "default"},
		ProductCodes:          []struct{}{},
		RootDeviceName:        "/dev/xvda",
		RootDeviceType:        "ebs",
		SecurityGroups:        []group{},
		State:                 i.state.shape(),
		StateReason:           i.reason,
		StateTransitionReason: i.comment,
		Tags:                  i.tags,
		VirtualizationType:    "hvm",
	}
	if i.monitored {
		s.Monitoring.State = "enabled"
	}
	if i.profile != "" {
		s.IamInstanceProfile = &profile{i.profile, identifier("AIPA", i.profile)}
	}
	if i.state == terminated {
		return s // its network interface is gone
	}
	s.PrivateDNSName, s.PrivateIPAddress = i.name, i.address
	s.SourceDestCheck, s.SubnetID, s.VPCID = true, i.subnet, i.vpc
	for _, id := range i.groups {
		s.SecurityGroups = append(s.SecurityGroups, group{id, id})
	}
	return s
}

// graviton are the types with a g behind their generation: t4g, m6gd, im4gn.
var graviton = regexp.MustCompile(`^(a1|[a-z]+[0-9]+[a-z]*g[a-z]*)\.`)

func architecture(kind string) string {
	if graviton.MatchString(kind) {
		return "arm64"
	}
	return "x86_64"
}

type instanceStatus struct {
	AvailabilityZone string        `xml:"availabilityZone"`
	InstanceID       string        `json:"InstanceId" xml:"instanceId"`
	InstanceState    instanceState `xml:"instanceState"`
	InstanceStatus   summary       `xml:"instanceStatus"`
	SystemStatus     summary       `xml:"systemStatus"`
}

type summary struct {
	Details []detail `json:",omitempty" xml:"details"`
	Status  string   `xml:"status"`
}

type detail struct {
	Name   string `xml:"name"`
	Status string `xml:"status"`
}

// status is the outcome of the status checks, which a running instance passes.
func (i *instance) status() instanceStatus {
	checks := summary{Status: "not-applicable"}
	switch i.state {
	case pending:
		checks.Status = "initializing"
	case running:
		checks = summary{[]detail{{"reachability", "passed"}}, "ok"}
	}
	return instanceStatus{i.zone, i.id, i.state.shape(), checks, checks}
}
