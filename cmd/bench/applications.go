package main

// This file measures how soon an application for an account is answered.

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/tradepost-dev/tradepost/cmd/internal/accounts"
	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	contract "github.com/tradepost-dev/tradepost/internal/contract/accounts"
)

// applications is how many are sent, one after the other.
const applications = 1000

// measureApplications compares what an applicant waits for with what the
// handlers themselves take, by their metric Duration: all else is the engine's.
func measureApplications(ctx context.Context, o options) (results []result, err error) {
	l, stop, err := o.start(ctx, laptop.Options{Systems: []laptop.System{accounts.System()}})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	bank, err := accounts.Connect(l)
	if err != nil {
		return nil, err
	}
	if err := applyFor(ctx, bank, "warm", applications/10); err != nil { // so that all functions have environments
		return nil, err
	}
	began := time.Now()
	before, err := handlersTook(ctx, l, began)
	if err != nil {
		return nil, err
	}
	if err := applyFor(ctx, bank, "app", applications); err != nil {
		return nil, err
	}
	waited := time.Since(began)
	after, err := handlersTook(ctx, l, began)
	if err != nil {
		return nil, err
	}
	handlers := after - before
	each := func(d time.Duration) float64 { return d.Seconds() * 1e3 / applications }
	return []result{{"account application, synchronous", fmt.Sprintf("%.1f times its handlers' own time", waited.Seconds()/handlers.Seconds()),
		fmt.Sprintf("%.2f ms, of which %.2f ms are the four handlers'", each(waited), each(handlers)), "3 times"}}, nil
}

// applyFor sends applications that are approved.
func applyFor(ctx context.Context, bank *accounts.Bank, name string, n int) error {
	for i := range n {
		answer, err := bank.Apply(ctx, contract.Application{ApplicationID: fmt.Sprint(name, "-", i), Name: "Jane Roe", Address: contract.Address{
			Line1: "350 Fifth Ave", City: "New York", Region: "NY", PostalCode: "10118", Country: "US",
		}})
		if err != nil {
			return err
		}
		if answer.AccountNumber == "" {
			return fmt.Errorf("application %d was answered with %+v", i, answer)
		}
	}
	return nil
}

// handlersTook is how long all functions have taken together, since the minute
// of a time.
func handlersTook(ctx context.Context, l *laptop.Laptop, since time.Time) (time.Duration, error) {
	got, err := cloudwatch.NewFromConfig(l.AWS()).GetMetricStatistics(ctx, &cloudwatch.GetMetricStatisticsInput{
		Namespace: aws.String("AWS/Lambda"), MetricName: aws.String("Duration"), Statistics: []types.Statistic{types.StatisticSum},
		StartTime: aws.Time(since.Truncate(time.Minute)), EndTime: aws.Time(time.Now().Add(time.Minute)), Period: aws.Int32(60),
	})
	if err != nil {
		return 0, err
	}
	var milliseconds float64
	for _, point := range got.Datapoints {
		milliseconds += *point.Sum
	}
	return time.Duration(milliseconds * float64(time.Millisecond)), nil
}
