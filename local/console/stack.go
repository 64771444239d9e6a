package console

// This file shows a stack: the picture of what calls what, with how it is at the
// moment, and its resources.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	metrics "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	states "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	queues "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/states/graph"
)

// stackPage is the address of a stack's page.
func stackPage(name string) string { return "/stacks/" + url.PathEscape(name) }

// node is a resource in the picture.
type node struct {
	ID, Name string // the logical id, and what people call it
	Type     string
	Physical string
	Stack    string   // the name of the one that it is of
	Now      string   // how it is at the moment
	Alarms   []string // those of it that are in ALARM

	guest bool // it is of another stack than the one that is shown
}

// At is where the console shows it: what is of another stack, in the picture of that.
func (n *node) At() string {
	switch {
	case n.Type == stackType:
		return stackPage(n.Stack)
	case n.guest:
		return stackPage(n.Stack) + "?" + url.Values{"at": {n.ID}}.Encode()
	}
	return shownAt(n.Type, n.Physical)
}

// arrow is a call between nodes.
type arrow struct {
	From, To *node
	How      string
}

// stackView is the page of a stack.
type stackView struct {
	Name, Status string
	Outputs      []types.Output
	Picture      template.HTML // empty: nothing calls anything
	Arrows       []arrow
	Resources    []types.StackResourceSummary
}

func (c *console) stackPage(r *http.Request) (View, error) {
	ctx, name := r.Context(), r.PathValue("name")
	all, err := c.account(ctx)
	if err != nil {
		return View{}, err
	}
	d := all.stack(name)
	if d == nil {
		return View{}, &Fault{http.StatusNotFound, "There is no stack " + name + "."}
	}
	v := stackView{Name: *d.StackName, Status: string(d.StackStatus), Outputs: d.Outputs, Resources: d.resources}
	if err := c.draw(ctx, &v, all.sketch(d), d, r.URL.Query().Get("at")); err != nil {
		return View{}, err
	}
	return View{v.Name, "stack.html", v}, nil
}

// resources are those of a stack.
func (c *console) resources(ctx context.Context, stack string) (all []types.StackResourceSummary, err error) {
	for pages := cloudformation.NewListStackResourcesPaginator(c.stacks, &cloudformation.ListStackResourcesInput{StackName: &stack}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, page.StackResourceSummaries...)
	}
	return all, nil
}

// draw makes the picture of how a stack is. One node may be pointed at, by its id.
func (c *console) draw(ctx context.Context, v *stackView, s *sketch, d *deployed, at string) error {
	if s.plan == nil {
		return nil
	}
	var shown []*node
	byName := map[string]*node{}
	for _, n := range s.nodes {
		n.guest = n.Stack != v.Name
		shown = append(shown, &n)
		byName[n.Name] = &n
	}
	for _, c := range s.calls {
		v.Arrows = append(v.Arrows, arrow{byName[c.From], byName[c.To], c.How})
	}
	if err := c.observe(ctx, shown, v.Resources, d.template); err != nil {
		return err
	}
	v.Picture = template.HTML(s.plan.Figure(func(name string) graph.Mark { return byName[name].mark(at) })) // which escapes all names
	return nil
}

// hash is what the CDK ends a logical id in.
var hash = regexp.MustCompile(`[0-9A-F]{8}$`)

// nameOf is what people call a resource: its path in a CDK app without what all
// have, or the words of its logical id.
func nameOf(id string, metadata map[string]any) string {
	if path, _ := metadata["aws:cdk:path"].(string); path != "" {
		_, within, _ := strings.Cut(path, "/")
		return strings.ReplaceAll(strings.TrimSuffix(within, "/Resource"), "/", " ")
	}
	return words(hash.ReplaceAllString(id, ""))
}

// words parts a name that is written as CDK ids are.
func words(name string) string {
	var b strings.Builder
	letters := []rune(name)
	for i, letter := range letters {
		begins := unicode.IsUpper(letter) && (i > 0 && unicode.IsLower(letters[i-1]) || i > 0 && i+1 < len(letters) && unicode.IsLower(letters[i+1]))
		if i > 0 && begins {
			b.WriteByte(' ')
		}
		b.WriteRune(letter)
	}
	return b.String()
}

// service is whose icon it has.
func (n *node) service() string { return cmp.Or(drawnTypes[n.Type], "cloudformation") }

func (n *node) mark(at string) graph.Mark {
	mark := graph.Mark{Link: n.At(), Title: n.Type + " " + n.Physical, Does: strings.TrimSuffix(n.service()+": "+n.Now, ": ")}
	if n.guest {
		mark.Class = "guest"
	} else if n.ID == at {
		mark.Class = "selected"
	}
	if len(n.Alarms) > 0 {
		mark.Class, mark.Title = mark.Class+" alarmed", "In ALARM: "+strings.Join(n.Alarms, ", ")
		mark.Does += inAlarm // not by its colour alone
	}
	return mark
}

