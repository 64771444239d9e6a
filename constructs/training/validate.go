package training

// This file says what is wrong with props.

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/constructs/operation"
	contract "github.com/tradepost-dev/tradepost/internal/contract/training"
)

func (p Props) validate() error {
	var faults operation.Faults
	if p.Name != "" && !namePattern.MatchString(p.Name) {
		faults.Addf("Name is %q: give 1 to 30 of a to z, 0 to 9 and -, with no - at an end", p.Name)
	}
	if !strings.HasPrefix(p.Schedule, "cron(") && !strings.HasPrefix(p.Schedule, "rate(") && !strings.HasPrefix(p.Schedule, "at(") || !strings.HasSuffix(p.Schedule, ")") {
		faults.Addf(`Schedule is %q: give an expression such as "cron(0 3 * * ? *)" or "rate(1 day)"`, p.Schedule)
	}
	p.Transform.validate(&faults)
	p.Train.validate(&faults)
	p.Gate.validate(&faults)
	p.Serve.validate(&faults)
	operation.Handlers(&faults, p.Code, handlers)
	p.Alarms.validate(&faults)
	return faults.Err()
}

func (t Transform) validate(faults *operation.Faults) {
	faults.Require("Transform.Script", t.Script != "")
	if t.Workers != 0 {
		operation.Within(faults, "Transform.Workers", t.Workers, 2, 299)
	}
	for _, name := range slices.Sorted(maps.Keys(t.Arguments)) {
		switch {
		case !argumentPattern.MatchString(name):
			faults.Addf("Transform.Arguments has %q: give names such as --name", name)
		case slices.Contains([]string{contract.ArgumentData, contract.ArgumentManifest, contract.ArgumentOutput}, name):
			faults.Addf("Transform.Arguments has %s: the system gives it itself", name)
		}
	}
	timeout(faults, "Transform.Timeout", t.Timeout, time.Minute, time.Minute, 24*time.Hour)
}

func (t Train) validate(faults *operation.Faults) {
	faults.Require("Train.Image", t.Image != "")
	for _, name := range slices.Sorted(maps.Keys(t.Metrics)) {
		if !metricPattern.MatchString(name) {
			faults.Addf("Train.Metrics has %q: give names of letters, digits and : _ . / @ -", name)
		}
	}
	instance(faults, "Train.InstanceType", t.InstanceType)
	operation.Within(faults, "Train.Volume", t.Volume, 1, 16384)
	timeout(faults, "Train.Timeout", t.Timeout, time.Second, time.Minute, 5*24*time.Hour)
}

func (g Gate) validate(faults *operation.Faults) {
	if !metricPattern.MatchString(g.Metric) {
		faults.Addf("Gate.Metric is %q: give the name of a metric, of letters, digits and : _ . / @ -", g.Metric)
	}
	if (g.AtLeast == nil) == (g.AtMost == nil) {
		faults.Addf("give either Gate.AtLeast or Gate.AtMost")
	}
}

func (s Serve) validate(faults *operation.Faults) {
	instance(faults, "Serve.InstanceType", s.InstanceType)
	operation.Within(faults, "Serve.Instances", s.Instances, 1, 1000)
	timeout(faults, "Serve.Timeout", s.Timeout, time.Second, time.Minute, 24*time.Hour)
}

func instance(faults *operation.Faults, property, value string) {
	if !instancePattern.MatchString(value) {
		faults.Addf("%s is %q: give a type of SageMaker's, such as ml.m5.large", property, value)
	}
}

func timeout(faults *operation.Faults, property string, value, unit, least, most time.Duration) {
	operation.Within(faults, property, value, least, most)
	if value%unit != 0 {
		faults.Addf("%s is %v: give a multiple of %v", property, value, unit)
	}
}
