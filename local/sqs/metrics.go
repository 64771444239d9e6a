package sqs

// This file publishes the metrics of queues: what was done with messages, as it
// is done, and how many there are, now and then.

import (
	"context"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	// gaugeInterval is how often queues are looked at. AWS does so once a minute;
	// here a queue that has changed is told of sooner, so that an alarm on it is
	// raised within the minute.
	gaugeInterval = 10 * time.Second

	// activity is how long a queue without messages is measured after its last use.
	activity = 6 * time.Hour

	// poisoned is how often a message is received before its age is left out of
	// account, as what nobody can process says nothing of the others.
	poisoned = 3
)

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
type metrics struct {
	sent, received, deleted, emptyReceives, sentBytes *cloud.Metric
	visible, notVisible, delayed, age                 *cloud.Metric
	deduplicated, busyGroups                          *cloud.Metric // of FIFO queues
}

func newMetrics(c *cloud.Cloud) metrics {
	metric := func(name, unit string) *cloud.Metric {
		return c.Metric("AWS/SQS", name, unit, []string{"QueueName"})
	}
	return metrics{
		sent:          metric("NumberOfMessagesSent", "Count"),
		received:      metric("NumberOfMessagesReceived", "Count"),
		deleted:       metric("NumberOfMessagesDeleted", "Count"),
		emptyReceives: metric("NumberOfEmptyReceives", "Count"),
		sentBytes:     metric("SentMessageSize", "Bytes"),
		visible:       metric("ApproximateNumberOfMessagesVisible", "Count"),
		notVisible:    metric("ApproximateNumberOfMessagesNotVisible", "Count"),
		delayed:       metric("ApproximateNumberOfMessagesDelayed", "Count"),
		age:           metric("ApproximateAgeOfOldestMessage", "Seconds"),

		deduplicated: metric("NumberOfDeduplicatedSentMessages", "Count"),
		busyGroups:   metric("ApproximateNumberOfGroupsWithInflightMessages", "Count"),
	}
}

// count publishes a metric of messages, unless there are none.
func (q *queue) count(m *cloud.Metric, n int) {
	if n > 0 {
		m.Observe(q.dimensions, float64(n))
	}
}

// gauge looks at the queues until ctx ends.
func (s *SQS) gauge(ctx context.Context) {
	ticker := time.NewTicker(gaugeInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			for _, q := range s.sorted() {
				s.report(q, now)
			}
		}
	}
}

// level is how full a queue is.
type level struct{ visible, notVisible, delayed, busyGroups int }

func (q *queue) level() level {
	l := level{q.counts[visible], q.counts[inFlight], q.counts[delayed], 0}
	if q.history != nil {
		l.busyGroups = q.history.groups.busy()
	}
	return l
}

// report publishes the queue's level if it has changed, and once a minute.
func (s *SQS) report(q *queue, now time.Time) {
	q.mu.Lock()
	q.settle(now)
	l := q.level()
	idle := len(q.messages) == 0 && now.Sub(q.used) > activity
	minute := now.Truncate(time.Minute)
	if l == q.reported && (idle || !minute.After(q.reportedAt)) {
		q.mu.Unlock()
		return
	}
	q.reported, q.reportedAt = l, now
	age := q.age(now)
	q.mu.Unlock()

	s.metrics.visible.Observe(q.dimensions, float64(l.visible))
	s.metrics.notVisible.Observe(q.dimensions, float64(l.notVisible))
	s.metrics.delayed.Observe(q.dimensions, float64(l.delayed))
	if q.history != nil {
		s.metrics.busyGroups.Observe(q.dimensions, float64(l.busyGroups))
	}
	s.metrics.age.Observe(q.dimensions, age.Truncate(time.Second).Seconds())
}

// age is how long the oldest message has been in this queue, 0 if it is empty.
func (q *queue) age(now time.Time) time.Duration {
	oldest := now
	for _, m := range q.messages {
		if m.arrived.Before(oldest) && m.receives-m.receivesBefore < poisoned {
			oldest = m.arrived
		}
	}
	return now.Sub(oldest)
}
