// The API's operations on trails.

package cloudtrail

import (
	"cmp"
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

func (t *CloudTrail) operations() cloud.Operations {
	return cloud.Operations{
		"AddTags":           cloud.Handle(t.addTags),
		"CreateTrail":       cloud.Handle(t.createTrailByCall),
		"DeleteTrail":       cloud.Handle(t.deleteTrail),
		"DescribeTrails":    cloud.Handle(t.describeTrails),
		"GetEventSelectors": cloud.Handle(t.getEventSelectors),
		"GetTrail":          cloud.Handle(t.getTrail),
		"GetTrailStatus":    cloud.Handle(t.getTrailStatus),
		"ListTags":          cloud.Handle(t.listTags),
		"ListTrails":        cloud.Handle(t.listTrails),
		"PutEventSelectors": cloud.Handle(t.putEventSelectors),
		"RemoveTags":        cloud.Handle(t.removeTags),
		"StartLogging":      cloud.Handle(t.startLogging),
		"StopLogging":       cloud.Handle(t.stopLogging),
		"UpdateTrail":       cloud.Handle(t.updateTrailByCall),
	}
}

func (t *CloudTrail) arn(name string) string { return t.cloud.ARN("cloudtrail", "trail/"+name) }

func (t *CloudTrail) unknown(name string) error {
	return cloud.Errorf(400, "TrailNotFoundException", "Unknown trail: %s for the user: %s", name, t.cloud.Account)
}

// log turns logging on or off.
func (t *trail) log(on bool) {
	switch {
	case on && !t.declared.IsLogging:
		t.started = time.Now()
	case !on && t.declared.IsLogging:
		t.stopped = time.Now()
	}
	t.declared.IsLogging = on
}

// with runs do on a trail that a name or an ARN stands for, under the lock, if the
// caller may do that to it.
func (t *CloudTrail) with(caller cloud.Caller, action, reference string, do func(*trail) error) error {
	name := strings.TrimPrefix(reference, t.arn(""))
	if err := checkName(name); err != nil {
		return err
	}
	if err := t.cloud.Authorize(caller, "cloudtrail:"+action, t.arn(name)); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	trail := t.trails[name]
	if trail == nil {
		return t.unknown(name)
	}
	return do(trail)
}

var trailName = regexp.MustCompile(`^[a-zA-Z0-9]([a-zA-Z0-9]|[._-][a-zA-Z0-9])*$`)

func checkName(name string) error {
	switch {
	case len(name) < 3:
		return cloud.Errorf(400, "InvalidTrailNameException", "Trail name too short. Minimum allowed length: 3 characters. Specified name length: %d characters.", len(name))
	case len(name) > 128:
		return cloud.Errorf(400, "InvalidTrailNameException", "Trail name too long. Maximum allowed length: 128 characters. Specified name length: %d characters.", len(name))
	case !trailName.MatchString(name):
		return cloud.Errorf(400, "InvalidTrailNameException", "Trail name must start with a letter or number, end with a letter or number, and have letters, numbers, periods, underscores and dashes between, of which no two are adjacent: %s", name)
	}
	return nil
}

// asCall is the API's error of what a template may not say either, which is
// something about selectors.
func asCall(action string, err error) error {
	return cfn.AsCall(action, err, func(format string, arguments ...any) error {
		return cloud.Errorf(400, "InvalidEventSelectorsException", format, arguments...)
	})
}

type trailInput struct {
	Name                       string
	S3BucketName               *string
	S3KeyPrefix                *string
	IncludeGlobalServiceEvents *bool
	IsMultiRegionTrail         *bool
	EnableLogFileValidation    *bool
}

// over are the properties with those that the request has instead.
func (in trailInput) over(p trailProperties) trailProperties {
	if in.S3BucketName != nil {
		p.S3BucketName = *in.S3BucketName
	}
	if in.S3KeyPrefix != nil {
		p.S3KeyPrefix = *in.S3KeyPrefix
	}
	if in.IncludeGlobalServiceEvents != nil {
		p.IncludeGlobalServiceEvents = in.IncludeGlobalServiceEvents
	}
	if in.IsMultiRegionTrail != nil {
		p.IsMultiRegionTrail = *in.IsMultiRegionTrail
	}
	if in.EnableLogFileValidation != nil {
		p.EnableLogFileValidation = *in.EnableLogFileValidation
	}
	return p
}

// changedTrail is what a trail that was made or changed answers.
type changedTrail struct {
	Name                       string
	S3BucketName               string
	S3KeyPrefix                string `json:",omitempty"`
	IncludeGlobalServiceEvents bool
	IsMultiRegionTrail         bool
	TrailARN                   string
	LogFileValidationEnabled   bool
	IsOrganizationTrail        bool
}

func (t *CloudTrail) changed(trail *trail) changedTrail {
	p := trail.declared
	return changedTrail{
		Name: trail.name, S3BucketName: p.S3BucketName, S3KeyPrefix: p.S3KeyPrefix, IncludeGlobalServiceEvents: trail.global,
		IsMultiRegionTrail: p.IsMultiRegionTrail, TrailARN: t.arn(trail.name), LogFileValidationEnabled: p.EnableLogFileValidation,
	}
}

// createTrailByCall makes a trail that logs nothing before StartLogging.
func (t *CloudTrail) createTrailByCall(_ context.Context, caller cloud.Caller, in struct {
	trailInput
	TagsList []cloud.Tag
}) (changedTrail, error) {
	if err := checkName(in.Name); err != nil {
		return changedTrail{}, err
	}
	if err := t.cloud.Authorize(caller, "cloudtrail:CreateTrail", t.arn(in.Name)); err != nil {
		return changedTrail{}, err
	}
	if in.S3BucketName == nil || *in.S3BucketName == "" {
		return changedTrail{}, errBlankBucket
	}
	tags, err := checkedTags(nil, in.TagsList)
	if err != nil {
		return changedTrail{}, err
	}
	made, err := newTrail(in.Name, in.over(trailProperties{Tags: tags}))
	if err == nil {
		err = t.add(made)
	}
	if err != nil {
		return changedTrail{}, asCall("CreateTrail", err)
	}
	return t.changed(made), nil
}

var errBlankBucket = cloud.Errorf(400, "InvalidS3BucketNameException", "Bucket name cannot be blank!")

func (t *CloudTrail) updateTrailByCall(_ context.Context, caller cloud.Caller, in trailInput) (changedTrail, error) {
	var out changedTrail
	err := t.with(caller, "UpdateTrail", in.Name, func(trail *trail) error {
		if in.S3BucketName != nil && *in.S3BucketName == "" {
			return errBlankBucket
		}
		p := in.over(trail.declared)
		selects, err := p.records()
		if err != nil {
			return asCall("UpdateTrail", err)
		}
		trail.declared, trail.records = p, selects
		out = t.changed(trail)
		return nil
	})
	return out, err
}

type named struct{ Name string }

func (t *CloudTrail) deleteTrail(_ context.Context, caller cloud.Caller, in named) (struct{}, error) {
	return struct{}{}, t.with(caller, "DeleteTrail", in.Name, func(trail *trail) error {
		delete(t.trails, trail.name)
		return nil
	})
}

func (t *CloudTrail) startLogging(_ context.Context, caller cloud.Caller, in named) (struct{}, error) {
	return struct{}{}, t.with(caller, "StartLogging", in.Name, func(trail *trail) error {
		trail.log(true)
		return nil
	})
}

func (t *CloudTrail) stopLogging(_ context.Context, caller cloud.Caller, in named) (struct{}, error) {
	return struct{}{}, t.with(caller, "StopLogging", in.Name, func(trail *trail) error {
		trail.log(false)
		return nil
	})
}

type describedTrail struct {
	changedTrail
	HomeRegion              string
	HasCustomEventSelectors bool
	HasInsightSelectors     bool
}

func (t *CloudTrail) describe(trail *trail) describedTrail {
	custom := len(trail.declared.EventSelectors)+len(trail.declared.AdvancedEventSelectors) > 0
	return describedTrail{changedTrail: t.changed(trail), HomeRegion: t.cloud.Region, HasCustomEventSelectors: custom}
}

// describeTrails passes over names that no trail has.
func (t *CloudTrail) describeTrails(_ context.Context, caller cloud.Caller, in struct {
	TrailNameList       []string `json:"trailNameList"`
	IncludeShadowTrails *bool    `json:"includeShadowTrails"` // of other regions: there are none
}) (struct {
	TrailList []describedTrail `json:"trailList"`
}, error) {
	var out struct {
		TrailList []describedTrail `json:"trailList"`
	}
	out.TrailList = []describedTrail{}
	if err := t.cloud.Authorize(caller, "cloudtrail:DescribeTrails", "*"); err != nil {
		return out, err
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	for _, name := range slices.Sorted(maps.Keys(t.trails)) {
		if len(in.TrailNameList) == 0 || slices.Contains(in.TrailNameList, name) || slices.Contains(in.TrailNameList, t.arn(name)) {
			out.TrailList = append(out.TrailList, t.describe(t.trails[name]))
		}
	}
	return out, nil
}

type listedTrail struct{ TrailARN, Name, HomeRegion string }

// A page has room for all trails, and for all tags: there is no token.
type onlyPage struct{ NextToken string }

func (in onlyPage) check() error {
	if in.NextToken != "" {
		return cloud.Errorf(400, "InvalidTokenException", "The specified token is not valid: %s", in.NextToken)
	}
	return nil
}

func (t *CloudTrail) listTrails(_ context.Context, caller cloud.Caller, in onlyPage) (struct{ Trails []listedTrail }, error) {
	out := struct{ Trails []listedTrail }{[]listedTrail{}}
	if err := in.check(); err != nil {
		return out, err
	}
	if err := t.cloud.Authorize(caller, "cloudtrail:ListTrails", "*"); err != nil {
		return out, err
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	for _, name := range slices.Sorted(maps.Keys(t.trails)) {
		out.Trails = append(out.Trails, listedTrail{t.arn(name), name, t.cloud.Region})
	}
	return out, nil
}

func (t *CloudTrail) getTrail(_ context.Context, caller cloud.Caller, in named) (struct{ Trail describedTrail }, error) {
	var out struct{ Trail describedTrail }
	err := t.with(caller, "GetTrail", in.Name, func(trail *trail) error {
		out.Trail = t.describe(trail)
		return nil
	})
	return out, err
}

type trailStatus struct {
	IsLogging          bool
	StartLoggingTime   *cloud.Time `json:",omitempty"`
	StopLoggingTime    *cloud.Time `json:",omitempty"`
	TimeLoggingStarted string
	TimeLoggingStopped string
}

func (t *CloudTrail) getTrailStatus(_ context.Context, caller cloud.Caller, in named) (trailStatus, error) {
	var out trailStatus
	err := t.with(caller, "GetTrailStatus", in.Name, func(trail *trail) error {
		out.IsLogging = trail.declared.IsLogging
		out.StartLoggingTime, out.TimeLoggingStarted = at(trail.started)
		out.StopLoggingTime, out.TimeLoggingStopped = at(trail.stopped)
		return nil
	})
	return out, err
}

// at is a time in both of the ways in which a status has it.
func at(when time.Time) (*cloud.Time, string) {
	if when.IsZero() {
		return nil, ""
	}
	return (*cloud.Time)(&when), when.UTC().Format("2006-01-02T15:04:05Z")
}

type selectorsInput struct {
	TrailName              string
	EventSelectors         []eventSelector
	AdvancedEventSelectors []advancedSelector
}

type selectorsOutput struct {
	TrailARN               string
	EventSelectors         []eventSelector    `json:",omitempty"`
	AdvancedEventSelectors []advancedSelector `json:",omitempty"`
}

// putEventSelectors replaces all selectors of either kind.
func (t *CloudTrail) putEventSelectors(_ context.Context, caller cloud.Caller, in selectorsInput) (selectorsOutput, error) {
	var out selectorsOutput
	if (len(in.EventSelectors) == 0) == (len(in.AdvancedEventSelectors) == 0) {
		return out, cloud.Errorf(400, "InvalidEventSelectorsException", "Specify either EventSelectors or AdvancedEventSelectors, and not both.")
	}
	err := t.with(caller, "PutEventSelectors", in.TrailName, func(trail *trail) error {
		p := trail.declared
		p.EventSelectors, p.AdvancedEventSelectors = in.EventSelectors, in.AdvancedEventSelectors
		selects, err := p.records()
		if err != nil {
			return asCall("PutEventSelectors", err)
		}
		trail.declared, trail.records = p, selects
		out = t.selectorsOf(trail)
		return nil
	})
	return out, err
}

func (t *CloudTrail) getEventSelectors(_ context.Context, caller cloud.Caller, in struct{ TrailName string }) (selectorsOutput, error) {
	var out selectorsOutput
	err := t.with(caller, "GetEventSelectors", in.TrailName, func(trail *trail) error {
		out = t.selectorsOf(trail)
		return nil
	})
	return out, err
}

// selectorsOf tells a trail's selectors with their defaults.
func (t *CloudTrail) selectorsOf(trail *trail) selectorsOutput {
	out := selectorsOutput{TrailARN: t.arn(trail.name), AdvancedEventSelectors: trail.declared.AdvancedEventSelectors}
	all := trail.declared.EventSelectors
	if len(all)+len(out.AdvancedEventSelectors) == 0 {
		all = []eventSelector{{}}
	}
	included := true
	for _, s := range all {
		s.ReadWriteType = cmp.Or(s.ReadWriteType, "All")
		if s.IncludeManagementEvents == nil {
			s.IncludeManagementEvents = &included
		}
		s.DataResources = append([]dataResource{}, s.DataResources...)
		s.ExcludeManagementEventSources = append([]string{}, s.ExcludeManagementEventSources...)
		out.EventSelectors = append(out.EventSelectors, s)
	}
	return out
}
