package ssm

// This file puts and deletes parameters by calls, and says what the store takes.

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	stringType = "String"
	listType   = "StringList"
	secure     = "SecureString"

	standard    = "Standard"
	advanced    = "Advanced"
	intelligent = "Intelligent-Tiering"

	maxStandard   = 4096 // characters of a value
	maxAdvanced   = 8192
	maxParameters = 10000
	maxLevels     = 15
	maxName       = 1011 // characters of an ARN
)

func invalid(format string, args ...any) error {
	return cloud.Errorf(400, "ValidationException", format, args...)
}

var (
	nameParts = regexp.MustCompile(`^(/?[a-zA-Z0-9_.-]+)+$`)
	reserved  = regexp.MustCompile(`(?i)^/?(aws|ssm)`)
)

// checkName says whether a parameter may have the name.
func checkName(name string) error {
	levels := strings.Count(name, "/")
	switch {
	case !nameParts.MatchString(name), levels > 0 && !strings.HasPrefix(name, "/"):
		return errName
	case reserved.MatchString(name) && strings.HasPrefix(strings.ToLower(strings.TrimPrefix(name, "/")), "aws"):
		return cloud.Errorf(400, "AccessDeniedException", "No access to reserved parameter name: %s.", name)
	case reserved.MatchString(name):
		return errName
	case levels > maxLevels:
		return cloud.Errorf(400, "HierarchyLevelLimitExceededException", "Parameter name must not exceed %d levels.", maxLevels)
	case len(name) > maxName:
		return invalid("Parameter name must not exceed %d characters.", maxName)
	}
	return nil
}

var errName = invalid(`Parameter name: can't be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_`)

type putInput struct {
	Name           string
	Description    string
	Value          string
	Type           string
	KeyId          string
	Overwrite      bool
	AllowedPattern string
	Tags           []tag
	Tier           string
	DataType       string
}

type putOutput struct {
	Version int
	Tier    string
}

