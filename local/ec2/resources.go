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
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Types returns AWS::EC2::Instance and AWS::EC2::LaunchTemplate, and those of
// the network around instances.
func (e *EC2) Types() []cfn.Type {
	return append(e.network(),
		cfn.Define("AWS::EC2::Instance", e.createInstance, cfn.Update(e.updateInstance)),
		cfn.Define("AWS::EC2::LaunchTemplate", e.createLaunchTemplate, cfn.Update(e.updateLaunchTemplate)),
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
	said, err := e.declare(r, p)
	if err != nil {
		return cfn.Handle{}, err
	}
	now := time.Now()
	i := &instance{
		service: e, id: identifier("i-", r.Key()), declared: said,
		state: running, since: now, launched: now.Truncate(time.Second), // CloudFormation waits until it runs
		gone: make(chan struct{}), turned: make(chan struct{}),
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

func (e *EC2) updateInstance(ctx context.Context, r cfn.Resource, h cfn.Handle, _, after instanceProperties) (cfn.Handle, error) {
	next, err := e.declare(r, after)
	if err != nil {
		return h, err
	}
	e.mu.Lock()
	i, ok := e.instances[h.Ref]
	e.mu.Unlock()
	if !ok {
		return h, cloud.Errorf(400, "InvalidInstanceID.NotFound", "The instance ID '%s' does not exist", h.Ref)
	}
	return h, i.become(ctx, next)
}

// launchedBy fills in what a launch template says and the instance does not.
func (e *EC2) launchedBy(p *instanceProperties) error {
	if p.LaunchTemplate == nil {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	versions, ok := e.templates[cmp.Or(p.LaunchTemplate.LaunchTemplateId, p.LaunchTemplate.LaunchTemplateName)]
	if !ok {
		return &cfn.Unsupported{Property: "LaunchTemplate", Reason: "the local engine knows the launch templates of this assembly only"}
	}
	by, err := versions.numbered(p.LaunchTemplate.Version)
	if err != nil {
		return err
	}
	p.ImageId, p.InstanceType, p.KeyName = cmp.Or(p.ImageId, by.ImageId), cmp.Or(p.InstanceType, by.InstanceType), cmp.Or(p.KeyName, by.KeyName)
	return nil
}

type launchTemplate struct{ ImageId, InstanceType, KeyName string }

// launchTemplates are the versions of one, from the first, which is the default.
type launchTemplates []launchTemplate

func (all launchTemplates) numbered(version string) (launchTemplate, error) {
	switch version {
	case "$Default":
		return all[0], nil
	case "$Latest":
		return all[len(all)-1], nil
	}
	n, err := strconv.Atoi(version)
	if err != nil || n < 1 || n > len(all) {
		return launchTemplate{}, cfn.Invalidf("LaunchTemplate.Version", "the launch template has the versions 1 to %d, $Default and $Latest, got %q", len(all), version)
	}
	return all[n-1], nil
}

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
	id := identifier("lt-", r.Key())
	name := cmp.Or(p.LaunchTemplateName, r.PhysicalName(128))
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, exists := e.templates[name]; exists {
		return cfn.Handle{}, fmt.Errorf("property LaunchTemplateName: %s is taken", name)
	}
	e.templates[id] = launchTemplates{p.version()}
	e.templates[name] = e.templates[id]
	return cfn.Handle{Ref: id, Attributes: templateAttributes(id, 1), Delete: func(context.Context) error {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.templates, id)
		delete(e.templates, name)
		return nil
	}}, nil
}

// updateLaunchTemplate makes another version, which is not the default one.
func (e *EC2) updateLaunchTemplate(_ context.Context, r cfn.Resource, h cfn.Handle, _, after launchTemplateProperties) (cfn.Handle, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := append(slices.Clone(e.templates[h.Ref]), after.version())
	e.templates[h.Ref] = all
	e.templates[cmp.Or(after.LaunchTemplateName, r.PhysicalName(128))] = all
	h.Attributes = templateAttributes(h.Ref, len(all))
	return h, nil
}

func (p launchTemplateProperties) version() launchTemplate {
	data := p.LaunchTemplateData
	return launchTemplate{data.ImageId, data.InstanceType, data.KeyName}
}

func templateAttributes(id string, versions int) map[string]any {
	return map[string]any{"LaunchTemplateId": id, "LatestVersionNumber": strconv.Itoa(versions), "DefaultVersionNumber": "1"}
}

// declare is what the template says of an instance, with EC2's defaults.
func (e *EC2) declare(r cfn.Resource, p instanceProperties) (declared, error) {
	if err := e.launchedBy(&p); err != nil {
		return declared{}, err
	}
	switch {
	case p.ImageId == "":
		return declared{}, errors.New("property ImageId is required, here or in the launch template")
	case !imageID.MatchString(p.ImageId):
		return declared{}, fmt.Errorf("property ImageId: %q is not the id of an image, ami- and 8 or 17 hexadecimal digits", p.ImageId)
	}
	sum := sha256.Sum256([]byte(r.Key()))
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
	return d, nil
}

// identifier returns an id as EC2 makes them, the same in every run.
func identifier(prefix, of string) string {
	sum := sha256.Sum256([]byte(of))
	return prefix + hex.EncodeToString(sum[:])[:17]
}
