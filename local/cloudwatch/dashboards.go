package cloudwatch

// This file is dashboards, which nobody looks at here, but which tell their body.

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// board is a dashboard. The service's lock guards it.
type board struct {
	name, body string
	modified   time.Time
	tags       []cloud.Tag
}

func (w *CloudWatch) dashboardARN(name string) string {
	return "arn:aws:cloudwatch::" + w.cloud.Account + ":dashboard/" + name
}

type dashboard struct {
	DashboardBody string
	DashboardName string
	Tags          []cloud.Tag
}

func (w *CloudWatch) createDashboard(_ context.Context, r cfn.Resource, p dashboard) (cfn.Handle, error) {
	name := cmp.Or(p.DashboardName, r.PhysicalName(255))
	if err := w.check(p); err != nil {
		return cfn.Handle{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dashboards[name] = &board{name, p.DashboardBody, time.Now(), p.Tags}
	return cfn.Handle{Ref: name, Delete: cfn.Removal(&w.mu, w.dashboards, name)}, nil
}

func (w *CloudWatch) updateDashboard(_ context.Context, _ cfn.Resource, h cfn.Handle, before, after dashboard) (cfn.Handle, error) {
	if err := w.check(after); err != nil {
		return h, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var tags []cloud.Tag
	if b := w.dashboards[h.Ref]; b != nil {
		tags = b.tags
	}
	w.dashboards[h.Ref] = &board{h.Ref, after.DashboardBody, time.Now(), cloud.RedeclaredTags(tags, before.Tags, after.Tags)}
	return h, nil
}

// checkDashboard looks at a dashboard before what it shows is there. A body that
// is no JSON yet has a placeholder where it will have a number.
func (w *CloudWatch) checkDashboard(p dashboard) error {
	if !json.Valid([]byte(p.DashboardBody)) {
		return nil
	}
	return w.check(p)
}

var dashboardName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// maxDashboardName is in characters.
const maxDashboardName = 255

func (w *CloudWatch) putDashboard(_ context.Context, caller cloud.Caller, in dashboard) (struct{ DashboardValidationMessages []struct{} }, error) {
	out := struct{ DashboardValidationMessages []struct{} }{[]struct{}{}}
	switch {
	case in.DashboardName == "":
		return out, missing("The parameter DashboardName is required.")
	case in.DashboardBody == "":
		return out, missing("The parameter DashboardBody is required.")
	case len(in.DashboardName) > maxDashboardName:
		return out, invalid("The value for field DashboardName has more than %d characters.\n", maxDashboardName)
	case !dashboardName.MatchString(in.DashboardName):
		return out, invalid("The value for field DashboardName contains invalid characters. It can only contain alphanumerics, dash (-) and underscore (_).\n")
	}
	if err := w.cloud.Authorize(caller, "cloudwatch:PutDashboard", w.dashboardARN(in.DashboardName)); err != nil {
		return out, err
	}
	if !json.Valid([]byte(in.DashboardBody)) {
		return out, fail("DashboardInvalidInputError", "InvalidParameterInput", "The field DashboardBody must be a valid JSON object")
	}
	if err := cmp.Or(w.check(in), checkTags(in.Tags)); err != nil {
		return out, asCall("PutDashboard", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	made := &board{in.DashboardName, in.DashboardBody, time.Now(), in.Tags}
	if known := w.dashboards[in.DashboardName]; known != nil {
		made.tags = known.tags // as those of an alarm, they are given once
	}
	w.dashboards[made.name] = made
	return out, nil
}

type dashboardAnswer struct{ DashboardArn, DashboardBody, DashboardName string }

func (w *CloudWatch) getDashboard(_ context.Context, caller cloud.Caller, in struct{ DashboardName string }) (dashboardAnswer, error) {
	arn := w.dashboardARN(in.DashboardName)
	if err := w.cloud.Authorize(caller, "cloudwatch:GetDashboard", arn); err != nil {
		return dashboardAnswer{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	b := w.dashboards[in.DashboardName]
	if b == nil {
		return dashboardAnswer{}, noDashboard(in.DashboardName)
	}
	return dashboardAnswer{arn, b.body, b.name}, nil
}

func noDashboard(name string) error {
	err := cloud.Errorf(404, "DashboardNotFoundError", "Dashboard %s does not exist", name)
	err.QueryCode = "ResourceNotFound"
	return err
}

type dashboardEntry struct {
	DashboardArn  string
	DashboardName string
	LastModified  cloud.Time
	Size          int
}

type dashboardsAnswer struct {
	DashboardEntries []dashboardEntry
	NextToken        string `json:",omitempty"` // the last name of the page
}

// maxDashboards is how many a page has.
const maxDashboards = 1000

func (w *CloudWatch) listDashboards(_ context.Context, caller cloud.Caller, in struct{ DashboardNamePrefix, NextToken string }) (dashboardsAnswer, error) {
	out := dashboardsAnswer{DashboardEntries: []dashboardEntry{}}
	if err := w.allow(caller, "ListDashboards"); err != nil {
		return out, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(w.dashboards)) {
		if name <= in.NextToken || !strings.HasPrefix(name, in.DashboardNamePrefix) {
			continue
		}
		if len(out.DashboardEntries) == maxDashboards {
			out.NextToken = out.DashboardEntries[maxDashboards-1].DashboardName
			break
		}
		b := w.dashboards[name]
		out.DashboardEntries = append(out.DashboardEntries, dashboardEntry{w.dashboardARN(name), name, cloud.Time(b.modified), len(b.body)})
	}
	return out, nil
}

// deleteDashboards deletes all of the dashboards, or none.
func (w *CloudWatch) deleteDashboards(_ context.Context, caller cloud.Caller, in struct{ DashboardNames []string }) (struct{}, error) {
	if len(in.DashboardNames) == 0 {
		return struct{}{}, missing("The parameter DashboardNames is required.")
	}
	for _, name := range in.DashboardNames {
		if err := w.cloud.Authorize(caller, "cloudwatch:DeleteDashboards", w.dashboardARN(name)); err != nil {
			return struct{}{}, err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, name := range in.DashboardNames {
		if w.dashboards[name] == nil {
			return struct{}{}, noDashboard(name)
		}
	}
	for _, name := range in.DashboardNames {
		delete(w.dashboards, name)
	}
	return struct{}{}, nil
}
