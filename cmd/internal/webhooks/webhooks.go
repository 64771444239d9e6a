// Package webhooks is the webhooks of several senders on this machine: the
// clients of those who send, subscribe and look after them, and the story that
// the demo tells.
package webhooks

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
	"github.com/tradepost-dev/tradepost/internal/signatures"
)

// System is webhooks for a laptop.
func System() laptop.System { return laptop.System{Name: "webhooks"} }

// Post is a laptop that takes webhooks in.
type Post struct {
	*laptop.Laptop
	Stack, URL, SecretPrefix, Stream, Failures, Events string
	metrics                                            string // the value of the dimension System
}

// Connect finds the system's addresses.
func Connect(l *laptop.Laptop) (*Post, error) {
	stack, err := l.Stack("Tradepost-Webhooks-")
	if err != nil {
		return nil, err
	}
	p := &Post{Laptop: l, Stack: stack, metrics: stack + "/Webhooks"}
	for name, value := range map[string]*string{
		"URL": &p.URL, "SecretPrefix": &p.SecretPrefix, "StreamName": &p.Stream, "FailuresURL": &p.Failures, "EventsTable": &p.Events,
	} {
		if *value, err = l.Output(stack, name); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// Secrets are those of a source.
func (p *Post) Secrets(ctx context.Context, source string) (signatures.Secrets, error) {
	value, err := secretsmanager.NewFromConfig(p.AWS()).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(p.SecretPrefix + source)})
	if err != nil {
		return signatures.Secrets{}, fmt.Errorf("read the secret of %s: %w", source, err)
	}
	return signatures.DecodeSecrets(aws.ToString(value.SecretString))
}

// Sender sends the webhooks of a source that signs.
type Sender struct {
	*Post
	Source string
	Scheme signatures.Scheme
	Key    signatures.Key
}

// Sender is one that knows the source's secret.
func (p *Post) Sender(ctx context.Context, source string, scheme signatures.Scheme) (*Sender, error) {
	secrets, err := p.Secrets(ctx, source)
	if err != nil {
		return nil, err
	}
	key, err := scheme.Key(secrets.Current)
	if err != nil {
		return nil, err
	}
	return &Sender{p, source, scheme, key}, nil
}

// Send sends a webhook as its source does.
func (s *Sender) Send(ctx context.Context, id, body string) (laptop.Answer, error) {
	header, err := s.Scheme.Sign(s.Key, id, time.Now(), []byte(body))
	if err != nil {
		return laptop.Answer{}, err
	}
	return s.Deliver(ctx, s.Source, header, body)
}

// Deliver sends a request with headers as they are.
func (p *Post) Deliver(ctx context.Context, source string, header http.Header, body string) (laptop.Answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.URL+"webhooks/"+source, bytes.NewReader([]byte(body)))
	if err != nil {
		return laptop.Answer{}, err
	}
	request.Header = header.Clone()
	request.Header.Set("Content-Type", "application/json")
	client := p.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(request)
	if err != nil {
		return laptop.Answer{}, fmt.Errorf("send a webhook of %s: %w", source, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return laptop.Answer{}, fmt.Errorf("read the answer to a webhook of %s: %w", source, err)
	}
	return laptop.Answer{Status: response.StatusCode, Header: response.Header, Body: text}, nil
}

// Event is one that was recorded.
type Event struct {
	ID, Type, Data string // ID is the source, # and the webhook's id
	Place          int64
}

// Recorded are the events of a key, in the order in which they arrived.
func (p *Post) Recorded(ctx context.Context, key string) (events []Event, err error) {
	pages := dynamodb.NewQueryPaginator(dynamodb.NewFromConfig(p.AWS()), &dynamodb.QueryInput{
		TableName: aws.String(p.Events), ConsistentRead: aws.Bool(true),
		KeyConditionExpression:    aws.String(contract.AttrEventKey + " = :key"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":key": attribute.Text(key)},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("look up the events of %s: %w", key, err)
		}
		for _, item := range page.Items {
			event := Event{ID: attribute.String(item, contract.AttrEventID), Type: attribute.String(item, contract.AttrEventType), Data: attribute.String(item, contract.AttrEventData)}
			if event.Place, err = attribute.Int(item, contract.AttrEventPlace); err != nil {
				return nil, fmt.Errorf("read event %s of %s: %w", event.ID, key, err)
			}
			if event.ID != contract.HeadID {
				events = append(events, event)
			}
		}
	}
	slices.SortFunc(events, func(a, b Event) int { return int(a.Place - b.Place) })
	return events, nil
}

// Arrived waits until so many events of a key are recorded.
func (p *Post) Arrived(ctx context.Context, key string, n int) ([]Event, error) {
	for {
		events, err := p.Recorded(ctx, key)
		if err != nil || len(events) >= n {
			return events, err
		}
		if err := laptop.Pause(ctx); err != nil {
			return events, fmt.Errorf("%d of %d events of %s have arrived: %w", len(events), n, key, err)
		}
	}
}

// Counted is what a metric has counted of all sources since a time.
func (p *Post) Counted(ctx context.Context, since time.Time, metric string) (int, error) {
	return p.Sum(ctx, since, contract.MetricNamespace, metric, contract.DimensionSystem, p.metrics)
}

// CountedOf is what a metric has counted of one source since a time.
func (p *Post) CountedOf(ctx context.Context, since time.Time, source, metric string) (int, error) {
	got, err := cloudwatch.NewFromConfig(p.AWS()).GetMetricStatistics(ctx, &cloudwatch.GetMetricStatisticsInput{
		Namespace: aws.String(contract.MetricNamespace), MetricName: &metric,
		Dimensions: []cwtypes.Dimension{{Name: aws.String(contract.DimensionSystem), Value: &p.metrics}, {Name: aws.String(contract.DimensionSource), Value: &source}},
		StartTime:  aws.Time(since.Truncate(time.Minute)), EndTime: aws.Time(time.Now().Add(time.Minute)), Period: aws.Int32(60), Statistics: []cwtypes.Statistic{cwtypes.StatisticSum},
	})
	if err != nil {
		return 0, fmt.Errorf("read the metric %s of %s: %w", metric, source, err)
	}
	var sum float64
	for _, point := range got.Datapoints {
		sum += aws.ToFloat64(point.Sum)
	}
	return int(sum), nil
}

// invoice is a body of a webhook.
func invoice(account string, n int) string {
	text, err := json.Marshal(map[string]any{
		"type": "invoice.paid", "data": map[string]any{"account": account, "number": n, "email": account + "@example.com"},
	})
	if err != nil {
		panic(err) // texts and numbers always marshal
	}
	return string(text)
}

// ids are the webhooks' ids of events, with spaces between.
func ids(events []Event) string {
	var found []string
	for _, event := range events {
		_, id, _ := strings.Cut(event.ID, "#")
		found = append(found, id)
	}
	return strings.Join(found, " ")
}