// observe notes how resources are at the moment. What is deleted meanwhile stays
// without a word.
func (c *console) observe(ctx context.Context, shown []*node, resources []types.StackResourceSummary, t *cfn.Template) error {
	var counted []*node
	var queries []metrics.MetricDataQuery
	for _, n := range shown {
		if m, ok := countedBy[n.Type]; ok {
			counted = append(counted, n)
			queries = append(queries, metrics.MetricDataQuery{Id: aws.String(fmt.Sprintf("m%d", len(queries))), MetricStat: &metrics.MetricStat{
				Stat: aws.String("Sum"), Period: aws.Int32(3600),
				Metric: &metrics.Metric{Namespace: &m.namespace, MetricName: &m.name, Dimensions: []metrics.Dimension{{Name: &m.dimension, Value: aws.String(n.metricName())}}},
			}})
			continue
		}
		if n.Type == stackType {
			continue
		}
		now, err := c.now(ctx, n)
		if err != nil && !missing(err) {
			return err
		}
		n.Now = now
	}
	if err := c.count(ctx, counted, queries); err != nil {
		return err
	}
	return c.alarmed(ctx, shown, resources, t)
}

// now is how many messages, items or executions a resource has.
func (c *console) now(ctx context.Context, n *node) (string, error) {
	switch n.Type {
	case "AWS::SQS::Queue":
		told, err := c.queues.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &n.Physical, AttributeNames: []queues.QueueAttributeName{queues.QueueAttributeNameAll}})
		if err != nil {
			return "", err
		}
		q := queue{Attributes: told.Attributes}
		return q.Visible() + " visible, " + q.InFlight() + " in flight", nil
	case "AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable":
		told, err := c.tables.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &n.Physical})
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%d items", aws.ToInt64(told.Table.ItemCount)), nil
	case "AWS::StepFunctions::StateMachine":
		running, err := c.states.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: &n.Physical, StatusFilter: states.ExecutionStatusRunning, MaxResults: inList})
		var express *states.StateMachineTypeNotSupported
		if errors.As(err, &express) { // which are listed nowhere
			return "express", nil
		}
		if err != nil {
			return "", err
		}
		more := ""
		if running.NextToken != nil {
			more = " or more"
		}
		return fmt.Sprintf("%d%s running", len(running.Executions), more), nil
	}
	return "", nil
}

// countedBy are the metrics that tell how often a resource of a type was called.
var countedBy = map[string]struct {
	namespace, name, dimension string
	what                       string
}{
	"AWS::Lambda::Function": {"AWS/Lambda", "Invocations", "FunctionName", "calls"},
	"AWS::Events::Rule":     {"AWS/Events", "TriggeredRules", "RuleName", "matches"},
	"AWS::SNS::Topic":       {"AWS/SNS", "NumberOfMessagesPublished", "TopicName", "messages"},
}

// metricName is what metrics call a resource.
func (n *node) metricName() string { return n.Physical[strings.LastIndexAny(n.Physical, ":/|")+1:] }

// inQuery is how many metrics one call asks for at most.
const inQuery = 500

// count notes what metrics tell of the last hour.
func (c *console) count(ctx context.Context, nodes []*node, queries []metrics.MetricDataQuery) error {
	if len(queries) == 0 {
		return nil
	}
	now := time.Now()
	for at := 0; at < len(queries); at += inQuery {
		told, err := c.metrics.GetMetricData(ctx, &cloudwatch.GetMetricDataInput{
			MetricDataQueries: queries[at:min(at+inQuery, len(queries))], StartTime: aws.Time(now.Add(-time.Hour)), EndTime: &now,
		})
		if err != nil {
			return err
		}
		for i, result := range told.MetricDataResults {
			sum := 0.0
			for _, value := range result.Values {
				sum += value
			}
			n := nodes[at+i]
			n.Now = number(sum) + " " + countedBy[n.Type].what + " in an hour"
		}
	}
	return nil
}

// alarmed notes which resources have an alarm in ALARM: one that measures them.
func (c *console) alarmed(ctx context.Context, shown []*node, resources []types.StackResourceSummary, t *cfn.Template) error {
	wake := map[string]bool{}
	for pages := cloudwatch.NewDescribeAlarmsPaginator(c.metrics, &cloudwatch.DescribeAlarmsInput{StateValue: metrics.StateValueAlarm}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, a := range page.MetricAlarms {
			wake[*a.AlarmName] = true
		}
	}
	of := &declarations{Template: t}
	for _, r := range resources {
		declared := t.Resources[*r.LogicalResourceId]
		if declared == nil || declared.Type != "AWS::CloudWatch::Alarm" || !wake[aws.ToString(r.PhysicalResourceId)] {
			continue
		}
		measured := append(of.references(declared.Properties["Dimensions"]), of.references(declared.Properties["Metrics"])...)
		for _, n := range shown {
			if !n.guest && slices.Contains(measured, n.ID) {
				n.Alarms = append(n.Alarms, *r.PhysicalResourceId)
			}
		}
	}
	return nil
}
