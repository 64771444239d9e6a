package b2b

// This file declares what an operator looks at: the pipeline's own metrics,
// the dashboard, and the alarms that no single part can have.

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// MetricReceived counts transactions that came in: a file's when it is split, a
// posted one when it is queued. In the end Received + Replayed = Stored +
// Duplicate + Rejected + Failed; for Express, that holds for files only.
func (p *Pipeline) MetricReceived(options *operation.MetricOptions) awscloudwatch.Metric {
	return count(p.settings, contract.MetricReceived, options)
}

// MetricStored counts transactions that were stored.
func (p *Pipeline) MetricStored(options *operation.MetricOptions) awscloudwatch.Metric {
	return count(p.settings, contract.MetricStored, options)
}

// MetricDuplicate counts transactions that were stored before.
func (p *Pipeline) MetricDuplicate(options *operation.MetricOptions) awscloudwatch.Metric {
	return count(p.settings, contract.MetricDuplicate, options)
}

// MetricRejected counts transactions that their partner has to change.
func (p *Pipeline) MetricRejected(options *operation.MetricOptions) awscloudwatch.Metric {
	return count(p.settings, contract.MetricRejected, options)
}

// MetricFailed counts transactions that the pipeline failed to process.
func (p *Pipeline) MetricFailed(options *operation.MetricOptions) awscloudwatch.Metric {
	return count(p.settings, contract.MetricFailed, options)
}

// MetricReplayed counts transactions that had failed and were tried again: they
// are counted again, under what became of them then.
func (p *Pipeline) MetricReplayed(options *operation.MetricOptions) awscloudwatch.Metric {
	return count(p.settings, contract.MetricReplayed, options)
}

func (p *Pipeline) addOverview(alarms Alarms) {
	operation.NewAlarm(p.Construct, "TransactionFailedAlarm", p.settings, operation.AlarmProps{
		Description: "Transactions failed, and their partner is told so: see the workflow's failed executions, mend the cause, and replay them (docs/operations.md).",
		Metric:      p.MetricFailed(nil),
		Threshold:   1,
		Adjust:      alarms.TransactionFailed,
	})

	p.Dashboard = awscloudwatch.NewDashboard(p.Construct, jsii.String("Dashboard"), nil)
	machine := p.Workflow.machine
	p.Dashboard.AddWidgets(
		graph("Transactions by outcome", p.MetricReceived(nil), p.MetricStored(nil), p.MetricDuplicate(nil), p.MetricRejected(nil), p.MetricFailed(nil), p.MetricReplayed(nil)),
		graph("Files", p.Settlement.MetricFilesSettled(nil), p.Settlement.MetricFilesQuarantined(nil), p.Settlement.MetricFilesOverdue(nil),
			p.SFTP.MetricUploadsFailed(nil)),
	)
	p.Dashboard.AddWidgets(
		graph("Workflow", machine.MetricSucceeded(nil), machine.MetricFailed(nil), machine.MetricTimedOut(nil), machine.MetricThrottled(nil)),
		graph("Queues: seconds waited, dead letters", p.Queue.MetricAge(nil), p.Posted.MetricAge(nil),
			p.Queue.MetricDeadLetters(nil), p.Posted.MetricDeadLetters(nil),
			p.SFTP.MetricUndelivered(nil)),
		graph("REST API", p.REST.MetricRequests(nil), p.REST.MetricClientErrors(nil), p.REST.MetricServerErrors(nil)),
	)
}

func graph(title string, metrics ...awscloudwatch.Metric) awscloudwatch.GraphWidget {
	var lines []awscloudwatch.IMetric
	for _, metric := range metrics {
		lines = append(lines, metric)
	}
	return awscloudwatch.NewGraphWidget(&awscloudwatch.GraphWidgetProps{
		Title: &title,
		Left:  &lines,
		Width: jsii.Number(8),
	})
}
