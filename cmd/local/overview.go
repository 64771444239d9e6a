package main

// This file is what `local watch` sees, and how it reads.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	metrics "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	items "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	states "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	queues "github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

const (
	latest  = 10   // executions that are shown
	inList  = 1000 // running executions that are counted, of a machine
	inQuery = 500  // metrics that one call asks for at most
)

// overview is how it is at a moment.
type overview struct {
	alarms     []string // those in ALARM
	machines   []machine
	queues     []queue
	tables     []table
	executions []execution // the latest first
}

type machine struct {
	name, arn string
	running   string
	ended     map[string]float64 // by metric, in the last day
}

type queue struct{ name, visible, inFlight, delayed string }

type table struct {
	name  string
	items int64
}

type execution struct {
	states.ExecutionListItem
	machine string
}

// endings are the metrics that tell how executions have ended, in the order of their
// columns.
var endings = []string{"ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"}

// observe asks for all of it.
func observe(ctx context.Context, cfg aws.Config) (r overview, err error) {
	for _, ask := range []func(context.Context, aws.Config) error{r.seeMachines, r.seeQueues, r.seeTables, r.seeAlarms} {
		if err := ask(ctx, cfg); err != nil {
			return overview{}, err
		}
	}
	return r, nil
}

func (r *overview) seeMachines(ctx context.Context, cfg aws.Config) error {
	client := sfn.NewFromConfig(cfg)
	for pages := sfn.NewListStateMachinesPaginator(client, &sfn.ListStateMachinesInput{}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, listed := range page.StateMachines {
			m := machine{name: *listed.Name, arn: *listed.StateMachineArn, ended: map[string]float64{}}
			if listed.Type != states.StateMachineTypeExpress { // of which nothing is listed
				err := r.seeExecutions(ctx, client, &m)
				if _, gone := errors.AsType[*states.StateMachineDoesNotExist](err); gone {
					continue
				}
				if err != nil {
					return err
				}
			}
			r.machines = append(r.machines, m)
		}
	}
	slices.SortFunc(r.machines, func(a, b machine) int { return cmp.Compare(a.name, b.name) })
	slices.SortStableFunc(r.executions, func(a, b execution) int { return b.StartDate.Compare(*a.StartDate) })
	r.executions = r.executions[:min(latest, len(r.executions))]
	return r.seeEndings(ctx, cloudwatch.NewFromConfig(cfg))
}

func (r *overview) seeExecutions(ctx context.Context, client *sfn.Client, m *machine) error {
	running, err := client.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: &m.arn, StatusFilter: states.ExecutionStatusRunning, MaxResults: inList})
	if err != nil {
		return err
	}
	m.running = fmt.Sprint(len(running.Executions))
	if running.NextToken != nil {
		m.running += "+"
	}
	last, err := client.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: &m.arn, MaxResults: latest})
	if err != nil {
		return err
	}
	for _, e := range last.Executions {
		r.executions = append(r.executions, execution{e, m.name})
	}
	return nil
}

// seeEndings counts the executions that have ended, by metrics: lists may be long.
func (r *overview) seeEndings(ctx context.Context, client *cloudwatch.Client) error {
	var queries []metrics.MetricDataQuery
	for i, m := range r.machines {
		for j, name := range endings {
			queries = append(queries, metrics.MetricDataQuery{Id: aws.String(fmt.Sprintf("m%d_%d", i, j)), MetricStat: &metrics.MetricStat{
				Stat: aws.String("Sum"), Period: aws.Int32(3600),
				Metric: &metrics.Metric{Namespace: aws.String("AWS/States"), MetricName: &name, Dimensions: []metrics.Dimension{
					{Name: aws.String("StateMachineArn"), Value: aws.String(m.arn)}}},
			}})
		}
	}
	now := time.Now()
	for part := range slices.Chunk(queries, inQuery) {
		told, err := client.GetMetricData(ctx, &cloudwatch.GetMetricDataInput{MetricDataQueries: part, StartTime: aws.Time(now.Add(-24 * time.Hour)), EndTime: &now})
		if err != nil {
			return err
		}
		for _, result := range told.MetricDataResults {
			var of, ending int
			if _, err := fmt.Sscanf(*result.Id, "m%d_%d", &of, &ending); err != nil {
				return err
			}
			for _, value := range result.Values {
				r.machines[of].ended[endings[ending]] += value
			}
		}
	}
	return nil
}

