package lambda

// This file is what clients are told of functions.

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// configuration is a FunctionConfiguration of the API.
type configuration struct {
	FunctionName               string
	FunctionArn                string
	Runtime                    string
	Role                       string
	Handler                    string
	CodeSize                   int64
	Description                string
	Timeout                    int
	MemorySize                 int
	LastModified               string
	CodeSha256                 string
	Version                    string
	DeadLetterConfig           *deadLetterOutput  `json:",omitempty"`
	Environment                *environmentOutput `json:",omitempty"`
	TracingConfig              tracingOutput
	RevisionId                 string
	State                      string `json:",omitempty"`
	StateReason                string `json:",omitempty"`
	StateReasonCode            string `json:",omitempty"`
	LastUpdateStatus           string `json:",omitempty"`
	LastUpdateStatusReason     string `json:",omitempty"`
	LastUpdateStatusReasonCode string `json:",omitempty"`
	PackageType                string
	Architectures              []string
	EphemeralStorage           ephemeralStorage
	SnapStart                  snapStartOutput
	RuntimeVersionConfig       *runtimeVersionOutput `json:",omitempty"`
	LoggingConfig              loggingConfig
}

type (
	environmentOutput    struct{ Variables map[string]string }
	deadLetterOutput     struct{ TargetArn string }
	tracingOutput        struct{ Mode string }
	snapStartOutput      struct{ ApplyOn, OptimizationStatus string }
	runtimeVersionOutput struct{ RuntimeVersionArn string }
)

// configuration is what is told of a version that is at work.
func (l *Lambda) configuration(t target) (configuration, error) {
	code, err := t.code.describe()
	if err != nil {
		return configuration{}, fmt.Errorf("code of %s: %w", t.arn(), err)
	}
	s := t.version.settings
	c := configuration{
		FunctionName:         t.name,
		FunctionArn:          t.arn(),
		Runtime:              t.runtime,
		Role:                 t.role,
		Handler:              t.handlerName,
		CodeSize:             code.size,
		Description:          t.description,
		Timeout:              int(t.timeout.Seconds()),
		MemorySize:           t.memory,
		LastModified:         t.modified.UTC().Format("2006-01-02T15:04:05.000+0000"),
		CodeSha256:           code.sum,
		Version:              t.number,
		Environment:          s.Environment,
		TracingConfig:        tracingOutput{cmp.Or(s.TracingConfig.Mode, "PassThrough")},
		State:                "Active",
		LastUpdateStatus:     "Successful",
		PackageType:          "Zip",
		Architectures:        []string{t.arch},
		EphemeralStorage:     ephemeralStorage{512},
		SnapStart:            snapStartOutput{"None", "Off"},
		RuntimeVersionConfig: &runtimeVersionOutput{l.runtimeVersion(t.runtime)},
		LoggingConfig:        s.LoggingConfig,
	}
	t.function.mu.Lock()
	c.RevisionId = t.revision
	t.function.mu.Unlock()
	c.LoggingConfig.LogFormat = cmp.Or(c.LoggingConfig.LogFormat, "Text")
	c.LoggingConfig.LogGroup = t.logGroup
	if c.LoggingConfig.LogFormat == "JSON" {
		c.LoggingConfig.ApplicationLogLevel = cmp.Or(c.LoggingConfig.ApplicationLogLevel, "INFO")
		c.LoggingConfig.SystemLogLevel = cmp.Or(c.LoggingConfig.SystemLogLevel, "INFO")
	}
	if s.EphemeralStorage != nil {
		c.EphemeralStorage = *s.EphemeralStorage
	}
	if t.deadLetters != "" {
		c.DeadLetterConfig = &deadLetterOutput{t.deadLetters}
	}
	return c, nil
}

// runtimeVersion stands for the version of a runtime that AWS would have.
func (l *Lambda) runtimeVersion(runtime string) string {
	return fmt.Sprintf("arn:aws:lambda:%s::runtime:%x", l.cloud.Region, sha256.Sum256([]byte(runtime)))
}

// inCreation is what the call that creates a function is answered, as AWS answers it
// before the function is there.
func (c configuration) inCreation() configuration {
	c.State, c.StateReason, c.StateReasonCode, c.LastUpdateStatus = "Pending", "The function is being created.", "Creating", ""
	c.RevisionId = cloud.UUID()
	return c
}

// inUpdate is inCreation for an update.
func (c configuration) inUpdate() configuration {
	c.LastUpdateStatus, c.LastUpdateStatusReason, c.LastUpdateStatusReasonCode = "InProgress", "The function is being created.", "Creating"
	c.RevisionId = cloud.UUID()
	return c
}

