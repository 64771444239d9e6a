package lambda

// This file makes functions by calls, changes them and deletes them.

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// codeInput is where the code of a call comes from.
type codeInput struct {
	codeProperties

	ZipFile  []byte
	ImageUri string
}

// Most that a package may have, in bytes: as it is sent, and unpacked.
const (
	maxZipped   = 50 << 20
	maxUnzipped = 250 << 20
)

type createFunctionInput struct {
	settings

	FunctionName string
	Code         codeInput
	Publish      bool
	Tags         map[string]string
	Layers       []string
	SnapStart    snapStart

	KMSKeyArn cloud.Ignored
	VpcConfig cloud.Ignored
}

// snapStart is not for runtimes of one's own.
type snapStart struct{ ApplyOn string }

func (s snapStart) check(runtime string) error {
	switch s.ApplyOn {
	case "", "None":
		return nil
	case "PublishedVersions":
		return invalid("%s is not supported for SnapStart enabled functions.", runtime)
	}
	return unsatisfied("'"+s.ApplyOn+"'", "snapStart.applyOn", "Member must satisfy enum value set: [PublishedVersions, None]")
}

func (l *Lambda) createFunctionByCall(_ context.Context, caller cloud.Caller, in createFunctionInput) (configuration, error) {
	name, err := l.newName(in.FunctionName)
	if err != nil {
		return configuration{}, err
	}
	f := l.newFunction(name)
	if err := l.cloud.Authorize(caller, "lambda:CreateFunction", f.arn); err != nil {
		return configuration{}, err
	}
	if err := l.checkCreate(caller, f, in); err != nil {
		return configuration{}, err
	}
	f.tags = in.Tags
	f.latest, err = l.version(f, in.settings, nil, func(arch string) (*folder, error) { return l.given(caller, in.Code, arch) })
	if err != nil {
		return configuration{}, asCall("CreateFunction", err)
	}
	if err := l.install(f, "lambda", name); err != nil {
		f.end()
		return configuration{}, err
	}
	t := target{function: f, version: f.latest}
	c, err := l.configuration(t)
	if err == nil && in.Publish {
		_, _, err = f.publish("", "")
		c.Version = "1" // by the function's own ARN
	}
	return c.inCreation(), err
}

