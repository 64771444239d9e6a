// Package stacks has the stacks of the app, one file for each, and what the
// CDK context asks of them.
package stacks

// This file reads the context.

import (
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/ephemeral"
	"github.com/tradepost-dev/tradepost/constructs/operation"
)

// System is a system that the app can declare, a stack each.
type System struct {
	Name string // as in the context "systems" and in the stack's name

	// asked, if it is not empty, is the key of the context without which the
	// system is declared only where "systems" names it.
	asked string

	// read takes from the context what only this system has, and returns what
	// declares its stack.
	read func(*Context, Config) func(awscdk.App) awscdk.Stack
}

// systems are all of them, in the order in which they are declared.
func systems() []System {
	return []System{
		{Name: "b2b", read: readB2B},
		{Name: "ordering", read: readOrdering},
		{Name: "onboarding", read: readOnboarding},
		{Name: "instances", read: readInstances},
		{Name: "accounts", read: readAccounts},
		{Name: "training", read: readTraining},
		{Name: "invoices", read: readInvoices},
		{Name: "policyguard", read: readPolicyGuard, asked: "administrators"},
		{Name: "webhooks", read: readWebhooks},
	}
}

// Config is what the context asks of every stack.
type Config struct {
	Stage string

	// Ephemeral lets all data go with the stack.
	Ephemeral bool

	// AlarmEmail is told of alarms, if it is not empty.
	AlarmEmail string

	// KeyARN is of the KMS key that encrypts everything, if it is not empty.
	KeyARN string
}

// operation is how the constructs of a stack are operated.
func (c Config) operation(stack awscdk.Stack) operation.Settings {
	settings := operation.Settings{LogRetention: awslogs.RetentionDays_ONE_YEAR, Ephemeral: c.Ephemeral}
	if c.Ephemeral {
		settings.LogRetention = awslogs.RetentionDays_TWO_WEEKS
	}
	if c.KeyARN != "" {
		settings.Key = awskms.Key_FromKeyArn(stack, jsii.String("Key"), &c.KeyARN)
	}
	return settings
}

// newStack declares a system's stack. Unless it is ephemeral nobody can delete
// it before its termination protection is taken off.
func (c Config) newStack(app awscdk.App, system, description string) awscdk.Stack {
	return awscdk.NewStack(app, jsii.String("Tradepost-"+system+"-"+c.Stage), &awscdk.StackProps{
		Description:           jsii.String("Tradepost: " + description),
		TerminationProtection: jsii.Bool(!c.Ephemeral),
	})
}

// finish gives a stack what it has when all of its resources are declared.
func (c Config) finish(stack awscdk.Stack, alarms awssns.ITopic) {
	output(stack, "AlarmTopicARN", "Topic that is told of alarms: subscribe to it", *alarms.TopicArn())
	if c.AlarmEmail != "" {
		alarms.AddSubscription(awssnssubscriptions.NewEmailSubscription(&c.AlarmEmail, nil))
	}
	if c.Ephemeral {
		ephemeral.EmptyBuckets(stack)
	}
}

func output(stack awscdk.Stack, id, description, value string) {
	awscdk.NewCfnOutput(stack, &id, &awscdk.CfnOutputProps{Description: &description, Value: &value})
}

var keyARN = regexp.MustCompile(`^arn:[^:]+:kms:[^:]+:\d{12}:key/([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$`)

var stageName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,19}$`)

// Declare declares the stacks of the systems that the context asks for. Its
// error names everything that is wrong with the context, and then nothing has
// been declared.
func Declare(app awscdk.App) error {
	context := &Context{node: app.Node()}
	config := Config{
		Stage:      context.text("stage", "dev"),
		Ephemeral:  context.flag("ephemeral"),
		AlarmEmail: context.text("alarmEmail", ""),
		KeyARN:     context.text("key", ""),
	}
	if !stageName.MatchString(config.Stage) {
		context.fault("stage is %q: give 1 to 20 letters, digits and -, the first one a letter", config.Stage)
	}
	if address, err := mail.ParseAddress(config.AlarmEmail); config.AlarmEmail != "" && (err != nil || address.Address != config.AlarmEmail) {
		context.fault("alarmEmail is %q: give a plain address such as ops@example.com", config.AlarmEmail)
	}
	if config.KeyARN != "" && !keyARN.MatchString(config.KeyARN) {
		context.fault("key is %q: give the ARN of a KMS key, not of an alias", config.KeyARN)
	}
	var declare []func(awscdk.App) awscdk.Stack
	for _, system := range context.systems() {
		declare = append(declare, system.read(context, config))
	}
	if len(context.faults) > 0 {
		return errors.Join(context.faults...)
	}
	for _, stack := range declare {
		stack(app)
	}
	return nil
}

// Context reads values and remembers what was wrong with them.
type Context struct {
	node   constructs.Node
	faults []error
}

func (c *Context) fault(format string, arguments ...any) {
	c.faults = append(c.faults, fmt.Errorf("context "+format, arguments...))
}

// text is a value, or otherwise if it is not given.
func (c *Context) text(key, otherwise string) string {
	switch given := c.node.TryGetContext(&key).(type) {
	case nil:
		return otherwise
	case string:
		return given
	default:
		c.fault("%s is %v: give a string", key, given)
		return otherwise
	}
}

// list is a text's parts between commas, none if it is not given.
func (c *Context) list(key string) []string {
	var parts []string
	for part := range strings.SplitSeq(c.text(key, ""), ",") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

// flag is true or false, false if it is not given. On the command line both
// come as texts.
func (c *Context) flag(key string) bool {
	switch given := c.node.TryGetContext(&key); given {
	case nil, "false", false:
		return false
	case "true", true:
		return true
	default:
		c.fault("%s is %v: give true or false", key, given)
		return false
	}
}

// choice is one of some values, the first of them if it is not given.
func (c *Context) choice(key string, values ...string) string {
	given := c.text(key, values[0])
	if !slices.Contains(values, given) {
		c.fault("%s is %q: give %s", key, given, alternatives(values))
	}
	return given
}

// systems are those that the context names; if it names none, all of them but
// those that want to be asked for.
func (c *Context) systems() []System {
	all := systems()
	given := c.text("systems", "")
	if given == "" {
		return slices.DeleteFunc(all, func(s System) bool { return s.asked != "" && c.text(s.asked, "") == "" })
	}
	var chosen []System
	for name := range strings.SplitSeq(given, ",") {
		name = strings.TrimSpace(name)
		place := slices.IndexFunc(all, func(s System) bool { return s.Name == name })
		if place < 0 {
			var names []string
			for _, s := range all {
				names = append(names, s.Name)
			}
			c.fault("systems has %q: give some of %s, with commas between", name, strings.Join(names, ", "))
			continue
		}
		if !slices.ContainsFunc(chosen, func(s System) bool { return s.Name == name }) {
			chosen = append(chosen, all[place])
		}
	}
	return chosen
}

// alternatives is "a, b or c".
func alternatives(values []string) string {
	last := len(values) - 1
	if last == 0 {
		return values[0]
	}
	return strings.Join(values[:last], ", ") + " or " + values[last]
}