// listed is what lists tell, which is less.
func (c configuration) listed() configuration {
	c.State, c.LastUpdateStatus, c.RuntimeVersionConfig = "", "", nil
	return c
}

type functionInput struct{ FunctionName, Qualifier string }

type codeOutput struct {
	RepositoryType string
	Location       string `json:",omitempty"`
}

type concurrencyOutput struct {
	ReservedConcurrentExecutions *int `json:",omitempty"`
}

type functionOutput struct {
	Configuration configuration
	Code          codeOutput
	Tags          map[string]string  `json:",omitempty"`
	Concurrency   *concurrencyOutput `json:",omitempty"`
}

func (l *Lambda) getFunction(_ context.Context, caller cloud.Caller, in functionInput) (out functionOutput, err error) {
	t, err := l.open(caller, "lambda:GetFunction", in.FunctionName, in.Qualifier)
	if err != nil {
		return out, err
	}
	if out.Configuration, err = l.configuration(t); err != nil {
		return out, err
	}
	out.Code.RepositoryType = "S3"
	if out.Code.Location, err = l.downloads.offer(t.name, t.code); err != nil {
		return out, err
	}
	t.function.mu.Lock()
	defer t.function.mu.Unlock()
	out.Tags = maps.Clone(t.tags)
	if t.reserved {
		limit := t.concurrency
		out.Concurrency = &concurrencyOutput{&limit}
	}
	return out, nil
}

func (l *Lambda) getFunctionConfiguration(_ context.Context, caller cloud.Caller, in functionInput) (configuration, error) {
	t, err := l.open(caller, "lambda:GetFunctionConfiguration", in.FunctionName, in.Qualifier)
	if err != nil {
		return configuration{}, err
	}
	return l.configuration(t)
}

// page is the part of a list that a call asks for.
type page struct {
	Marker   string
	MaxItems *int
}

// pageOf is that part, and the marker of the next one.
func pageOf[T any](p page, list []T, most int) (part []T, next string, err error) {
	size := min(50, most)
	if p.MaxItems != nil {
		if *p.MaxItems < 1 {
			return nil, "", unsatisfied(fmt.Sprintf("'%d'", *p.MaxItems), "maxItems", "Member must have value greater than or equal to 1")
		}
		size = min(*p.MaxItems, most)
	}
	if part, next, err = cloud.Page(list, p.Marker, size); err != nil {
		err = invalid("Invalid pagination token")
	}
	return part, next, err
}

type listFunctionsInput struct {
	page
	FunctionVersion string
	MasterRegion    string // functions of Lambda@Edge, of which there are none from elsewhere
}

type listFunctionsOutput struct {
	Functions  []configuration
	NextMarker string `json:",omitempty"`
}

func (l *Lambda) listFunctions(_ context.Context, caller cloud.Caller, in listFunctionsInput) (out listFunctionsOutput, err error) {
	if err := l.cloud.Authorize(caller, "lambda:ListFunctions", "*"); err != nil {
		return out, err
	}
	if v := in.FunctionVersion; v != "" && v != "ALL" {
		return out, unsatisfied("'"+v+"'", "functionVersion", "Member must satisfy enum value set: [ALL]")
	}
	var targets []target
	for _, f := range l.known() {
		if in.FunctionVersion == "ALL" {
			targets = append(targets, f.targets()...)
		} else if t, err := (target{function: f}).now(); err == nil {
			targets = append(targets, t)
		}
	}
	targets, out.NextMarker, err = pageOf(in.page, targets, 50)
	if err == nil {
		out.Functions, err = l.configurations(targets)
	}
	return out, err
}

// known are all functions, by name.
func (l *Lambda) known() []*function {
	l.mu.RLock()
	defer l.mu.RUnlock()
	var all []*function
	for _, name := range slices.Sorted(maps.Keys(l.functions)) {
		all = append(all, l.functions[name])
	}
	return all
}

// targets are all versions, each called by its number: the latest, and those that
// were published, in their order.
func (f *function) targets() []target {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := []target{{f, f.latest, latest}}
	for number := 1; number <= f.published; number++ {
		if v, ok := f.versions[strconv.Itoa(number)]; ok {
			all = append(all, target{f, v, v.number})
		}
	}
	return all
}

func (l *Lambda) configurations(targets []target) ([]configuration, error) {
	all := []configuration{}
	for _, t := range targets {
		c, err := l.configuration(t)
		if err != nil {
			return nil, err
		}
		all = append(all, c.listed())
	}
	return all, nil
}
