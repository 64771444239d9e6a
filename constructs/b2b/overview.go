package b2b

// This file declares what an operator looks at: the pipeline's own metrics,
// the dashboard, and the alarms that no single part can have.

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/internal/alarm"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// MetricReceived counts transactions that came in: a file's when it is split, a
// posted one when it is queued. In the end Received = Stored + Duplicate +
// Rejected + Failed; for Express, that holds for files only.
func (p *Pipeline) MetricReceived() awscloudwatch.Metric {
	return p.shared.metric(contract.MetricReceived)
}

// MetricStored counts transactions that were stored.
func (p *Pipeline) MetricStored() awscloudwatch.Metric { return p.shared.metric(contract.MetricStored) }

// MetricDuplicate counts transactions that were stored before.
func (p *Pipeline) MetricDuplicate() awscloudwatch.Metric {
	return p.shared.metric(contract.MetricDuplicate)
}

// MetricRejected counts transactions that their partner has to change.
func (p *Pipeline) MetricRejected() awscloudwatch.Metric {
	return p.shared.metric(contract.MetricRejected)
}

// MetricFailed counts transactions that the pipeline failed to process.
func (p *Pipeline) MetricFailed() awscloudwatch.Metric { return p.shared.metric(contract.MetricFailed) }

func (p *Pipeline) addOverview() {
	alarm.New(p.Construct, "TransactionFailedAlarm",
		"Transactions failed, and their partner is told so: see the workflow's failed executions, mend the cause, redrive them.",
		p.MetricFailed(), 1, p.AlarmTopic)

	p.Dashboard = awscloudwatch.NewDashboard(p.Construct, jsii.String("Dashboard"), nil)
	machine := p.Workflow.Workflow
	p.Dashboard.AddWidgets(
		graph("Transactions by outcome", p.MetricReceived(), p.MetricStored(), p.MetricDuplicate(), p.MetricRejected(), p.MetricFailed()),
		graph("Files", p.Settlement.MetricFilesSettled(), p.Settlement.MetricFilesQuarantined(), p.Settlement.MetricFilesOverdue()),
	)
	p.Dashboard.AddWidgets(
		graph("Workflow", machine.MetricSucceeded(), machine.MetricFailed(), machine.MetricTimedOut(), machine.MetricThrottled()),
		graph("Queue: seconds waited, dead letters", p.Queue.MetricAge(), p.Queue.MetricDeadLetters(),
			p.SFTP.MetricUndelivered()),
		graph("REST API", p.REST.MetricRequests(), p.REST.MetricClientErrors(), p.REST.MetricServerErrors()),
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