func (l *Lambda) checkCreate(caller cloud.Caller, f *function, in createFunctionInput) error {
	if len(in.Layers) > 0 {
		return cloud.NotHonoured("CreateFunction", "Layers")
	}
	if err := in.SnapStart.check(in.Runtime); err != nil {
		return err
	}
	if err := in.settings.checkCall(); err != nil {
		return err
	}
	if len(in.Tags) > 0 {
		if err := l.cloud.Authorize(caller, "lambda:TagResource", f.arn); err != nil {
			return err
		}
	}
	if err := checkTags(in.Tags); err != nil {
		return err
	}
	if err := l.cloud.MayPass(caller, in.Role, "lambda.amazonaws.com"); err != nil {
		return err
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	if _, exists := l.functions[f.name]; exists {
		return cloud.Errorf(409, "ResourceConflictException", "Function already exist: %s", f.name)
	}
	return nil
}

// given is the code of a call, which a version has entered. Code that does not start
// is taken: AWS finds out when the function is invoked.
func (l *Lambda) given(caller cloud.Caller, in codeInput, arch string) (*folder, error) {
	code, err := l.fetchGiven(caller, in)
	if errors.Is(err, zip.ErrFormat) {
		return nil, invalid("Could not unzip uploaded file. Please check your file, then try to upload again.")
	}
	if err != nil {
		return nil, err
	}
	code.entry = code.startable(arch)
	return code, nil
}

func (l *Lambda) fetchGiven(caller cloud.Caller, in codeInput) (*folder, error) {
	switch {
	case in.ImageUri != "":
		return nil, cloud.NotHonoured("functions", "ImageUri")
	case in.ZipFile != nil && in.S3Bucket != "":
		return nil, invalid("Please do not provide other FunctionCode parameters when providing a ZipFile.")
	case in.ZipFile != nil:
		if len(in.ZipFile) > maxZipped {
			return nil, cloud.Errorf(413, "RequestEntityTooLargeException", "Zipped size must be smaller than %d bytes", maxZipped)
		}
		return l.lay(Code{Zip: bytes.NewReader(in.ZipFile), Size: int64(len(in.ZipFile))})
	case in.S3Bucket == "" || in.S3Key == "":
		return nil, invalid("Please provide a source for function code.")
	}
	if err := l.cloud.Authorize(caller, "s3:GetObject", "arn:aws:s3:::"+in.S3Bucket+"/"+in.S3Key); err != nil {
		return nil, err
	}
	return l.fetch(in.codeProperties)
}

// asCall is the API's error of what a template may not say either.
func asCall(action string, err error) error { return cfn.AsCall(action, err, invalid) }

type updateCodeInput struct {
	codeInput

	FunctionName  string
	Architectures []string
	Publish       bool
	DryRun        bool
	RevisionId    string
}

func (l *Lambda) updateFunctionCode(_ context.Context, caller cloud.Caller, in updateCodeInput) (configuration, error) {
	t, err := l.openWhole(caller, "lambda:UpdateFunctionCode", in.FunctionName)
	if err != nil {
		return configuration{}, err
	}
	t.changing.Lock()
	defer t.changing.Unlock()
	if t, err = t.current(in.RevisionId); err != nil {
		return configuration{}, err
	}
	if in.ImageUri != "" {
		return configuration{}, invalid("Please don't provide ImageUri when updating a function with packageType Zip.")
	}
	wanted := t.version.settings
	if in.Architectures != nil {
		wanted.Architectures = in.Architectures
	}
	if err := wanted.checkCall(); err != nil {
		return configuration{}, err
	}
	v, err := l.version(t.function, wanted, nil, func(arch string) (*folder, error) { return l.given(caller, in.codeInput, arch) })
	if err != nil {
		return configuration{}, asCall("UpdateFunctionCode", err)
	}
	if in.DryRun {
		c, err := l.configuration(target{t.function, v, ""})
		t.retire(v)
		return c, err
	}
	return l.changed(t, v, in.RevisionId, in.Publish)
}

// changed puts another latest version in place, unless the caller knows an earlier
// revision.
func (l *Lambda) changed(t target, v *version, revision string, publish bool) (configuration, error) {
	if err := t.change(v, revision); err != nil {
		t.retire(v)
		return configuration{}, err
	}
	t.version = v
	if publish {
		published, _, err := t.publish("", "")
		if err != nil {
			return configuration{}, err
		}
		c, err := l.configuration(target{t.function, published, published.number})
		return c.inCreation(), err
	}
	c, err := l.configuration(t)
	return c.inUpdate(), err
}

type updateConfigurationInput struct {
	FunctionName     string
	Description      *string
	DeadLetterConfig *struct{ TargetArn string }
	Environment      *environmentOutput
	EphemeralStorage *ephemeralStorage
	Handler          *string
	Layers           []string
	LoggingConfig    *loggingConfig
	MemorySize       *int
	RevisionId       string
	Role             *string
	Runtime          *string
	SnapStart        snapStart
	Timeout          *int
	TracingConfig    *struct{ Mode string }

	KMSKeyArn cloud.Ignored
	VpcConfig cloud.Ignored
}

// of is what a function's settings become.
func (in updateConfigurationInput) of(s settings) settings {
	set(&s.Description, in.Description)
	set(&s.DeadLetterConfig, in.DeadLetterConfig)
	set(&s.Handler, in.Handler)
	set(&s.LoggingConfig, in.LoggingConfig)
	set(&s.Role, in.Role)
	set(&s.Runtime, in.Runtime)
	set(&s.TracingConfig, in.TracingConfig)
	set(&s.Environment, optional(in.Environment))
	set(&s.EphemeralStorage, optional(in.EphemeralStorage))
	set(&s.MemorySize, optional(in.MemorySize))
	set(&s.Timeout, optional(in.Timeout))
	return s
}

// set puts a value in place, if there is one.
func set[T any](place, value *T) {
	if value != nil {
		*place = *value
	}
}

// optional is a value that may be missing, of a place that may be empty.
func optional[T any](value *T) **T {
	if value == nil {
		return nil
	}
	return &value
}

func (l *Lambda) updateFunctionConfiguration(_ context.Context, caller cloud.Caller, in updateConfigurationInput) (configuration, error) {
	t, err := l.openWhole(caller, "lambda:UpdateFunctionConfiguration", in.FunctionName)
	if err != nil {
		return configuration{}, err
	}
	t.changing.Lock()
	defer t.changing.Unlock()
	if t, err = t.current(in.RevisionId); err != nil {
		return configuration{}, err
	}
	if len(in.Layers) > 0 {
		return configuration{}, cloud.NotHonoured("UpdateFunctionConfiguration", "Layers")
	}
	wanted := in.of(t.version.settings)
	if err := in.SnapStart.check(wanted.Runtime); err != nil {
		return configuration{}, err
	}
	if err := wanted.checkCall(); err != nil {
		return configuration{}, err
	}
	if in.Role != nil {
		if err := l.cloud.MayPass(caller, *in.Role, "lambda.amazonaws.com"); err != nil {
			return configuration{}, err
		}
	}
	v, err := l.version(t.function, wanted, t.inProcess, func(string) (*folder, error) {
		t.function.mu.Lock()
		defer t.function.mu.Unlock()
		t.code.enter()
		return t.code, nil
	})
	if err != nil {
		return configuration{}, asCall("UpdateFunctionConfiguration", err)
	}
	return l.changed(t, v, in.RevisionId, false)
}

// openWhole is open for what is done to a function and not to one of its versions.
func (l *Lambda) openWhole(caller cloud.Caller, action, name string) (target, error) {
	t, err := l.open(caller, action, name, "")
	if err == nil && t.qualifier != "" {
		err = errUnqualified
	}
	return t, err
}

var errUnqualified = invalid("This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.")

func checkRevision(known, current string) error {
	if known != "" && known != current {
		return cloud.Errorf(412, "PreconditionFailedException", "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id")
	}
	return nil
}

// deleteFunction deletes a function, or one of its versions that no alias has.
func (l *Lambda) deleteFunction(_ context.Context, caller cloud.Caller, in functionInput) (statusOutput, error) {
	t, err := l.open(caller, "lambda:DeleteFunction", in.FunctionName, in.Qualifier)
	_, embedded := parseName(in.FunctionName)
	qualifier := cmp.Or(in.Qualifier, embedded)
	if qualifier == latest && (err == nil || cloud.AsError(err).Code == "ResourceNotFoundException") {
		return statusOutput{}, invalid("$LATEST version cannot be deleted without deleting the function.")
	}
	if err != nil {
		if t.function != nil && numeric.MatchString(t.qualifier) {
			return statusOutput{204}, nil // the version has been deleted
		}
		if e := cloud.AsError(err); e.Code == "ResourceNotFoundException" {
			e.Message = strings.TrimSuffix(e.Message, ":"+qualifier)
		}
		return statusOutput{}, err
	}
	switch {
	case t.qualifier == "":
		return statusOutput{204}, l.drop(t.function)
	case t.number != t.qualifier:
		return statusOutput{}, invalid("Deletion of aliases is not currently supported.")
	}
	return statusOutput{204}, l.withdraw(t.function, t.version)
}

type statusOutput struct{ StatusCode int }