func (s *SSM) putParameter(_ context.Context, caller cloud.Caller, in putInput) (putOutput, error) {
	name := strings.TrimPrefix(in.Name, s.arn(""))
	if err := checkName(name); err != nil {
		return putOutput{}, err
	}
	if err := s.cloud.Authorize(caller, "ssm:PutParameter", s.arn(name)); err != nil {
		return putOutput{}, err
	}
	if in.Overwrite && len(in.Tags) > 0 {
		return putOutput{}, invalid("Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.")
	}
	tags, err := withTags(nil, in.Tags)
	if err != nil {
		return putOutput{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.called(name)
	d, err := in.declared(p)
	if err != nil {
		return putOutput{}, err
	}
	switch {
	case p != nil && in.Overwrite:
		err = s.overwrite(p, caller.ARN, d)
	case len(s.parameters) >= maxParameters:
		return putOutput{}, cloud.Errorf(400, "ParameterLimitExceeded", "You have exceeded the number of parameters for this AWS account.")
	default:
		p, err = s.create(name, caller.ARN, d, tags)
	}
	if err != nil {
		return putOutput{}, err
	}
	return putOutput{p.latest().number, d.tier}, nil
}

// declared is what the request says, and what is kept of the parameter that it
// overwrites.
func (in putInput) declared(before *parameter) (declared, error) {
	d := declared{value: in.Value, typ: in.Type, dataType: in.DataType, description: in.Description, pattern: in.AllowedPattern, tier: in.Tier, key: in.KeyId}
	if before != nil && in.Overwrite {
		old := before.latest()
		if d.typ == "" {
			d.typ = old.typ
		}
		if (d.typ == secure) != (old.typ == secure) {
			return d, cloud.Errorf(400, "HierarchyTypeMismatchException", "Parameter Store doesn't support changing a parameter type in a hierarchy. For example, you can't change a parameter from a String type to a SecureString type. You must create a new, unique parameter.")
		}
		if d.tier == standard && old.tier == advanced {
			return d, invalid("This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the advanced parameter and recreate it as a standard parameter.")
		}
		if d.tier == "" || d.tier == intelligent && old.tier == advanced {
			d.tier = old.tier
		}
		if d.description == "" {
			d.description = old.description
		}
	}
	return d, d.complete()
}

// complete fills in the defaults, and says whether the store takes it.
func (d *declared) complete() error {
	if d.dataType == "" {
		d.dataType = "text"
	}
	if err := d.checkKind(); err != nil {
		return err
	}
	if err := d.setTier(); err != nil {
		return err
	}
	pattern, err := regexp.Compile(d.pattern)
	switch {
	case err != nil:
		return cloud.Errorf(400, "InvalidAllowedPatternException", "The request does not meet the regular expression requirement.")
	case d.pattern != "" && !pattern.MatchString(d.value):
		return cloud.Errorf(400, "ParameterPatternMismatchException", "Parameter value, cannot be validated against allowedPattern: %s", d.pattern)
	}
	if d.typ == secure {
		if d.key == "" {
			d.key = "alias/aws/ssm"
		}
		d.sealed = "AQICAH" + base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%s%s%s%s", rand.Text(), rand.Text(), rand.Text(), rand.Text()))
	}
	return nil
}

func (d *declared) checkKind() error {
	switch {
	case d.value == "":
		return invalid("1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must have length greater than or equal to 1")
	case d.typ == "":
		return invalid("A parameter type is required when you create a parameter.")
	case d.typ != stringType && d.typ != listType && d.typ != secure:
		return invalid("1 validation error detected: Value '%s' at 'type' failed to satisfy constraint: Member must satisfy enum value set: [SecureString, StringList, String]", d.typ)
	case d.key != "" && d.typ != secure:
		return invalid("KeyId is required for SecureString type parameter only.")
	case d.dataType == "aws:ec2:image" || d.dataType == "aws:ssm:integration":
		return cloud.NotHonoured("PutParameter", "DataType "+d.dataType)
	case d.dataType != "text":
		return invalid("The following data type is not supported: %s (Data type names are all lowercase.)", d.dataType)
	case len(d.description) > 1024:
		return invalid("1 validation error detected: Value at 'description' failed to satisfy constraint: Member must have length less than or equal to 1024")
	case len(d.pattern) > 1024:
		return invalid("1 validation error detected: Value at 'allowedPattern' failed to satisfy constraint: Member must have length less than or equal to 1024")
	}
	return nil
}

// setTier holds the value to the size of its tier, or chooses the tier by the size.
func (d *declared) setTier() error {
	size := utf8.RuneCountInString(d.value)
	switch d.tier {
	case "":
		d.tier = standard
	case intelligent:
		d.tier = standard
		if size > maxStandard {
			d.tier = advanced
		}
	case standard, advanced:
	default:
		return invalid("1 validation error detected: Value '%s' at 'tier' failed to satisfy constraint: Member must satisfy enum value set: [Standard, Advanced, Intelligent-Tiering]", d.tier)
	}
	switch {
	case d.tier == standard && size > maxStandard:
		return invalid("Standard tier parameters support a maximum parameter value of %d characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier. For more information, see https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html", maxStandard)
	case size > maxAdvanced:
		return invalid("Advanced tier parameters support a maximum parameter value of %d characters.", maxAdvanced)
	}
	return nil
}

type none struct{}

func (s *SSM) deleteParameter(_ context.Context, caller cloud.Caller, in struct{ Name string }) (none, error) {
	deleted, err := s.delete(caller, "DeleteParameter", in.Name)
	if err == nil && !deleted {
		err = notFound(in.Name)
	}
	return none{}, err
}

func notFound(name string) error {
	return cloud.Errorf(400, "ParameterNotFound", "Parameter %s not found.", name)
}

// delete removes a parameter, if there is one.
func (s *SSM) delete(caller cloud.Caller, action, reference string) (bool, error) {
	name, _ := s.split(reference)
	if err := s.cloud.Authorize(caller, "ssm:"+action, s.arn(name)); err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.called(name)
	if p == nil || strings.HasPrefix(p.name, public) {
		return false, nil
	}
	s.remove(p)
	return true, nil
}

type deleteParametersOutput struct{ DeletedParameters, InvalidParameters []string }

func (s *SSM) deleteParameters(_ context.Context, caller cloud.Caller, in struct{ Names []string }) (deleteParametersOutput, error) {
	out := deleteParametersOutput{[]string{}, []string{}}
	if err := checkNames(in.Names); err != nil {
		return out, err
	}
	for _, name := range in.Names {
		deleted, err := s.delete(caller, "DeleteParameters", name)
		switch {
		case err != nil:
			return out, err
		case deleted:
			out.DeletedParameters = append(out.DeletedParameters, name)
		default:
			out.InvalidParameters = append(out.InvalidParameters, name)
		}
	}
	return out, nil
}
