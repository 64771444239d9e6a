package ec2

// This file creates instances, and the templates that they may be launched by.

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

// Types returns AWS::EC2::Instance and AWS::EC2::LaunchTemplate, and those of
// the network around instances.
func (e *EC2) Types() []cfn.Type {
	return append(e.network(),
		cfn.Define("AWS::EC2::Instance", e.createInstance),
		cfn.Define("AWS::EC2::LaunchTemplate", e.createLaunchTemplate),
	)
}

type instanceProperties struct {
	AvailabilityZone      string
	DisableApiTermination bool
	EbsOptimized          bool
	IamInstanceProfile    string // a name
	ImageId               string
	InstanceType          string
	KeyName               string
	LaunchTemplate        *struct {
		LaunchTemplateId, LaunchTemplateName, Version string
	}
	Monitoring       bool
	PrivateIpAddress string
	SecurityGroupIds []string
	SubnetId         string
	Tags             []tag

	// Nothing runs on the instance, nothing reaches it, and it has no disks.
	BlockDeviceMappings               cfn.Ignored
	CpuOptions                        cfn.Ignored
	CreditSpecification               cfn.Ignored
	EnclaveOptions                    cfn.Ignored
	InstanceInitiatedShutdownBehavior cfn.Ignored
	MetadataOptions                   cfn.Ignored
	NetworkInterfaces                 cfn.Ignored
	PlacementGroupName                cfn.Ignored
	PrivateDnsNameOptions             cfn.Ignored
	PropagateTagsToVolumeOnCreation   cfn.Ignored
	SourceDestCheck                   cfn.Ignored
	Tenancy                           cfn.Ignored
	UserData                          cfn.Ignored
	Volumes                           cfn.Ignored
}

var imageID = regexp.MustCompile(`^ami-([0-9a-f]{8}|[0-9a-f]{17})$`)

func (e *EC2) createInstance(_ context.Context, r cfn.Resource, p instanceProperties) (cfn.Handle, error) {
	if err := e.launchedBy(&p); err != nil {
		return cfn.Handle{}, err
	}
	switch {
	case p.ImageId == "":
		return cfn.Handle{}, errors.New("property ImageId is required, here or in the launch template")
	case !imageID.MatchString(p.ImageId):
		return cfn.Handle{}, fmt.Errorf("property ImageId: %q is not the id of an image, ami- and 8 or 17 hexadecimal digits", p.ImageId)
	}
	now := time.Now()
	i := &instance{
		service: e, id: identifier("i-", r.Stack+"/"+r.LogicalID), declared: e.declare(r, p),
		state: running, since: now, launched: now.Truncate(time.Second), // CloudFormation waits until it runs
		gone: make(chan struct{}),
	}
	e.mu.Lock()
	e.instances[i.id] = i
	e.mu.Unlock()
	if err := e.cloud.Keep(e.arn(i.id), i); err != nil {
		return cfn.Handle{}, err
	}
	return cfn.Handle{Ref: i.id, Attributes: map[string]any{
		"AvailabilityZone": i.zone, "InstanceId": i.id, "PrivateDnsName": i.name, "PrivateIp": i.address, "VpcId": i.vpc,
	}, Delete: i.delete}, nil
}