func (r *overview) seeQueues(ctx context.Context, cfg aws.Config) error {
	client := sqs.NewFromConfig(cfg)
	for pages := sqs.NewListQueuesPaginator(client, &sqs.ListQueuesInput{MaxResults: aws.Int32(1000)}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, url := range page.QueueUrls {
			told, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []queues.QueueAttributeName{queues.QueueAttributeNameAll}})
			if _, gone := errors.AsType[*queues.QueueDoesNotExist](err); gone {
				continue
			}
			if err != nil {
				return err
			}
			count := func(name queues.QueueAttributeName) string { return told.Attributes[string(name)] }
			r.queues = append(r.queues, queue{
				name:     url[strings.LastIndexByte(url, '/')+1:],
				visible:  count(queues.QueueAttributeNameApproximateNumberOfMessages),
				inFlight: count(queues.QueueAttributeNameApproximateNumberOfMessagesNotVisible),
				delayed:  count(queues.QueueAttributeNameApproximateNumberOfMessagesDelayed),
			})
		}
	}
	return nil
}

func (r *overview) seeTables(ctx context.Context, cfg aws.Config) error {
	client := dynamodb.NewFromConfig(cfg)
	for pages := dynamodb.NewListTablesPaginator(client, &dynamodb.ListTablesInput{}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, name := range page.TableNames {
			told, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &name})
			if _, gone := errors.AsType[*items.ResourceNotFoundException](err); gone {
				continue
			}
			if err != nil {
				return err
			}
			r.tables = append(r.tables, table{name, aws.ToInt64(told.Table.ItemCount)})
		}
	}
	return nil
}

func (r *overview) seeAlarms(ctx context.Context, cfg aws.Config) error {
	for pages := cloudwatch.NewDescribeAlarmsPaginator(cloudwatch.NewFromConfig(cfg), &cloudwatch.DescribeAlarmsInput{StateValue: metrics.StateValueAlarm}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, a := range page.MetricAlarms {
			r.alarms = append(r.alarms, *a.AlarmName)
		}
		for _, a := range page.CompositeAlarms {
			r.alarms = append(r.alarms, *a.AlarmName)
		}
	}
	return nil
}

// String is a table of each kind of things, as far as there are any. Of queues that
// are empty it has the number only.
func (r overview) String() string {
	var text strings.Builder
	for _, name := range r.alarms {
		fmt.Fprintln(&text, "ALARM", plain(name))
	}
	tell := func(head string, rows [][]string) {
		if len(rows) == 0 {
			return
		}
		if text.Len() > 0 {
			text.WriteByte('\n')
		}
		columns := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
		defer columns.Flush()
		fmt.Fprintln(columns, head)
		for _, row := range rows {
			fmt.Fprintln(columns, strings.Join(row, "\t"))
		}
	}
	var rows [][]string
	for _, m := range r.machines {
		row := []string{plain(m.name), cmp.Or(m.running, "-")}
		for _, name := range endings {
			row = append(row, fmt.Sprintf("%.0f", m.ended[name]))
		}
		rows = append(rows, row)
	}
	tell("WORKFLOW\tRUNNING\tSUCCEEDED\tFAILED\tTIMED OUT\tABORTED", rows)
	rows = nil
	for _, q := range r.queues {
		if q.visible+q.inFlight+q.delayed != "000" {
			rows = append(rows, []string{plain(q.name), q.visible, q.inFlight, q.delayed})
		}
	}
	if empty := len(r.queues) - len(rows); empty > 0 {
		rows = append(rows, []string{fmt.Sprintf("%d empty", empty)})
	}
	tell("QUEUE\tVISIBLE\tIN FLIGHT\tDELAYED", rows)
	rows = nil
	for _, t := range r.tables {
		rows = append(rows, []string{plain(t.name), fmt.Sprint(t.items)})
	}
	tell("TABLE\tITEMS", rows)
	rows = nil
	for _, e := range r.executions {
		took := "-"
		if e.StopDate != nil {
			took = e.StopDate.Sub(*e.StartDate).String()
		}
		rows = append(rows, []string{e.StartDate.Local().Format(time.TimeOnly), plain(e.machine), plain(*e.Name), string(e.Status), took})
	}
	tell("STARTED\tWORKFLOW\tEXECUTION\tSTATUS\tTOOK", rows)
	return cmp.Or(text.String(), "no workflow, queue or table is here\n")
}

// plain is a name that does nothing to a terminal.
func plain(name string) string {
	return strings.Map(func(letter rune) rune {
		if !unicode.IsPrint(letter) {
			return '?'
		}
		return letter
	}, name)
}