// launchedBy fills in what a launch template says and the instance does not.
func (e *EC2) launchedBy(p *instanceProperties) error {
	if p.LaunchTemplate == nil {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	by, ok := e.templates[cmp.Or(p.LaunchTemplate.LaunchTemplateId, p.LaunchTemplate.LaunchTemplateName)]
	if !ok {
		return &cfn.Unsupported{Property: "LaunchTemplate", Reason: "the local engine knows the launch templates of this assembly only"}
	}
	if v := p.LaunchTemplate.Version; v != "1" && v != "$Latest" && v != "$Default" {
		return &cfn.Unsupported{Property: "LaunchTemplate.Version", Reason: fmt.Sprintf("here a launch template has version 1 only, got %q", v)}
	}
	p.ImageId, p.InstanceType, p.KeyName = cmp.Or(p.ImageId, by.ImageId), cmp.Or(p.InstanceType, by.InstanceType), cmp.Or(p.KeyName, by.KeyName)
	return nil
}

type launchTemplate struct{ ImageId, InstanceType, KeyName string }

type launchTemplateProperties struct {
	LaunchTemplateName string
	LaunchTemplateData struct {
		ImageId      string
		InstanceType string
		KeyName      string

		BlockDeviceMappings cfn.Ignored
		CreditSpecification cfn.Ignored
		EbsOptimized        cfn.Ignored
		IamInstanceProfile  cfn.Ignored // calls nothing
		MetadataOptions     cfn.Ignored
		Monitoring          cfn.Ignored
		NetworkInterfaces   cfn.Ignored
		SecurityGroupIds    cfn.Ignored
		TagSpecifications   cfn.Ignored
		UserData            cfn.Ignored
	}
	TagSpecifications  cfn.Ignored
	VersionDescription cfn.Ignored
}

func (e *EC2) createLaunchTemplate(_ context.Context, r cfn.Resource, p launchTemplateProperties) (cfn.Handle, error) {
	id := identifier("lt-", r.Stack+"/"+r.LogicalID)
	name := cmp.Or(p.LaunchTemplateName, r.PhysicalName(128))
	data := p.LaunchTemplateData
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, exists := e.templates[name]; exists {
		return cfn.Handle{}, fmt.Errorf("property LaunchTemplateName: %s is taken", name)
	}
	e.templates[id] = launchTemplate{data.ImageId, data.InstanceType, data.KeyName}
	e.templates[name] = e.templates[id]
	return cfn.Handle{Ref: id, Attributes: map[string]any{
		"LaunchTemplateId": id, "LatestVersionNumber": "1", "DefaultVersionNumber": "1",
	}, Delete: func(context.Context) error {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.templates, id)
		delete(e.templates, name)
		return nil
	}}, nil
}

// declare is what the template says of an instance, with EC2's defaults.
func (e *EC2) declare(r cfn.Resource, p instanceProperties) declared {
	sum := sha256.Sum256([]byte(r.Stack + "/" + r.LogicalID))
	d := declared{
		image: p.ImageId, kind: cmp.Or(p.InstanceType, "m1.small"), key: p.KeyName, tags: p.Tags, groups: p.SecurityGroupIds,
		monitored: p.Monitoring, protected: p.DisableApiTermination, ebsOptimized: p.EbsOptimized,
		zone:    cmp.Or(p.AvailabilityZone, e.cloud.Region+"a"),
		vpc:     identifier("vpc-", "default"),
		address: cmp.Or(p.PrivateIpAddress, fmt.Sprintf("172.31.%d.%d", sum[0], 1+sum[1]%254)),
	}
	e.mu.Lock()
	if in, ok := e.subnets[p.SubnetId]; ok {
		d.vpc, d.zone = in.vpc, cmp.Or(in.zone, d.zone)
	}
	e.mu.Unlock()
	d.subnet = cmp.Or(p.SubnetId, identifier("subnet-", d.zone))
	d.name = "ip-" + strings.ReplaceAll(d.address, ".", "-") + "." + e.cloud.Region + ".compute.internal"
	if e.cloud.Region == "us-east-1" {
		d.name = "ip-" + strings.ReplaceAll(d.address, ".", "-") + ".ec2.internal"
	}
	if p.IamInstanceProfile != "" {
		d.profile = "arn:aws:iam::" + e.cloud.Account + ":instance-profile/" + p.IamInstanceProfile
	}
	return d
}

// identifier returns an id as EC2 makes them, the same in every run.
func identifier(prefix, of string) string {
	sum := sha256.Sum256([]byte(of))
	return prefix + hex.EncodeToString(sum[:])[:17]
}
